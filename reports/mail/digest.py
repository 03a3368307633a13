"""What the report says in short, once, for the mail, its text and Slack. Plain text; who shows it escapes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.elements import order_words as orders
from reports.elements.elements import Cell
from reports.elements.formats import brl, date, known, listed, number, percent
from reports.elements.report_data import ReportData
from reports.page import headline
from reports.page.summary import BANNERS
from reports.sections import SECTIONS, actions, portfolio, regime, risk, signals
from reports.tables.risk_tables import limit_table

TOP_SIGNALS = 5
HOT = ("amber", "red", "breach")


@dataclass(frozen=True)
class Picture:
    """A chart as PNG, shown by `cid:{cid}`."""

    cid: str
    title: str
    alt: str
    png: bytes


@dataclass(frozen=True)
class Order:
    """`words`: sell 20 DI1F29; `change`: from +5 to -15; `impact`, `cost`, `until`: with their units."""

    words: str
    change: str
    impact: str
    cost: str
    until: str
    why: str


@dataclass(frozen=True)
class Digest:
    """`lines`: the report's first screen (label, text, alert); `key`: the numbers of the day (name, value, tone);
    `limits`: those in amber or worse (name, now, limit, used, status); `signals`: (strategy, class, score, 1d)."""

    title: str
    banner: str
    day: str
    lines: tuple[headline.Line, ...]
    key: tuple[tuple[str, str, str], ...]
    limits: tuple[tuple[str, str, str, str, str], ...]
    limits_known: bool
    signals: tuple[tuple[str, str, str, str], ...]
    moves: str
    orders: tuple[Order, ...]
    action_line: str
    coverage: str
    pictures: tuple[Picture, ...]

    @property
    def alert(self) -> bool:
        return any(line.alert for line in self.lines)


def digest(data: ReportData, pictures: Mapping[str, bytes] | None = None) -> Digest:
    """`pictures`: figure id -> PNG; one whose figure the report does not have is left out. Order as in the report."""
    sections = [make(data) for make in SECTIONS]
    figures = [figure for section in sections for figure in section.figures]
    shown = [Picture(f.id, f.title, f.alt, png) for f in figures if (png := (pictures or {}).get(f.id))]
    world = "" if data.world == "live" else f"[{data.world}] "
    hot = hot_limits(data)
    return Digest(
        title=f"{world}Alvorada {date(data.day)}: {_subject(data, hot)}",
        banner=BANNERS.get(data.world, ""),
        day=date(data.day),
        lines=headline.lines(data, sections),
        key=_key_numbers(data),
        limits=hot,
        limits_known=data.latest("risk_limits_status").height > 0,
        signals=_top_signals(data),
        moves=_moves(data),
        orders=_orders(data),
        action_line=headline.action_line(data),
        coverage=headline.data_line(headline.coverage(data)),
        pictures=tuple(shown),
    )


def _subject(data: ReportData, hot: tuple[tuple[str, ...], ...]) -> str:
    """`NAV BRL 100.20 million +0.12%, 3 orders, LIMIT BREACHED`: what is worth opening the mail for."""
    state = data.row("portfolio_state")
    parts = ["book not marked"]
    if state is not None:
        day = f" {percent(state['return_1d'], signed=True)}" if known(state["return_1d"]) is not None else ""
        parts = [f"NAV {brl(state['nav_brl'])}{day}"]
    count = len(actions.view(data).orders)
    parts.append("no orders" if count == 0 else f"{count} order{'s' if count > 1 else ''}")
    if headline.breached(data):
        parts.append("LIMIT BREACHED")
    elif hot:
        parts.append(f"{len(hot)} limit{'s' if len(hot) > 1 else ''} to watch")
    gaps = headline.coverage(data).gaps
    if gaps:
        parts.append(f"{len(gaps)} dataset{'s' if len(gaps) > 1 else ''} missing or stale")
    return ", ".join(parts).replace("\u00a0", " ")


def _key_numbers(data: ReportData) -> tuple[tuple[str, str, str], ...]:
    state, measured, regimes = data.row("portfolio_state"), risk.view(data), regime.view(data)
    found: list[tuple[str, str, str]] = []
    if state is not None:
        found.append(("NAV", brl(state["nav_brl"]), ""))
        pnl = f"{brl(state['pnl_brl'], signed=True)} ({percent(state['return_1d'], signed=True)})"
        found.append(("P&L since the day before", pnl, _tone(state["pnl_brl"])))
        month = portfolio.view(data).month_return
        found.append(("In the month", percent(month, signed=True), _tone(month)))
        found.append(("Drawdown", percent(state["drawdown"]), ""))
    value = measured.tail.get(("var_95", measured.headline)) if measured.headline else None
    limit = risk.limit_of(measured, "var_95")
    threshold = known(limit["threshold"]) if limit is not None else None
    against = f" of {percent(threshold)} allowed" if threshold else ""
    found.append(("VaR 95%, one day", f"{percent(value)}{against}" if value is not None else "not known", ""))
    leader = regimes.leader
    share = f"{regime.regime_name(leader)} ({percent(regimes.today[leader], 0)})" if leader else "not known"
    found.append(("Regime", share, ""))
    return tuple(found)


def _tone(value: float | None) -> str:
    clean = known(value)
    return "" if clean is None or clean == 0 else "gain" if clean > 0 else "loss"


def hot_limits(data: ReportData) -> tuple[tuple[str, str, str, str, str], ...]:
    """Limits past their amber mark, most used first."""
    rows = [row for row in risk.view(data).limits if row["status"] in HOT]
    return tuple(_five(cells) for cells in limit_table(rows, date(data.day)).rows)


def _five(cells: tuple[Cell, ...]) -> tuple[str, str, str, str, str]:
    name, now, limit, used, status = (cell.text for cell in cells)
    return name, now, limit, used, status


def _top_signals(data: ReportData) -> tuple[tuple[str, str, str, str], ...]:
    scored = [(s, s.score) for s in signals.view(data).signals if s.score is not None]
    ranked = sorted(scored, key=lambda pair: (-abs(pair[1]), pair[0].strategy_id))[:TOP_SIGNALS]
    return tuple(
        (s.strategy_id, s.asset_class, number(score, 2, signed=True), number(s.change_1d, 2, signed=True))
        for s, score in ranked
    )


def _moves(data: ReportData) -> str:
    """Flips and surges in words."""
    convictions = signals.view(data).convictions
    if not convictions:
        return "Flips and surges: not known."
    flips = listed(signals.flip_words(convictions)) or ("none" if signals.flips_known(convictions) else "not known")
    return f"Flips: {flips}. Surges: {listed(signals.surge_words(convictions)) or 'none'}."


def _because(sentence: str) -> str:
    """The reason alone, where the sentence says the order first: that stands above it."""
    _, found, reason = sentence.partition("; because ")
    return f"because {reason}" if found else sentence


def _orders(data: ReportData) -> tuple[Order, ...]:
    todo = actions.view(data)
    return tuple(
        Order(
            words=orders.order_words(row),
            change=f"from {number(row['contracts_from'], 0, signed=True)} to "
            f"{number(row['contracts_to'], 0, signed=True)}",
            impact=orders.impact_words(row, todo.rates),
            cost=brl(row["cost_brl"]),
            until=orders.until_words(row),
            why=_because(row["sentence"] or ""),
        )
        for row in todo.orders
    )
