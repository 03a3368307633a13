"""The report as Prefect artifacts of the run: a markdown summary and the rows of a table of orders."""

from __future__ import annotations

from collections.abc import Sequence

from desk.worlds import World
from reports.calculations.changes import changes_view
from reports.calculations.orders import orders_view
from reports.calculations.signals import signals_view
from reports.calculations.tickets import tickets_view
from reports.elements.change_text import line_sentence
from reports.elements.formats import brl, date, number
from reports.elements.locale import translate
from reports.elements.order_text import impact_text, invalidation_text, order_text, rationale_text
from reports.elements.report_data import ReportData
from reports.page import first_screen
from reports.sections import sections_of

TOP_SIGNALS = 5
BANNERS: dict[World, str] = {
    "sandbox": "SANDBOX DATA: a simulated economy, not the market",
    "recorded": "RECORDED DATA: replayed from files, not fetched today",
}


def summary_markdown(data: ReportData, place: str = "") -> str:
    """The executive summary, the strongest signals and the first orders, as markdown. `place`: where the page is."""
    out = [f"# Alvorada, {date(data.day)}", ""]
    if data.world in BANNERS:
        out += [f"**{translate(BANNERS[data.world])}**", ""]
    for line in first_screen.lines(data, sections_of(data)):
        out.append(f"- **{translate(line.label)}**: {escaped(line.text)}")
        out += [f"  - {item.number}. {escaped(item.whole)}" for item in line.items]
    out += ["", f"## {translate('Top signals')}", "", *_signals(data)]
    out += ["", translate("The whole page: {}", escaped(place))] if place else []
    return "\n".join(out) + "\n"


def withheld_markdown(data: ReportData, place: str, withheld: Sequence[str]) -> str:
    """What is said in the summary's place to readers to whom the terms of `withheld` do not let it be sent on."""
    ready = translate(
        "The report is ready. It is not shown here: the terms of {} do not allow it without consent.",
        ", ".join(withheld),
    )
    return "\n\n".join((f"# Alvorada, {date(data.day)}", ready, translate("The whole page: {}", escaped(place)) + "\n"))


def _signals(data: ReportData) -> list[str]:
    scored = [(s, s.score) for s in signals_view(data).signals if s.score is not None]
    if not scored:
        return [translate("No strategy has a score for this decision.")]
    ranked = sorted(scored, key=lambda pair: (-abs(pair[1]), pair[0].strategy_id))[:TOP_SIGNALS]
    rows = [
        f"| {escaped(s.strategy_id)} | {escaped(translate(s.asset_class))} | {number(score, 2, signed=True)} "
        f"| {number(s.change_1d, 2, signed=True)} |"
        for s, score in ranked
    ]
    heads = " | ".join(translate(head) for head in ("strategy", "class", "score", "1d"))
    return [f"| {heads} |", "|---|---|--:|--:|", *rows]


def actions_table(data: ReportData) -> list[dict[str, str]]:
    """One row an order, as text with units, in the desk's order; empty where there is none."""
    orders, changes = orders_view(data), changes_view(data)
    rows = [
        {
            "#": str(tickets_view(data).number_of(row)),
            "order": order_text(row),
            "instrument": row["instrument_id"],
            "from": number(row["contracts_from"], 0, signed=True),
            "to": number(row["contracts_to"], 0, signed=True),
            "changes": impact_text(row, orders.rates),
            "cost": brl(row["cost_brl"]),
            "stop": invalidation_text(row),
            "why": line_sentence(changes.of(row["instrument_id"])) or rationale_text(row, orders.scores),
        }
        for row in orders.orders
    ]
    return [{translate(name): text for name, text in row.items()} for row in rows]


def escaped(text: str) -> str:
    """Escape text from outside: it makes no tag, table cell or link in markdown."""
    clean = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "\\|`*[]":
        clean = clean.replace(mark, "\\" + mark)
    return clean.replace("\n", " ")
