"""Orders in words: side and size, change of risk, rationale, and invalidation level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.elements.formats import (
    NOT_KNOWN,
    brl,
    finite_or_none,
    format_list,
    number,
    parse_drivers,
    percent,
    thousands,
)
from reports.elements.locale import translate
from reports.elements.report_data import Row
from reports.elements.ticket_text import ACTION_NAMES

RATE_UNITS = {"rate": "% a year", "fraction": "% a year", "fraction per year": "% a year"}
"""Invalidation units of instruments that are quoted as a rate -> unit shown."""
MOST_REASONS = 4
"""Contributions that are listed; the others are counted."""


@dataclass(frozen=True)
class OrderText:
    """One order as page, mail, Slack and artifact give it. `head`: what is dealt. `warning`: why it must not be sent.
    `deal`: position, side at the venue, limit, stop, hedge. `size`: settlement, risk, cost, share of the market.
    `reason`: why today. All but `head` may be empty."""

    number: int
    head: str
    warning: str
    deal: str
    size: str
    reason: str

    @property
    def facts(self) -> str:
        """`warning`, `deal` and `size` in one line."""
        return "; ".join(part for part in (self.warning, self.deal, self.size) if part)

    @property
    def whole(self) -> str:
        """Everything in one line, without the number."""
        return "; ".join(part for part in (self.head, self.facts, self.reason) if part)


def order_text(row: Row) -> str:
    """`pay 20 DI1F29`."""
    size = thousands(abs(row["order_contracts"] or 0))
    return f"{translate(ACTION_NAMES[row['side']])} {size} {row['contract_id'] or row['instrument_id']}"


def invalidation_text(row: Row) -> str:
    """The invalidation level: a rate in percent or a price in the contract's quotation; none for a closing order."""
    level, unit = finite_or_none(row["invalidation"]), row["invalidation_unit"] or ""
    if level is None:
        return translate("closes it") if row["contracts_to"] == 0 else NOT_KNOWN
    if unit in RATE_UNITS:
        return percent(level)
    return f"{number(level)} {translate(unit)}".strip()


def impact_text(row: Row, rates: frozenset[str]) -> str:
    """The change of DV01 for the instruments in `rates`, which are quoted as a rate; of notional for the others."""
    dv01, notional = finite_or_none(row["dv01_change_brl"]), finite_or_none(row["notional_change_brl"])
    if row["instrument_id"] in rates:
        return translate("{} per bp", brl(dv01, signed=True)) if dv01 is not None else NOT_KNOWN
    return translate("{} notional", brl(notional, signed=True)) if notional is not None else NOT_KNOWN


def invalidation_clause(row: Row) -> str:
    """`stop 13.10%`, or why the order has no level."""
    if finite_or_none(row["invalidation"]) is not None:
        return translate("stop {}", invalidation_text(row))
    return translate(
        "closing the contract" if row["contracts_to"] == 0 else "without a stop: its volatility is not known"
    )


def rationale_text(row: Row, scores: Mapping[str, float | None]) -> str:
    """`RATES_CARRY_ROLL +0.12 (score +0.62)`: the strategies' contributions to the conviction, largest first.

    `scores` are the strategies' scores of the day. An order without contributions closes its position, or gives none.
    """
    reasons = parse_drivers(row["rationale"])
    if not reasons:
        return (
            translate("no strategy has a view: the position closes")
            if row["contracts_to"] == 0
            else translate("not given")
        )
    parts = []
    for name, part in reasons.items():
        text = f"{name} {number(part, 2, signed=True)}"
        score = scores.get(name)
        parts.append(text if score is None else translate("{} (score {})", text, number(score, 2, signed=True)))
    return format_list(parts, MOST_REASONS)
