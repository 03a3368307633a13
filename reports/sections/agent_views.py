"""Agent Views: each agent's score, its confidence, its drivers and its missing inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from desk.agents import AGENTS
from desk.agents.base import Level
from reports.calculations.agents import AgentScore, AgentsView, agents_view
from reports.charts import agent_charts
from reports.elements.formats import MINUS, date, format_list, number, percent
from reports.elements.labels import agent_driver_name, agent_name
from reports.elements.locale import ENGLISH, current_locale, translate
from reports.elements.page_elements import Block, Card, Cards, Section, signed_tone
from reports.elements.report_data import ReportData
from reports.tables.agent_measures import measure_table
from reports.tables.agent_table import agent_table

NEUTRAL = {
    "monetary_policy": "neutral policy",
    "fiscal": "neutral finances",
    "inflation": "neutral inflation",
    "cross_asset": "neutral appetite",
    "fx_equilibrium": "neutral currency",
}
"""Agent -> the word for a balanced view, which agrees with its noun in languages that need it."""
BALANCED = 0.15
"""A score of a smaller size is called balanced, as in the desk's own sentences."""


def sentences(view: AgentsView) -> tuple[str, ...]:
    """The strongest view, the largest change over a week, and how many views are positive and negative."""
    scored = [(agent, agent.score) for agent in view.agents if agent.score is not None]
    if not scored:
        return ()
    strongest, size = max(scored, key=lambda pair: abs(pair[1]))
    confidence = (
        ""
        if strongest.confidence is None
        else translate(", its direction right with a chance of {}", percent(strongest.confidence, 0))
    )
    out = [
        translate(
            "The strongest view is {} at {}{}.",
            agent_name(strongest.agent_id),
            number(size, 2, signed=True),
            confidence,
        )
    ]
    moved = [(agent, agent.change_1w) for agent in view.agents if agent.change_1w is not None]
    if moved:
        mover, change = max(moved, key=lambda pair: abs(pair[1]))
        out.append(
            translate("{} moved most over a week, by {}.", agent_name(mover.agent_id), number(change, 2, signed=True))
        )
    if len(scored) > 1:
        ups = sum(1 for _, score in scored if score > 0)
        downs = sum(1 for _, score in scored if score < 0)
        out.append(translate("Of {} views {} are positive and {} negative.", len(scored), ups, downs))
    return tuple(out)


HYPHEN = re.compile(r"(?<=[\s(])-(?=\d)")
"""What the desk's sentence writes for a minus."""


def agent_sentence(agent: AgentScore, values: Mapping[str, float]) -> str:
    """The agent's own sentence, which the desk writes in English; in other languages the same from its numbers.

    `values`: features and measures of the decision, by name.
    """
    if current_locale() is ENGLISH:
        return HYPHEN.sub(MINUS, agent.sentence)
    desk = next((known_agent for known_agent in AGENTS if known_agent.id == agent.agent_id), None)
    question = (
        translate("BRL exchange" if desk.question == "BRL" else desk.question)
        if desk is not None
        else agent_name(agent.agent_id)
    )
    if agent.score is None:
        return translate("{}: no view.", question)
    verdict = translate(NEUTRAL.get(agent.agent_id, "balanced")) if abs(agent.score) < BALANCED or desk is None else ""
    if desk is not None and not verdict:
        verdict = translate(desk.plus if agent.score > 0 else desk.minus)
    pushes = [(name, part) for name, part in agent.drivers.items() if part * agent.score > 0]
    pulls = [(name, part) for name, part in agent.drivers.items() if part * agent.score < 0]
    text = f"{question}: {verdict} ({number(agent.score, 2, signed=True)})"
    facts = [_fact(level, values[level.column]) for level in (desk.levels if desk else ()) if level.column in values]
    text += f"; {', '.join(facts)}" if facts else ""
    if pushes:
        text += translate("; led by {} ({})", agent_driver_name(pushes[0][0]), number(pushes[0][1], 1, signed=True))
    if pulls:
        text += translate("; against it {} ({})", agent_driver_name(pulls[0][0]), number(pulls[0][1], 1, signed=True))
    return text + "."


def _fact(level: Level, value: float) -> str:
    """`Selic 7.75%`: one level that the desk's sentence quotes."""
    shown = percent(value, level.digits) if level.percent else number(value, level.digits)
    return f"{translate(level.label)} {shown}"


def card(agent: AgentScore, values: Mapping[str, float], day: str) -> Card:
    """The agent's card: score, confidence and changes, sentence, drivers."""
    parts = []
    if agent.confidence is not None:
        parts.append(translate("confidence {}", percent(agent.confidence, 0)))
    parts.append(f"{translate('1d')} {number(agent.change_1d, 2, signed=True)}")
    parts.append(f"{translate('1w')} {number(agent.change_1w, 2, signed=True)}")
    value = number(agent.score, 2, signed=True) if agent.score is not None else "no view"
    sentence = agent_sentence(agent, values)
    if agent.missing:
        sentence += translate(" Missing inputs: {}.", format_list(list(agent.missing), 8))
    return Card(
        agent_name(agent.agent_id),
        value,
        " · ".join(parts),
        sentence.strip(),
        signed_tone(agent.score),
        agent_charts.driver_figure(agent, day),
    )


def section(data: ReportData) -> Section:
    """The section Agent Views."""
    view, day = agents_view(data), date(data.day)
    title = "Agent Views"
    if not view.agents:
        return Section(
            "agent-views",
            title,
            (),
            (translate("No agent gave a view for this decision: scores, confidence and drivers are not known."),),
            (),
        )
    missing = [
        translate("{} has no view", agent_name(agent.agent_id))
        + (translate(": it lacks {}.", format_list(list(agent.missing), 8)) if agent.missing else ".")
        for agent in view.agents
        if agent.score is None
    ]
    blocks: list[Block] = [Cards(tuple(card(agent, view.values, day) for agent in view.agents)), agent_table(view, day)]
    measures = measure_table(data, day)
    if measures is not None:
        blocks.append(measures)
    else:
        missing.append(translate("What the agents' models measure is not stored for this decision."))
    history = agent_charts.score_history_figure(view, day)
    if history is not None:
        blocks.append(history)
    return Section("agent-views", title, sentences(view), tuple(missing), tuple(blocks))
