"""The table of agent views."""

from __future__ import annotations

from reports.calculations.agents import AgentsView
from reports.elements.formats import format_list, number, percent
from reports.elements.labels import agent_name
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, signed_cell


def agent_table(view: AgentsView, day: str) -> Table:
    """One row an agent: score, confidence, changes and missing inputs."""
    rows = tuple(
        (
            Cell(agent_name(agent.agent_id)),
            signed_cell(agent.score, number(agent.score, 2, signed=True)),
            Cell(percent(agent.confidence, 0)),
            signed_cell(agent.change_1d, number(agent.change_1d, 2, signed=True)),
            signed_cell(agent.change_1w, number(agent.change_1w, 2, signed=True)),
            Cell(format_list(list(agent.missing), 8) or "all present", tone="" if agent.missing else "muted"),
        )
        for agent in view.agents
    )
    columns = (
        Column("Agent", "text"),
        Column("Score", unit="−1 to +1"),
        Column("Confidence"),
        Column("1d"),
        Column("1w"),
        Column("Missing inputs", "text"),
    )
    caption = translate("Views at {}; confidence: the chance that the direction is right, 50% knows nothing", day)
    return Table("agents", caption, columns, rows, source_note("agent_view", day))
