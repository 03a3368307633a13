"""Risk: what the book can lose, by which measure, in what, and how much of each limit is used.

VaR and ES are positive losses as fractions of NAV; stress P&L is signed, minus is a loss.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from reports.charts import risk_charts as draw
from reports.elements.elements import Block, Section
from reports.elements.formats import brl, date, known, listed, number, percent, plural, words
from reports.elements.locale import translate
from reports.elements.report_data import ReportData, Row, with_day
from reports.tables import risk_tables as tables
from reports.tables import stress_tables
from reports.tables.risk_tables import METRIC_NAMES

METHODS = ("filtered_historical", "historical", "student_t", "normal", "monte_carlo")
"""Their order; methods not in the list come after."""
TESTED = "exceptions_var_95"
"""Only the headline method, the one that limits read, is tested: its rows name it."""
MARK_LAG = 2
"""Decisions between a target and its first P&L: decided at row t, filled at t+1, marked from t+1 to t+2."""
BACKTEST_DAYS = 250
REJECT_BELOW = 0.05
REVERSE, REVERSE_METRIC = "reverse", "reverse_stress_deviations"
"""The kind of the one scenario that is searched for, and the metric that says how far away it is."""


@dataclass(frozen=True)
class RiskView:
    tail: dict[tuple[str, str], float]
    """(metric, method) -> loss as a fraction of NAV."""
    methods: tuple[str, ...]
    limits: tuple[Row, ...]
    tested: dict[tuple[str, str], float]
    """(metric, method) -> exceptions and p-values of the desk's own backtest, positions held still."""
    components: tuple[Row, ...]
    components_known: bool
    ladder: tuple[Row, ...]
    deltas: tuple[Row, ...]
    """What the table holds beside the vertices (tenor 0): exposure to FX, equities and the sovereign spread."""
    ladder_known: bool
    stress: tuple[Row, ...]
    """Totals, worst first, without the reverse scenario, whose loss is given."""
    reverse: Row | None
    reverse_deviations: float | None
    stress_unknown: tuple[str, ...]
    stress_parts: tuple[Row, ...]
    backtest: Backtest | None

    @property
    def headline(self) -> str | None:
        return self.methods[0] if self.methods else None


@dataclass(frozen=True)
class Backtest:
    """VaR 95 as decided, against the return that it spoke about (two decisions later); `days` are the returns' days."""

    method: str
    days: tuple[dt.date, ...]
    var_95: tuple[float, ...]
    returns: tuple[float, ...]

    @property
    def exceptions(self) -> tuple[int, ...]:
        return tuple(i for i, (v, r) in enumerate(zip(self.var_95, self.returns, strict=True)) if r < -v)


def view(data: ReportData) -> RiskView:
    rows = list(data.latest("risk_metrics_daily").iter_rows(named=True))
    measured = {(r["metric"], r["method"]): v for r in rows if (v := known(r["value"])) is not None}
    tail = {key: value for key, value in measured.items() if key[0] in METRIC_NAMES}
    headline = next((row["method"] for row in rows if row["metric"] == TESTED), None)
    methods = method_order({method for _, method in tail}, headline)
    stress = data.latest("stress_test_results")
    totals = stress.filter(pl.col("instrument_id") == "TOTAL")
    priced = totals.filter(pl.col("kind").fill_null("") != REVERSE)
    components = data.latest("component_var").filter(pl.col("component_var_95").is_not_null())
    ladder = data.latest("dv01_ladder").filter(pl.col("dv01_brl").is_not_null())
    return RiskView(
        tail=tail,
        methods=methods,
        limits=tuple(data.latest("risk_limits_status").iter_rows(named=True)),
        tested={key: value for key, value in measured.items() if key[0].endswith(("_var_95", "_var_99", "_es_975"))},
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
        backtest=backtest(data, methods[0]) if methods else None,
    )


def method_order(methods: set[str], headline: str | None = None) -> tuple[str, ...]:
    """The headline first, then METHODS, then what else there is."""
    first = [m for m in (headline, *METHODS) if m in methods]
    return tuple(dict.fromkeys([*(m for m in first if m is not None), *sorted(methods)]))


def backtest(data: ReportData, method: str) -> Backtest | None:
    rows = with_day(data.history("risk_metrics_daily")).filter(
        (pl.col("metric") == "var_95") & (pl.col("method") == method)
    )
    book = with_day(data.history("portfolio_state")).select("day", "return_1d").sort("day")
    forecast = book.join(rows.select("day", "value"), on="day", how="left").sort("day")
    paired = (
        forecast.with_columns(pl.col("value").shift(MARK_LAG)).drop_nulls(["value", "return_1d"]).tail(BACKTEST_DAYS)
    )
    if paired.height < 2:
        return None
    return Backtest(method, tuple(paired["day"]), tuple(paired["value"]), tuple(paired["return_1d"]))


def limit_of(risk: RiskView, limit_id: str) -> Row | None:
    return next((row for row in risk.limits if row["limit_id"] == limit_id), None)


def method_name(method: str) -> str:
    return translate(words(method))


def limit_words(risk: RiskView, metric: str) -> str:
    """`VaR 95% (historical) is 0.47% of NAV, 16% of its 3.00% limit`; empty when the measure is not known."""
    method = risk.headline
    value = risk.tail.get((metric, method)) if method else None
    if value is None or method is None:
        return ""
    text = translate("{} ({}) is {} of NAV", translate(METRIC_NAMES[metric]), method_name(method), percent(value))
    limit = limit_of(risk, metric)
    if limit is not None and known(limit["threshold"]):
        text += translate(", {} of its {} limit", percent(value / limit["threshold"], 0), percent(limit["threshold"]))
    return text


