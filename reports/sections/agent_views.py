"""Agent Views: what each view of the economy says, how sure it is, what drives it and what it could not see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from desk.agents import AGENTS
from reports.charts import chart_parts
from reports.elements.elements import Block, Card, Cards, Cell, Column, Figure, Section, Table, signed_cell, signed_tone
from reports.elements.formats import date, drivers, known, listed, names, number, percent, words
from reports.elements.locale import ENGLISH, current_locale, source_note, translate
from reports.elements.report_data import ReportData, with_day
from reports.tables.measures import measure_table

MOST_DRIVERS = 6
BALANCED = 0.15
"""A score nearer to zero is balanced, as in the desk's own sentences."""
LABELS = {driver.column: driver.label for agent in AGENTS for driver in agent.drivers}


@dataclass(frozen=True)
class Agent:
    """Score -1..+1, confidence 0..1, both None when the agent could not form a view."""

    agent_id: str
    score: float | None
    confidence: float | None
    change_1d: float | None
    change_1w: float | None
    drivers: dict[str, float]
    missing: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class AgentsView:
    agents: tuple[Agent, ...]
    days: tuple[dt.date, ...]
    paths: dict[str, list[float | None]]


def view(data: ReportData) -> AgentsView:
    day_before = _scores(data.previous("agent_view"))
    week_before = _scores(data.at_or_before("agent_view", data.day - dt.timedelta(days=7)))
    agents = []
    for row in data.latest("agent_view").iter_rows(named=True):
        score, name = known(row["score"]), row["agent_id"]
        agents.append(
            Agent(
                name,
                score,
                known(row["confidence"]),
                _difference(score, day_before.get(name)),
                _difference(score, week_before.get(name)),
                drivers(row["drivers"]),
                names(row["missing"]),
                row["sentence"] or "",
            )
        )
    history = with_day(data.history("agent_view"))
    wide = history.pivot("agent_id", index="day", values="score").sort("day") if agents else history
    paths = {agent.agent_id: wide[agent.agent_id].to_list() for agent in agents}
    return AgentsView(tuple(agents), tuple(wide["day"].to_list()) if agents else (), paths)


def _scores(rows: pl.DataFrame) -> dict[str, float | None]:
    return dict(zip(rows["agent_id"].to_list(), rows["score"].to_list(), strict=True))


