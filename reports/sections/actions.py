"""Actions: the orders that take the book from where it is to where it should be, and what would make them wrong."""

from __future__ import annotations

from dataclasses import dataclass

from reports import charts
from reports.blocks import Block, Cell, Column, Figure, Section, Table
from reports.data import ReportData, Row
from reports.formats import NOT_KNOWN, brl, capital, date, drivers, known, listed, number, percent, plural, thousands
from reports.language import say, sourced
from reports.palette import cycle

UNITS = {"rate": "% a year", "fraction": "% a year", "fraction per year": "% a year"}


@dataclass(frozen=True)
class ActionsView:
    """`orders` in the desk's order; `biggest` by the risk that it moves where that is known, else by notional."""

    orders: tuple[Row, ...]
    cost_brl: float | None
    targets_known: bool
    biggest: Row | None
    rates: frozenset[str]
    """Instruments that are quoted in rates."""


def view(data: ReportData) -> ActionsView:
    orders = tuple(data.latest("action").iter_rows(named=True))
    costs = [known(row["cost_brl"]) for row in orders]
    total = sum(cost for cost in costs if cost is not None) if orders and None not in costs else None
    targets = list(data.latest("target_position").iter_rows(named=True))
    volatility = {row["instrument_id"]: known(row["unit_vol_brl"]) for row in targets}
    rates = {row["instrument_id"] for row in targets if known(row["rate"]) is not None}
    rates |= {row["instrument_id"] for row in orders if row["invalidation_unit"] in UNITS}
    biggest = max(orders, key=lambda row: _size(row, volatility), default=None)
    return ActionsView(orders, total, bool(targets), biggest, frozenset(rates))


def _size(row: Row, volatility: dict[str, float | None]) -> tuple[float, float]:
    """Daily standard deviation moved by the order, BRL; then its notional, for instruments without one."""
    unit = volatility.get(row["instrument_id"]) or 0.0
    return abs(row["order_contracts"] or 0) * unit, abs(known(row["notional_change_brl"]) or 0.0)


def order_words(row: Row) -> str:
    """`sell 20 DI1F29`."""
    side = "buy" if (row["order_contracts"] or 0) > 0 else "sell"
    size = thousands(abs(row["order_contracts"] or 0))
    return f"{row['side'] or side} {size} {row['contract_id'] or row['instrument_id']}"


def invalidation_words(row: Row) -> str:
    """The level that would make the order wrong: rates in percent, prices in the contract's own quotation."""
    level, unit = known(row["invalidation"]), row["invalidation_unit"] or ""
    if level is None:
        return "closes it" if row["contracts_to"] == 0 else NOT_KNOWN
    if unit in UNITS:
        return say("{} a year", percent(level))
    return f"{number(level)} {unit}".strip()


def impact_words(row: Row, rates: frozenset[str]) -> str:
    """DV01 change for what is quoted in rates, notional change for the rest."""
    dv01, notional = known(row["dv01_change_brl"]), known(row["notional_change_brl"])
    if row["instrument_id"] in rates:
        return say("{} per bp", brl(dv01, signed=True)) if dv01 is not None else NOT_KNOWN
    return say("{} notional", brl(notional, signed=True)) if notional is not None else NOT_KNOWN


def until_words(row: Row) -> str:
    """`invalid beyond 13.10% a year`, or why there is no such level."""
    if known(row["invalidation"]) is not None:
        return say("invalid beyond {}", invalidation_words(row))
    return "closing the contract" if row["contracts_to"] == 0 else "with no level that would make it invalid"


