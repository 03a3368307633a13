"""Agent views of the decision: score, confidence, drivers, changes and history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from reports.elements.formats import finite_or_none, parse_drivers, parse_names
from reports.elements.report_data import ReportData, once_per_report, with_day


@dataclass(frozen=True)
class AgentScore:
    """One agent's view. Score -1..+1, confidence 0..1; the score is None when the agent has no view.

    `drivers`: signed contributions by panel column, largest first. `missing`: inputs without a value. `sentence`: the
    desk's own, in English.
    """

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
    """`paths`: scores by agent over `days`, oldest first, None where an agent has no score."""

    agents: tuple[AgentScore, ...]
    days: tuple[dt.date, ...]
    paths: dict[str, list[float | None]]
    values: dict[str, float]
    """Features and measures of the decision, by name: the levels that the sentences quote."""


@once_per_report
def agents_view(data: ReportData) -> AgentsView:
    """The agents' views of the decision, with their changes over a day and a week."""
    day_before = _scores(data.previous("agent_view"))
    week_before = _scores(data.at_or_before("agent_view", data.day - dt.timedelta(days=7)))
    agents = []
    for row in data.latest("agent_view").iter_rows(named=True):
        score, name = finite_or_none(row["score"]), row["agent_id"]
        agents.append(
            AgentScore(
                name,
                score,
                finite_or_none(row["confidence"]),
                _difference(score, day_before.get(name)),
                _difference(score, week_before.get(name)),
                parse_drivers(row["drivers"]),
                parse_names(row["missing"]),
                row["sentence"] or "",
            )
        )
    history = with_day(data.history("agent_view"))
    wide = history.pivot("agent_id", index="day", values="score").sort("day") if agents else history
    paths = {agent.agent_id: wide[agent.agent_id].to_list() for agent in agents}
    days = tuple(wide["day"].to_list()) if agents else ()
    return AgentsView(tuple(agents), days, paths, {**_values(data, "feature"), **_values(data, "agent_measure")})


def _values(data: ReportData, table: str) -> dict[str, float]:
    rows = data.latest(table)
    pairs = zip(rows[f"{table.removeprefix('agent_')}_id"].to_list(), rows["value"].to_list(), strict=True)
    return {name: value for name, raw in pairs if (value := finite_or_none(raw)) is not None}


def _scores(rows: pl.DataFrame) -> dict[str, float | None]:
    return dict(zip(rows["agent_id"].to_list(), rows["score"].to_list(), strict=True))


def _difference(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else now - then
