"""Risk: what the book can lose, by which measure, in what, and how much of each limit is used.

VaR and ES are positive losses as fractions of NAV; stress P&L is signed, minus is a loss.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from reports import risk_charts as draw
from reports.blocks import Block, Cell, Column, Section, Table, Tone, signed_tone
from reports.data import ReportData, Row, with_day
from reports.formats import NOT_KNOWN, brl, date, known, listed, number, percent, plural, tenor, thousands, words

METHODS = (
    "filtered_historical",
    "historical",
    "parametric_normal",
    "parametric",
    "normal",
    "parametric_t",
    "monte_carlo",
)
"""The headline method is the first of these that is there; methods not in the list come after."""
METRICS = ("var_95", "var_99", "es_975", "es_975_10d", "es_99")
METRIC_NAMES = {"var_95": "VaR 95%", "var_99": "VaR 99%", "es_975": "ES 97.5%", "es_99": "ES 99%"}
STATUS: dict[str, tuple[str, Tone]] = {
    "green": ("● within", "ok"), "amber": ("▲ amber", "amber"), "red": ("◆ red", "red"), "breach": ("■ BREACH", "breach"),
    "absent": ("○ not known", "muted"),
}  # fmt: skip
MARK_LAG = 2
"""Decisions between a target and its first P&L: decided at row t, filled at t+1, marked from t+1 to t+2."""
BACKTEST_DAYS = 250


@dataclass(frozen=True)
class RiskView:
    tail: dict[tuple[str, str], float]
    """(metric, method) -> loss as a fraction of NAV."""
    methods: tuple[str, ...]
    limits: tuple[Row, ...]
    components: tuple[Row, ...]
    ladder: tuple[Row, ...]
    stress: tuple[Row, ...]
    """Totals, worst first."""
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
    tail: dict[tuple[str, str], float] = {}
    for row in data.latest("risk_metrics_daily").iter_rows(named=True):
        value = known(row["value"])
        if value is not None and row["metric"] in METRIC_NAMES:
            tail[row["metric"], row["method"]] = value
    methods = method_order({method for _, method in tail})
    stress = data.latest("stress_test_results").filter(pl.col("pnl_brl").is_not_null())
    components = data.latest("component_var").filter(pl.col("component_var_95").is_not_null())
    return RiskView(
        tail=tail,
        methods=methods,
        limits=tuple(data.latest("risk_limits_status").iter_rows(named=True)),
        components=tuple(components.sort("component_var_95", descending=True).iter_rows(named=True)),
        ladder=tuple(data.latest("dv01_ladder").filter(pl.col("dv01_brl").is_not_null()).iter_rows(named=True)),
        stress=tuple(
            stress.filter(pl.col("instrument_id") == "TOTAL").sort("pnl_brl", "scenario_id").iter_rows(named=True)
        ),
        stress_parts=tuple(stress.filter(pl.col("instrument_id") != "TOTAL").iter_rows(named=True)),
        backtest=backtest(data, methods[0]) if methods else None,
    )


def method_order(methods: set[str]) -> tuple[str, ...]:
    return (*(m for m in METHODS if m in methods), *sorted(methods - set(METHODS)))


def backtest(data: ReportData, method: str) -> Backtest | None:
    rows = with_day(data.history("risk_metrics_daily")).filter(
        (pl.col("metric") == "var_95") & (pl.col("method") == method)
    )
    book = with_day(data.history("portfolio_state")).select("day", "return_1d").sort("day")
    spoken = book.join(rows.select("day", "value"), on="day", how="left").sort("day")
    paired = spoken.with_columns(pl.col("value").shift(MARK_LAG)).drop_nulls(["value", "return_1d"]).tail(BACKTEST_DAYS)
    if paired.height < 2:
        return None
    return Backtest(method, tuple(paired["day"]), tuple(paired["value"]), tuple(paired["return_1d"]))


def limit_of(risk: RiskView, limit_id: str) -> Row | None:
    return next((row for row in risk.limits if row["limit_id"] == limit_id), None)


def method_name(method: str) -> str:
    return words(method)


def limit_words(risk: RiskView, metric: str) -> str:
    """`VaR 95% (historical) is 0.47% of NAV, 16% of its 3.00% limit`; empty when the measure is not known."""
    method = risk.headline
    value = risk.tail.get((metric, method)) if method else None
    if value is None or method is None:
        return ""
    text = f"{METRIC_NAMES[metric]} ({method_name(method)}) is {percent(value)} of NAV"
    limit = limit_of(risk, metric)
    if limit is not None and known(limit["threshold"]):
        text += f", {percent(value / limit['threshold'], 0)} of its {percent(limit['threshold'])} limit"
    return text


def sentences(risk: RiskView) -> tuple[str, ...]:
    out = []
    said = limit_words(risk, "var_95")
    if said:
        out.append(said + ".")
    hot = [row for row in risk.limits if row["status"] in ("amber", "red", "breach")]
    if hot:
        parts = [f"{row['name']} ({percent(row['utilisation'], 0)}, {row['status']})" for row in hot]
        out.append(f"Limits to watch: {listed(parts)}.")
    elif risk.limits:
        out.append(
            f"None of the {plural(sum(1 for r in risk.limits if r['status'] != 'absent'), 'known limit')} is past its amber mark."
        )
    if risk.stress:
        worst = risk.stress[0]
        verb = "loses" if worst["pnl_brl"] < 0 else "still gains"
        out.append(
            f"The worst scenario is {worst['name']}: the book {verb} {brl(abs(worst['pnl_brl']))} ({percent(worst['pnl_fraction'], 1, signed=True)} of NAV)."
        )
    if risk.backtest is not None:
        test = risk.backtest
        out.append(
            f"Over {plural(len(test.days), 'day')} the loss was larger than VaR 95% on {len(test.exceptions)}; "
            f"{number(0.05 * len(test.days), 1)} were to be expected."
        )
    return tuple(out)


def tail_table(risk: RiskView, nav: float | None, day: str) -> Table:
    metrics = [m for m in METRICS if any((m, method) in risk.tail for method in risk.methods)]
    rows = []
    for metric in metrics:
        limit = limit_of(risk, metric)
        cells = []
        for method in risk.methods:
            value = risk.tail.get((metric, method))
            money = f"{brl(value * nav)} of {brl(nav)}" if value is not None and nav else ""
            cells.append(Cell(percent(value), money))
        threshold = known(limit["threshold"]) if limit is not None else None
        rows.append((Cell(METRIC_NAMES[metric]), *cells, Cell(percent(threshold)), _status(limit)))
    columns = (
        Column("One day", "text"), *(Column(method_name(m).capitalize(), unit="% of NAV") for m in risk.methods),
        Column("Limit", unit="% of NAV"), Column("Status of the headline", "text"),
    )  # fmt: skip
    caption = f"Losses at {day}, positive numbers; headline: {method_name(risk.headline or '')}"
    return Table("tail-risk", caption, columns, tuple(rows), f"risk_metrics_daily, risk_limits_status · as of {day}")


def _status(limit: Row | None) -> Cell:
    if limit is None:
        return Cell("no limit", tone="muted")
    text, tone = STATUS.get(limit["status"], (limit["status"] or NOT_KNOWN, "muted"))
    return Cell(text, tone=tone)


def limit_table(risk: RiskView, day: str) -> Table:
    rows = []
    for row in sorted(risk.limits, key=lambda r: (-(known(r["utilisation"]) or -1.0), r["limit_id"])):
        form = _multiple if row["limit_id"] == "gross_leverage" else percent
        why = "" if known(row["value"]) is not None else "the measure could not be computed for this decision"
        rows.append((
            Cell(row["name"]), Cell(form(row["value"]), why), Cell(form(row["threshold"])), Cell(percent(row["utilisation"], 0)), _status(row),
        ))  # fmt: skip
    columns = (Column("Limit", "text"), Column("Now"), Column("Limit at"), Column("Used"), Column("Status", "text"))
    return Table(
        "limits", f"Limits at {day}, most used first", columns, tuple(rows), f"risk_limits_status · as of {day}"
    )


def _multiple(value: float | None) -> str:
    return NOT_KNOWN if known(value) is None else number(value) + "×"


def component_table(risk: RiskView, day: str) -> Table:
    rows = tuple(
        (
            Cell(row["instrument_id"]), Cell(row["asset_class"], tone="muted"), Cell(percent(row["individual_var_95"], 3)),
            Cell(percent(row["component_var_95"], 3, signed=True)), Cell(percent(row["share"], 0, signed=True)),
        )
        for row in risk.components
    )  # fmt: skip
    total = (
        Cell("Total"), Cell(""), Cell(""), Cell(percent(sum(r["component_var_95"] for r in risk.components), 3, signed=True)),
        Cell(percent(_sum_known([r["share"] for r in risk.components]), 0, signed=True)),
    )  # fmt: skip
    columns = (
        Column("Instrument", "text"), Column("Class", "text"), Column("Alone", unit="% of NAV"),
        Column("Component", unit="% of NAV"), Column("Share of VaR"),
    )  # fmt: skip
    caption = "Component VaR 95%: the parts add up to the whole; a minus takes risk away from the book"
    return Table("component-var", caption, columns, rows, f"component_var · as of {day}", total)


def _sum_known(values: list[float | None]) -> float | None:
    clean = [known(value) for value in values]
    return None if any(value is None for value in clean) else sum(value for value in clean if value is not None)


def stress_table(risk: RiskView, day: str) -> Table:
    rows = []
    for total in risk.stress:
        parts = [p for p in risk.stress_parts if p["scenario_id"] == total["scenario_id"]]
        worst = min(parts, key=lambda p: p["pnl_brl"], default=None)
        most = f"{worst['instrument_id']} {thousands(worst['pnl_brl'] / 1000, signed=True)}" if worst else NOT_KNOWN
        rows.append((
            Cell(total["name"]), Cell(total["kind"], tone="muted"),
            Cell(thousands(total["pnl_brl"] / 1000, signed=True), tone=signed_tone(total["pnl_brl"])),
            Cell(percent(total["pnl_fraction"], 2, signed=True), tone=signed_tone(total["pnl_fraction"])), Cell(most, tone="muted"),
        ))  # fmt: skip
    columns = (
        Column("Scenario", "text"), Column("Kind", "text"), Column("P&L", unit="BRL thousand"), Column("P&L", unit="% of NAV"),
        Column("Worst instrument", "text", unit="BRL thousand"),
    )  # fmt: skip
    caption = f"Stress at {day}, positions repriced, worst first"
    return Table("stress", caption, columns, tuple(rows), f"stress_test_results · as of {day}")


def ladder_table(risk: RiskView, day: str) -> Table:
    curves = sorted({row["curve_id"] for row in risk.ladder})
    by_key = {(row["curve_id"], row["tenor_bd"]): row["dv01_brl"] for row in risk.ladder}
    tenors = sorted({row["tenor_bd"] for row in risk.ladder})
    rows = tuple((Cell(tenor(bd)), *(_ladder_cell(by_key.get((curve, bd))) for curve in curves)) for bd in tenors)
    total = (
        Cell("Total"),
        *(Cell(thousands(sum(v for (c, _), v in by_key.items() if c == curve), signed=True)) for curve in curves),
    )
    columns = (Column("Vertex", "text"), *(Column(curve, unit="BRL per bp") for curve in curves))
    caption = f"DV01 ladder at {day}: + gains when that part of the curve falls"
    return Table("dv01-ladder", caption, columns, rows, f"dv01_ladder · as of {day}", total)


def _ladder_cell(value: float | None) -> Cell:
    return (
        Cell("–", "no exposure on this vertex", "muted")
        if value is None
        else Cell(thousands(value, signed=True), tone=signed_tone(value))
    )


LACKING = {
    "tail": "VaR and ES were not computed for this decision.",
    "limits": "The limits were not measured for this decision.",
    "components": "Component VaR was not computed: the share of each instrument in the risk is not known.",
    "ladder": "No DV01 ladder was computed.",
    "stress": "No stress scenario was computed.",
}


def section(data: ReportData) -> Section:
    risk, day = view(data), date(data.day)
    missing = [text for name, text in LACKING.items() if not getattr(risk, name)]
    missing += [
        f"{row['name']}: the measure behind this limit is not known."
        for row in risk.limits
        if row["status"] == "absent"
    ]
    state = data.row("portfolio_state")
    blocks: list[Block] = []
    if risk.tail:
        blocks += [
            tail_table(risk, known(state["nav_brl"]) if state else None, day),
            draw.tail_figure(risk.tail, risk.methods, risk.limits, METRIC_NAMES, day),
        ]
    if risk.limits:
        blocks += [draw.limit_figure(risk.limits, day), limit_table(risk, day)]
    if risk.backtest is not None:
        test = risk.backtest
        blocks.append(
            draw.backtest_figure(test.days, test.var_95, test.returns, test.exceptions, method_name(test.method))
        )
    elif risk.tail:
        missing.append("VaR cannot be set against returns yet: that takes VaR two decisions before a marked return.")
    if risk.components:
        blocks += [draw.component_figure(risk.components, day), component_table(risk, day)]
    if risk.stress:
        blocks += [draw.stress_figure(risk.stress, day), stress_table(risk, day)]
    if risk.ladder:
        blocks += [draw.ladder_figure(risk.ladder, day), ladder_table(risk, day)]
    return Section("risk", "Risk", sentences(risk), tuple(missing), tuple(blocks))
