"""What the collected payloads of the market sources hold: rows, first and last values, read off the files by eye."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from desk.catalog import load_catalog
from desk.errors import BadPayload, HtmlPayload, MissingKey, NoData, SourceError, UnknownSeries
from desk.model import Dataset, Series

DEFAULT = Path(__file__).parents[4] / "shared" / "real-payloads"
FOLDER = Path(os.environ.get("ALVORADA_REAL_PAYLOADS", DEFAULT))
CATALOG = load_catalog()
DAY = dt.date.fromisoformat
Unwrap = Callable[[bytes], bytes]


def as_it_is(body: bytes) -> bytes:
    return body


def recorded(body: bytes) -> bytes:
    """The answer in a recorder's wrapper."""
    return json.dumps(json.loads(body)["response"]["bodyJson"]).encode()


def of_bundle(code: str) -> Unwrap:
    return lambda body: json.dumps(json.loads(body)[code]).encode()


def one(id: str, code: str | None = None) -> Series:
    """A series of the catalogue, or one like it under another code."""
    return replace(CATALOG.series[id], code=code or CATALOG.series[id].code)


def curves(**codes: str) -> Dataset:
    return replace(CATALOG.datasets["b3_swap_curves"], params={"curves": codes})


@dataclass(frozen=True)
class Good:
    """A file with data: `first` and `last` are rows of `columns`, ordered by day, then by the columns."""

    file: str
    dataset: str | Dataset
    rows: int
    columns: tuple[str, ...]
    first: tuple[Any, ...]
    last: tuple[Any, ...]
    series: tuple[Series, ...] = ()
    start: str = "1970-01-01"
    end: str = "2026-12-31"
    unwrap: Unwrap = as_it_is
    key: str | None = None

    def __str__(self) -> str:
        return f"{self.file} {self.start}"


@dataclass(frozen=True)
class Refused:
    file: str
    dataset: str
    error: type[SourceError]
    words: str
    series: tuple[Series, ...] = ()
    status: int = 200
    start: str = "2026-01-12"
    unwrap: Unwrap = as_it_is

    def __str__(self) -> str:
        return f"{self.file} {self.dataset}"


SETTLED = ("obs_date", "contract_id", "price", "rate", "open_interest", "volume")
POINT = ("obs_date", "tenor_bd", "rate")
VALUE = ("obs_date", "value")
BAR = ("obs_date", "open", "high", "low", "close", "volume")
NAMED = ("obs_date", "series_id", "value")
KEY = "0123456789abcdef0123456789abcdef"

