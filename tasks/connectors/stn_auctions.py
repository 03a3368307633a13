"""Results of Treasury auctions of a year: JSON rows under `registros`, dates as dd/mm/yyyy, numbers as numbers.

Only sales of bonds to the market (`tipo_leilao` Venda); purchases and exchanges are something else. A bond that was
offered and not sold has volume zero, and neither price nor rate. A mean price of 0 beside accepted bonds means "to be
computed": it is the money accepted over the bonds accepted.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from desk.errors import NoData
from desk.model import SETTLEMENT, Frames, parsed_frame
from desk.units import scaled
from tasks.connectors.bodies import json_body, require_ok
from tasks.connectors.exchange import Payload
from tasks.connectors.strict_values import day_of, field, number, records, text

PERCENT, UNIT = Decimal("0.01"), Decimal(1)


def parse_auctions(payload: Payload) -> Frames:
    """Raises NoData where no bond was offered, BadPayload."""
    require_ok(payload)
    body = json_body(payload)
    rows = records(body.get("registros") if isinstance(body, dict) else body)
    window = payload.query.window
    columns: dict[str, list[Any]] = {name: [] for name in SETTLEMENT.parsed_schema if name != "knowledge_time"}
    outside: set[dt.date] = set()
    for row in rows:
        day = day_of(field(row, "data_leilao"), "dd/mm/yyyy")
        if not window.start <= day <= window.end:
            outside.add(day)
            continue
        if row.get("tipo_leilao") != "Venda":
            continue
        accepted = float(number(field(row, "quantidade_aceita")))
        sold = accepted > 0
        columns["contract_id"].append(
            f"AUCTION:{text(field(row, 'titulo'))}_{day_of(field(row, 'vencimento'), 'dd/mm/yyyy')}"
        )
        columns["obs_date"].append(day)
        columns["price"].append(_mean_price(row, accepted) if sold else None)
        columns["rate"].append(_number(row, "taxa_media", PERCENT) if sold else None)
        columns["open_interest"].append(None)
        columns["volume"].append(accepted)
    if outside and not columns["obs_date"]:
        raise ValueError(f"an auction of {max(outside)} in answer to {window.start}..{window.end}")
    if not columns["obs_date"]:
        raise NoData(payload.request.source, f"no auction in {window.start}..{window.end}", url=payload.request.url)
    return {SETTLEMENT.name: parsed_frame(SETTLEMENT, columns)}


def _mean_price(row: dict[str, Any], accepted: float | None) -> float | None:
    """BRL per bond; None where neither the price nor the money is given."""
    stated = _number(row, "pu_medio")
    if stated:
        return stated
    money = _number(row, "financeiro_aceito") if "financeiro_aceito" in row else None
    return money / accepted if money and accepted else None


def _number(row: dict[str, Any], name: str, scale: Decimal = UNIT) -> float | None:
    value = field(row, name)
    return None if value is None else scaled(number(value), scale)
