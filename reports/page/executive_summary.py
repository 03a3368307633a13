"""Lines of the first screen about the book, the data and what could not be computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from desk.catalog.fallbacks import load_fallbacks
from desk.risk.data_weights import OLD, OLD_PRICE, OLD_SIGNAL
from reports.calculations.defence import defence_view
from reports.calculations.defence_text import pnl_sentences
from reports.calculations.portfolio import PortfolioView, portfolio_view
from reports.calculations.risk import RiskView, risk_view
from reports.elements.formats import (
    brl,
    date,
    finite_or_none,
    format_list,
    month_of,
    percent,
    plural,
    significant,
    weekday_date,
)
from reports.elements.locale import translate
from reports.elements.observed import dataset_observed
from reports.elements.order_text import OrderText
from reports.elements.page_elements import Section
from reports.elements.report_data import HeldValue, ReportData, Row
from reports.sections.portfolio import against_cash
from reports.sections.risk import limit_text

MOST_HELD = 6
"""Held values with a line of their own."""
MOST_GAPS = 5
"""Gaps that the summary lists; the others are counted."""
MOST_DATASETS = 20
"""Datasets of one state that are named; the others are counted."""


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
    """One labelled line; `alert` marks it in red, `stop` leads everything. `items`: orders below it, on the page and in
    the run's summary. `points`: the same as `text` in parts, each with its head, for the page."""

    label: str
    text: str
    alert: bool = False
    items: tuple[OrderText, ...] = ()
    stop: bool = False
    points: tuple[tuple[str, str], ...] = ()


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
        text += _spans_against_cash(book)
        if before.height and finite_or_none(state["drawdown"]) is not None:
            fall, earlier_fall = percent(state["drawdown"]), percent(before["drawdown"][0])
            text += translate("; drawdown over CDI {}, was {}", fall, earlier_fall)
        text += _nothing_earned(state)
        parts += [text + ".", *pnl_sentences(defence_view(data))]
    measured = risk_view(data)
    var_text = limit_text(measured, "var_95")
    if not var_text:
        return " ".join([*parts, translate("VaR is not known.")])
    earlier = _var_before(data, measured)
    return " ".join([*parts, var_text + (translate("; it was {}.", percent(earlier)) if earlier is not None else ".")])


def _spans_against_cash(book: PortfolioView) -> str:
    """`, 2026 +8.71% (125% of CDI), 12 months +9.34% (122% of CDI)`: the spans whose share of CDI is known."""
    day = book.market_day
    names = {"year": str(day.year) if day is not None else "", "12 months": translate("12 months")}
    return "".join(
        translate(", {} {} ({} of CDI)", names[span.span], percent(span.book, signed=True), percent(span.of_cash, 0))
        for span in book.sheet
        if span.span in names and span.of_cash is not None
    )


def _nothing_earned(state: Row) -> str:
    """Says so where the book is not above the same money held at CDI since it began."""
    nav, cash = finite_or_none(state["nav_brl"]), finite_or_none(state["benchmark_nav_brl"])
    if nav is None or cash is None or nav > cash:
        return ""
    return translate("; no gain over CDI since the book began ({})", percent(nav / cash - 1.0, signed=True))


def _var_before(data: ReportData, measured: RiskView) -> float | None:
    rows = data.previous("risk_metrics_daily").iter_rows(named=True)
    return next(
        (finite_or_none(r["value"]) for r in rows if (r["metric"], r["method"]) == ("var_95", measured.headline)), None
    )


def breached(data: ReportData) -> list[str]:
    """Names of the limits in breach."""
    rows = data.latest("risk_limits_status").iter_rows(named=True)
    return [translate(row["name"]) for row in rows if row["status"] == "breach"]


def data_line(state: Coverage) -> str:
    """How many datasets are ok, and the others by name and state."""
    if not state.total:
        return translate("No dataset status is stored for this decision: coverage is not known.")
    text = translate("{} of {} ok.", state.ok, plural(state.total, "dataset"))
    for name in ("stale", "failed", "absent"):
        found = [_gap_text(row) for row in state.in_state(name)]
        if found:
            text += f" {translate(name.capitalize())}: {format_list(found, MOST_DATASETS)}."
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
    """Columns that may be read off the entity, with what each is read off today, of which day; of an entity that no
    column chooses, its own last value."""
    rows = {row["feature_id"]: row for row in data.latest("feature").iter_rows(named=True)}
    chosen = [spec.name for spec in load_fallbacks().columns if entity in spec.candidates and spec.name in rows]
    names = [name for name in chosen if name != entity] or [entity]
    found = []
    for name in dict.fromkeys(names):
        row = rows.get(name)
        if row is not None and row["value"] is not None and row["obs_date"] is not None:
            age = plural((data.day - row["obs_date"]).days, "day")
            found.append(translate("{} of {}, {} old", row["origin"] or name, date(row["obs_date"]), age))
    return found


def weight_sentence(data: ReportData) -> str:
    """How much of VaR and of the day's decisions rests on inputs that are older than they may be; empty where none
    does."""
    rows = list(data.latest("data_weight").iter_rows(named=True))
    whole = next((row for row in rows if row["kind"] == OLD), None)
    if whole is None or not (whole["var_share"] or whole["order_share"]):
        return ""
    var, orders = percent(whole["var_share"] or 0.0, 0), percent(whole["order_share"] or 0.0, 0)
    if whole["order_share"] is None:
        text = translate("{} of VaR rests on prices that are too old", var)
    elif whole["var_share"] is None:
        text = translate("{} of the risk that today's sizes would move rests on inputs that are too old", orders)
    else:
        text = translate(
            "{} of VaR rests on prices that are too old, and {} of the risk that today's sizes would move on inputs"
            " that are",
            var,
            orders,
        )
    ranked = sorted(rows, key=lambda row: (-(row["var_share"] or 0.0), -(row["order_share"] or 0.0), row["subject"]))
    parts = [
        translate("{} of {}", row["subject"], date(row["obs_date"])) if row["obs_date"] else str(row["subject"])
        for row in ranked
        if row["kind"] in (OLD_PRICE, OLD_SIGNAL)
    ]
    return translate("{}: {}.", text, format_list(parts, 4))


def _gap_text(row: Row) -> str:
    last = (
        translate(" (last {})", dataset_observed(row["last_obs_date"], row["dataset"]))
        if row["last_obs_date"] is not None
        else translate(" (never seen)")
    )
    return f"{row['dataset']}{last}"


def gap_line(sections: Sequence[Section]) -> str:
    """The first gaps of the sections, one section after the other; the rest as a number; empty without any."""
    found = [list(section.missing) for section in sections]
    gaps = [text for place in zip_longest(*found) for text in place if text is not None]
    if not gaps:
        return ""
    rest = len(gaps) - MOST_GAPS
    more = translate(" And {}, said in the sections below.", plural(rest, "more gap")) if rest > 0 else ""
    return " ".join(gaps[:MOST_GAPS]) + more
