"""The figure of today's orders: positions before and after, in risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.charts import chart_parts
from reports.elements.formats import finite_or_none, thousands
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Figure
from reports.elements.palette import cycle
from reports.elements.report_data import Row


def order_figure(orders: Sequence[Row], unit_risk: Mapping[str, float | None], day: str) -> Figure | None:
    """Positions before (hollow mark) and after (full mark) each order, in BRL thousand of daily standard deviation.

    This unit compares contracts of all sizes. `unit_risk`: daily standard deviation of one contract, BRL; orders of
    instruments without one are left out. None where no order is left.
    """
    measured = [(row, unit) for row in orders if (unit := finite_or_none(unit_risk.get(row["instrument_id"])))]
    if not measured:
        return None
    labels = chart_parts.escaped([row["contract_id"] or row["instrument_id"] for row, _ in measured])
    before = chart_parts.column([row["contracts_from"] * unit for row, unit in measured], 1e-3)
    after = chart_parts.column([row["contracts_to"] * unit for row, unit in measured], 1e-3)
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
                "customdata": [row[column] for row, _ in measured],
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
    listing = ", ".join(
        translate(
            "{} from {} to {}",
            name,
            thousands(row["contracts_from"], signed=True),
            thousands(row["contracts_to"], signed=True),
        )
        for name, (row, _) in zip(labels, measured, strict=True)
    )
    return Figure(
        "fig-orders",
        "The orders, before and after, by risk",
        translate("Positions in contracts: {}", listing),
        {"data": traces, "layout": chart_parts.with_legend(layout)},
        source_note("action, target_position", day),
        wide=True,
    )
