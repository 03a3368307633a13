"""Risk at the decision: tail measures, limits, component VaR, DV01 ladder, stress results, and the VaR backtest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from desk.risk.var_backtest import REACH
from reports.elements.formats import finite_or_none
from reports.elements.labels import METRIC_NAMES
from reports.elements.report_data import ReportData, Row, once_per_report

METHODS = ("filtered_historical", "historical", "student_t", "normal", "monte_carlo")
"""Display order; other methods follow."""
OUTCOMES = ("tested_pnl", "tested_var_95", "exception_var_95")
"""Metrics with one day of the desk's backtest each (`desk/risk/var_backtest.py`)."""
BACKTEST_DAYS = 250
REVERSE, REVERSE_METRIC = "reverse", "reverse_stress_deviations"
"""The kind of the reverse stress scenario, and the metric with its distance in standard deviations."""


@dataclass(frozen=True)
class RiskView:
    """Risk at one decision. VaR and ES are positive losses as fractions of NAV; P&L is signed, BRL."""

    tail: dict[tuple[str, str], float]
    """(metric, method) -> loss as a fraction of NAV."""
    methods: tuple[str, ...]
    tested: Mapping[str, Row]
    """Role (headline, challenger) -> row of var_method; without any the limits were not measured."""
    limits: tuple[Row, ...]
    test_results: dict[tuple[str, str], float]
    """(metric, method) -> exceptions and p-values of the desk's backtest: each day's positions, held constant."""
    components: tuple[Row, ...]
    components_known: bool
    ladder: tuple[Row, ...]
    deltas: tuple[Row, ...]
    """Exposures without a vertex (`tenor_bd` 0): FX, equities and the sovereign spread; BRL per bp."""
    ladder_known: bool
    stress: tuple[Row, ...]
    """Totals, worst first, without the reverse scenario: its loss is an input."""
    reverse: Row | None
    reverse_deviations: float | None
    stress_unknown: tuple[str, ...]
    stress_parts: tuple[Row, ...]
    backtest: VarBacktest | None

    @property
    def headline(self) -> str | None:
        """The VaR method that the limits use; None without any."""
        return self.methods[0] if self.methods else None


@dataclass(frozen=True)
class VarBacktest:
    """The days that the desk's own backtest counts: VaR 95% of a decision, and the price P&L of its positions, held
    still, under the move that followed, fractions of NAV; `days` are the market days of the moves, none without a
    position.
    `exceptions`: places in `days` where the loss exceeded the VaR.
    """

    method: str
    days: tuple[dt.date, ...]
    var_95: tuple[float, ...]
    returns: tuple[float, ...]
    exceptions: tuple[int, ...]


@once_per_report
def risk_view(data: ReportData) -> RiskView:
    """The risk of the decision; tables that are absent leave their part empty."""
    rows = list(data.latest("risk_metrics_daily").iter_rows(named=True))
    measured = {(r["metric"], r["method"]): v for r in rows if (v := finite_or_none(r["value"])) is not None}
    tail = {key: value for key, value in measured.items() if key[0] in METRIC_NAMES}
    tested = {row["role"]: row for row in data.latest("var_method").iter_rows(named=True)}
    methods = method_order({method for _, method in tail}, tested["headline"]["method"] if tested else None)
    stress = data.latest("stress_test_results")
    totals = stress.filter(pl.col("instrument_id") == "TOTAL")
    priced = totals.filter(pl.col("kind").fill_null("") != REVERSE)
    components = data.latest("component_var").filter(pl.col("component_var_95").is_not_null())
    ladder = data.latest("dv01_ladder").filter(pl.col("dv01_brl").is_not_null())
    return RiskView(
        tail=tail,
        methods=methods,
        tested=tested,
        limits=tuple(data.latest("risk_limits_status").iter_rows(named=True)),
        test_results={
            key: value
            for key, value in measured.items()
            if key[0].endswith(("_var_95", "_var_99", "_es_975")) and not key[0].startswith(("tested_", "exception_"))
        },
        components=tuple(
            components.filter(pl.col("individual_var_95") != 0.0)
            .sort("component_var_95", descending=True)
            .iter_rows(named=True)
        ),
        components_known=components.height > 0,
        ladder=tuple(ladder.filter(pl.col("dv01_brl") != 0.0, pl.col("tenor_bd") > 0).iter_rows(named=True)),
        deltas=tuple(ladder.filter(pl.col("tenor_bd") == 0).iter_rows(named=True)),
        ladder_known=ladder.height > 0,
        reverse=next(totals.filter(pl.col("kind") == REVERSE).iter_rows(named=True), None),
        reverse_deviations=next((v for (name, _), v in measured.items() if name == REVERSE_METRIC), None),
        stress=tuple(priced.drop_nulls("pnl_brl").sort("pnl_brl", "scenario_id").iter_rows(named=True)),
        stress_unknown=tuple(priced.filter(pl.col("pnl_brl").is_null())["name"].sort().to_list()),
        stress_parts=tuple(
            stress.filter(pl.col("instrument_id") != "TOTAL").drop_nulls("pnl_brl").iter_rows(named=True)
        ),
        backtest=var_backtest(data, methods[0]) if methods else None,
    )


def method_order(methods: set[str], headline: str | None = None) -> tuple[str, ...]:
    """The headline first, then the order of METHODS, then other methods by name."""
    first = [m for m in (headline, *METHODS) if m in methods]
    return tuple(dict.fromkeys([*(m for m in first if m is not None), *sorted(methods)]))


def var_backtest(data: ReportData, method: str) -> VarBacktest | None:
    """The last BACKTEST_DAYS days tested, of those that the backtest reaches back to; None for fewer than two."""
    market_days = data.history("portfolio_state").select("as_of", day="valuation_date")
    rows = (
        data.history("risk_metrics_daily")
        .join(market_days, on="as_of", how="left", maintain_order="left")
        .filter(pl.col("metric").is_in(OUTCOMES), pl.col("method") == method, pl.col("value").is_not_null())
    )
    decisions = data.history("portfolio_state")["as_of"].unique().sort().tail(REACH * BACKTEST_DAYS)
    by_metric = [
        rows.filter(pl.col("metric") == name).select("as_of", "day", pl.col("value").alias(name)) for name in OUTCOMES
    ]
    tested = by_metric[0]
    for other in by_metric[1:]:
        tested = tested.join(other.drop("day"), on="as_of", how="inner")
    tested = tested.filter(pl.col("as_of").is_in(decisions.to_list())).sort("as_of").tail(BACKTEST_DAYS)
    if tested.height < 2:
        return None
    return VarBacktest(
        method,
        tuple(tested["day"]),
        tuple(tested["tested_var_95"]),
        tuple(tested["tested_pnl"]),
        tuple(place for place, hit in enumerate(tested["exception_var_95"]) if hit > 0),
    )


def limit_of(risk: RiskView, limit_id: str) -> Row | None:
    """The status row of a limit; None where the decision has none."""
    return next((row for row in risk.limits if row["limit_id"] == limit_id), None)
