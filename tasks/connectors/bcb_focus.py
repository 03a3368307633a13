"""Banco Central do Brasil, Focus: what the market expects, by survey day.

Four sets, chosen by `dataset.params.set`: expectations by year (`reference` "2026"), by month ("03/2026"), inflation
over the next twelve months ("12m", or "12m_smoothed" for Suavizada S), and Selic by Copom meeting ("R4/2028"). The same
survey day and target come twice: `base` 0 counts answers of 30 days, 1 those of five business days; -1 where the source
leaves it out. `dataset.params.base`, where given, asks for one of the two.
`obs_date` is the survey day. The publication (Monday, about the Friday before) is the publication rule's matter.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from desk.errors import BadCatalog
from desk.model import EXPECTATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import scaled
from tasks.connectors.base import Payload, Query, Request
from tasks.connectors.bodies import bad_payload, one_row_per_key
from tasks.connectors.olinda_wire import OlindaConnector, Row, no_rows, odata

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


class BcbFocus(OlindaConnector):
    """Base URL `api`: the Expectativas service's odata root. No catalogue series: the dataset names its indicators."""

    source: ClassVar[str] = "bcb_focus"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """One query per indicator of the dataset."""
        return [Query(dataset, (), window, {"indicator": name}) for name in dataset.params["indicators"]]

    def build_request(self, query: Query) -> Request:
        indicator, window = query.extra["indicator"], query.window
        wanted = f"Indicador eq '{indicator}' and Data ge '{window.start}' and Data le '{window.end}'"
        if "base" in query.dataset.params:
            wanted += f" and baseCalculo eq {query.dataset.params['base']}"
        return Request(
            query,
            f"{self.config.base_urls['api']}/{query.dataset.params['set']}"
            f"?{odata(f'$filter={wanted}')}&{odata('$orderby=Data asc')}&{self.page_options(query)}",
        )

    def frames(self, payload: Payload, rows: list[Row]) -> Frames:
        """Zero rows is NoData, for the caller to wonder at: an indicator that was renamed vanishes without an error."""
        query = payload.query
        indicator = query.extra["indicator"]
        scale, reference = _scale(indicator), _reference(query.dataset)
        columns: dict[str, list[Any]] = {name: [] for name in EXPECTATION.parsed_schema if name != "knowledge_time"}
        for row in rows:
            day = _survey_day(row, payload)
            if row.get("Indicador") != indicator or row.get("IndicadorDetalhe"):
                continue
            if not query.window.start <= day <= query.window.end:
                continue
            statistics = {name: _statistic(row, field, scale, payload) for name, field in STATISTICS.items()}
            if all(value is None for value in statistics.values()):
                continue
            columns["indicator"].append(indicator)
            columns["reference"].append(reference(row, payload))
            columns["base"].append(_whole(row, "baseCalculo", payload, BASE_NOT_STATED))
            columns["obs_date"].append(day)
            columns["respondents"].append(_whole(row, "numeroRespondentes", payload, None))
            for name, value in statistics.items():
                columns[name].append(value)
        if not columns["obs_date"]:
            raise no_rows(payload, f"Focus {indicator} in {query.dataset.params['set']}")
        frame = parsed_frame(EXPECTATION, columns)
        return {EXPECTATION.name: one_row_per_key(frame, EXPECTATION, payload)}


def _scale(indicator: str) -> Decimal:
    if indicator not in SCALES:
        raise BadCatalog(f"no unit is declared for the Focus indicator {indicator!r}")
    return SCALES[indicator]


def _reference(dataset: Dataset) -> Callable[[Row, Payload], str]:
    """How a row of this set names what it is about."""
    references: dict[str, Callable[[Row, Payload], str]] = {
        "ExpectativasMercadoAnuais": lambda row, payload: _text(row, "DataReferencia", payload),
        "ExpectativaMercadoMensais": _month,
        "ExpectativasMercadoSelic": lambda row, payload: _text(row, "Reuniao", payload),
        "ExpectativasMercadoInflacao12Meses": _smoothing,
    }
    name = dataset.params["set"]
    if name not in references:
        raise BadCatalog(f"dataset {dataset.id}: unknown Focus set {name!r}")
    return references[name]


def _month(row: Row, payload: Payload) -> str:
    text = _text(row, "DataReferencia", payload)
    if not re.fullmatch(r"(0[1-9]|1[0-2])/\d{4}", text):
        bad_payload(payload, f"DataReferencia is not a month: {text!r}")
    return text


def _smoothing(row: Row, payload: Payload) -> str:
    flag = _text(row, "Suavizada", payload)
    if flag not in ("S", "N"):
        bad_payload(payload, f"Suavizada is S or N, not {flag!r}")
    return "12m_smoothed" if flag == "S" else "12m"


def _text(row: Row, field: str, payload: Payload) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value:
        bad_payload(payload, f"a row without {field}")
    return value


def _survey_day(row: Row, payload: Payload) -> dt.date:
    try:
        return dt.date.fromisoformat(_text(row, "Data", payload)[:10])
    except ValueError:
        bad_payload(payload, f"Data is not a date: {row['Data']!r}")


def _statistic(row: Row, field: str, scale: Decimal, payload: Payload) -> float | None:
    """Null as the source gives it (few respondents); a field that is not there at all is another format."""
    if field not in row:
        bad_payload(payload, f"a row without {field}")
    value = row[field]
    if value is None:
        return None
    if not isinstance(value, Decimal):
        bad_payload(payload, f"{field} is not a number: {value!r}")
    return scaled(value, scale)


def _whole(row: Row, field: str, payload: Payload, absent: int | None) -> int | None:
    value = row.get(field)
    if value is None:
        return absent
    if not isinstance(value, Decimal) or value != value.to_integral_value():
        bad_payload(payload, f"{field} is not a whole number: {value!r}")
    return int(value)
