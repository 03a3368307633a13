"""IBGE, SIDRA: the IPCA's index number, and its groups' monthly changes and weights.

Two routes to the same numbers. `v3` (servicodados) is used first; when it is out, `values` (apisidra) answers in
another shape, without a second try at the first. apisidra challenges every client at times. A series is the cell of
`params.variable` and `params.category` ("" for a table without classification), Brazil as a whole. Monthly values
are dated day 01. Source: sources.md section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from desk.errors import BudgetSpent, HtmlPayload, NoData, Outage
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import decimal_point, scaled
from tasks.connectors.base import Connector
from tasks.connectors.bodies import json_body, require_ok
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request
from tasks.connectors.sidra_periods import first_day, period_range
from tasks.connectors.strict_values import believable, record, records, text

VALUES_LIMIT = 40_000
"""A query stays under this many values: both routes fail from about 50,000 (HTTP 400 here, 500 there)."""

_PERCENT = Decimal("0.01")
ABSENT = ("..", "...", "X")
"""Not applicable, not available, withheld: no row. `-` is a true zero."""

PERIOD_LABELS = ("Mês (Código)", "Trimestre (Código)", "Ano (Código)")
VARIABLE_LABEL = "Variável (Código)"


class Cell(NamedTuple):
    """One value as the source gives it: codes and texts."""

    variable: str
    category: str
    period: str
    unit: str
    text: str


class IbgeSidra(Connector):
    """Dataset params: `table`, `variables`, `classification` (its number, or ""). Base URLs `values` and `v3`."""

    source: ClassVar[str] = "ibge_sidra"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """All series of the table in one query, as long as their product stays under the limit of values."""
        cells = len(_variables(series)) * len(_categories(series))
        months = max(1, VALUES_LIMIT // max(1, cells))
        return [Query(dataset, tuple(series), part) for part in window.split(months * 28)]

    def build_request(self, query: Query) -> Request:
        """By `extra.route`: "values", or the v3 route when it says nothing."""
        params = query.dataset.params
        periods = period_range(query.window, query.series[0].frequency)
        variables, categories = _variables(query.series), ",".join(_categories(query.series))
        classification = params["classification"]
        if query.extra.get("route") != "values":
            chosen = f"&classificacao={classification}[{categories}]" if classification else ""
            url = (
                f"{self.config.base_urls['v3']}/api/v3/agregados/{params['table']}/periodos/{periods}"
                f"/variaveis/{'%7C'.join(variables)}?localidades=N1[all]{chosen}"
            )
        else:
            chosen = f"/c{classification}/{categories}" if classification else ""
            url = (
                f"{self.config.base_urls['values']}/values/t/{params['table']}/n1/all/v/{','.join(variables)}"
                f"/p/{periods}{chosen}?formato=json"
            )
        return Request(query, url)

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        try:
            return await super().fetch(client, query)
        except BudgetSpent:
            raise
        except (Outage, HtmlPayload) as first:
            second_route = replace(query, extra={**query.extra, "route": "values"})
            try:
                return await super().fetch(client, second_route)
            except (Outage, HtmlPayload) as second:
                if not second.retryable:
                    raise
                message = f"both routes are out: {first.message}; {second.message}"
                raise Outage(self.source, message, url=second.url, status=second.status) from second

    def parse(self, payload: Payload) -> Frames:
        """Either shape. A period that is not published yet is left out by the source without a word."""
        require_ok(payload)
        body = records(json_body(payload))
        query = payload.query
        series_of_cell = {(str(s.params["variable"]), str(s.params["category"])): s for s in query.series}
        ids, days, values = [], [], []
        found, others = 0, set()
        for cell in _v3_cells(body) if body and "resultados" in body[0] else _table_cells(body):
            series = series_of_cell.get((cell.variable, cell.category))
            if series is None:
                others.add(f"{cell.variable}/{cell.category}")
                continue
            found += 1
            day = first_day(cell.period, series.frequency)
            if day is None:
                raise ValueError(f"not a period: {cell.period!r:.60}")
            number = _number(cell.text)
            if number is None:
                continue
            _require_unit(cell, series)
            if query.window.start <= day <= query.window.end:
                ids.append(series.id)
                days.append(believable(day))
                values.append(scaled(number, series.scale))
        if others and not found:
            raise ValueError(f"variable and category {min(others)!r:.40} in answer to {sorted(series_of_cell)[0]}")
        if not ids:
            table, window = query.dataset.params["table"], query.window
            raise NoData(
                self.source, f"table {table}: no value in {window.start}..{window.end}", url=payload.request.url
            )
        return {OBSERVATION.name: parsed_frame(OBSERVATION, {"series_id": ids, "obs_date": days, "value": values})}


def _variables(series: Sequence[Series]) -> list[str]:
    return list(dict.fromkeys(str(one.params["variable"]) for one in series))


def _categories(series: Sequence[Series]) -> list[str]:
    return list(dict.fromkeys(str(one.params["category"]) for one in series))


def _require_unit(cell: Cell, series: Series) -> None:
    """A percent is scaled to a fraction and nothing else is, where the answer names its unit. Raises ValueError."""
    if cell.unit and (cell.unit == "%") != (series.scale == _PERCENT):
        raise ValueError(f"unit {cell.unit!r:.40} in answer to {series.id} ({series.unit})")


def _number(written: str) -> Decimal | None:
    if written in ABSENT:
        return None
    return Decimal(0) if written == "-" else decimal_point(written)


def _table_cells(rows: list[dict[str, Any]]) -> Iterator[Cell]:
    """Rows of the values route. The first is a header of labels; which D-number is which depends on the path's order,
    so columns are found by label: what is neither territory, variable nor period is the classification."""
    if not rows:
        return
    labels = {key: label for key, label in rows[0].items() if re.fullmatch(r"D[0-9]{1,2}C", key)}
    variable = [key for key, label in labels.items() if label == VARIABLE_LABEL]
    period = [key for key, label in labels.items() if label in PERIOD_LABELS]
    if rows[0].get("V") != "Valor" or len(variable) != 1 or len(period) != 1:
        raise ValueError(f"no header with value, variable and period: {rows[0]!r:.160}")
    for row in rows[1:]:
        territory = f"{row.get('NN')} (Código)"
        places = [key for key in labels if labels[key] == territory]
        others = [key for key in labels if key not in (*variable, *period, *places)]
        if len(others) > 1:
            raise ValueError(f"more than one classification: {[labels[key] for key in others]!r:.160}")
        _require_brazil(*(row.get(key) for key in ("NC", *places)))
        fields = (variable[0], *others, period[0], "V")
        if missing := [field for field in fields if field not in row]:
            raise ValueError(f"a row without {missing[0]!r}: {row!r:.160}")
        category = text(row[others[0]]) if others else ""
        yield Cell(text(row[variable[0]]), category, text(row[period[0]]), text(row.get("MN", "")), text(row["V"]))


def _v3_cells(variables: list[dict[str, Any]]) -> Iterator[Cell]:
    """Variables > results by category > series by place > period: value."""
    try:
        for variable in variables:
            for result in records(variable["resultados"]):
                codes = [code for one in records(result["classificacoes"]) for code in record(one["categoria"])]
                if len(codes) > 1:
                    raise ValueError(f"more than one category in a result: {codes!r:.160}")
                for series in records(result["series"]):
                    _require_brazil(record(series.get("localidade", {})).get("id"))
                    for period, written in record(series["serie"]).items():
                        unit, category = text(variable.get("unidade", "")), codes[0] if codes else ""
                        yield Cell(text(variable["id"]), category, period, unit, text(written))
    except KeyError as error:
        raise ValueError(f"not the shape of v3: without {error}") from None


def _require_brazil(*codes: object) -> None:
    """`1` is Brazil, among the levels of territory and among the places of its level. None: the answer names none."""
    if any(code is not None and code != "1" for code in codes):
        raise ValueError(f"another territory than Brazil: {codes!r:.60}")
