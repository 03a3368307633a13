"""The input of the report: the gold tables of one decision, with the history that changes and charts need.

Frames are Polars, one for each gold table (`desk/gold.py`), with `as_of` and the table's columns; a `run_id` column is
allowed. A table that was not computed is absent or empty: the sections then name the gap and show no number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, TypeVar

import polars as pl

from desk.errors import BadInput
from desk.gold import GOLD
from desk.model import desk_day
from desk.worlds import WORLDS, World
from reports.elements.decision_facts import DecisionFacts

Row = dict[str, Any]
View = TypeVar("View")

HISTORY = (
    "portfolio_state",
    "risk_metrics_daily",
    "strategy_signals",
    "aggregated_signal",
    "regime",
    "agent_view",
    "feature",
    "pnl_attribution",
    "pnl_by_strategy",
    "pnl_by_factor",
    "agent_measure",
    "target_position",
    "action",
)
"""Tables whose history the report reads; of all others it reads only the rows of `as_of`. The history of `action` and
of `target_position` (prices) makes the scorecard of past orders."""


@dataclass(frozen=True, slots=True)
class HeldValue:
    """A value that is stored and that the decision did not believe; `expected` is null for a first value."""

    entity: str
    obs_date: dt.date
    value: float
    expected: float | None
    reason: str


@dataclass(frozen=True)
class ReportData:
    """The results of one decision. `as_of` is aware (UTC); rows later than it are never read. `decision` says when and
    how it was made; None where that is not known. `held`: what it did not believe; `suspect`: what it did, and is
    odd. `failed_stages`: stages of the run that have no result.

    Raises BadInput for a naive `as_of`, an unknown world or table, or a frame without its table's columns.
    """

    as_of: dt.datetime
    world: World
    run_id: str
    code_version: str
    frames: Mapping[str, pl.DataFrame]
    decision: DecisionFacts | None = None
    held: tuple[HeldValue, ...] = ()
    suspect: tuple[HeldValue, ...] = ()
    failed_stages: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise BadInput(f"report as_of has no time zone: {self.as_of}")
        if self.world not in WORLDS:
            raise BadInput(f"unknown world {self.world!r}; known: {', '.join(WORLDS)}")
        for name, frame in self.frames.items():
            if name not in GOLD:
                raise BadInput(f"the report knows no table {name!r}; known: {', '.join(GOLD)}")
            missing = [column for column in GOLD[name].schema if column not in frame.columns]
            if missing:
                raise BadInput(f"table {name} lacks the columns {', '.join(missing)}")

    @property
    def day(self) -> dt.date:
        """The decision day in São Paulo."""
        return desk_day(self.as_of)

    @property
    def market_day(self) -> dt.date | None:
        """The session that the book's NAV and P&L are about; None where the book was not marked."""
        state = self.row("portfolio_state")
        return state["valuation_date"] if state is not None else None

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}

    def once(self, key: Hashable, make: Callable[[], View]) -> View:
        """What `make` returns, made once for these data: sections, languages and channels read the same few things."""
        if key not in self._made:
            self._made[key] = make()
        found: View = self._made[key]
        return found

    def history(self, table: str) -> pl.DataFrame:
        """All rows up to `as_of`, sorted by `as_of` and key; an absent table is empty, with its schema."""
        return self.once(("history", table), lambda: self._sorted(table, pl.col("as_of") <= self.as_of))

    def _sorted(self, table: str, chosen: pl.Expr) -> pl.DataFrame:
        frame = self.frames.get(table)
        if frame is None:
            return pl.DataFrame(schema=GOLD[table].schema)
        return frame.select(list(GOLD[table].schema)).filter(chosen).sort("as_of", *GOLD[table].key)

    def latest(self, table: str) -> pl.DataFrame:
        """The rows of `as_of`, sorted by key; empty where that decision has none."""
        return self.once(("latest", table), lambda: self._sorted(table, pl.col("as_of") == self.as_of))

    def row(self, table: str) -> Row | None:
        """The row of `as_of` of a table with one row a decision; None where it has none."""
        rows = self.latest(table)
        return rows.row(0, named=True) if rows.height else None

    def previous_as_of(self, table: str) -> dt.datetime | None:
        """The last decision before `as_of` that has rows in the table; None where there is none."""
        return self.once(("previous", table), lambda: self._previous_as_of(table))

    def _previous_as_of(self, table: str) -> dt.datetime | None:
        times = self.history(table).filter(pl.col("as_of") < self.as_of)["as_of"]
        return times.max() if len(times) else None  # type: ignore[return-value]

    def previous_day(self, table: str) -> dt.date | None:
        """The day of the last decision before `as_of` that has rows in the table: what "since" refers to."""
        before = self.previous_as_of(table)
        return desk_day(before) if before is not None else None

    def previous(self, table: str) -> pl.DataFrame:
        """The rows of the last decision before `as_of`; empty where there is none."""
        before = self.previous_as_of(table)
        rows = self.history(table)
        return rows.filter(pl.col("as_of") == before) if before is not None else rows.clear()

    def at_or_before(self, table: str, day: dt.date) -> pl.DataFrame:
        """The rows of the last decision on or before `day`; empty where there is none."""
        rows = self.history(table).filter(_desk_days() <= day)
        return rows.filter(pl.col("as_of") == rows["as_of"].max()) if rows.height else rows


def once_per_report(make: Callable[[ReportData], View]) -> Callable[[ReportData], View]:
    """The view of a report's data, made once for its sections, languages and channels: no word of it is translated."""

    @wraps(make)
    def made(data: ReportData) -> View:
        return data.once(made, lambda: make(data))

    return made


def _desk_days() -> pl.Expr:
    return pl.col("as_of").dt.convert_time_zone("America/Sao_Paulo").dt.date()


def with_market_day(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds `day`, the market day that the money of a row is about, to a frame with `valuation_date`."""
    return frame.with_columns(day=pl.col("valuation_date"))


def with_day(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds `day`, the decision day in São Paulo, to a frame with `as_of`."""
    return frame.with_columns(_desk_days().alias("day"))
