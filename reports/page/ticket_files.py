"""The dealing tickets as text, and as JSON and CSV that an order system takes: English names, ISO dates, plain numbers.

Each order is unambiguous at its venue: `side` is BUY or SELL of what the venue quotes (`side_of`: rate, price or
protection), and `limit` and `stop` are in the venue's own unit (percent a year for rates). A Treasury future trades by
its price and the desk's levels are yields: it has neither, and whoever deals it reads the price off the screen.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from desk.units import pct
from reports.calculations.tickets import tickets_view
from reports.elements.formats import date, finite_or_none
from reports.elements.locale import translate
from reports.elements.report_data import ReportData, Row
from reports.elements.ticket_text import FAULTS, RATE_UNIT, Legs, TicketWords, dealt_in, fault_of, yield_of_price

COLUMNS = (
    "decision_day", "world", "ticket", "leg", "role", "symbol", "venue", "action", "side", "side_of", "quantity", "lot",
    "expiry", "limit", "unit", "previous_settlement", "stop", "risk_to_stop_brl", "route", "settlement_symbol",
    "position_before", "position_after", "dv01_change_brl", "notional_change_brl", "cost_brl", "share_of_volume",
    "share_of_open_interest", "reverses_on",
)  # fmt: skip


def order_rows(data: ReportData) -> list[dict[str, Any]]:
    """One record a leg, keys as COLUMNS; None where a number is not known. Without the tickets of `refusals`."""
    words = TicketWords()
    return [_record(data, row, words) for legs in _tickets(data) if fault_of(legs) is None for row in legs]


def refusals(data: ReportData) -> list[str]:
    """`ticket 3 (DOLZ26): its limit lies at or beyond its stop`, for each ticket that must not be sent. English."""
    return [
        f"ticket {legs[0]['ticket']} ({legs[0]['contract_id']}): {FAULTS[fault]}"
        for legs in _tickets(data)
        if (fault := fault_of(legs)) is not None
    ]


def _tickets(data: ReportData) -> tuple[Legs, ...]:
    view = tickets_view(data)
    return (*view.orders, *view.rolls)


def _record(data: ReportData, row: Row, words: TicketWords) -> dict[str, Any]:
    decimals = words.decimals(row)
    in_rate = row["unit"] == RATE_UNIT
    venue_quotes_it = row["route"] != "book" or not yield_of_price(row)

    def level(name: str) -> float | None:
        value = finite_or_none(row[name])
        return None if value is None else round(pct(value), decimals) if in_rate else round(value, decimals)

    def money(name: str) -> float | None:
        value = finite_or_none(row[name])
        return None if value is None else round(value, 2)

    found = {
        "decision_day": data.day.isoformat(),
        "world": data.world,
        "ticket": row["ticket"],
        "leg": row["leg"],
        "role": row["role"],
        "symbol": row["contract_id"],
        "venue": row["venue"],
        "action": row["action"],
        "side": row["venue_side"],
        "side_of": dealt_in(row),
        "quantity": row["contracts"],
        "lot": row["lot"],
        "expiry": row["expiry"].isoformat() if row["expiry"] is not None else None,
        "limit": level("work_level") if venue_quotes_it else None,
        "unit": "percent a year" if in_rate else row["unit"],
        "previous_settlement": level("reference"),
        "stop": level("stop") if venue_quotes_it else None,
        "risk_to_stop_brl": money("risk_to_stop_brl"),
        "route": row["route"],
        "settlement_symbol": row["tas_symbol"],
        "position_before": row["contracts_from"],
        "position_after": row["contracts_to"],
        "dv01_change_brl": money("dv01_change_brl"),
        "notional_change_brl": money("notional_change_brl"),
        "cost_brl": money("cost_brl"),
        "share_of_volume": finite_or_none(row["share_of_volume"]),
        "share_of_open_interest": finite_or_none(row["share_of_open_interest"]),
        "reverses_on": row["reverses_on"].isoformat() if row["reverses_on"] is not None else None,
    }
    return {name: found[name] for name in COLUMNS}


def as_text(data: ReportData) -> str:
    """One ticket a line, in the reader's language, for a terminal."""
    words = TicketWords()
    lines = [
        "; ".join(part for part in (f"{legs[0]['ticket']}. {words.title(legs)}", words.facts(legs)) if part)
        for legs in _tickets(data)
    ] or [translate("No tickets are stored for {}.", date(data.day))]
    return "".join(f"{line}\n" for line in lines).replace("\u00a0", " ")


def as_json(data: ReportData) -> str:
    """A JSON array of the records."""
    return json.dumps(order_rows(data), indent=2, allow_nan=False) + "\n"


def as_csv(data: ReportData) -> str:
    """CSV with a head line; an unknown value is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(order_rows(data))
    return out.getvalue()
