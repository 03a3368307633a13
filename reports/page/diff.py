"""The differences between two reports, as text for a terminal: one part for each of PARTS.

Each side is read as its own decision knew it. A value that one side does not know is printed as such, never as zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from desk.errors import BadInput
from reports.calculations.agents import agents_view
from reports.calculations.levels import Levels
from reports.calculations.portfolio import portfolio_view
from reports.calculations.regimes import regime_view
from reports.calculations.risk import risk_view
from reports.calculations.signals import signals_view
from reports.elements.formats import NOT_KNOWN, brl, date, finite_or_none, number, percent, plural, thousands
from reports.elements.labels import METRIC_NAMES
from reports.elements.quotes import QUOTES, VALUE, Quote
from reports.elements.report_data import ReportData, Row

SMALL_SCORE = 0.05
"""Smaller changes of scores and convictions are counted, not listed."""
NOTHING = "nothing"
UNKNOWN_FIRST = 9.0
"""Sort key of a score that only one side knows: above every change of scores between -1 and +1."""


def differences(before: ReportData, after: ReportData) -> str:
    """All parts, English. Raises BadInput for two reports of different worlds or in the wrong order."""
    if before.world != after.world:
        raise BadInput(f"one report is of the {before.world} world, the other of the {after.world} world")
    if before.as_of >= after.as_of:
        raise BadInput(f"the first day must be before the second: {before.day} is not before {after.day}")
    out = [f"{after.world} world, from {date(before.day)} to {date(after.day)}"]
    for title, lines in PARTS.items():
        found = list(lines(before, after)) or [NOTHING]
        out += ["", title, *(f"  {line}" for line in found)]
    return "\n".join(out).replace("\u00a0", " ")


def numbers(before: ReportData, after: ReportData) -> Iterator[str]:
    """NAV, drawdown, volatility, leverage, VaR and ES."""
    old, new = before.row("portfolio_state") or {}, after.row("portfolio_state") or {}
    yield from _changed("NAV", _value(old, "nav_brl"), _value(new, "nav_brl"), lambda v: brl(v))
    for name, column in (
        ("drawdown", "drawdown"),
        ("expected volatility", "expected_volatility"),
        ("risk that the breaker leaves", "risk_multiplier"),
    ):
        yield from _changed(name, _value(old, column), _value(new, column), lambda v: percent(v))
    yield from _changed("gross leverage", _value(old, "gross_leverage"), _value(new, "gross_leverage"), number)
    first, second = risk_view(before), risk_view(after)
    for key in sorted(set(first.tail) | set(second.tail)):
        name = f"{METRIC_NAMES[key[0]]} ({key[1].replace('_', ' ')})"
        yield from _changed(name, first.tail.get(key), second.tail.get(key), lambda v: percent(v))


def _value(row: Row, column: str) -> float | None:
    return finite_or_none(row.get(column))


def market(before: ReportData, after: ReportData) -> Iterator[str]:
    """The levels of the market snapshot."""
    old, new = Levels(before), Levels(after)
    for quote in QUOTES:
        first, second = old.get(quote.feature), new.get(quote.feature)
        yield from _changed(
            quote.name,
            first.value if first is not None else None,
            second.value if second is not None else None,
            partial(_quoted, quote),
        )


def _quoted(quote: Quote, value: float | None) -> str:
    if value is None:
        return NOT_KNOWN
    unit = "" if quote.kind == "rate" else f" {quote.unit}"
    return f"{VALUE[quote.kind](value, quote.digits)}{unit}"


def regimes(before: ReportData, after: ReportData) -> Iterator[str]:
    """The most probable regime, and every probability."""
    old, new = regime_view(before), regime_view(after)
    if old.leader != new.leader:
        yield f"leader: {old.leader or 'not known'} -> {new.leader or 'not known'}"
    for name in sorted(set(old.today) | set(new.today)):
        yield from _changed(name, old.today.get(name), new.today.get(name), lambda v: percent(v, 0))


def agents(before: ReportData, after: ReportData) -> Iterator[str]:
    """Agent scores."""
    sides = [{agent.agent_id: agent.score for agent in agents_view(data).agents} for data in (before, after)]
    yield from _scores(sides[0], sides[1], "view")


def strategies(before: ReportData, after: ReportData) -> Iterator[str]:
    """Strategy scores."""
    sides = [{s.strategy_id: s.score for s in signals_view(data).signals} for data in (before, after)]
    yield from _scores(sides[0], sides[1], "strategy", "strategies")


def convictions(before: ReportData, after: ReportData) -> Iterator[str]:
    """Convictions by instrument."""
    sides = [{c.instrument_id: c.conviction for c in signals_view(data).convictions} for data in (before, after)]
    yield from _scores(sides[0], sides[1], "conviction")


def positions(before: ReportData, after: ReportData) -> Iterator[str]:
    """Target contracts. A roll counts as a change of both contracts."""
    sides = [
        {(row["instrument_id"], row["contract_id"]): row["contracts"] for row in portfolio_view(data).positions}
        for data in (before, after)
    ]
    for side, data in zip(sides, (before, after), strict=True):
        if not side and not portfolio_view(data).targets_known:
            yield f"no targets are known on {date(data.day)}"
            return
    for instrument, contract in sorted(set(sides[0]) | set(sides[1])):
        key = instrument, contract
        old, new = sides[0].get(key, 0), sides[1].get(key, 0)
        if old != new:
            yield (
                f"{contract} ({instrument}): {thousands(old, signed=True)} -> {thousands(new, signed=True)} contracts"
            )


def limits(before: ReportData, after: ReportData) -> Iterator[str]:
    """Use and status of each limit."""
    sides = [{row["limit_id"]: row for row in risk_view(data).limits} for data in (before, after)]
    for name in sorted(set(sides[0]) | set(sides[1])):
        old, new = sides[0].get(name), sides[1].get(name)
        texts = [
            f"{percent(row['utilisation'], 1)} {row['status']}" if row is not None else "not measured"
            for row in (old, new)
        ]
        row = new or old
        if texts[0] != texts[1] and row is not None:
            moved = "" if old is None or new is None or old["status"] == new["status"] else "  STATUS CHANGED"
            yield f"{row['name']}: {texts[0]} -> {texts[1]}{moved}"


def data_states(before: ReportData, after: ReportData) -> Iterator[str]:
    """The state of each dataset."""
    sides = [
        {row["dataset"]: row["state"] for row in data.latest("dataset_status").iter_rows(named=True)}
        for data in (before, after)
    ]
    for side, data in zip(sides, (before, after), strict=True):
        if not side:
            yield f"the state of the data on {date(data.day)} is not stored"
            return
    for name in sorted(set(sides[0]) | set(sides[1])):
        old, new = sides[0].get(name, "not there"), sides[1].get(name, "not there")
        if old != new:
            yield f"{name}: {old} -> {new}"


def _changed(name: str, old: float | None, new: float | None, form: Callable[[float | None], str]) -> Iterator[str]:
    """One line where the two values are printed differently, else none."""
    texts = [form(value) if value is not None else "not known" for value in (old, new)]
    if texts[0] != texts[1]:
        yield f"{name}: {texts[0]} -> {texts[1]}"


def _scores(
    old: dict[str, float | None], new: dict[str, float | None], noun: str, nouns: str | None = None
) -> Iterator[str]:
    """Largest changes first; a change of sign is marked; changes below SMALL_SCORE are counted."""
    changes: list[tuple[float, str]] = []
    small = 0
    for name in sorted(set(old) | set(new)):
        first, second = old.get(name), new.get(name)
        if first is None or second is None:
            if first is not None or second is not None:
                changes.append(
                    (UNKNOWN_FIRST, next(_changed(name, first, second, lambda v: number(v, 2, signed=True))))
                )
            continue
        change = second - first
        if abs(change) < SMALL_SCORE:
            small += change != 0.0
            continue
        turned = "  CHANGED SIDE" if first * second < 0 else ""
        texts = [number(value, 2, signed=True) for value in (first, second)]
        changes.append((abs(change), f"{name}: {texts[0]} -> {texts[1]} ({number(change, 2, signed=True)}){turned}"))
    yield from (line for _, line in sorted(changes, key=lambda pair: (-pair[0], pair[1])))
    if small:
        yield f"and {plural(small, noun, nouns)} moved by less than {number(SMALL_SCORE)}"


PARTS: dict[str, Callable[[ReportData, ReportData], Iterator[str]]] = {
    "NUMBERS": numbers,
    "MARKET": market,
    "REGIME": regimes,
    "AGENTS": agents,
    "SIGNALS": strategies,
    "CONVICTIONS": convictions,
    "POSITIONS": positions,
    "LIMITS": limits,
    "DATA": data_states,
}
