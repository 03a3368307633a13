"""FRED's titles, units, frequencies and seasonal adjustments of the simulated series.

Copied from FRED's pages and not from our catalogue, so that the catalogue check compares two independent texts.
"""

from __future__ import annotations

from typing import NamedTuple


class SeriesTitle(NamedTuple):
    """A series in FRED's words."""

    title: str
    units: str
    frequency: str
    adjustment: str = "NSA"


def _rows(text: str) -> dict[str, SeriesTitle]:
    """`CODE | title | units | frequency | adjustment` a line; the adjustment is NSA where it is left out."""
    cells = ([cell.strip() for cell in line.split("|")] for line in text.strip().splitlines())
    return {code: SeriesTitle(*rest) for code, *rest in cells}


_YIELD = "Market Yield on U.S. Treasury Securities at {}-{} Constant Maturity, Quoted on an Investment Basis"
_TERMS = {"1MO": (1, "Month"), "3MO": (3, "Month"), "6MO": (6, "Month")} | {
    str(years): (years, "Year") for years in (1, 2, 3, 5, 7, 10, 20, 30)
}
_NOMINAL = {f"DGS{term}": SeriesTitle(_YIELD.format(*words), "Percent", "Daily") for term, words in _TERMS.items()}
_REAL = {
    f"DFII{years}": SeriesTitle(f"{_YIELD.format(years, 'Year')}, Inflation-Indexed", "Percent", "Daily")
    for years in (5, 7, 10, 30)
}
_OTHERS = _rows("""
DFF | Federal Funds Effective Rate | Percent | Daily, 7-Day
SOFR | Secured Overnight Financing Rate | Percent | Daily
T5YIE | 5-Year Breakeven Inflation Rate | Percent | Daily
T10YIE | 10-Year Breakeven Inflation Rate | Percent | Daily
T5YIFR | 5-Year, 5-Year Forward Inflation Expectation Rate | Percent | Daily
VIXCLS | CBOE Volatility Index: VIX | Index | Daily, Close
OVXCLS | CBOE Crude Oil ETF Volatility Index | Index | Daily, Close
BAMLH0A0HYM2 | ICE BofA US High Yield Index Option-Adjusted Spread | Percent | Daily, Close
BAMLC0A0CM | ICE BofA US Corporate Index Option-Adjusted Spread | Percent | Daily, Close
BAMLC0A4CBBB | ICE BofA BBB US Corporate Index Option-Adjusted Spread | Percent | Daily, Close
BAMLEMCBPIOAS | ICE BofA Emerging Markets Corporate Plus Index Option-Adjusted Spread | Percent | Daily, Close
DCOILBRENTEU | Crude Oil Prices: Brent - Europe | Dollars per Barrel | Daily
DCOILWTICO | Crude Oil Prices: West Texas Intermediate (WTI) - Cushing, Oklahoma | Dollars per Barrel | Daily
DTWEXBGS | Nominal Broad U.S. Dollar Index | Index Jan 2006=100 | Daily
DTWEXEMEGS | Nominal Emerging Market Economies U.S. Dollar Index | Index Jan 2006=100 | Daily
SP500 | S&P 500 | Index | Daily, Close
RRPONTSYD | Overnight Reverse Repurchase Agreements: Treasury Securities Sold by the Federal Reserve in the Temporary Open Market Operations | Billions of US Dollars | Daily
T10Y2Y | 10-Year Treasury Constant Maturity Minus 2-Year Treasury Constant Maturity | Percent | Daily
T10Y3M | 10-Year Treasury Constant Maturity Minus 3-Month Treasury Constant Maturity | Percent | Daily
DFEDTARU | Federal Funds Target Range - Upper Limit | Percent | Daily, 7-Day
DFEDTARL | Federal Funds Target Range - Lower Limit | Percent | Daily, 7-Day
DEXBZUS | Brazilian Reals to U.S. Dollar Spot Exchange Rate | Brazilian Reals to One U.S. Dollar | Daily
DEXMXUS | Mexican Pesos to U.S. Dollar Spot Exchange Rate | Mexican New Pesos to One U.S. Dollar | Daily
DEXJPUS | Japanese Yen to U.S. Dollar Spot Exchange Rate | Japanese Yen to One U.S. Dollar | Daily
DEXUSEU | U.S. Dollars to Euro Spot Exchange Rate | U.S. Dollars to One Euro | Daily
DEXUSUK | U.S. Dollars to U.K. Pound Sterling Spot Exchange Rate | U.S. Dollars to One U.K. Pound Sterling | Daily
CPIAUCSL | Consumer Price Index for All Urban Consumers: All Items in U.S. City Average | Index 1982-1984=100 | Monthly | SA
CPILFESL | Consumer Price Index for All Urban Consumers: All Items Less Food and Energy in U.S. City Average | Index 1982-1984=100 | Monthly | SA
PCEPI | Personal Consumption Expenditures: Chain-type Price Index | Index 2017=100 | Monthly | SA
PCEPILFE | Personal Consumption Expenditures Excluding Food and Energy (Chain-Type Price Index) | Index 2017=100 | Monthly | SA
PAYEMS | All Employees, Total Nonfarm | Thousands of Persons | Monthly | SA
UNRATE | Unemployment Rate | Percent | Monthly | SA
ICSA | Initial Claims | Number | Weekly, Ending Saturday | SA
CCSA | Continued Claims (Insured Unemployment) | Number | Weekly, Ending Saturday | SA
INDPRO | Industrial Production: Total Index | Index 2017=100 | Monthly | SA
RSAFS | Advance Retail Sales: Retail Trade and Food Services | Millions of Dollars | Monthly | SA
RSXFS | Advance Retail Sales: Retail Trade | Millions of Dollars | Monthly | SA
HOUST | New Privately-Owned Housing Units Started: Total Units | Thousands of Units | Monthly | SAAR
PERMIT | New Privately-Owned Housing Units Authorized in Permit-Issuing Places: Total Units | Thousands of Units | Monthly | SAAR
UMCSENT | University of Michigan: Consumer Sentiment | Index 1966:Q1=100 | Monthly
MICH | University of Michigan: Inflation Expectation | Percent | Monthly
NFCI | Chicago Fed National Financial Conditions Index | Index | Weekly, Ending Friday
ANFCI | Chicago Fed Adjusted National Financial Conditions Index | Index | Weekly, Ending Friday
STLFSI4 | St. Louis Fed Financial Stress Index | Index | Weekly, Ending Friday
WALCL | Assets: Total Assets: Total Assets (Less Eliminations from Consolidation): Wednesday Level | Millions of U.S. Dollars | Weekly, As of Wednesday
WTREGEN | Liabilities and Capital: Liabilities: Deposits with F.R. Banks, Other Than Reserve Balances: U.S. Treasury, General Account: Week Average | Millions of U.S. Dollars | Weekly, Ending Wednesday
MORTGAGE30US | 30-Year Fixed Rate Mortgage Average in the United States | Percent | Weekly, Ending Thursday
FEDFUNDS | Federal Funds Effective Rate | Percent | Monthly
GDPC1 | Real Gross Domestic Product | Billions of Chained 2017 Dollars | Quarterly | SAAR
GDPPOT | Real Potential Gross Domestic Product | Billions of Chained 2017 Dollars | Quarterly
NROU | Noncyclical Rate of Unemployment | Percent | Quarterly
PPIACO | Producer Price Index by Commodity: All Commodities | Index 1982=100 | Monthly
MEDCPIM158SFRBCLE | Median Consumer Price Index | Percent Change at Annual Rate | Monthly | SA
AHETPI | Average Hourly Earnings of Production and Nonsupervisory Employees, Total Private | Dollars per Hour | Monthly | SA
U6RATE | Total Unemployed, Plus All Persons Marginally Attached to the Labor Force, Plus Total Employed Part Time for Economic Reasons (U-6) | Percent | Monthly | SA
JTSJOL | Job Openings: Total Nonfarm | Level in Thousands | Monthly | SA
CFNAI | Chicago Fed National Activity Index | Index | Monthly
TCU | Capacity Utilization: Total Index | Percent of Capacity | Monthly | SA
PCEC96 | Real Personal Consumption Expenditures | Billions of Chained 2017 Dollars | Monthly | SAAR
M2SL | M2 | Billions of Dollars | Monthly | SA
USREC | NBER based Recession Indicators for the United States from the Period following the Peak through the Trough | +1 or 0 | Monthly
PALLFNFINDEXM | Global Price Index of All Commodities | Index 2016 = 100 | Monthly
PCOPPUSDM | Global price of Copper | U.S. Dollars per Metric Ton | Monthly
""")  # noqa: E501

SERIES: dict[str, SeriesTitle] = {**_NOMINAL, **_REAL, **_OTHERS}
