"""The split of a change in words: which part is the largest, and what stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from reports.elements.formats import brl, capitalize_first, thousands
from reports.elements.locale import translate

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


def change_sentence(parts: Mapping[str, int], total: int, views: Mapping[str, float]) -> str:
    """`because of views +40 (RATES_TAYLOR_GAP +38), caps and limits −12, others −3`: they add up to the order.

    The largest part on the order's side leads; one clause, without a full stop. Empty for no order and no parts.
    """
    if not total:
        return translate("the contract changes, not the position") if parts.get("roll") or not parts else ""
    side = 1 if total > 0 else -1
    lead = max(parts, key=lambda part: parts[part] * side)
    first = f"{part_name(lead)} {_signed(parts[lead])}"
    if lead == "view" and (named := max(views, key=lambda name: views[name] * side, default=None)) is not None:
        first += f" ({named} {_signed(round(views[named]))})"
    rest = sorted(((part, n) for part, n in parts.items() if part != lead), key=lambda item: -abs(item[1]))
    shown = [first, *(f"{part_name(part)} {_signed(n)}" for part, n in rest[:SHOWN])]
    if others := sum(n for _, n in rest[SHOWN:]):
        shown.append(translate("others {}", _signed(others)))
    return translate("because of {}", ", ".join(shown))


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


def line_sentence(line: Change | None) -> str:
    """The sentence of a line; empty for one without a stored split."""
    return change_sentence(line.parts, line.total, line.views) if line is not None else ""


def _signed(contracts: int) -> str:
    return thousands(contracts, signed=True)


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
