"""The comparison as plain records, for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from desk.portfolio.sides import AT_VENUE
from desk.what_if.result import OrderEffect, WhatIf


def as_record(found: WhatIf) -> dict[str, Any]:
    """Numbers, texts and lists alone; None for unknown."""
    return {
        "nav_brl": found.nav_brl,
        "cost_brl": found.cost_brl,
        "orders": [_order(one) for one in found.orders],
        "figures": [asdict(one) for one in found.figures],
        "limits": [asdict(one) for one in found.limits],
        "scenarios": [asdict(one) for one in found.scenarios],
        "notes": list(found.notes),
    }


def _order(one: OrderEffect) -> dict[str, Any]:
    order = one.order
    known = order.contract_id != order.instrument.id
    return {
        "text": order.written.text,
        "instrument_id": order.instrument.id if known else None,
        "contract_id": order.contract_id,
        "action": order.action,
        "venue_side": AT_VENUE[order.action],
        "contracts": abs(order.change),
        "contracts_before": one.contracts_before,
        "contracts_after": one.contracts_after,
        "price": one.price,
        "rate": one.rate,
        "cost_brl": one.cost_brl,
        "margin_brl": one.margin_brl,
        "dv01_brl": one.dv01_brl,
    }
