"""Banco Central do Brasil, PTAX: closing rates of the US dollar and of other currencies against the real.

The dollar comes from CotacaoDolarPeriodo (closing only), others from CotacaoMoedaPeriodo (five bulletins a day, the
closing one labelled `Fechamento` or `Fechamento PTAX`; the last intermediate one is 0.2 s before it, so only the label
tells them apart). Dates are asked as MM-DD-YYYY; `dataHoraCotacao` is Brasilia time. BRL per unit of currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from desk.errors import BadCatalog
from desk.model import OBSERVATION, Dataset, Frames, Series, Window, parsed_frame
from desk.units import scaled
from tasks.connectors.base import Payload, Query, Request
from tasks.connectors.bodies import bad_payload, one_row_per_key
from tasks.connectors.olinda_wire import OlindaConnector, Row, no_rows, odata

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
        for row in rows:
            stamp = _stamp(row, query.series[0].code, payload)
            if stamp is None:
                continue
            day = _day(stamp, payload)
            # before 1990 a day can have two closing rows: the later one is the day's
            if query.window.start <= day <= query.window.end and stamp >= stamps.get(day, ""):
                closing[day], stamps[day] = row, stamp
        ids, days, values = [], [], []
        for series in query.series:
            field = _field(series)
            for day, row in closing.items():
                number = row.get(field)
                if number is None:
                    continue
                if not isinstance(number, Decimal):
                    bad_payload(payload, f"{field} is not a number: {number!r}")
                ids.append(series.id)
                days.append(day)
                values.append(scaled(number, series.scale))
        if not ids:
            raise no_rows(payload, f"PTAX {query.series[0].code}")
        frame = parsed_frame(OBSERVATION, {"series_id": ids, "obs_date": days, "value": values})
        return {OBSERVATION.name: one_row_per_key(frame, OBSERVATION, payload)}


def _stamp(row: Row, currency: str, payload: Payload) -> str | None:
    """`dataHoraCotacao` of a closing row, None for an intermediate bulletin."""
    missing = {"cotacaoCompra", "cotacaoVenda", "dataHoraCotacao"} - row.keys()
    if currency != "USD" and "tipoBoletim" not in row:
        missing.add("tipoBoletim")
    if missing:
        bad_payload(payload, f"a row without {', '.join(sorted(missing))}")
    if not str(row.get("tipoBoletim", "Fechamento")).startswith("Fechamento"):
        return None
    return str(row["dataHoraCotacao"])


def _day(stamp: str, payload: Payload) -> dt.date:
    try:
        return dt.date.fromisoformat(stamp[:10])
    except ValueError:
        bad_payload(payload, f"dataHoraCotacao is not a time: {stamp!r}")


def _field(series: Series) -> str:
    side = series.params.get("side")
    if side not in SIDES:
        raise BadCatalog(f"series {series.id}: params.side is sell or buy, not {side!r}")
    return SIDES[side]
