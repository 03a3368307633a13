"""The first screen: what changed since yesterday, what to do, how much of the data is there, what is not computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from reports.elements import order_words
from reports.elements.elements import Section
from reports.elements.formats import brl, date, known, listed, number, percent, plural
from reports.elements.locale import translate
from reports.elements.report_data import ReportData, Row
from reports.sections import actions, portfolio, regime, risk, signals

MOST_GAPS = 5


@dataclass(frozen=True)
class Coverage:
    """Datasets of the run by state. `gaps`: the rows that are not ok; `replaced`: ok by what stands in for them."""

    total: int
    ok: int
    gaps: tuple[Row, ...]
    replaced: tuple[Row, ...] = ()

    def of(self, state: str) -> tuple[Row, ...]:
        return tuple(row for row in self.gaps if row["state"] == state)


@dataclass(frozen=True)
class Line:
    label: str
    text: str
    alert: bool = False


def coverage(data: ReportData) -> Coverage:
    rows = list(data.latest("dataset_status").iter_rows(named=True))
    fine = [row for row in rows if row["state"] == "ok"]
    return Coverage(
        len(rows),
        len(fine),
        tuple(row for row in rows if row["state"] != "ok"),
        tuple(row for row in fine if row["error"]),
    )


def lines(data: ReportData, sections: Sequence[Section]) -> tuple[Line, ...]:
    return (
        Line("Book", book_line(data)),
        Line("Changed", change_line(data), alert=bool(breached(data))),
        Line("To do", " ".join(text for text in (action_line(data), actions.past_line(actions.view(data))) if text)),
        Line("Data", data_line(coverage(data))),
        Line("Not computed", gap_line(sections)),
    )


def book_line(data: ReportData) -> str:
    """NAV, P&L and VaR against its limit, each with what it was the decision before."""
    state, before = data.row("portfolio_state"), data.previous("portfolio_state")
    parts = []
    if state is None:
        parts.append(translate("The book was not marked: NAV and P&L are not known."))
    else:
        text = translate("NAV {}", brl(state["nav_brl"]))
        if known(state["return_1d"]) is not None:
            text += translate(
                ", {} ({}) since yesterday",
                percent(state["return_1d"], signed=True),
                brl(state["pnl_brl"], signed=True),
            )
        month = portfolio.view(data).month_return
        text += translate(", {} in the month", percent(month, signed=True)) if month is not None else ""
        if before.height and known(state["drawdown"]) is not None:
            text += translate("; drawdown {}, was {}", percent(state["drawdown"]), percent(before["drawdown"][0]))
        parts.append(text + ".")
    measured = risk.view(data)
    said = risk.limit_words(measured, "var_95")
    if not said:
        return " ".join([*parts, translate("VaR is not known.")])
    earlier = _var_before(data, measured)
    return " ".join([*parts, said + (translate("; it was {}.", percent(earlier)) if earlier is not None else ".")])


def _var_before(data: ReportData, measured: risk.RiskView) -> float | None:
    rows = data.previous("risk_metrics_daily").iter_rows(named=True)
    return next((known(r["value"]) for r in rows if (r["metric"], r["method"]) == ("var_95", measured.headline)), None)


def change_line(data: ReportData) -> str:
    """Regime, flips and surges against the decision before, and limits that are past amber."""
    parts = []
    state = regime.view(data)
    if state.leader is None:
        parts.append(translate("Regime not known."))
    else:
        name, share = regime.regime_name(state.leader), percent(state.today[state.leader], 0)
        if state.leader_yesterday is None:
            parts.append(translate("Regime {} ({}); no earlier decision to set it against.", name, share))
        elif state.leader_yesterday == state.leader:
            parts.append(translate("Regime still {} ({}).", name, share))
        else:
            parts.append(
                translate("Regime changed from {} to {} ({}).", regime.regime_name(state.leader_yesterday), name, share)
            )
    convictions = signals.view(data).convictions
    if not convictions:
        parts.append(translate("Signals not known."))
    else:
        flips, surges = signals.flip_words(convictions), signals.surge_words(convictions)
        known_flips = signals.flips_known(convictions)
        parts.append(
            translate(
                "Flips: {}. Surges: {}.",
                listed(flips) or translate("none" if known_flips else "not known"),
                listed(surges) or translate("none"),
            )
        )
    if breached(data):
        parts.insert(0, translate("LIMIT BREACHED: {}.", listed(breached(data))))
    elif data.latest("risk_limits_status").height:
        parts.append(translate("No limit is breached."))
    return " ".join(parts)


def breached(data: ReportData) -> list[str]:
    rows = data.latest("risk_limits_status").iter_rows(named=True)
    return [translate(row["name"]) for row in rows if row["status"] == "breach"]


def action_line(data: ReportData) -> str:
    todo = actions.view(data)
    if todo.biggest is None:
        return translate(
            "No orders." if todo.targets_known else "No targets were computed, so there are no orders to give."
        )
    row = todo.biggest
    cost = translate(", about {} in costs", brl(todo.cost_brl)) if todo.cost_brl is not None else ""
    return translate(
        "{}{}; the biggest: {}, from {} to {} contracts ({}), {}.",
        plural(len(todo.orders), "order"),
        cost,
        order_words.order_words(row),
        number(row["contracts_from"], 0, signed=True),
        number(row["contracts_to"], 0, signed=True),
        order_words.impact_words(row, todo.rates),
        order_words.until_words(row),
    )


def data_line(state: Coverage) -> str:
    if not state.total:
        return translate("No dataset status is stored for this decision: coverage is not known.")
    text = translate("{} of {} ok.", state.ok, plural(state.total, "dataset"))
    for name in ("stale", "failed", "absent"):
        found = [_gap_words(row) for row in state.of(name)]
        if found:
            text += f" {translate(name.capitalize())}: {listed(found, 8)}."
    instead = [f"{row['dataset']} ({row['error']})" for row in state.replaced]
    return translate("{} Not its own numbers: {}.", text, listed(instead)) if instead else text


def _gap_words(row: Row) -> str:
    last = (
        translate(" (last {})", date(row["last_obs_date"]))
        if row["last_obs_date"] is not None
        else translate(" (never seen)")
    )
    return f"{row['dataset']}{last}"


def gap_line(sections: Sequence[Section]) -> str:
    found = [list(section.missing) for section in sections]
    gaps = [text for place in zip_longest(*found) for text in place if text is not None]  # each section's first, first
    if not gaps:
        return translate("Nothing: every section has what it needs.")
    rest = len(gaps) - MOST_GAPS
    more = translate(" And {}, said in the sections below.", plural(rest, "more gap")) if rest > 0 else ""
    return " ".join(gaps[:MOST_GAPS]) + more
