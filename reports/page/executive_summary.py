"""The executive summary: the book, what changed since the previous decision, the orders, data coverage, and gaps.

It is the first screen of the page, and the mail, the plain text and the run's summary use the same lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from desk.catalog.fallbacks import load_fallbacks
from reports.calculations.defence import defence_view
from reports.calculations.defence_text import pnl_sentences, withheld_sentence
from reports.calculations.orders import orders_view
from reports.calculations.portfolio import portfolio_view
from reports.calculations.regimes import regime_view
from reports.calculations.risk import RiskView, risk_view
from reports.calculations.signals import signals_view
from reports.elements.formats import (
    brl,
    date,
    finite_or_none,
    format_list,
    month_of,
    number,
    percent,
    plural,
    significant,
    weekday_date,
)
from reports.elements.labels import regime_name
from reports.elements.locale import translate
from reports.elements.order_text import impact_text, invalidation_clause, order_text
from reports.elements.page_elements import Section
from reports.elements.report_data import HeldValue, ReportData, Row
from reports.sections.actions import past_line
from reports.sections.portfolio import against_cash
from reports.sections.risk import limit_text
from reports.sections.signals import flip_texts, flips_known, surge_texts
from reports.tables.source_comparisons import broken_pairs

MOST_HELD = 6
"""Held values with a line of their own."""
MOST_GAPS = 5
"""Gaps that the summary lists; the others are counted."""


@dataclass(frozen=True)
class Coverage:
    """Datasets of the decision by state.

    `gaps`: rows that are not ok. `replaced`: rows that are ok because another dataset replaces them.
    """

    total: int
    ok: int
    gaps: tuple[Row, ...]
    replaced: tuple[Row, ...] = ()

    def in_state(self, state: str) -> tuple[Row, ...]:
        """The gaps in one state: `stale`, `failed` or `absent`."""
        return tuple(row for row in self.gaps if row["state"] == state)


@dataclass(frozen=True)
class Line:
    """One labelled line; `alert` marks it in red."""

    label: str
    text: str
    alert: bool = False


def coverage(data: ReportData) -> Coverage:
    """The dataset status of the decision; zero datasets where it is not stored."""
    rows = list(data.latest("dataset_status").iter_rows(named=True))
    fine = [row for row in rows if row["state"] == "ok"]
    return Coverage(
        len(rows),
        len(fine),
        tuple(row for row in rows if row["state"] != "ok"),
        tuple(row for row in fine if row["error"]),
    )


def lines(data: ReportData, sections: Sequence[Section]) -> tuple[Line, ...]:
    """The five lines, one for orders that are withheld, and one for each of the first held values and of the first
    sources that disagree.

    `sections` are those of the same data: their gaps make the last line.
    """
    orders, withheld = past_line(orders_view(data)), withheld_sentence(defence_view(data), data.held)
    return (
        Line("Book", book_line(data)),
        Line("Changed", change_line(data), alert=bool(breached(data))),
        Line("To do", " ".join(text for text in (action_line(data), orders) if text)),
        *((Line("Withheld", withheld, alert=True),) if withheld else ()),
        Line("Data", data_line(coverage(data))),
        *(Line("Held", held_line(data, held), alert=True) for held in data.held[:MOST_HELD]),
        *(Line("Disagree", text, alert=True) for text in broken_pairs(data)[:MOST_HELD]),
        Line("Not computed", gap_line(sections)),
    )


def book_line(data: ReportData) -> str:
    """NAV, P&L, drawdown and VaR against its limit, each with its value at the previous decision."""
    state, before = data.row("portfolio_state"), data.previous("portfolio_state")
    parts = []
    if state is None:
        parts.append(translate("The book was not marked: NAV and P&L are not known."))
    else:
        book = portfolio_view(data)
        text = translate("NAV {} at the close of {}", brl(state["nav_brl"]), weekday_date(book.market_day))
        if finite_or_none(state["return_1d"]) is not None:
            text += translate(
                ", {} ({}) on the day",
                percent(state["return_1d"], signed=True),
                brl(state["pnl_brl"], signed=True),
            )
        if book.month_return is not None:
            text += translate(", {} in {}", percent(book.month_return, signed=True), month_of(book.market_day))
            text += against_cash(book)
        if before.height and finite_or_none(state["drawdown"]) is not None:
            text += translate("; drawdown {}, was {}", percent(state["drawdown"]), percent(before["drawdown"][0]))
        parts += [text + ".", *pnl_sentences(defence_view(data))]
    measured = risk_view(data)
    var_text = limit_text(measured, "var_95")
    if not var_text:
        return " ".join([*parts, translate("VaR is not known.")])
    earlier = _var_before(data, measured)
    return " ".join([*parts, var_text + (translate("; it was {}.", percent(earlier)) if earlier is not None else ".")])


def _var_before(data: ReportData, measured: RiskView) -> float | None:
    rows = data.previous("risk_metrics_daily").iter_rows(named=True)
    return next(
        (finite_or_none(r["value"]) for r in rows if (r["metric"], r["method"]) == ("var_95", measured.headline)), None
    )


def change_line(data: ReportData) -> str:
    """Breached limits, regime, flips and surges against the previous decision."""
    parts = []
    state = regime_view(data)
    if state.leader is None:
        parts.append(translate("Regime not known."))
    else:
        name, share = regime_name(state.leader), percent(state.today[state.leader], 0)
        if state.leader_yesterday is None:
            parts.append(translate("Regime {} ({}); no earlier decision to set it against.", name, share))
        elif state.leader_yesterday == state.leader:
            parts.append(translate("Regime still {} ({}).", name, share))
        else:
            parts.append(
                translate("Regime changed from {} to {} ({}).", regime_name(state.leader_yesterday), name, share)
            )
    convictions = signals_view(data).convictions
    if not convictions:
        parts.append(translate("Signals not known."))
    else:
        flips, surges = flip_texts(convictions), surge_texts(convictions)
        known_flips = flips_known(convictions)
        parts.append(
            translate(
                "Flips: {}. Surges: {}.",
                format_list(flips) or translate("none" if known_flips else "not known"),
                format_list(surges) or translate("none"),
            )
        )
    if breached(data):
        parts.insert(0, translate("LIMIT BREACHED: {}.", format_list(breached(data))))
    elif data.latest("risk_limits_status").height:
        parts.append(translate("No limit is breached."))
    return " ".join(parts)


def breached(data: ReportData) -> list[str]:
    """Names of the limits in breach."""
    rows = data.latest("risk_limits_status").iter_rows(named=True)
    return [translate(row["name"]) for row in rows if row["status"] == "breach"]


def action_line(data: ReportData) -> str:
    """How many orders, their cost, and the one that moves most risk."""
    orders = orders_view(data)
    if orders.biggest is None:
        return translate(
            "No orders." if orders.targets_known else "No targets were computed, so there are no orders to give."
        )
    row = orders.biggest
    cost = translate(", about {} in costs", brl(orders.cost_brl)) if orders.cost_brl is not None else ""
    return translate(
        "{}{}; the biggest: {}, from {} to {} contracts ({}), {}.",
        plural(len(orders.orders), "order"),
        cost,
        order_text(row),
        number(row["contracts_from"], 0, signed=True),
        number(row["contracts_to"], 0, signed=True),
        impact_text(row, orders.rates),
        invalidation_clause(row),
    )


def data_line(state: Coverage) -> str:
    """How many datasets are ok, and the others by name and state."""
    if not state.total:
        return translate("No dataset status is stored for this decision: coverage is not known.")
    text = translate("{} of {} ok.", state.ok, plural(state.total, "dataset"))
    for name in ("stale", "failed", "absent"):
        found = [_gap_text(row) for row in state.in_state(name)]
        if found:
            text += f" {translate(name.capitalize())}: {format_list(found, 8)}."
    instead = [f"{row['dataset']} ({row['error']})" for row in state.replaced]
    return translate("{} Not its own numbers: {}.", text, format_list(instead)) if instead else text


def held_line(data: ReportData, held: HeldValue) -> str:
    """What is not believed, what was expected, and what the numbers of this report are read off instead."""
    value = significant(held.value)
    text = translate("{} of {}: {} is not believed", held.entity, date(held.obs_date), value)
    if held.expected is not None:
        text += translate(", about {} was expected", significant(held.expected))
    instead = _read_off_instead(data, held.entity)
    return text + (translate("; used instead: {}.", format_list(instead, 3)) if instead else translate("; not used."))


def _read_off_instead(data: ReportData, entity: str) -> list[str]:
    """Columns that may be read off the entity, with what each is read off today, of which day."""
    rows = {row["feature_id"]: row for row in data.latest("feature").iter_rows(named=True)}
    names = [entity, *(spec.name for spec in load_fallbacks().columns if entity in spec.candidates)]
    found = []
    for name in dict.fromkeys(names):
        row = rows.get(name)
        if row is not None and row["value"] is not None and row["obs_date"] is not None:
            age = plural((data.day - row["obs_date"]).days, "day")
            found.append(translate("{} of {}, {} old", row["origin"] or name, date(row["obs_date"]), age))
    return found


def _gap_text(row: Row) -> str:
    last = (
        translate(" (last {})", date(row["last_obs_date"]))
        if row["last_obs_date"] is not None
        else translate(" (never seen)")
    )
    return f"{row['dataset']}{last}"


def gap_line(sections: Sequence[Section]) -> str:
    """The first gaps of the sections, one section after the other; the rest as a number."""
    found = [list(section.missing) for section in sections]
    gaps = [text for place in zip_longest(*found) for text in place if text is not None]
    if not gaps:
        return translate("Nothing: every section has what it needs.")
    rest = len(gaps) - MOST_GAPS
    more = translate(" And {}, said in the sections below.", plural(rest, "more gap")) if rest > 0 else ""
    return " ".join(gaps[:MOST_GAPS]) + more