GOOD = [
    Good(
        "b3/SPRD260112.zip", "b3_settlements", 141, SETTLED,
        (DAY("2026-01-12"), "DAPF26", 99881.81, 0.10444, 61247.0, None),
        (DAY("2026-01-12"), "INDZ27", 203113.0, None, None, None), start="2026-01-12", end="2026-01-12",
    ),
    Good(
        "b3/BVBG086_pricereport_20180102.xml.gz", "b3_settlements", 130, SETTLED,
        (DAY("2018-01-02"), "DAPF18", 99877.56, 0.0349, 70855.0, 1000.0),
        (DAY("2018-01-02"), "INDZ19", 89322.0, None, None, None), start="2018-01-02", end="2018-01-02",
        unwrap=gzip.decompress,
    ),
    Good(
        "b3/TaxaSwap.txt", curves(APR="PRE_ADJUSTED"), 348, POINT,
        (DAY("2014-12-12"), 1, 0.1159), (DAY("2014-12-12"), 8956, 0.1232), start="2014-12-12", end="2014-12-12",
    ),
    Good(
        "b3/TaxaSwap_2026-09-25_excerpt.txt", curves(DPL="REAL"), 51, POINT,
        (DAY("2026-09-25"), 1, 0.0628), (DAY("2026-09-25"), 1480, 0.0764), start="2026-09-25", end="2026-09-25",
    ),
    Good(
        "fred/fredgraph_DGS10_1999_2025_new_header.csv", "fred_daily", 6688, VALUE,
        (DAY("1999-01-04"), 0.0469), (DAY("2025-09-25"), 0.0418), (one("dgs10"),),
    ),
    Good(
        "fred/fredgraph_DGS10_2002_2020_legacy_header.csv", "fred_daily", 4629, VALUE,
        (DAY("2002-02-01"), 0.0502), (DAY("2020-07-31"), 0.0055), (one("dgs10"),),
    ),
    Good(
        "fred/fredgraph_DCOILBRENTEU_2026-08_09.csv", "fred_daily", 41, VALUE,
        (DAY("2026-08-03"), 88.90), (DAY("2026-09-29"), 113.96), (one("brent_fred"),),
    ),
    Good(
        "fred/observations_GDP_quarterly.json", "fred_macro", 97, VALUE,
        (DAY("1999-01-01"), 9411.682), (DAY("2023-01-01"), 26465.865), (one("us_gdp", "GDP"),), key=KEY,
    ),
    Good(
        "fred/observations_em_spreads_bundle_2026-07.json", "fred_daily", 3, VALUE,
        (DAY("2026-07-01"), 121.34), (DAY("2026-07-06"), 120.88), (one("dollar_broad"),),
        unwrap=of_bundle("DTWEXBGS"), key=KEY,
    ),
    Good(
        "fred/observations_em_spreads_bundle_2026-07.json", "fred_daily", 5, VALUE,
        (DAY("2026-06-29"), 0.0241), (DAY("2026-07-06"), 0.0245), (one("us_hy_spread", "BAMLEMCBPIOAS"),),
        unwrap=of_bundle("BAMLEMCBPIOAS"), key=KEY,
    ),
    Good(
        "us_treasury/par_yield_all_1990_to_2022-03.csv", "treasury_nominal", 12, POINT,
        (DAY("2022-03-31"), 21, 0.0017), (DAY("2022-03-31"), 7560, 0.0244), start="2022-03-31",
    ),
    Good(  # no 1, 2 month and 20 year yields yet
        "us_treasury/par_yield_all_1990_to_2022-03.csv", "treasury_nominal", 9, POINT,
        (DAY("1990-01-02"), 63, 0.0783), (DAY("1990-01-02"), 7560, 0.08), start="1990-01-01", end="1990-01-02",
    ),
    Good(  # the first day without a 30 year yield; the 2 month one was born in 2018
        "us_treasury/par_yield_all_1990_to_2022-03.csv", "treasury_nominal", 10, POINT,
        (DAY("2002-02-19"), 21, 0.0173), (DAY("2002-02-19"), 5040, 0.0561), start="2002-02-19", end="2002-02-19",
    ),
    Good(
        "us_treasury/par_yield_2025_first_half_iso.csv", "treasury_nominal", 13, POINT,
        (DAY("2025-01-02"), 21, 0.0445), (DAY("2025-01-02"), 7560, 0.0479), start="2025-01-01", end="2025-01-02",
    ),
    Good(
        "us_treasury/par_yield_2025_first_half_iso.csv", "treasury_nominal", 14, POINT,
        (DAY("2025-07-11"), 21, 0.0437), (DAY("2025-07-11"), 7560, 0.0496), start="2025-07-11",
    ),
    Good(
        "us_treasury/par_yield_xml_2026-10.xml", "treasury_nominal", 28, POINT,
        (DAY("2026-10-01"), 21, 0.0406), (DAY("2026-10-02"), 7560, 0.0563), start="2026-10-01",
    ),
    Good(
        "us_treasury/old_feed_2021.xml", "treasury_nominal", 53 * 12, POINT,
        (DAY("2021-01-04"), 21, 0.0009), (DAY("2021-03-19"), 7560, 0.0245), start="2021-01-01",
    ),
    Good(
        "yahoo/OVX_1d_2026-09-28_week.json", "yahoo_daily", 5, BAR,
        (DAY("2026-09-28"), 56.27, 57.7, 54.05, 56.11, 0.0), (DAY("2026-10-02"), 52.2, 52.25, 50.73, 51.0, 0.0),
        (one("vix", "^OVX"),),
    ),
    Good(
        "yahoo/chart-GC_F-2020-01-01-to-2020-01-03.json", "yahoo_daily", 1, BAR,
        (DAY("2020-01-02"), 1518.1, 1528.7, 1518.0, 1524.5, 214.0),
        (DAY("2020-01-02"), 1518.1, 1528.7, 1518.0, 1524.5, 214.0), (one("gold"),), unwrap=recorded,
    ),
    Good(
        "yahoo/chart-AAPL-2020-08-31-to-2020-11-07.json", "yahoo_daily", 49, ("obs_date", "close"),
        (DAY("2020-08-31"), 129.04), (DAY("2020-11-06"), 118.69), (one("ewz", "AAPL"),), unwrap=recorded,
    ),
    Good(
        "yahoo/chart-BTC-USD-2020-01-01-to-2020-01-03.json", "yahoo_daily", 3, ("obs_date", "close"),
        (DAY("2020-01-01"), 7200.17), (DAY("2020-01-03"), 7344.88),
        (replace(one("ewz", "BTC-USD"), unit="USD per BTC"),), unwrap=recorded,
    ),
    Good(
        "yahoo/chart-0P000071W8.TO-2020-01-01-to-2020-01-03.json", "yahoo_daily", 1, ("obs_date", "close"),
        (DAY("2020-01-02"), 73.72), (DAY("2020-01-02"), 73.72),
        (replace(one("ewz", "0P000071W8.TO"), unit="CAD"),), unwrap=recorded,
    ),
    Good(
        "vix/vix-daily.csv", "yahoo_daily", 9235, BAR,
        (DAY("1990-01-02"), 17.24, 17.24, 17.24, 17.24, None), (DAY("2026-07-23"), 17.67, 20.31, 17.32, 18.7, None),
        (one("vix"),),
    ),
    Good(
        "cftc/socrata_72hh-3qpy_WTI_2026-06_09.json", "cftc_disagg", 17, VALUE,
        (DAY("2026-06-09"), 118758.0), (DAY("2026-09-29"), 129436.0), (one("cot_cl_mm_short"),),
    ),
    Good(
        "cftc/FinFutYY_2026_part.txt", "cftc_tff", 22, NAMED,
        (DAY("2026-01-06"), "cot_brl_lev_long", 21860.0), (DAY("2026-03-17"), "cot_brl_oi", 101943.0),
        (one("cot_brl_lev_long"), one("cot_brl_oi")),
    ),
    Good(
        "cftc/disagg_2026-07-14_no_header.csv", "cftc_disagg", 3, NAMED,
        (DAY("2026-07-14"), "cot_cl_mm_long", 76020.0), (DAY("2026-07-14"), "cot_cl_oi", 429298.0),
        tuple(one(name, "001602") for name in ("cot_cl_oi", "cot_cl_mm_long", "cot_cl_mm_short")),
    ),
    Good(
        "cftc/deafut_2026-08-04.txt", "cftc_tff", 1, VALUE,
        (DAY("2026-08-04"), 466323.0), (DAY("2026-08-04"), 466323.0), (one("cot_brl_oi", "001602"),),
    ),
]  # fmt: skip