def _difference(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else now - then


def driver_name(column: str) -> str:
    """The desk's words for a driver; the id as words where it has none."""
    return translate(LABELS[column]) if column in LABELS else words(column)


def agent_name(agent_id: str) -> str:
    return translate(words(agent_id).capitalize().replace("Fx ", "FX "))


def sentences(view_: AgentsView) -> tuple[str, ...]:
    scored = [(agent, agent.score) for agent in view_.agents if agent.score is not None]
    if not scored:
        return ()
    strongest, size = max(scored, key=lambda pair: abs(pair[1]))
    confidence = (
        "" if strongest.confidence is None else translate(" with confidence {}", percent(strongest.confidence, 0))
    )
    out = [
        translate(
            "The strongest view is {} at {}{}.",
            agent_name(strongest.agent_id),
            number(size, 2, signed=True),
            confidence,
        )
    ]
    moved = [(agent, agent.change_1w) for agent in view_.agents if agent.change_1w is not None]
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


def said_by(agent: Agent) -> str:
    """The agent's own sentence, which the desk writes in English; in another language one from its numbers."""
    if current_locale() is ENGLISH:
        return agent.sentence
    desk = next((known_agent for known_agent in AGENTS if known_agent.id == agent.agent_id), None)
    question = translate(desk.question) if desk is not None else agent_name(agent.agent_id)
    if agent.score is None:
        return translate("{}: no view.", question)
    verdict = translate("balanced") if abs(agent.score) < BALANCED or desk is None else ""
    if desk is not None and not verdict:
        verdict = translate(desk.plus if agent.score > 0 else desk.minus)
    pushes = [(name, part) for name, part in agent.drivers.items() if part * agent.score > 0]
    pulls = [(name, part) for name, part in agent.drivers.items() if part * agent.score < 0]
    text = f"{question}: {verdict} ({number(agent.score, 2, signed=True)})"
    if pushes:
        text += translate("; led by {} ({})", driver_name(pushes[0][0]), number(pushes[0][1], 1, signed=True))
    if pulls:
        text += translate("; against it {} ({})", driver_name(pulls[0][0]), number(pulls[0][1], 1, signed=True))
    return text + "."


def driver_figure(agent: Agent, day: str) -> Figure | None:
    if not agent.drivers:
        return None
    top = dict(list(agent.drivers.items())[:MOST_DRIVERS])
    texts = [number(value, 2, signed=True) for value in top.values()]
    spec = chart_parts.signed_bars(
        [driver_name(name) for name in top], list(top.values()), texts, "", height=44 + 22 * len(top)
    )
    spec["layout"]["xaxis"] |= {"showticklabels": False}
    parts = ", ".join(f"{driver_name(name)} {text}" for name, text in zip(top, texts, strict=True))
    identity = "fig-agent-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in agent.agent_id)
    return Figure(
        identity,
        "Drivers",
        translate("Drivers of {}: {}", agent_name(agent.agent_id), parts),
        spec,
        source_note("agent_view", day),
    )


def card(agent: Agent, day: str) -> Card:
    parts = []
    if agent.confidence is not None:
        parts.append(translate("confidence {}", percent(agent.confidence, 0)))
    parts.append(f"{translate('1d')} {number(agent.change_1d, 2, signed=True)}")
    parts.append(f"{translate('1w')} {number(agent.change_1w, 2, signed=True)}")
    value = number(agent.score, 2, signed=True) if agent.score is not None else "no view"
    sentence = said_by(agent)
    if agent.missing:
        sentence += translate(" Could not see: {}.", listed(list(agent.missing), 8))
    return Card(
        agent_name(agent.agent_id),
        value,
        " · ".join(parts),
        sentence.strip(),
        signed_tone(agent.score),
        driver_figure(agent, day),
    )


def table(view_: AgentsView, day: str) -> Table:
    rows = tuple(
        (
            Cell(agent_name(agent.agent_id)),
            signed_cell(agent.score, number(agent.score, 2, signed=True)),
            Cell(percent(agent.confidence, 0)),
            signed_cell(agent.change_1d, number(agent.change_1d, 2, signed=True)),
            signed_cell(agent.change_1w, number(agent.change_1w, 2, signed=True)),
            Cell(listed(list(agent.missing), 8) or "nothing", tone="" if agent.missing else "muted"),
        )
        for agent in view_.agents
    )
    columns = (
        Column("Agent", "text"),
        Column("Score", unit="−1 to +1"),
        Column("Confidence"),
        Column("1d"),
        Column("1w"),
        Column("Could not see", "text"),
    )
    return Table("agents", translate("Views at {}", day), columns, rows, source_note("agent_view", day))


def history_figure(view_: AgentsView, day: str) -> Figure | None:
    if len(view_.days) < 2:
        return None
    traces = [
        chart_parts.line(
            agent_name(name), chart_parts.days(view_.days), chart_parts.column(path), index, hovertemplate="%{y:+.2f}"
        )
        for index, (name, path) in enumerate(view_.paths.items())
    ]
    layout = chart_parts.layout(
        280, chart_parts.axis(type="date"), chart_parts.axis("score", range=[-1.05, 1.05], zeroline=True)
    )
    alt = translate("Lines of agent scores from {} to {}, ", date(view_.days[0]), day) + ", ".join(
        translate("{} now {}", agent_name(a.agent_id), number(a.score, 2, signed=True)) for a in view_.agents
    )
    spec = {"data": traces, "layout": chart_parts.with_legend(layout) | {"hovermode": "x unified"}}
    return Figure("fig-agent-scores", "Scores through time", alt, spec, source_note("agent_view", day), wide=True)


def section(data: ReportData) -> Section:
    view_, day = view(data), date(data.day)
    title = "Agent Views"
    if not view_.agents:
        return Section(
            "agent-views",
            title,
            (),
            (translate("No agent gave a view for this decision: scores, confidence and drivers are not known."),),
            (),
        )
    missing = [
        translate("{} has no view", agent_name(agent.agent_id))
        + (translate(": it lacks {}.", listed(list(agent.missing), 8)) if agent.missing else ".")
        for agent in view_.agents
        if agent.score is None
    ]
    blocks: list[Block] = [Cards(tuple(card(agent, day) for agent in view_.agents)), table(view_, day)]
    measured = measure_table(data, day)
    if measured is not None:
        blocks.append(measured)
    else:
        missing.append(translate("What the agents' models measure is not stored for this decision."))
    history = history_figure(view_, day)
    if history is not None:
        blocks.append(history)
    return Section("agent-views", title, sentences(view_), tuple(missing), tuple(blocks))
