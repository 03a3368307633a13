"""The digest of a report: the content of the mail, of its plain text and of the Slack message, in one language.

Every text is plain: the module that formats it escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.calculations.defence import defence_view
from reports.calculations.orders import orders_view
from reports.calculations.portfolio import portfolio_view
from reports.calculations.regimes import regime_view
from reports.calculations.risk import limit_of, risk_view
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
    weekday_date,
)
from reports.elements.labels import regime_name
from reports.elements.locale import current_locale, translate
from reports.elements.order_text import OrderText
from reports.elements.page_elements import Cell
from reports.elements.report_data import ReportData, Row
from reports.page import executive_summary, first_screen
from reports.page.markdown_summary import BANNERS
from reports.page.order_lines import order_items, orders_line
from reports.sections import sections_of
from reports.sections.signals import flip_texts, flips_known, surge_texts
from reports.tables.risk_tables import limit_table

TOP_SIGNALS = 5
WATCHED = ("amber", "red", "breach")


@dataclass(frozen=True)
class Picture:
    """A chart as PNG; the mail refers to it by `cid:{cid}`."""

    cid: str
    title: str
    alt: str
    png: bytes


@dataclass(frozen=True)
class Digest:
    """`gate`: the lines that lead on a day without orders. `lines`: the rest of the executive summary. `key_numbers`:
    (name, value, tone). `language`: a code of LANGUAGES.

    `limits`: those in amber or worse, as (name, now, limit, used, status); `limit_states`: their stored states.
    `signals`: the strongest ones, as (strategy, class, score, change over a day).
    """

    title: str
    language: str
    banner: str
    day: str
    gate: tuple[executive_summary.Line, ...]
    lines: tuple[executive_summary.Line, ...]
    key_numbers: tuple[tuple[str, str, str], ...]
    limits: tuple[tuple[str, str, str, str, str], ...]
    limit_states: tuple[str, ...]
    limits_known: bool
    signals: tuple[tuple[str, str, str, str], ...]
    moves: str
    orders: tuple[OrderText, ...]
    action_line: str
    coverage: str
    pictures: tuple[Picture, ...]

    @property
    def alert(self) -> bool:
        """Whether a line is an alert."""
        return any(line.alert for line in (*self.gate, *self.lines))


def digest(data: ReportData, pictures: Mapping[str, bytes] | None = None) -> Digest:
    """The digest of one decision, in the current locale. `pictures`: figure id -> PNG; pictures of other figures are
    left out."""
    sections = sections_of(data)
    figures = [figure for section in sections for figure in section.figures]
    shown = [Picture(f.id, translate(f.title), f.alt, png) for f in figures if (png := (pictures or {}).get(f.id))]
    world = "" if data.world == "live" else f"[{data.world}] "
    limits = limits_to_watch(data)
    lines = first_screen.lines(data, sections)
    return Digest(
        title=f"{world}Alvorada {date(data.day)}: {_subject(data, limits)}",
        language=current_locale().code,
        banner=translate(BANNERS[data.world]) if data.world in BANNERS else "",
        day=date(data.day),
        gate=tuple(line for line in lines if line.stop),
        lines=tuple(line for line in lines if not line.stop),
        key_numbers=_key_numbers(data),
        limits=limits,
        limit_states=tuple(row["status"] for row in _most_used(data)),
        limits_known=data.latest("risk_limits_status").height > 0,
        signals=_top_signals(data),
        moves=_moves(data),
        orders=order_items(data),
        action_line=orders_line(data),
        coverage=executive_summary.data_line(executive_summary.coverage(data)),
        pictures=tuple(shown),
    )


def _subject(data: ReportData, limits: tuple[tuple[str, ...], ...]) -> str:
    """`NAV BRL 100.20 million +0.12%, 3 orders, LIMIT BREACHED`: the subject after the day."""
    state = data.row("portfolio_state")
    parts = [translate("book not marked")]
    if state is not None:
        day = f" {percent(state['return_1d'], signed=True)}" if finite_or_none(state["return_1d"]) is not None else ""
        parts = [translate("NAV {}", brl(state["nav_brl"]) + day)]
    count = len(orders_view(data).orders)
    if defence_view(data).is_gated:
        parts.insert(0, translate("NO ORDERS TODAY"))
    else:
        parts.append(plural(count, "order") if count else translate("no orders"))
    if executive_summary.breached(data):
        parts.append(translate("LIMIT BREACHED"))
    elif limits:
        parts.append(plural(len(limits), "limit to watch", "limits to watch"))
    gaps = executive_summary.coverage(data).gaps
    if gaps:
        parts.append(plural(len(gaps), "dataset missing or stale", "datasets missing or stale"))
    return ", ".join(parts).replace("\u00a0", " ")


def _key_numbers(data: ReportData) -> tuple[tuple[str, str, str], ...]:
    state, measured, regimes = data.row("portfolio_state"), risk_view(data), regime_view(data)
    found: list[tuple[str, str, str]] = []
    if state is not None:
        found.append((translate("NAV"), brl(state["nav_brl"]), ""))
        pnl = f"{brl(state['pnl_brl'], signed=True)} ({percent(state['return_1d'], signed=True)})"
        found.append((translate("P&L of {}", weekday_date(data.market_day)), pnl, _tone(state["pnl_brl"])))
        month = portfolio_view(data).month_return
        found.append((month_of(data.market_day), percent(month, signed=True), _tone(month)))
        found.append((translate("Drawdown"), percent(state["drawdown"]), ""))
    value = measured.tail.get(("var_95", measured.headline)) if measured.headline else None
    limit = limit_of(measured, "var_95")
    threshold = finite_or_none(limit["threshold"]) if limit is not None else None
    share = translate("{} of {} allowed", percent(value), percent(threshold)) if threshold else percent(value)
    found.append((translate("VaR 95%, one day"), share if value is not None else translate("not known"), ""))
    leader = regimes.leader
    share = f"{regime_name(leader)} ({percent(regimes.today[leader], 0)})" if leader else translate("not known")
    found.append((translate("Regime"), share, ""))
    return tuple(found)


def _tone(value: float | None) -> str:
    clean = finite_or_none(value)
    return "" if clean is None or clean == 0 else "gain" if clean > 0 else "loss"


def limits_to_watch(data: ReportData) -> tuple[tuple[str, str, str, str, str], ...]:
    """Limits in amber or worse, most used first, as the cells of the report's table."""
    return tuple(_five(cells) for cells in limit_table(_most_used(data), date(data.day)).rows)