REFUSED = [
    Refused("b3/TaxaSwap.txt", "b3_swap_curves", BadPayload, "DCL, DOC, DPL, PRE; the file holds APR"),
    Refused("b3/ajustes_page_20250213.html", "b3_settlements", HtmlPayload, "page in place of the file"),
    Refused("b3/CDIIDI.json", "b3_swap_curves", BadPayload, "JSON in place of the file"),
    Refused("b3/DerivativeQuotation_DI1_20260310.json", "b3_settlements", BadPayload, "JSON in place of the file"),
    Refused("b3/DerivativesOpenPosition_20251219_agri.csv", "b3_settlements", BadPayload, "not a price report"),
    Refused("b3/COTAHIST_D04012016.TXT", "b3_swap_curves", BadPayload, "not a file of 72-column lines"),
    Refused("b3/SPRD260112.zip", "b3_settlements", BadPayload, "in answer to 2026-01-09", start="2026-01-09"),
    Refused("fred/CPIAUCSL_with_Oct2025_gap.csv", "fred_macro", BadPayload, "header is 'date,value'", (one("us_cpi"),)),
    Refused(  # its capturer cut the early rows, which is what a cut body looks like
        "fred/observations_DEXJPUS_daily_with_dots.json", "fred_daily", BadPayload, "13650 observations promised",
        (one("dollar_broad", "DEXJPUS"),),
    ),
    Refused("fred/error_400_no_key.json", "fred_daily", MissingKey, "api_key is not set", (one("dgs10"),), 400),
    Refused("fred/error_400_series_missing.json", "fred_daily", UnknownSeries, "does not exist", (one("dgs10"),), 400),
    Refused("yahoo/BZ_F_pre_history_http400.json", "yahoo_daily", NoData, "Data doesn't exist", (one("brent"),), 400),
    Refused("yahoo/error_http404_not_found.json", "yahoo_daily", UnknownSeries, "delisted", (one("brent"),), 404),
    Refused("yahoo/chart-AAPL-2021-1m.json", "yahoo_daily", BadPayload, "bars of '1m' in answer", (one("spx"),)),
    Refused(
        "yahoo/chart-AAPL-2025-02-01-to-2025-02-02-includePrePost-false-interval-1m.json", "yahoo_daily", NoData,
        "no bar for", (one("spx", "AAPL"),), unwrap=recorded,
    ),
    Refused(
        "yahoo/chart-notimestamp-weird-quote.fake.json", "yahoo_daily", BadPayload, "prices without timestamps",
        (one("spx", "AAPL"),), unwrap=recorded,
    ),
    Refused("yahoo/getCrumb-getcrumb.json", "yahoo_daily", BadPayload, "not a chart answer", (one("spx"),)),
    Refused("inmet/observacoes_A001_HANDMADE.json", "cftc_tff", BadPayload, "report_date", (one("cot_brl_oi"),)),
    Refused("aneel/ceee_d_b1_history_derived.csv", "treasury_nominal", BadPayload, "not a table of Treasury rates"),
]  # fmt: skip
