"""Banco Central do Brasil, Focus: what the market expects, by survey day.

Four sets, chosen by `dataset.params.set`: expectations by year (`reference` "2026"), by month ("03/2026"), inflation
over the next twelve months ("12m", or "12m_smoothed" for Suavizada S), and Selic by Copom meeting ("R4/2028"). The same
survey day and target come twice: `base` 0 counts answers of 30 days, 1 those of five business days; -1 where the source
leaves it out. `dataset.params.base`, where given, asks for one of the two.
`obs_date` is the survey day. The publication (Monday, about the Friday before) is the publication rule's matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from desk.errors import BadCatalog, SourceError, UnknownSeries
from desk.model import EXPECTATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import scaled
from tasks.connectors.exchange import Payload, Query, Request
from tasks.connectors.olinda_wire import OlindaConnector, Row, no_rows, odata
from tasks.connectors.strict_values import day_of, field, number, text, whole
from tasks.connectors.wanted import is_recent

SCALES: Mapping[str, Decimal] = {
    "IPCA": Decimal("0.01"),
    "IPCA Serviços": Decimal("0.01"),
    "PIB Total": Decimal("0.01"),
    "Selic": Decimal("0.01"),
    "Câmbio": Decimal(1),
}
"""The source's unit in ours: percent becomes a fraction, BRL per USD stays."""

STATISTICS: Mapping[str, str] = {
    "median": "Mediana",
    "mean": "Media",
    "std_dev": "DesvioPadrao",
    "minimum": "Minimo",
    "maximum": "Maximo",
}
BASE_NOT_STATED = -1
LONGEST_PAUSE = 14
"""Calendar days without a row that a weekly survey can have."""
_ORDERS = {
    "ExpectativasMercadoAnuais": "Data asc,DataReferencia asc,IndicadorDetalhe asc,baseCalculo asc",
    "ExpectativaMercadoMensais": "Data asc,DataReferencia asc,baseCalculo asc",
    "ExpectativasMercadoSelic": "Data asc,Reuniao asc,baseCalculo asc",
    "ExpectativasMercadoInflacao12Meses": "Data asc,Suavizada asc,baseCalculo asc",
}
"""Entity set -> the whole key of a row of one indicator: ordered by the day alone, pages lose rows at their edges."""
_FORMS = {
    "year": re.compile(r"(19|20|21)[0-9]{2}"),
    "month": re.compile(r"(0[1-9]|1[0-2])/(19|20|21)[0-9]{2}"),
    "meeting": re.compile(r"R[0-9]{1,2}/(19|20|21)[0-9]{2}"),
}


