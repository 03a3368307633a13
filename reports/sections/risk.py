"""Risk: what the book can lose, by measure and by instrument, and how much of each limit is used.

VaR and ES are positive losses as fractions of NAV; stress P&L is signed: minus is a loss.
"""

from __future__ import annotations

from reports.calculations.risk import RiskView, VarBacktest, limit_of, risk_view
from reports.calculations.var_method_text import var_method_sentences
from reports.charts import risk_charts
from reports.elements import scenario_text
from reports.elements.formats import brl, date, finite_or_none, format_list, number, percent, plural
from reports.elements.labels import METRIC_NAMES, method_name
from reports.elements.locale import translate
from reports.elements.page_elements import Block, Section
from reports.elements.report_data import ReportData
from reports.tables import risk_tables, stress_tables
from reports.tables.risk_tables import REJECT_BELOW

MISSING: dict[str, str] = {
    "tail": "VaR and ES were not computed for this decision.",
    "limits": "The limits were not measured for this decision.",
    "components_known": "Component VaR was not computed: the share of each instrument in the risk is not known.",
    "ladder_known": "No DV01 ladder was computed.",
    "stress": "No stress scenario was computed.",
}


def limit_text(risk: RiskView, metric: str) -> str:
    """`VaR 95% (historical) is 0.47% of NAV, 16% of its 3.00% limit`; empty when the measure is not known."""
    method = risk.headline
    value = risk.tail.get((metric, method)) if method else None
    if value is None or method is None:
        return ""
    text = translate("{} ({}) is {} of NAV", translate(METRIC_NAMES[metric]), method_name(method), percent(value))
    limit = limit_of(risk, metric)
    if limit is not None and finite_or_none(limit["threshold"]):
        text += translate(", {} of its {} limit", percent(value / limit["threshold"], 0), percent(limit["threshold"]))
    return text


def sentences(risk: RiskView) -> tuple[str, ...]:
    """VaR against its limit, limits to watch, the worst scenario, the reverse stress and the backtest."""
    out = []
    limit_sentence = limit_text(risk, "var_95")
    if limit_sentence:
        out.append(limit_sentence + ".")
    watched = [row for row in risk.limits if row["status"] in ("amber", "red", "breach")]
    if watched:
        parts = [
            f"{translate(row['name'])} ({percent(row['utilisation'], 1)}, {translate(row['status'])})"
            for row in watched
        ]
        out.append(translate("Limits to watch: {}.", format_list(parts)))
    elif risk.limits:
        measured = sum(1 for row in risk.limits if row["status"] != "absent")
        out.append(translate("None of the {} is past its amber mark.", plural(measured, "measured limit")))
    if risk.stress:
        worst = risk.stress[0]
        verb = "loses" if worst["pnl_brl"] < 0 else "still gains"
        out.append(
            translate(
                "The worst scenario is {}: the book {} {} ({} of NAV).",
                scenario_text.scenario_name(worst),
                translate(verb),
                brl(abs(worst["pnl_brl"])),
                percent(worst["pnl_fraction"], 1, signed=True),
            )
        )
    if risk.reverse is not None and risk.reverse_deviations is not None:
        out.append(
            translate(
                "A {} loss needs at least {} daily standard deviations: {}.",
                percent(abs(risk.reverse["pnl_fraction"]), 0),
                number(risk.reverse_deviations, 1),
                ", ".join(scenario_text.move_texts(risk.reverse)[:5]),
            )
        )
    if risk.backtest is not None:
        out.append(_backtest_sentence(risk, risk.backtest))
    return (*out, *var_method_sentences(risk))


def _backtest_sentence(risk: RiskView, test: VarBacktest) -> str:
    text = translate(
        "VaR 95% backtest over {}: {}, {} expected",
        plural(len(test.days), "day"),
        plural(len(test.exceptions), "exception"),
        number(0.05 * len(test.days), 1),
    )
    p_value = risk.test_results.get(("kupiec_p_var_95", test.method))
    if p_value is None:
        return text + "."
    verdict = translate("passes" if p_value >= REJECT_BELOW else "is rejected")
    return translate("{}; the model {} (Kupiec p {}, positions held constant).", text, verdict, number(p_value, 2))


def _missing(risk: RiskView) -> tuple[str, ...]:
    out = [translate(text) for name, text in MISSING.items() if not getattr(risk, name)]
    out += [
        translate("{}: the measure behind this limit is not known.", translate(row["name"]))
        for row in risk.limits
        if row["status"] == "absent"
    ]
    if risk.stress_unknown:
        out.append(
            translate(
                "These scenarios could not be priced: {}.",
                format_list([scenario_text.unpriced_text(name) for name in risk.stress_unknown], 12),
            )
        )
    if risk.reverse is not None and finite_or_none(risk.reverse["pnl_brl"]) is None:
        out.append(translate("No reverse stress: {}.", risk.reverse["name"].partition(": ")[2]))
    if risk.tail and risk.backtest is None:
        out.append(
            translate("VaR cannot be set against returns yet: that takes VaR two decisions before a marked return.")
        )
    return tuple(out)


def _tail_blocks(risk: RiskView, nav: float | None, day: str) -> list[Block]:
    """VaR and ES, limits, component VaR and backtests."""
    blocks: list[Block] = []
    if risk.tail:
        blocks.append(risk_tables.tail_table(risk.tail, risk.methods, risk.limits, nav, day))
    if risk.limits:
        blocks += [risk_charts.limit_figure(risk.limits, day), risk_tables.limit_table(risk.limits, day)]
    if risk.tail:
        blocks.append(risk_charts.tail_figure(risk.tail, risk.methods, risk.limits, METRIC_NAMES, day))
    if risk.components:
        blocks += [
            risk_charts.component_figure(risk.components, day),
            risk_tables.component_table(
                risk.components, risk.headline or "", risk.tail.get(("var_95", risk.headline or "")), day
            ),
        ]
    if risk.test_results:
        blocks.append(risk_tables.backtest_table(risk.test_results, day))
    if risk.backtest is not None:
        test, name = risk.backtest, method_name(risk.backtest.method)
        blocks.append(risk_charts.backtest_figure(test.days, test.var_95, test.returns, test.exceptions, name))
    return blocks


def section(data: ReportData) -> Section:
    """The section Risk."""
    risk, day = risk_view(data), date(data.day)
    state = data.row("portfolio_state")
    blocks = _tail_blocks(risk, finite_or_none(state["nav_brl"]) if state else None, day)
    if risk.stress:
        blocks.append(risk_charts.stress_figure(risk.stress, day))
        blocks.append(stress_tables.stress_table(risk.stress, risk.stress_parts, day))
    if risk.ladder:
        blocks += [risk_charts.ladder_figure(risk.ladder, day), risk_tables.ladder_table(risk.ladder, day)]
    if risk.reverse is not None and risk.reverse_deviations is not None:
        blocks.append(stress_tables.reverse_table(risk.reverse, risk.reverse_deviations, day))
    if risk.deltas:
        blocks.append(risk_tables.delta_table(risk.deltas, day))
    return Section("risk", "Risk", sentences(risk), _missing(risk), tuple(blocks))
