"""Results of one day of Treasury auctions: JSON rows under `registros`, dates as dd/mm/yyyy, numbers as numbers.

Only sales of bonds to the market (`tipo_leilao` Venda); purchases and exchanges are something else. A bond that was
offered and not sold has volume zero, and neither price nor rate.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from desk.errors import NoData
from desk.model import SETTLEMENT, Frames, parsed_frame
from desk.units import scaled
from tasks.connectors.base import Payload
from tasks.connectors.bodies import bad_payload, json_body, one_row_per_key, require_ok, snippet

PERCENT, UNIT = Decimal("0.01"), Decimal(1)


def parse_auctions(payload: Payload) -> Frames:
    """Raises NoData where no bond was offered, BadPayload."""
    require_ok(payload)
    body = json_body(payload)
    if isinstance(body, dict):
        body = body.get("registros")
    if not isinstance(body, list) or any(not isinstance(row, dict) for row in body):
        bad_payload(payload, f"a list of auctions was expected: {snippet(payload)}")
    window = payload.query.window
    columns: dict[str, list[Any]] = {name: [] for name in SETTLEMENT.parsed_schema if name != "knowledge_time"}
    for row in body:
        day = _date(row, "data_leilao", payload)
        if row.get("tipo_leilao") != "Venda" or not window.start <= day <= window.end:
            continue
        accepted = _number(row, "quantidade_aceita", payload)
        sold = accepted is not None and accepted > 0
        columns["contract_id"].append(f"AUCTION:{row.get('titulo')}_{_date(row, 'vencimento', payload)}")
        columns["obs_date"].append(day)
        columns["price"].append(_number(row, "pu_medio", payload) if sold else None)
        columns["rate"].append(_number(row, "taxa_media", payload, PERCENT) if sold else None)
        columns["open_interest"].append(None)
        columns["volume"].append(accepted)
    if not columns["obs_date"]:
        raise NoData(payload.request.source, f"no auction in {window.start}..{window.end}", url=payload.request.url)
    frame = parsed_frame(SETTLEMENT, columns)
    return {SETTLEMENT.name: one_row_per_key(frame, SETTLEMENT, payload)}


def _date(row: dict[str, Any], field: str, payload: Payload) -> dt.date:
    try:
        return dt.datetime.strptime(row[field], "%d/%m/%Y").date()
    except (KeyError, TypeError, ValueError):
        bad_payload(payload, f"{field} is not a dd/mm/yyyy date: {row.get(field)!r}")


def _number(row: dict[str, Any], field: str, payload: Payload, scale: Decimal = UNIT) -> float | None:
    if field not in row:
        bad_payload(payload, f"an auction without {field}")
    value = row[field]
    if value is None:
        return None
    if not isinstance(value, Decimal):
        bad_payload(payload, f"{field} is not a number: {value!r}")
    return scaled(value, scale)
