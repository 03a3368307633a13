"""Outcomes of past orders: the move of each order's contract, through its rolls, from the fill to the last settlement.

An order decided at 06:00 of a day is filled at that day's settlement, which the next decision knows. The gain is a
first-order estimate: DV01 times the move of the rate in basis points for a contract that is quoted as a rate, else the
change of notional times the relative move of the price. It leaves out carry and costs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from desk.units import bp
from reports.calculations.contract_marks import Mark, Marks, contract_marks
from reports.elements.formats import finite_or_none, sum_or_none
from reports.elements.report_data import ReportData, Row, with_day

SPANS = (1, 5, 21)
"""Horizons of the scorecard: business days after the fill."""
SCORED_DECISIONS = 126
"""Past decisions whose orders the scorecard counts: half a year."""
Verdict = Literal["right", "wrong", "flat", "not moved yet", "no price since"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One past order.

    `decided`: the level at the decision. `filled`: the settlement of the fill; None where there was none, and `lapsed`
    where the next decision's book does not hold the order for want of one. `now`: the last settlement after the fill;
    `followed` where the instrument has rolled since, and that is the contract's level with the moves of the next ones.
    `gain`: from the fill to that one, BRL. `gains`: by horizon in SPANS, BRL; None before the
    horizon has passed.
    """

    order: Row
    day: dt.date
    in_rate: bool
    rolls: bool
    """Whether the order is a leg of a roll from one contract into the next: it expresses no view and is not scored."""
    decided: float | None
    filled: float | None
    now: float | None
    gain: float | None
    gains: dict[int, float | None]
    past_invalidation: bool | None
    followed: bool = False
    lapsed: bool = False
    slip: float | None = None
    """BRL that the move from the level of the decision to the fill cost, plus, or saved: what the order would have
    gained by then, had it been filled at the decision."""

    @property
    def verdict(self) -> Verdict:
        """Whether the order has gained or lost, or why that is not known."""
        if self.filled is None:
            return "no price since"
        if self.gain is None:
            return "not moved yet"
        return "right" if self.gain > 0 else "wrong" if self.gain < 0 else "flat"


@dataclass(frozen=True, slots=True)
class Score:
    """The orders that are old enough for one horizon: how many, how many gained, their gain from the fill, cost, and
    the slip from the decision to the fill, None where one of them is not known. BRL."""

    span: int
    judged: int
    right: int
    gain: float
    cost: float | None
    slip: float | None = None

    @property
    def from_decision(self) -> float | None:
        """The gain from the level of the decision on, before costs: of the idea, however it was filled."""
        return None if self.slip is None else self.gain + self.slip

    @property
    def hit_rate(self) -> float | None:
        """Share of orders that gained; None without any."""
        return self.right / self.judged if self.judged else None


def outcomes(data: ReportData, decisions: int = SCORED_DECISIONS) -> tuple[Outcome, ...]:
    """Outcomes of the orders of the last `decisions` decisions before this one.

    Newest decision first; within a decision in the desk's order.
    """
    return data.once((outcomes, decisions), lambda: _outcomes(data, decisions))


def _outcomes(data: ReportData, decisions: int) -> tuple[Outcome, ...]:
    orders = with_day(data.history("action")).filter(pl.col("as_of") < data.as_of)
    marks = contract_marks(data)
    place = {day: index for index, day in enumerate(marks.days)}
    marked = with_day(data.history("target_position")).select("instrument_id", "day", "contracts_before")
    held = {(name, day): contracts for name, day, contracts in marked.iter_rows()}
    recent = set(marks.days[max(0, len(marks.days) - 1 - decisions) :])
    rows = orders.filter(pl.col("day").is_in(list(recent))).sort("as_of", "seq", descending=[True, False])
    legs = rows.group_by("day", "instrument_id").agg(pl.len().alias("legs"))
    rolling = set(legs.filter(pl.col("legs") > 1).select("day", "instrument_id").iter_rows())
    return tuple(
        _outcome(row, marks, place[row["day"]], held, rolls=(row["day"], row["instrument_id"]) in rolling)
        for row in rows.iter_rows(named=True)
        if row["day"] in place
    )


def _outcome(
    order: Row, marks: Marks, at: int, held: Mapping[tuple[str, dt.date], int | None], *, rolls: bool
) -> Outcome:
    name, contract = order["instrument_id"], order["contract_id"]
    start, filled_at = marks.at(name, contract, at), at + 1
    booked = held.get((name, marks.days[filled_at])) if filled_at < len(marks.days) else None
    lapsed = not rolls and booked is not None and booked != order["contracts_to"]
    fill = None if lapsed else marks.at(name, contract, filled_at)
    known = fill if fill is not None and fill.quoted is not None else None

    def later(place: int) -> Mark | None:
        """The contract's level at the decision, through rolls but for an order that is a leg of one."""
        if known is None:
            return None
        return marks.at(name, contract, place) if rolls else marks.followed(name, contract, filled_at, place)

    places = range(len(marks.days) - 1, filled_at, -1)
    last_at = next((place for place in places if (mark := later(place)) is not None and mark.quoted is not None), None)
    last = later(last_at) if last_at is not None else None
    rolled = last_at is not None and marks.at(name, contract, last_at) is None
    in_rate = any(mark.rate is not None for mark in (start, fill) if mark is not None)
    return Outcome(
        order=order,
        day=order["day"],
        in_rate=in_rate,
        rolls=rolls,
        decided=start.quoted if start else None,
        filled=fill.quoted if fill else None,
        now=last.quoted if last else None,
        gain=_gain(order, fill, last),
        gains={span: _gain(order, fill, later(filled_at + span)) for span in SPANS},
        past_invalidation=_past(order, None if rolled else last or known, in_rate),
        followed=rolled,
        lapsed=lapsed,
        slip=_gain(order, start, fill),
    )


def _gain(order: Row, fill: Mark | None, later: Mark | None) -> float | None:
    """BRL of the order's change of position between two marks of its contract; None where one is not known."""
    if fill is None or later is None:
        return None
    dv01, notional = finite_or_none(order["dv01_change_brl"]), finite_or_none(order["notional_change_brl"])
    if fill.rate is not None and later.rate is not None and dv01 is not None:
        return -dv01 * bp(later.rate - fill.rate)
    if fill.price and later.price is not None and notional is not None:
        return notional * (later.price / fill.price - 1.0)
    return None


def _past(order: Row, mark: Mark | None, in_rate: bool) -> bool | None:
    """Whether the last level is beyond the invalidation level. A long position in a rate is wrong above it, and a long
    position in a price below it.
    """
    level = finite_or_none(order["invalidation"])
    if level is None or mark is None or mark.quoted is None or not order["contracts_to"]:
        return None
    wrong_above = (order["contracts_to"] > 0) == in_rate
    return mark.quoted > level if wrong_above else mark.quoted < level


def scorecard(found: Iterable[Outcome]) -> tuple[Score, ...]:
    """One score for each horizon in SPANS, over the orders that are old enough for it; rolls do not count."""
    everything = [item for item in found if not item.rolls]
    scores = []
    for span in SPANS:
        judged = [(item, gain) for item in everything if (gain := item.gains[span]) is not None]
        costs = [finite_or_none(item.order["cost_brl"]) for item, _ in judged]
        scores.append(
            Score(
                span=span,
                judged=len(judged),
                right=sum(1 for _, gain in judged if gain > 0),
                gain=sum(gain for _, gain in judged),
                cost=None if None in costs else sum(cost for cost in costs if cost is not None),
                slip=sum_or_none([item.slip for item, _ in judged]),
            )
        )
    return tuple(scores)