class BcbFocus(OlindaConnector):
    """Base URL `api`: the Expectativas service's odata root. No catalogue series: the dataset names its indicators."""

    source: ClassVar[str] = "bcb_focus"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """One query per indicator of the dataset."""
        return [Query(dataset, (), window, {"indicator": name}) for name in dataset.params["indicators"]]

    def build_request(self, query: Query) -> Request:
        indicator, window = query.extra["indicator"], query.window
        condition = f"Indicador eq '{indicator}' and Data ge '{window.start}' and Data le '{window.end}'"
        if "base" in query.dataset.params:
            condition += f" and baseCalculo eq {query.dataset.params['base']}"
        name = query.dataset.params["set"]
        if name not in _ORDERS:
            raise BadCatalog(f"dataset {query.dataset.id}: unknown Focus set {name!r}")
        options = f"{odata(f'$filter={condition}')}&{odata(f'$orderby={_ORDERS[name]}')}&{self.page_options(query)}"
        return Request(
            query,
            f"{self.config.base_urls['api']}/{name}?{options}",
        )

    def frames(self, payload: Payload, rows: list[Row]) -> Frames:
        """Zero rows is NoData, and UnknownSeries where two weeks up to now have none: an indicator that was renamed
        vanishes without an error.
        Rows, and none of them about the question or with a number, are another answer: ValueError."""
        query = payload.query
        indicator = query.extra["indicator"]
        scale, reference = _scale(indicator), _reference(query.dataset)
        columns: dict[str, list[Any]] = {name: [] for name in EXPECTATION.parsed_schema if name != "knowledge_time"}
        others, outside, without_numbers = set(), set(), 0
        for row in rows:
            day = day_of(field(row, "Data"), "yyyy-mm-dd hh:mm")
            if row.get("Indicador") != indicator or row.get("IndicadorDetalhe"):
                others.add(str(row.get("Indicador")))
                continue
            if not query.window.start <= day <= query.window.end:
                outside.add(day)
                continue
            statistics = {name: _statistic(row, theirs, scale) for name, theirs in STATISTICS.items()}
            if all(value is None for value in statistics.values()):
                without_numbers += 1
                continue
            columns["indicator"].append(indicator)
            columns["reference"].append(reference(row))
            columns["base"].append(_whole(row, "baseCalculo", BASE_NOT_STATED))
            columns["obs_date"].append(day)
            columns["respondents"].append(_whole(row, "numeroRespondentes", None))
            for name, value in statistics.items():
                columns[name].append(value)
        if not columns["obs_date"]:
            if without_numbers:
                raise ValueError(f"{without_numbers} rows of {indicator} and no number in them")
            if others - {indicator}:
                raise ValueError(f"{min(others - {indicator})!r:.60} in answer to {indicator!r}")
            if outside:
                raise ValueError(f"rows of {max(outside)} in answer to {query.window.start}..{query.window.end}")
            raise _nothing(payload, f"Focus {indicator} in {query.dataset.params['set']}")
        return {EXPECTATION.name: parsed_frame(EXPECTATION, columns)}


def _nothing(payload: Payload, what: str) -> SourceError:
    """What no row means on the first page: the survey comes every week, and a later page of none ends the answer."""
    error, span = no_rows(payload, what), payload.query.window
    is_long = (span.end - span.start).days >= LONGEST_PAUSE and is_recent(payload.fetched_at, span.end)
    if not is_long or payload.query.extra.get("skip"):
        return error
    words = f"{error.message}: the indicator is renamed, or not published any more"
    return UnknownSeries(error.source, words, url=error.url, status=payload.status)


def _scale(indicator: str) -> Decimal:
    if indicator not in SCALES:
        raise BadCatalog(f"no unit is declared for the Focus indicator {indicator!r}")
    return SCALES[indicator]


def _reference(dataset: Dataset) -> Callable[[Row], str]:
    """How a row of this set names what it is about."""
    references: dict[str, Callable[[Row], str]] = {
        "ExpectativasMercadoAnuais": lambda row: _matching(row, "DataReferencia", "year"),
        "ExpectativaMercadoMensais": lambda row: _matching(row, "DataReferencia", "month"),
        "ExpectativasMercadoSelic": lambda row: _matching(row, "Reuniao", "meeting"),
        "ExpectativasMercadoInflacao12Meses": _smoothing,
    }
    name = dataset.params["set"]
    if name not in references:
        raise BadCatalog(f"dataset {dataset.id}: unknown Focus set {name!r}")
    return references[name]


def _matching(row: Row, name: str, what: str) -> str:
    value = text(field(row, name))
    if not _FORMS[what].fullmatch(value):
        raise ValueError(f"{name} is not a {what}: {value!r:.60}")
    return value


def _smoothing(row: Row) -> str:
    flag = field(row, "Suavizada")
    if flag not in ("S", "N"):
        raise ValueError(f"Suavizada is S or N, not {flag!r:.60}")
    return "12m_smoothed" if flag == "S" else "12m"


def _statistic(row: Row, name: str, scale: Decimal) -> float | None:
    """Null as the source gives it (few respondents)."""
    value = field(row, name)
    return None if value is None else scaled(number(value), scale)


def _whole(row: Row, name: str, absent: int | None) -> int | None:
    value = row.get(name)
    return absent if value is None else whole(value)
