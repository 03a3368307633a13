"""Banco Central do Brasil, PTAX: closing rates of the US dollar and of other currencies against the real.

The dollar comes from CotacaoDolarPeriodo (closing only), others from CotacaoMoedaPeriodo (five bulletins a day, the
closing one labelled `Fechamento` or `Fechamento PTAX`; the last intermediate one is 0.2 s before it, so only the label
tells them apart). Dates are sent as MM-DD-YYYY; `dataHoraCotacao` is Brasilia time. BRL per unit of currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from desk.errors import BadCatalog
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import scaled
from tasks.connectors.exchange import Payload, Query, Request
from tasks.connectors.olinda_wire import OlindaConnector, Row, no_rows, odata
from tasks.connectors.strict_values import day_of, number, text

SIDES = {"sell": "cotacaoVenda", "buy": "cotacaoCompra"}


class BcbPtax(OlindaConnector):
    """Series: `code` is the currency, `params.side` is sell or buy. Base URL `api`: the PTAX service's odata root."""

    source: ClassVar[str] = "bcb_ptax"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """One query per currency: both sides are in one answer."""
        currencies = dict.fromkeys(one.code for one in series)
        return [Query(dataset, tuple(s for s in series if s.code == code), window) for code in currencies]

    def build_request(self, query: Query) -> Request:
        currency, window = query.series[0].code, query.window
        dates = f"@dataInicial='{window.start:%m-%d-%Y}'&@dataFinalCotacao='{window.end:%m-%d-%Y}'"
        if currency == "USD":
            call = f"CotacaoDolarPeriodo(dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)?{dates}"
        else:
            call = (
                "CotacaoMoedaPeriodo(moeda=@moeda,dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
                f"?@moeda='{currency}'&{dates}"
            )
        order = odata("$orderby=dataHoraCotacao asc")
        return Request(query, f"{self.config.base_urls['api']}/{call}&{order}&{self.page_options(query)}")

    def frames(self, payload: Payload, rows: list[Row]) -> Frames:
        query = payload.query
        closing: dict[dt.date, Row] = {}
        stamps: dict[dt.date, str] = {}
        outside: set[dt.date] = set()
        for row in rows:
            stamp = _stamp(row, query.series[0].code)
            if stamp is None:
                continue
            day = day_of(stamp, "yyyy-mm-dd hh:mm")
            if not query.window.start <= day <= query.window.end:
                outside.add(day)
                continue
            if set(_sides(row)) == {None}:
                raise ValueError(f"a closing rate of {stamp} without either side")
            # before 1990 a day can have two closing rows: the later one is the day's
            if stamp == stamps.get(day) and _sides(row) != _sides(closing[day]):
                raise ValueError(f"two different closing rates of {stamp}")
            if stamp >= stamps.get(day, ""):
                closing[day], stamps[day] = row, stamp
        if outside and not closing:
            raise ValueError(f"rates of {max(outside)} in answer to {query.window.start}..{query.window.end}")
        ids, days, values = [], [], []
        for series in query.series:
            field = _field(series)
            for day, row in closing.items():
                if row[field] is None:  # a side that was not quoted
                    continue
                ids.append(series.id)
                days.append(day)
                values.append(scaled(number(row[field]), series.scale))
        if not ids:
            raise no_rows(payload, f"PTAX {query.series[0].code}")
        return {OBSERVATION.name: parsed_frame(OBSERVATION, {"series_id": ids, "obs_date": days, "value": values})}


def _stamp(row: Row, currency: str) -> str | None:
    """`dataHoraCotacao` of a closing row, None for an intermediate bulletin. Raises ValueError."""
    missing = {"cotacaoCompra", "cotacaoVenda", "dataHoraCotacao"} - row.keys()
    if currency != "USD" and "tipoBoletim" not in row:
        missing.add("tipoBoletim")
    if missing:
        raise ValueError(f"a row without {', '.join(sorted(missing))}")
    if not text(row.get("tipoBoletim", "Fechamento")).startswith("Fechamento"):
        return None
    return text(row["dataHoraCotacao"])


def _sides(row: Row) -> tuple[Any, ...]:
    return tuple(row[field] for field in SIDES.values())


def _field(series: Series) -> str:
    side = series.params.get("side")
    if side not in SIDES:
        raise BadCatalog(f"series {series.id}: params.side is sell or buy, not {side!r}")
    return SIDES[side]
