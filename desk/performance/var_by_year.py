"""The VaR against the P&L that followed, by calendar year: exceptions, and the tests of their number and clustering."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.arrays import BoolArray, FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.model import desk_day
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.market_levels import read_market
from desk.risk import coverage_tests
from desk.risk.positions import read_positions
from desk.risk.tail_history import LEVELS, next_move_pnl
from desk.risk.var_method import methods_of

BACKTESTED_METRICS = ("var_95", "var_99")


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """`days` on which both the VaR and the P&L that followed are known; p-values None where none was."""

    days: int
    exceptions: int
    expected: float
    kupiec_p: float | None
    christoffersen_p: float | None
    zone: str | None
    """Basel's, of 99% alone and of a whole year (240 days and more) alone: it counts exceptions of 250 days."""


MIN_ZONE_DAYS = 240


def exceptions_by_year(
    values: pl.DataFrame, book: Mapping[str, pl.DataFrame], risk: Mapping[str, pl.DataFrame], parameters: DeskParameters
) -> dict[int, dict[str, BacktestResult]]:
    """By year, and then var_95 and var_99: the result; year 0 is all of them. The year is that of the decision.

    `book`: TARGET_POSITION and PORTFOLIO_STATE rows, `risk`: RISK_METRICS_DAILY and VAR_METHOD rows of the same days.
    What is tested is the method that limits read on the day. The P&L is hypothetical in Basel's sense: the positions of
    the decision under the move that followed, no orders, no carry.
    """
    market = read_market(values)
    positions = read_positions(market, book, parameters)
    pnl = next_move_pnl(terms_of(parameters.instruments), market, positions)
    years = market.days[positions.rows].astype("datetime64[Y]").astype(np.int64) + 1970
    found: dict[int, dict[str, BacktestResult]] = {}
    for metric in BACKTESTED_METRICS:
        hits = coverage_tests.hits_of(pnl, _headline(risk, metric, positions.as_of) * positions.nav)
        for year in (*np.unique(years).tolist(), 0):
            chosen = hits if year == 0 else hits[years == year]
            found.setdefault(year, {})[metric] = backtest_hits(
                chosen, 1.0 - LEVELS[metric], year != 0 and metric == "var_99"
            )
    return found


@dataclass(frozen=True, slots=True)
class MethodChange:
    """A day on which the limits began to read another method: `left` and `taken`, with the verdict on each that day,
    and the exceptions of the one that was left over the window, (at 95%, at 99%)."""

    day: dt.date
    left: str
    taken: str
    verdict_left: str
    verdict_taken: str
    exceptions: tuple[int, int]


def by_method(
    values: pl.DataFrame, book: Mapping[str, pl.DataFrame], risk: Mapping[str, pl.DataFrame], parameters: DeskParameters
) -> dict[str, dict[str, BacktestResult]]:
    """By method, whether the limits read it or not, and then var_95 and var_99: the result over all days."""
    market = read_market(values)
    positions = read_positions(market, book, parameters)
    pnl = next_move_pnl(terms_of(parameters.instruments), market, positions)
    found: dict[str, dict[str, BacktestResult]] = {}
    for method in methods_of(parameters.risk):
        for metric in BACKTESTED_METRICS:
            own = risk["risk_metrics_daily"].filter(metric=metric, method=method)
            hits = coverage_tests.hits_of(pnl, _along(own, positions.as_of) * positions.nav)
            found.setdefault(method, {})[metric] = backtest_hits(hits, 1.0 - LEVELS[metric], zoned=False)
    return found


def method_changes(risk: Mapping[str, pl.DataFrame]) -> list[MethodChange]:
    """The days on which the headline changed, of VAR_METHOD and RISK_METRICS_DAILY rows."""
    rows = risk["var_method"].sort("as_of")
    verdicts = {(as_of, method): verdict for as_of, method, verdict in rows.select("as_of", "method", "verdict").rows()}
    headline = rows.filter(role="headline").with_columns(left=pl.col("method").shift(1))
    found = []
    for row in headline.filter(pl.col("left") != pl.col("method")).iter_rows(named=True):
        counts = risk["risk_metrics_daily"].filter(as_of=row["as_of"], method=row["left"])
        both = (counts.filter(metric=f"exceptions_{name}")["value"] for name in BACKTESTED_METRICS)
        found.append(
            MethodChange(
                day=desk_day(row["as_of"]),
                left=row["left"],
                taken=row["method"],
                verdict_left=verdicts[row["as_of"], row["left"]],
                verdict_taken=row["verdict"],
                exceptions=tuple(int(one[0]) for one in both),  # type: ignore[arg-type]
            )
        )
    return found


def backtest_hits(hits: FloatArray, tail: float, zoned: bool) -> BacktestResult:
    """`hits` (S,): one, zero, NaN where unknown. `tail`: 0.05 of VaR 95."""
    known: BoolArray = hits[np.isfinite(hits)] > 0
    count, days = int(known.sum()), len(known)
    if not days:
        return BacktestResult(0, 0, 0.0, None, None, None)
    pairs = coverage_tests.transitions(known)
    return BacktestResult(
        days=days,
        exceptions=count,
        expected=days * tail,
        kupiec_p=coverage_tests.kupiec(days, count, tail).p_value,
        christoffersen_p=coverage_tests.christoffersen(*pairs).p_value if sum(pairs) else None,
        zone=coverage_tests.basel_zone(count) if zoned and days >= MIN_ZONE_DAYS else None,
    )


def _headline(risk: Mapping[str, pl.DataFrame], metric: str, as_of: pl.Series) -> FloatArray:
    chosen = risk["var_method"].filter(pl.col("role") == "headline").select("as_of", "method")
    return _along(risk["risk_metrics_daily"].filter(metric=metric).join(chosen, on=["as_of", "method"]), as_of)


def _along(own: pl.DataFrame, as_of: pl.Series) -> FloatArray:
    """The value of each moment, NaN for none."""
    joined = as_of.to_frame().join(own.select("as_of", "value"), on="as_of", how="left", maintain_order="left")
    return joined["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
