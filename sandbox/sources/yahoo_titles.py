"""Yahoo's own names of the symbols that the sandbox quotes (short name, long name), and which trade in US cents."""

from __future__ import annotations

CENTS = ("ZS=F", "ZC=F", "ZW=F", "SB=F", "KC=F", "CT=F", "ZL=F")
"""Their currency is written USX."""

NAMES: dict[str, tuple[str, str]] = {
    "DX-Y.NYB": ("US Dollar Index", "US Dollar Index"),
    "^BVSP": ("IBOVESPA", "IBOVESPA"),
    "^GSPC": ("S&P 500", "S&P 500"),
    "^IXIC": ("NASDAQ Composite", "NASDAQ Composite"),
    "^VIX": ("CBOE Volatility Index", "VIX"),
    "^RUT": ("Russell 2000 Index", "Russell 2000"),
    "^STOXX50E": ("ESTX 50 PR.EUR", "EURO STOXX 50"),
    "^MXX": ("IPC MEXICO", "IPC MEXICO"),
    "GC=F": ("Gold Feb 27", "Gold"),
    "SI=F": ("Silver Mar 27", "Silver"),
    "CL=F": ("Crude Oil Jan 27", "WTI Crude Oil"),
    "BZ=F": ("Brent Crude Oil Last Day Finance", "Brent Crude Oil"),
    "ZS=F": ("Soybean Futures,Jan-2027", "Soybean Futures"),
    "ZC=F": ("Corn Futures,Mar-2027", "Corn Futures"),
    "ZW=F": ("Chicago SRW Wheat Futures,Mar-2027", "Wheat Futures"),
    "ZM=F": ("Soybean Meal Futures,Jan-2027", "Soybean Meal Futures"),
    "ZL=F": ("Soybean Oil Futures,Jan-2027", "Soybean Oil Futures"),
    "SB=F": ("Sugar #11 Mar 27", "Sugar"),
    "KC=F": ("Coffee Mar 27", "Coffee"),
    "CT=F": ("Cotton Mar 27", "Cotton"),
    "HG=F": ("Copper Mar 27", "Copper"),
    "TIO=F": ("Iron Ore 62% Fe, CFR China (PLATT", "Iron Ore 62% Fe"),
    "ZT=F": ("2-Year T-Note Futures,Mar-2027", "2-Year US Treasury Note Futures"),
    "ZF=F": ("Five-Year US Treasury Note Futur", "5-Year US Treasury Note Futures"),
    "ZN=F": ("10-Year T-Note Futures,Mar-2027", "10-Year US Treasury Note Futures"),
    "VALE3.SA": ("VALE        ON      NM", "Vale S.A."),
    "PETR4.SA": ("PETROBRAS   PN      EDJ N2", "Petróleo Brasileiro S.A. - Petrobras"),
    "ITUB4.SA": ("ITAUUNIBANCOPN  EB  N1", "Itaú Unibanco Holding S.A."),
    "EWZ": ("iShares MSCI Brazil ETF", "iShares MSCI Brazil ETF"),
    "EMB": ("iShares J.P. Morgan USD Emerging", "iShares J.P. Morgan USD Emerging Markets Bond ETF"),
    "HYG": ("iShares iBoxx $ High Yield Corpo", "iShares iBoxx $ High Yield Corporate Bond ETF"),
    "LQD": ("iShares iBoxx $ Investment Grade", "iShares iBoxx $ Investment Grade Corporate Bond ETF"),
    "TLT": ("iShares 20+ Year Treasury Bond E", "iShares 20+ Year Treasury Bond ETF"),
    "TIP": ("iShares TIPS Bond ETF", "iShares TIPS Bond ETF"),
    "EEM": ("iShares MSCI Emerging Index Fund", "iShares MSCI Emerging Markets ETF"),
    "EWW": ("iShares MSCI Mexico ETF", "iShares MSCI Mexico ETF"),
    "ECH": ("iShares MSCI Chile ETF", "iShares MSCI Chile ETF"),
    "EZA": ("iShares MSCI South Africa ETF", "iShares MSCI South Africa ETF"),
    "FXI": ("iShares China Large-Cap ETF", "iShares China Large-Cap ETF"),
    "EMLC": ("VanEck J.P. Morgan EM Local Curr", "VanEck J.P. Morgan EM Local Currency Bond ETF"),
    "IEF": ("iShares 7-10 Year Treasury Bond ", "iShares 7-10 Year Treasury Bond ETF"),
    "SHY": ("iShares 1-3 Year Treasury Bond E", "iShares 1-3 Year Treasury Bond ETF"),
    "DBC": ("Invesco DB Commodity Index Track", "Invesco DB Commodity Index Tracking Fund"),
    "DBA": ("Invesco DB Agriculture Fund", "Invesco DB Agriculture Fund"),
}


def names_of(symbol: str) -> tuple[str, str]:
    """FX pairs are named by their two currencies; `BRL=X` is so many reais per dollar."""
    if symbol.endswith("=X"):
        pair = symbol.removesuffix("=X")
        written = f"{pair[:3]}/{pair[3:]}" if len(pair) == 6 else f"USD/{pair}"
        return written, written
    return NAMES[symbol]
