"""Tables and the figure of orders: today's, yesterday's and what came of them, and the running scorecard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.charts import chart_parts
from reports.elements.elements import Cell, Column, Figure, Table, Tone, signed_cell
from reports.elements.formats import NOT_KNOWN, basis_points, brl, capital, date, known, number, percent, thousands
from reports.elements.locale import source_note, translate
from reports.elements.order_words import impact_words, invalidation_words, order_words, why_words
from reports.elements.palette import cycle
from reports.elements.report_data import Row
from reports.tables.order_outcomes import Outcome, Score

VERDICT_TONES: Mapping[str, Tone] = {"right": "gain", "wrong": "loss"}
MOST_OUTCOMES = 20


def order_table(orders: Sequence[Row], rates: frozenset[str], scores: Mapping[str, float | None], day: str) -> Table:
    rows = tuple(
        (
            Cell(f"{row['seq']}. {capital(order_words(row))}"),
            Cell(row["instrument_id"], tone="muted"),
            Cell(thousands(row["contracts_from"], signed=True)),
            Cell(thousands(row["contracts_to"], signed=True)),
            Cell(impact_words(row, rates)),
            Cell(brl(row["cost_brl"])),
            Cell(invalidation_words(row)),
            Cell(why_words(row, scores), "each strategy's part of the conviction, and its score of the day"),
        )
        for row in orders
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
    caption = translate("Orders decided at 06:00 BRT of {}, to be filled at that day's settlement", day)
    return Table("actions", caption, columns, rows, source_note("action, strategy_signals", day))


def outcome_table(found: Sequence[Outcome], rates: frozenset[str], caption: str, identity: str, day: str) -> Table:
    rows = []
    for item in found[:MOST_OUTCOMES]:
        past = {True: Cell("past it", tone="amber"), False: Cell("holds", tone="muted"), None: Cell("–", tone="muted")}
        rows.append(
            (
                Cell(capital(order_words(item.order))),
                Cell(date(item.day), tone="muted"),
                Cell(impact_words(item.order, rates)),
                Cell(_level(item, item.decided)),
                Cell(_level(item, item.filled)),
                Cell(_level(item, item.now)),
                _move(item),
                signed_cell(item.gain, thousands(item.gain, signed=True)),
                Cell(item.verdict, tone=VERDICT_TONES.get(item.verdict, "muted")),
                past[item.past_invalidation],
            )
        )
    columns = (
        Column("Order", "text"),
        Column("Decided on", "text"),
        Column("Changed"),
        Column("Level then"),
        Column("Filled at"),
        Column("Last"),
        Column("Move"),
        Column("Gain", unit="BRL"),
        Column("So far", "text"),
        Column("Invalidation", "text"),
    )
    return Table(identity, caption, columns, tuple(rows), source_note("action, target_position", day))


def _level(item: Outcome, value: float | None) -> str:
    return percent(value, 3) if item.in_rate else number(value)


def _move(item: Outcome) -> Cell:
    """From the fill to the last mark, as the market says it; coloured by what it did for the order."""
    if item.filled is None or item.now is None:
        return Cell(NOT_KNOWN, "no settlement since the fill is known", "muted")
    change = item.now - item.filled
    text = basis_points(change, 1) if item.in_rate else percent(change / item.filled, signed=True)
    return Cell(text, tone=signed_cell(item.gain, text).tone)


def score_table(scores: Sequence[Score], rolls: int, decisions: int, day: str) -> Table:
    rows = tuple(
        (
            Cell(translate("{} after the fill", _days(score.span))),
            Cell(thousands(score.judged)),
            Cell(thousands(score.right)),
            Cell(percent(score.hit_rate, 0)),
            signed_cell(score.gain, thousands(score.gain, signed=True)) if score.judged else Cell(NOT_KNOWN),
            Cell(thousands(score.cost)) if score.judged else Cell(NOT_KNOWN),
            _after_costs(score),
        )
        for score in scores
    )
    columns = (
        Column("Judged", "text"),
        Column("Orders"),
        Column("Right"),
        Column("Hit rate"),
        Column("Gain", unit="BRL"),
        Column("Cost", unit="BRL"),
        Column("After costs", unit="BRL"),
    )
    caption = translate(
        "Scorecard of the orders of {} decisions: DV01 or notional of the order times the move of its contract since "
        "the fill, without carry; {} legs of rolls are not counted",
        decisions,
        rolls,
    )
    return Table("scorecard", caption, columns, rows, source_note("action, target_position", day), wide=False)


def _days(span: int) -> str:
    return translate("{} day" if span == 1 else "{} days", span)


def _after_costs(score: Score) -> Cell:
    if not score.judged or score.cost is None:
        return Cell(NOT_KNOWN)
    rest = score.gain - score.cost
    return signed_cell(rest, thousands(rest, signed=True))


def order_figure(orders: Sequence[Row], unit_risk: Mapping[str, float | None], day: str) -> Figure | None:
    """From where to where in BRL thousand of daily standard deviation, so that contracts of all sizes compare: a
    hollow mark before, a full one after. Orders without a known risk are left to the table."""
    known_orders = [(row, unit) for row in orders if (unit := known(unit_risk.get(row["instrument_id"])))]
    if not known_orders:
        return None
    labels = chart_parts.plain([row["contract_id"] or row["instrument_id"] for row, _ in known_orders])
    before = chart_parts.column([row["contracts_from"] * unit for row, unit in known_orders], 1e-3)
    after = chart_parts.column([row["contracts_to"] * unit for row, unit in known_orders], 1e-3)
    links_x: list[float | None] = []
    links_y: list[str | None] = []
    for label, start, end in zip(labels, before, after, strict=True):
        links_x += [start, end, None]
        links_y += [label, label, None]
    hover = "%{y}: %{customdata:+,}<extra></extra>"
    traces: list[chart_parts.Spec] = [
        chart_parts.line("order", links_x, [], 6, width=2.5, showlegend=False, hoverinfo="skip") | {"y": links_y}
    ]
    for name, values, column, marker in (
        ("before", before, "contracts_from", {"symbol": "circle-open", "color": cycle(6), "line": {"width": 2}}),
        ("after", after, "contracts_to", {"symbol": "circle", "color": cycle(0)}),
    ):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": translate(name),
                "x": values,
                "y": labels,
                "marker": {"size": 11, **marker},
                "customdata": [row[column] for row, _ in known_orders],
                "hovertemplate": hover,
            }
        )
    layout = chart_parts.layout(
        90 + 26 * len(set(labels)),
        chart_parts.axis(
            "BRL thousand of daily standard deviation; + is long the price", zeroline=True, tickformat="+,"
        ),
        chart_parts.axis(autorange="reversed", type="category"),
    )
    said = ", ".join(
        translate(
            "{} from {} to {}",
            name,
            thousands(row["contracts_from"], signed=True),
            thousands(row["contracts_to"], signed=True),
        )
        for name, (row, _) in zip(labels, known_orders, strict=True)
    )
    return Figure(
        "fig-orders",
        "The orders, before and after, by risk",
        translate("Positions in contracts: {}", said),
        {"data": traces, "layout": chart_parts.with_legend(layout)},
        source_note("action, target_position", day),
        wide=True,
    )


def gains_known(found: Sequence[Outcome]) -> list[tuple[Outcome, float]]:
    """The outcomes that have moved, with their gain so far."""
    return [(item, gain) for item in found if (gain := known(item.gain)) is not None]
