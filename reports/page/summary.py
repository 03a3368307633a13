"""The report in short: markdown for the run's summary artifact, and rows for its table of actions."""

from __future__ import annotations

from reports.elements import order_words
from reports.elements.formats import brl, date, known, number, percent
from reports.elements.locale import translate
from reports.elements.report_data import ReportData
from reports.page import headline
from reports.sections import SECTIONS, actions, signals

TOP_SIGNALS = 5
FIRST_ACTIONS = 5
BANNERS = {
    "sandbox": "SANDBOX DATA: a simulated economy, not the market",
    "recorded": "RECORDED DATA: replayed from files, not fetched today",
}


def summary_markdown(data: ReportData) -> str:
    """NAV and P&L, VaR against its limit, regime, top signals, the first five actions, coverage."""
    out = [f"# Alvorada, {date(data.day)}", ""]
    if data.world in BANNERS:
        out += [f"**{BANNERS[data.world]}**", ""]
    sections = [make(data) for make in SECTIONS]
    out += [f"- **{line.label}**: {escaped(line.text)}" for line in headline.lines(data, sections)]
    out += ["", "## Top signals", "", *_signals(data), "", "## Actions", "", *_actions(data)]
    return "\n".join(out) + "\n"


def _signals(data: ReportData) -> list[str]:
    scored = [(s, s.score) for s in signals.view(data).signals if s.score is not None]
    if not scored:
        return ["No strategy has a score for this decision."]
    ranked = sorted(scored, key=lambda pair: (-abs(pair[1]), pair[0].strategy_id))[:TOP_SIGNALS]
    rows = [
        f"| {escaped(s.strategy_id)} | {escaped(s.asset_class)} | {number(score, 2, signed=True)} "
        f"| {percent(s.confidence, 0)} | {number(s.change_1d, 2, signed=True)} |"
        for s, score in ranked
    ]
    return ["| strategy | class | score | confidence | 1d |", "|---|---|--:|--:|--:|", *rows]


def _actions(data: ReportData) -> list[str]:
    todo = actions.view(data)
    if not todo.orders:
        return [headline.action_line(data)]
    out = [
        f"{i}. {escaped(row['sentence'] or order_words.order_words(row))}"
        for i, row in enumerate(todo.orders[:FIRST_ACTIONS], 1)
    ]
    rest = len(todo.orders) - FIRST_ACTIONS
    return [*out, translate("\nAnd {} more in the report.", rest)] if rest > 0 else out


def actions_table(data: ReportData) -> list[dict[str, str]]:
    """One row an order, as text with units, in the desk's order; empty when there is none."""
    todo = actions.view(data)
    return [
        {
            "#": str(row["seq"]),
            "order": order_words.order_words(row),
            "instrument": row["instrument_id"],
            "from": number(row["contracts_from"], 0, signed=True),
            "to": number(row["contracts_to"], 0, signed=True),
            "changes": order_words.impact_words(row, todo.rates),
            "cost": brl(row["cost_brl"]) if known(row["cost_brl"]) is not None else "n/a",
            "invalid beyond": order_words.invalidation_words(row),
            "why": row["sentence"] or "",
        }
        for row in todo.orders
    ]


def escaped(text: str) -> str:
    """Text from outside, as text in markdown: no tag, no table cell, no link comes out of a name."""
    clean = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "\\|`*[]":
        clean = clean.replace(mark, "\\" + mark)
    return clean.replace("\n", " ")
