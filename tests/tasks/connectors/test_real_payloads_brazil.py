"""Every collected payload of the Brazilian sources, through the real parsers.

Rows, first and last dates and values were read off the files by eye. What no connector reads is left out by name.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from desk.catalog import load_catalog
from desk.errors import BadPayload, BadRequest, HtmlPayload, NoData, Outage, SourceError
from desk.model import Dataset, Series, Window
from tasks.connectors.base import Query
from tests.tasks.connectors.answers import parse

DEFAULT = Path(__file__).parents[4] / "shared" / "real-payloads"
FOLDER = Path(os.environ.get("ALVORADA_REAL_PAYLOADS", DEFAULT))
SOURCES = ("bcb_sgs", "bcb_ptax", "bcb_focus", "ibge_sidra", "tesouro", "bcb_site")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no collected payloads at {FOLDER} (ALVORADA_REAL_PAYLOADS)"),
]

CATALOG = load_catalog()
DAY = dt.date.fromisoformat


def series(*ids: str) -> tuple[Series, ...]:
    return tuple(CATALOG.series[one] for one in ids)


def sgs(code: str) -> tuple[Series, ...]:
    """A monthly SGS series in percent that the catalogue does not list."""
    return (replace(CATALOG.series["selic_monthly"], id=f"sgs_{code}", code=code),)


@dataclass(frozen=True)
class Good:
    """A file with data: `first` and `last` are rows of `columns`, in the order of the silver key."""

    file: str
    dataset: str
    rows: int
    columns: tuple[str, ...]
    first: tuple[Any, ...]
    last: tuple[Any, ...]
    series: tuple[Series, ...] = ()
    start: str = "1970-01-01"
    end: str = "2026-12-31"
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.file} {self.extra.get('indicator', '')}".strip()


@dataclass(frozen=True)
class Refused:
    """A file that must be refused, by name."""

    file: str
    dataset: str
    status: int
    error: type[SourceError]
    words: str
    series: tuple[Series, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.file


VALUE = ("obs_date", "value")
SELL_BUY = series("usdbrl_ptax_sell", "usdbrl_ptax_buy")
NAMED = ("series_id", "obs_date", "value")
SURVEY = ("reference", "base", "obs_date", "median", "mean", "std_dev", "minimum", "maximum", "respondents")
SURVEY_DAY = DAY("2026-06-26")
AUCTION = ("contract_id", "obs_date", "price", "rate", "volume")


def annual(indicator: str, first: tuple[Any, ...], last: tuple[Any, ...]) -> Good:
    return Good(
        "bcb_focus/expectativas_anuais_2026-06-26.json",
        "bcb_focus_annual",
        5,
        SURVEY,
        ("2026", 0, SURVEY_DAY, *first),
        ("2030", 0, SURVEY_DAY, *last),
        extra={"indicator": indicator},
    )


GOOD = [
    Good(
        "bcb_sgs/sgs_0001_usdbrl_daily_2020_on.json", "bcb_sgs_daily", 1255, VALUE,
        (DAY("2020-01-02"), 4.0213), (DAY("2024-12-31"), 6.1923), series("usdbrl_sgs_sell"),
    ),
    Good(
        "bcb_sgs/sgs_432_meta_selic_daily_2016_2026.json", "bcb_sgs_daily", 3654, VALUE,
        (DAY("2016-01-01"), 0.1425), (DAY("2026-01-01"), 0.15), series("selic_target"),
    ),
    Good(  # the same file on 31 December: what is announced for the next day is not there yet
        "bcb_sgs/sgs_432_meta_selic_daily_2016_2026.json", "bcb_sgs_daily", 3653, VALUE,
        (DAY("2016-01-01"), 0.1425), (DAY("2025-12-31"), 0.15), series("selic_target"), end="2025-12-31",
    ),
    Good(
        "bcb_sgs/sgs_24369_desemprego_monthly.json", "bcb_sgs_monthly", 60, VALUE,
        (DAY("2020-01-01"), 0.113), (DAY("2024-12-01"), 0.062), series("unemployment"),
    ),
    Good(
        "bcb_sgs/sgs_433_ipca_1980_2026_raw.json", "bcb_sgs_monthly", 557, VALUE,
        (DAY("1980-01-01"), 0.0662), (DAY("2026-05-01"), 0.0058), series("ipca_mom"),
    ),
    Good(
        "bcb_sgs/sgs_433_ipca_2020_2026.json", "bcb_sgs_monthly", 60, VALUE,
        (DAY("2020-01-01"), 0.0021), (DAY("2024-12-01"), 0.0052), series("ipca_mom"),
    ),
    Good(
        "bcb_sgs/sgs_433_ipca_ultimos_3_raw.json", "bcb_sgs_monthly", 3, VALUE,
        (DAY("2026-03-01"), 0.0088), (DAY("2026-05-01"), 0.0058), series("ipca_mom"),
    ),
    Good(
        "bcb_sgs/sgs_433_negative_value.json", "bcb_sgs_monthly", 2, VALUE,
        (DAY("2026-07-01"), 0.0007), (DAY("2026-08-01"), -0.0032), series("ipca_mom"),
    ),
    Good(
        "bcb_sgs/sgs_inadimplencia_pf_monthly.json", "bcb_sgs_monthly", 119, VALUE,
        (DAY("2016-03-01"), 0.0425), (DAY("2026-01-01"), 0.0524), sgs("21112"),
    ),
    Good(
        "bcb_sgs/sgs_selic_monthly_1986_2026_raw.json", "bcb_sgs_monthly", 479, VALUE,
        (DAY("1986-08-01"), 0.0257), (DAY("2026-06-01"), 0.0054), series("selic_monthly"),
    ),
    Good(
        "bcb_ptax/CotacaoDolarDia_2026-09-18_raw.json", "bcb_ptax", 2, NAMED,
        ("usdbrl_ptax_buy", DAY("2026-09-18"), 5.1569), ("usdbrl_ptax_sell", DAY("2026-09-18"), 5.1575), SELL_BUY,
    ),
    Good(
        "bcb_ptax/CotacaoMoedaDia_EUR_2026-09-18_five_bulletins_raw.json", "bcb_ptax", 1, VALUE,
        (DAY("2026-09-18"), 5.9126), (DAY("2026-09-18"), 5.9126), series("eurbrl_ptax_sell"),
    ),
    annual("IPCA", (0.053268, 0.053116, 0.002318, 0.043, 0.058646, 148), (0.035, 0.035877, 0.00492, 0.03, 0.06, 110)),
    annual("Selic", (0.14, 0.13851, 0.003932, 0.1225, 0.145, 146), (0.1, 0.099688, 0.011611, 0.07, 0.1425, 104)),
    annual("Câmbio", (5.2, 5.2061, 0.1623, 4.75, 6.0, 118), (5.4, 5.3767, 0.2721, 4.7, 6.0, 77)),
    annual(
        "PIB Total", (0.019861, 0.01963, 0.001799, 0.011805, 0.024, 113), (0.02, 0.019909, 0.003184, 0.01, 0.028, 71)
    ),
    Good(
        "bcb_focus/inflacao12meses_ipca_servicos_2021.json", "bcb_focus_12m", 2, SURVEY,
        ("12m_smoothed", 1, DAY("2021-09-14"), 0.048967, 0.048967, 0.0, 0.048967, 0.048967, 1),
        ("12m_smoothed", 1, DAY("2021-09-15"), 0.053022, 0.053022, 0.004102, 0.04892, 0.057123, 2),
        extra={"indicator": "IPCA Serviços"},
    ),
    Good(
        "ibge_sidra/v3_agregados_7060_ipca_composicao_202605.json", "ibge_ipca_groups", 19, NAMED,
        ("ibge_ipca_clothing_mom", DAY("2026-05-01"), 0.0062),
        ("ibge_ipca_transport_weight", DAY("2026-05-01"), 0.204854),
        tuple(CATALOG.series_of("ibge_ipca_groups")), extra={"route": "v3"},
    ),
    Good(
        "tesouro/stn_leilao_2025-10-23.json", "stn_auctions", 6, AUCTION,
        ("AUCTION:LTN_2026-10-01", DAY("2025-10-23"), 884.471576, 0.141346, 2e6),
        ("AUCTION:NTN-F_2035-01-01", DAY("2025-10-23"), 845.702068, 0.138551, 1.5e6),
    ),
]  # fmt: skip

IPCA = series("ipca_mom")
TWELVE = {"indicator": "IPCA"}
REFUSED = [
    Refused("bcb_sgs/error_404_value_not_found.json", "bcb_sgs_monthly", 404, NoData, "no value", IPCA),
    Refused("bcb_sgs/error_400_ultimos_over_20.json", "bcb_sgs_monthly", 400, BadRequest, "deve ser 20", IPCA),
    Refused("bcb_sgs/error_406_ten_year_window.json", "bcb_sgs_monthly", 406, BadRequest, "10 anos", IPCA),
    Refused(
        "bcb_sgs/error_html_requisicao_invalida_head.html", "bcb_sgs_monthly", 200, HtmlPayload, "HTML page", IPCA
    ),
    Refused("bcb_ptax/CotacaoDolarDia_2026-09-13_empty_raw.json", "bcb_ptax", 200, NoData, "USD", SELL_BUY),
    Refused("bcb_focus/olinda_500_internal_error.html", "bcb_focus_12m", 500, Outage, "HTTP 500", extra=TWELVE),
    Refused(
        "ibge_sidra/error_400_over_50000.txt", "ibge_ipca_index", 400, BadRequest, "limite: 50000", series("ipca_index")
    ),
    Refused(
        "ibge_sidra/apisidra_5457_special_codes_subset.json", "ibge_ipca_index", 200, BadPayload,
        r"another territory than Brazil: \('3', '11'\)", series("ipca_index"),
    ),
    Refused(
        "ibge_sidra/error_403_cloudflare_challenge_head.html", "ibge_ipca_index", 403, Outage, "HTTP 403",
        series("ipca_index"),
    ),
]  # fmt: skip

LEFT_OUT = {
    "bcb_focus/focus_report_text_2026-08-07.txt": "text of the weekly PDF, not the API",
    "bcb_site/relatorios_ri_quantidade_5.json": "a list of reports of the central bank's site: no series in it",
    "ibge_sidra/apisidra_5457_soja_uf_2023_as_csv.csv": "derived: saved as CSV by somebody, header row dropped",
    "ibge_sidra/v3_1612_localidades_N3.json": "metadata of places: the connector asks for Brazil as a whole",
    "ibge_sidra/v3_1612_metadados.json": "metadata of a table that the desk does not read",
    "ibge_sidra/v3_1612_periodos.json": "list of periods and their last change: not asked for",
    "tesouro/bcb_leiloes_titulos_2025-08-19.csv": "the central bank's mirror of auctions: the Treasury's own is read",
    "tesouro/rendimento_investir_2026-05-05.csv": "the shop's page of today, behind a challenge for browsers",
    "tesouro/rendimento_resgatar_2026-05-05.csv": "the shop's page of today, behind a challenge for browsers",
    "tesouro/tesouro_direto_treasurybondsinfo_2025-07-16.json": "an address that is dead since August 2025",
}


def query_of(case: Good | Refused, span: Window) -> Query:
    dataset: Dataset = CATALOG.datasets[case.dataset]
    return Query(dataset, case.series, span, case.extra)


@pytest.mark.parametrize("case", GOOD, ids=str)
def test_data_is_what_the_file_says(case: Good) -> None:
    query = query_of(case, Window(DAY(case.start), DAY(case.end)))
    (frame,) = parse(query, (FOLDER / case.file).read_bytes()).values()
    assert frame.height == case.rows
    rows = frame.select(case.columns)
    assert rows.row(0) == case.first
    assert rows.row(-1) == case.last


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_an_answer_without_data_is_refused_by_name(case: Refused) -> None:
    query = query_of(case, Window(DAY("1970-01-01"), DAY("2026-12-31")))
    with pytest.raises(case.error, match=case.words) as raised:
        parse(query, (FOLDER / case.file).read_bytes(), status=case.status)
    assert type(raised.value) is case.error


def test_every_file_is_swept_or_left_out_by_name() -> None:
    found = {str(path.relative_to(FOLDER)) for name in SOURCES for path in (FOLDER / name).iterdir()}
    swept = {case.file for case in GOOD} | {case.file for case in REFUSED}
    assert found == swept | LEFT_OUT.keys()
    assert not swept & LEFT_OUT.keys()
