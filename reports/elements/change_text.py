"""The split of a change in words: which part is the largest, and what stands against it.

A part is told as what it deals by itself ("caps and limits pay 231"): in a rate, a bare sign would leave open whether
minus is the position or the price.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from desk.catalog.desk_parameters import SideKind
from desk.portfolio.sides import action_of
from reports.elements.formats import brl, capitalize_first, thousands
from reports.elements.locale import translate
from reports.elements.ticket_text import ACTION_NAMES

PART_NAMES = {
    "data": "revised data",
    "code": "changed code",
    "data_or_code": "data and code both changed (cannot be told apart)",
    "parameters": "changed parameters",
    "roll": "roll",
    "volatility": "volatility and correlation",
    "market": "what is held, measured anew",
    "view": "views",
    "nav": "NAV",
    "limit": "caps and limits",
    "breaker": "drawdown breaker",
    "waits": "waiting for a price or signal",
    "band": "no-trade band and lots",
    "unfilled": "order that did not fill",
}
"""Part of desk.portfolio.change_split -> the text that is translated."""
SHOWN = 2
"""Parts beside the largest that a sentence names."""
MOST = 4
"""Parts of the whole book that its sentence names."""


def part_name(part: str) -> str:
    """In the reader's language."""
    return translate(PART_NAMES.get(part, part))


def change_sentence(parts: Mapping[str, int], total: int, views: Mapping[str, float], side: SideKind) -> str:
    """`because of views (receive 40 contracts; RATES_TAYLOR_GAP 38), caps and limits (pay 12), others (pay 3)`: they
    add up to the order.

    The largest part on the order's side leads; one clause, without a full stop. Empty for no order and no parts.
    `side`: what the instrument is dealt in. `parts` and `total` in contracts, + longer in price.
    """
    if not total:
        return translate("the contract changes, not the position") if parts.get("roll") or not parts else ""
    way = 1 if total > 0 else -1
    lead = max(parts, key=lambda part: parts[part] * way)
    size = f"{_dealt(parts[lead], side)} {translate('contract' if abs(parts[lead]) == 1 else 'contracts')}"
    if lead == "view" and (named := max(views, key=lambda name: views[name] * way, default=None)) is not None:
        size += f"; {named} {thousands(abs(round(views[named])))}"
    rest = sorted(((part, n) for part, n in parts.items() if part != lead), key=lambda item: -abs(item[1]))
    shown = [f"{part_name(lead)} ({size})", *(f"{part_name(part)} ({_dealt(n, side)})" for part, n in rest[:SHOWN])]
    if others := sum(n for _, n in rest[SHOWN:]):
        shown.append(translate("others ({})", _dealt(others, side)))
    return translate("because of {}", ", ".join(shown))


def _dealt(contracts: int, side: SideKind) -> str:
    """`pay 231`, `receive 40`: what a part would deal alone; `0` for none."""
    if not contracts:
        return thousands(0)
    return f"{translate(ACTION_NAMES[action_of(side, contracts)])} {thousands(abs(contracts))}"


class Change(Protocol):
    """What a sentence needs of a line's change: reports.calculations.changes.LineChange."""

    @property
    def parts(self) -> Mapping[str, int]:
        """Contracts by part."""

    @property
    def total(self) -> int:
        """Contracts of the order."""

    @property
    def views(self) -> Mapping[str, float]:
        """Contracts of the part of the views, by strategy."""

    @property
    def side(self) -> SideKind:
        """What the instrument is dealt in."""


def line_sentence(line: Change | None) -> str:
    """The sentence of a line; empty for one without a stored split."""
    return change_sentence(line.parts, line.total, line.views, line.side) if line is not None else ""


def book_sentence(
    since: str, before: float, after: float, moves: Mapping[str, float], changed: Mapping[str, list[str]]
) -> str:
    """`Risk of a day from BRL 412,000 (Thu 19 Nov) to BRL 455,000: views BRL +60,000, ...`."""
    shown = sorted(((part, move) for part, move in moves.items() if abs(move) >= 0.5), key=lambda item: -abs(item[1]))
    text = translate("Risk of a day from {} ({}) to {}", brl(before), since, brl(after))
    if shown:
        named = [f"{part_name(part)} {brl(move, signed=True)}" for part, move in shown[:MOST]]
        if len(shown) > MOST:
            named.append(translate("others {}", brl(sum(move for _, move in shown[MOST:]), signed=True)))
        text += ": " + ", ".join(named)
    return text + "." + _what_changed(changed)


def _what_changed(changed: Mapping[str, list[str]]) -> str:
    """The parameters and panel columns by name."""
    found = []
    if changed.get("parameters"):
        found.append(translate("Parameters: {}.", ", ".join(changed["parameters"][:3])))
    if changed.get("code") and changed.get("data"):
        found.append(
            translate("Code and past data are both others than at the last decision, and the old code is not here.")
        )
    elif changed.get("code"):
        found.append(translate("The code is another than at the last decision."))
    elif changed.get("data"):
        found.append(translate("Revised: {}.", ", ".join(changed["data"][:3])))
    return "".join(" " + capitalize_first(text) for text in found)
