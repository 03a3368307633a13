"""Signals of the decision: each strategy's score, each instrument's conviction, their changes and flips."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from reports.elements.formats import finite_or_none, parse_drivers, parse_names
from reports.elements.report_data import ReportData, once_per_report, with_day

FLIP_DAYS = 7
"""Calendar days of flips that the view lists."""
HISTORY_SHOWN = 126
"""Decisions of score history: half a year."""


@dataclass(frozen=True)
class Signal:
    """One strategy. Score -1..+1: + takes the legs as written; None when the strategy has no score."""

    strategy_id: str
    asset_class: str
    score: float | None
    confidence: float | None
    change_1d: float | None
    change_1w: float | None
    drivers: dict[str, float]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Conviction:
    """One instrument, conviction -1..+1. `flip`: the new sign where it differs from the previous decision's, else 0;
    None where there is no previous decision. `surge`: the change, where it is large."""

    instrument_id: str
    asset_class: str
    conviction: float | None
    agreement: float | None
    change_1d: float | None
    change_1w: float | None
    flip: int | None
    surge: float | None
    contributions: dict[str, float]


@dataclass(frozen=True)
class SignalsView:
    """`paths` by strategy and `days` share their length: HISTORY_SHOWN decisions at most, oldest first."""

    signals: tuple[Signal, ...]
    convictions: tuple[Conviction, ...]
    recent_flips: tuple[tuple[dt.date, str, int], ...]
    """(day, instrument, new sign) over the last seven days, newest first, today's among them."""
    days: tuple[dt.date, ...]
    paths: dict[str, list[float | None]]
    compared_with: dt.date | None = None
    """The day of the decision before."""


@once_per_report
def signals_view(data: ReportData) -> SignalsView:
    """The signals and convictions of the decision, with their changes over a day and a week."""
    week = data.day - dt.timedelta(days=7)
    scores_1d = _values(data.previous("strategy_signals"), "strategy_id", "score")
    scores_1w = _values(data.at_or_before("strategy_signals", week), "strategy_id", "score")
    signals = []
    for row in data.latest("strategy_signals").iter_rows(named=True):
        name, score = row["strategy_id"], finite_or_none(row["score"])
        signals.append(
            Signal(
                strategy_id=name,
                asset_class=row["asset_class"],
                score=score,
                confidence=finite_or_none(row["confidence"]),
                change_1d=_change(score, scores_1d.get(name)),
                change_1w=_change(score, scores_1w.get(name)),
                drivers=parse_drivers(row["drivers"]),
                missing=parse_names(row["missing"]),
            )
        )
    history = with_day(data.history("strategy_signals"))
    wide = (
        history.pivot("strategy_id", index="day", values="score").sort("day").tail(HISTORY_SHOWN) if signals else None
    )
    return SignalsView(
        signals=tuple(signals),
        convictions=_convictions(data, week),
        recent_flips=_recent_flips(data),
        days=tuple(wide["day"].to_list()) if wide is not None else (),
        paths={s.strategy_id: wide[s.strategy_id].to_list() for s in signals} if wide is not None else {},
        compared_with=data.previous_day("aggregated_signal"),
    )


def _convictions(data: ReportData, week: dt.date) -> tuple[Conviction, ...]:
    before_1d = _values(data.previous("aggregated_signal"), "instrument_id", "conviction")
    before_1w = _values(data.at_or_before("aggregated_signal", week), "instrument_id", "conviction")
    out = []
    for row in data.latest("aggregated_signal").iter_rows(named=True):
        name, conviction = row["instrument_id"], finite_or_none(row["conviction"])
        out.append(
            Conviction(
                instrument_id=name,
                asset_class=row["asset_class"],
                conviction=conviction,
                agreement=finite_or_none(row["agreement"]),
                change_1d=_change(conviction, before_1d.get(name)),
                change_1w=_change(conviction, before_1w.get(name)),
                flip=row["flip"],
                surge=finite_or_none(row["surge"]),
                contributions=parse_drivers(row["contributions"]),
            )
        )
    return tuple(out)


def _recent_flips(data: ReportData) -> tuple[tuple[dt.date, str, int], ...]:
    since = data.day - dt.timedelta(days=FLIP_DAYS)
    rows = with_day(data.history("aggregated_signal")).filter(
        (pl.col("flip").fill_null(0) != 0) & (pl.col("day") > since)
    )
    found = zip(rows["day"].to_list(), rows["instrument_id"].to_list(), rows["flip"].to_list(), strict=True)
    return tuple(sorted(found, key=lambda flip: (-flip[0].toordinal(), flip[1])))


def _values(rows: pl.DataFrame, key: str, value: str) -> dict[str, float | None]:
    return dict(zip(rows[key].to_list(), rows[value].to_list(), strict=True))


def _change(now: float | None, then: float | None) -> float | None:
    return None if now is None or finite_or_none(then) is None or then is None else now - then