def _most_used(data: ReportData) -> list[Row]:
    rows = [row for row in risk_view(data).limits if row["status"] in WATCHED]
    return sorted(rows, key=lambda row: (-(finite_or_none(row["utilisation"]) or -1.0), row["limit_id"]))


def _five(cells: tuple[Cell, ...]) -> tuple[str, str, str, str, str]:
    name, now, limit, used, status = (translate(cell.text) for cell in cells)
    return name, now, limit, used, status


def _top_signals(data: ReportData) -> tuple[tuple[str, str, str, str], ...]:
    scored = [(s, s.score) for s in signals_view(data).signals if s.score is not None]
    ranked = sorted(scored, key=lambda pair: (-abs(pair[1]), pair[0].strategy_id))[:TOP_SIGNALS]
    return tuple(
        (s.strategy_id, translate(s.asset_class), number(score, 2, signed=True), number(s.change_1d, 2, signed=True))
        for s, score in ranked
    )


def _moves(data: ReportData) -> str:
    """Flips and surges, in one line."""
    convictions = signals_view(data).convictions
    if not convictions or not flips_known(convictions):
        return translate("Changes of sign are not known.")
    parts = [("Changed sign: {}.", flip_texts(convictions)), ("Conviction jumped in {}.", surge_texts(convictions))]
    return " ".join(translate(text, format_list(found)) for text, found in parts if found)