def sentences(actions: ActionsView) -> tuple[str, ...]:
    if not actions.orders:
        return (
            ("No order: the book is where it should be, or moving it would cost more than it brings.",)
            if actions.targets_known
            else ()
        )
    cost = say(", costing {} in all", brl(actions.cost_brl)) if actions.cost_brl is not None else ""
    out = [f"{plural(len(actions.orders), 'order')}{cost}."]
    if actions.biggest is not None and len(actions.orders) > 1:
        row = actions.biggest
        out.append(
            say(
                "The one that moves most risk: {}, from {} to {} contracts; {}.",
                order_words(row),
                thousands(row["contracts_from"], signed=True),
                thousands(row["contracts_to"], signed=True),
                until_words(row),
            )
        )
    turned = [r["instrument_id"] for r in actions.orders if (r["contracts_from"] or 0) * (r["contracts_to"] or 0) < 0]
    if turned:
        out.append(say("The position changes side in {}.", listed(turned)))
    return tuple(out)


def table(actions: ActionsView, day: str) -> Table:
    rows = []
    for row in actions.orders:
        because = listed([f"{name} {number(v, 2, signed=True)}" for name, v in drivers(row["rationale"]).items()], 4)
        rows.append(
            (
                Cell(f"{row['seq']}. {capital(order_words(row))}"),
                Cell(row["instrument_id"], tone="muted"),
                Cell(thousands(row["contracts_from"], signed=True)),
                Cell(thousands(row["contracts_to"], signed=True)),
                Cell(impact_words(row, actions.rates)),
                Cell(brl(row["cost_brl"])),
                Cell(invalidation_words(row)),
                Cell(row["sentence"] or because or NOT_KNOWN, because),
            )
        )
    columns = (
        Column("Order", "text"),
        Column("Instrument", "text"),
        Column("From", unit="contracts"),
        Column("To", unit="contracts"),
        Column("Changes"),
        Column("Cost"),
        Column("Invalid beyond"),
        Column("Why", "text"),
    )
    caption = say("Orders decided at 06:00 BRT of {}, to be filled at that day's settlement", day)
    return Table("actions", caption, columns, tuple(rows), sourced("action", day))


def figure(actions: ActionsView, day: str) -> Figure:
    """From where to where, a line per contract: a hollow mark before, a full one after."""
    labels = charts.plain([row["contract_id"] or row["instrument_id"] for row in actions.orders])
    before = [row["contracts_from"] for row in actions.orders]
    after = [row["contracts_to"] for row in actions.orders]
    links_x: list[float | None] = []
    links_y: list[str | None] = []
    for label, start, end in zip(labels, before, after, strict=True):
        links_x += [start, end, None]
        links_y += [label, label, None]
    base = {"type": "scatter", "mode": "markers", "y": labels}
    traces = [
        charts.line("order", links_x, [], 6, width=2.5, showlegend=False, hoverinfo="skip") | {"y": links_y},
        base
        | {
            "name": "before",
            "x": before,
            "marker": {"symbol": "circle-open", "size": 11, "color": cycle(6), "line": {"width": 2}},
            "hovertemplate": "%{y} before: %{x:+,}<extra></extra>",
        },
        base
        | {
            "name": "after",
            "x": after,
            "marker": {"symbol": "circle", "size": 11, "color": cycle(0)},
            "hovertemplate": "%{y} after: %{x:+,}<extra></extra>",
        },
    ]
    layout = charts.layout(
        90 + 28 * len(labels),
        charts.axis("contracts, + is long the price", zeroline=True, tickformat="+,"),
        charts.axis(autorange="reversed", type="category"),
    )
    said = ", ".join(
        say("{} from {} to {}", name, thousands(b, signed=True), thousands(a, signed=True))
        for name, b, a in zip(labels, before, after, strict=True)
    )
    return Figure(
        "fig-orders",
        "The orders, before and after",
        say("Positions in contracts: {}", said),
        {"data": traces, "layout": charts.with_legend(layout)},
        sourced("action", day),
        wide=True,
    )


def section(data: ReportData) -> Section:
    actions, day = view(data), date(data.day)
    blocks: list[Block] = [table(actions, day), figure(actions, day)] if actions.orders else []
    missing = (
        ()
        if actions.orders or actions.targets_known
        else (
            "No targets were computed for this decision, so there are no orders to give: do not read this as "
            "'stay as you are'.",
        )
    )
    return Section("actions", "Actions", sentences(actions), missing, tuple(blocks))