def sentences(risk: RiskView) -> tuple[str, ...]:
    out = []
    said = limit_words(risk, "var_95")
    if said:
        out.append(said + ".")
    hot = [row for row in risk.limits if row["status"] in ("amber", "red", "breach")]
    if hot:
        parts = [
            f"{translate(row['name'])} ({percent(row['utilisation'], 1)}, {translate(row['status'])})" for row in hot
        ]
        out.append(translate("Limits to watch: {}.", listed(parts)))
    elif risk.limits:
        measured = sum(1 for row in risk.limits if row["status"] != "absent")
        out.append(translate("None of the {} is past its amber mark.", plural(measured, "measured limit")))
    if risk.stress:
        worst = risk.stress[0]
        verb = "loses" if worst["pnl_brl"] < 0 else "still gains"
        out.append(
            translate(
                "The worst scenario is {}: the book {} {} ({} of NAV).",
                stress_tables.scenario_name(worst),
                translate(verb),
                brl(abs(worst["pnl_brl"])),
                percent(worst["pnl_fraction"], 1, signed=True),
            )
        )
    if risk.reverse is not None and risk.reverse_deviations is not None:
        out.append(
            translate(
                "The nearest way to lose {} of NAV is {} standard deviations of a day away: {}.",
                percent(abs(risk.reverse["pnl_fraction"]), 0),
                number(risk.reverse_deviations, 1),
                ", ".join(stress_tables.move_words(risk.reverse)[:5]),
            )
        )
    if risk.backtest is not None:
        out.append(_backtest_sentence(risk, risk.backtest))
    return tuple(out)


def _backtest_sentence(risk: RiskView, test: Backtest) -> str:
    text = translate(
        "Over {} the book lost more than VaR 95% on {}, against {} to be expected",
        plural(len(test.days), "day"),
        len(test.exceptions),
        number(0.05 * len(test.days), 1),
    )
    p_value = risk.tested.get(("kupiec_p_var_95", test.method))
    if p_value is None:
        return text + "."
    verdict = translate("does not reject" if p_value >= REJECT_BELOW else "rejects")
    return translate(
        "{}; the Kupiec test of the day's positions held still {} the model (p {}).", text, verdict, number(p_value, 2)
    )


LACKING: dict[str, str] = {
    "tail": "VaR and ES were not computed for this decision.",
    "limits": "The limits were not measured for this decision.",
    "components_known": "Component VaR was not computed: the share of each instrument in the risk is not known.",
    "ladder_known": "No DV01 ladder was computed.",
    "stress": "No stress scenario was computed.",
}


def _missing(risk: RiskView) -> tuple[str, ...]:
    out = [translate(text) for name, text in LACKING.items() if not getattr(risk, name)]
    out += [
        translate("{}: the measure behind this limit is not known.", translate(row["name"]))
        for row in risk.limits
        if row["status"] == "absent"
    ]
    if risk.stress_unknown:
        out.append(
            translate(
                "These scenarios could not be priced: {}.",
                listed([stress_tables.short_name(name) for name in risk.stress_unknown], 12),
            )
        )
    if risk.reverse is not None and known(risk.reverse["pnl_brl"]) is None:
        out.append(translate("No reverse stress: {}.", risk.reverse["name"].partition(": ")[2]))
    if risk.tail and risk.backtest is None:
        out.append(
            translate("VaR cannot be set against returns yet: that takes VaR two decisions before a marked return.")
        )
    return tuple(out)


def _measured_blocks(risk: RiskView, nav: float | None, day: str) -> list[Block]:
    """VaR and ES, the limits, where the VaR comes from, and what the tests say of it."""
    blocks: list[Block] = []
    if risk.tail:
        blocks.append(tables.tail_table(risk.tail, risk.methods, risk.limits, nav, day))
    if risk.limits:
        blocks += [draw.limit_figure(risk.limits, day), tables.limit_table(risk.limits, day)]
    if risk.tail:
        blocks.append(draw.tail_figure(risk.tail, risk.methods, risk.limits, METRIC_NAMES, day))
    if risk.components:
        blocks += [draw.component_figure(risk.components, day), tables.component_table(risk.components, day)]
    if risk.tested:
        blocks.append(tables.backtest_table(risk.tested, day))
    if risk.backtest is not None:
        test, name = risk.backtest, method_name(risk.backtest.method)
        blocks.append(draw.backtest_figure(test.days, test.var_95, test.returns, test.exceptions, name))
    return blocks


def section(data: ReportData) -> Section:
    risk, day = view(data), date(data.day)
    state = data.row("portfolio_state")
    blocks = _measured_blocks(risk, known(state["nav_brl"]) if state else None, day)
    if risk.stress:
        blocks.append(draw.stress_figure(risk.stress, day))
        blocks.append(stress_tables.stress_table(risk.stress, risk.stress_parts, day))
    if risk.ladder:
        blocks += [draw.ladder_figure(risk.ladder, day), tables.ladder_table(risk.ladder, day)]
    if risk.reverse is not None and risk.reverse_deviations is not None:
        blocks.append(stress_tables.reverse_table(risk.reverse, risk.reverse_deviations, day))
    if risk.deltas:
        blocks.append(tables.delta_table(risk.deltas, day))
    return Section("risk", "Risk", sentences(risk), _missing(risk), tuple(blocks))
