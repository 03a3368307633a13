"""Figures of agent views: the drivers of one agent, and all scores over time."""

from __future__ import annotations

from reports.calculations.agents import AgentScore, AgentsView
from reports.charts import chart_parts
from reports.elements.formats import date, number
from reports.elements.labels import agent_driver_name, agent_name
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Figure

MOST_DRIVERS = 6


def driver_figure(agent: AgentScore, day: str) -> Figure | None:
    """Bars of the agent's largest drivers, for its card; None where it has none."""
    if not agent.drivers:
        return None
    top = dict(list(agent.drivers.items())[:MOST_DRIVERS])
    texts = [number(value, 2, signed=True) for value in top.values()]
    spec = chart_parts.signed_bars(
        [agent_driver_name(name) for name in top], list(top.values()), texts, "", height=44 + 22 * len(top)
    )
    spec["layout"]["xaxis"] |= {"showticklabels": False}
    parts = ", ".join(f"{agent_driver_name(name)} {text}" for name, text in zip(top, texts, strict=True))
    identity = "fig-agent-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in agent.agent_id)
    return Figure(
        identity,
        "Drivers",
        translate("Drivers of {}: {}", agent_name(agent.agent_id), parts),
        spec,
        source_note("agent_view", day),
    )


def score_history_figure(view: AgentsView, day: str) -> Figure | None:
    """Lines of all agents' scores; None for fewer than two decisions."""
    if len(view.days) < 2:
        return None
    traces = [
        chart_parts.line(
            agent_name(name), chart_parts.days(view.days), chart_parts.column(path), index, hovertemplate="%{y:+.2f}"
        )
        for index, (name, path) in enumerate(view.paths.items())
    ]
    layout = chart_parts.layout(
        280, chart_parts.axis(type="date"), chart_parts.axis("score", range=[-1.05, 1.05], zeroline=True)
    )
    alt = translate("Lines of agent scores from {} to {}, ", date(view.days[0]), day) + ", ".join(
        translate("{} now {}", agent_name(a.agent_id), number(a.score, 2, signed=True)) for a in view.agents
    )
    spec = {"data": traces, "layout": chart_parts.with_legend(layout) | {"hovermode": "x unified"}}
    return Figure("fig-agent-scores", "Scores through time", alt, spec, source_note("agent_view", day), wide=True)
