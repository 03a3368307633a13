"""Regime: how probable each state of the economy is today, and how that came about."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from reports.charts import chart_parts
from reports.elements.elements import Cell, Column, Figure, Section, Table, signed_cell
from reports.elements.formats import NOT_KNOWN, capital, date, number, percent, plural, words
from reports.elements.locale import source_note, translate
from reports.elements.palette import (
    BLUE,
    BLUE_SOFT,
    GOLD,
    GOLD_SOFT,
    GREEN,
    GREEN_SOFT,
    GREY,
    GREY_SOFT,
    ORANGE,
    ORANGE_SOFT,
    PURPLE,
    PURPLE_SOFT,
)
from reports.elements.report_data import ReportData, with_day

COLORS = {
    "goldilocks": (BLUE, BLUE_SOFT),
    "reflation": (GOLD, GOLD_SOFT),
    "stagflation": (ORANGE, ORANGE_SOFT),
    "deflation": (PURPLE, PURPLE_SOFT),
}
"""Line and fill of a regime, the same every day."""
SPARE = ((GREEN, GREEN_SOFT), (GREY, GREY_SOFT))


@dataclass(frozen=True)
class RegimeView:
    """Probabilities as fractions; `paths` by regime over `days`, None where a day lacks it."""

    today: dict[str, float]
    changes: dict[str, dict[str, float | None]]
    days: tuple[dt.date, ...]
    paths: dict[str, list[float | None]]
    leader: str | None
    leader_yesterday: str | None
    leader_days: int
    """For how many decisions on end the leader has been the most probable."""


def view(data: ReportData) -> RegimeView:
    rows = with_day(data.history("regime")).filter(pl.col("probability").is_not_null())
    today = _probabilities(rows.filter(pl.col("as_of") == data.as_of))
    if not today:
        return RegimeView({}, {}, (), {}, None, None, 0)
    yesterday = _probabilities(data.previous("regime"))
    earlier = {"1d": yesterday}
    for span, back in (("1w", 7), ("1m", 30)):
        earlier[span] = _probabilities(data.at_or_before("regime", data.day - dt.timedelta(days=back)))
    changes = {
        regime: {span: (today[regime] - then[regime] if regime in then else None) for span, then in earlier.items()}
        for regime in today
    }
    wide = rows.pivot("regime_id", index="day", values="probability").sort("day")
    leaders = (
        rows.sort("day", "probability", "regime_id").group_by("day", maintain_order=True).last()["regime_id"].to_list()
    )
    run = next((i for i, name in enumerate(reversed(leaders)) if name != leaders[-1]), len(leaders))
    return RegimeView(
        today=today,
        changes=changes,
        days=tuple(wide["day"].to_list()),
        paths={name: wide[name].to_list() for name in sorted(today, key=_order)},
        leader=leaders[-1],
        leader_yesterday=leaders[-2] if len(leaders) > 1 else None,
        leader_days=run,
    )


def _probabilities(rows: pl.DataFrame) -> dict[str, float]:
    """By regime, most probable first."""
    pairs = zip(rows["regime_id"].to_list(), rows["probability"].to_list(), strict=True)
    return dict(sorted(((n, p) for n, p in pairs if p is not None), key=lambda pair: (-pair[1], pair[0])))


def _order(regime: str) -> tuple[int, str]:
    return (list(COLORS).index(regime.lower()) if regime.lower() in COLORS else len(COLORS), regime)


def regime_name(regime: str) -> str:
    return translate(capital(words(regime)))


def sentences(regimes: RegimeView) -> tuple[str, ...]:
    if regimes.leader is None:
        return ()
    name, share = regime_name(regimes.leader), regimes.today[regimes.leader]
    week = regimes.changes[regimes.leader]["1w"]
    moved = "" if week is None else translate(", {} points over a week", number(week * 100, 0, signed=True))
    out = [translate("The most probable regime is {} at {}{}.", name, percent(share, 0), moved)]
    if regimes.leader_yesterday is not None and regimes.leader_yesterday != regimes.leader:
        out.append(translate("It changed since yesterday, from {}.", regime_name(regimes.leader_yesterday)))
    elif regimes.leader_days == len(regimes.days):
        out.append(
            translate("It has led through all {} of the history shown.", plural(regimes.leader_days, "decision"))
        )
    else:
        out.append(translate("It has led for {} on end.", plural(regimes.leader_days, "decision")))
    second = [name for name in regimes.today if name != regimes.leader]
    if second and regimes.today[second[0]] >= 0.25:
        out.append(translate("{} is not far: {}.", regime_name(second[0]), percent(regimes.today[second[0]], 0)))
    return tuple(out)


def figure(regimes: RegimeView, day: str) -> Figure:
    traces, spare = [], iter(SPARE)
    for name, path in regimes.paths.items():
        color, fill = COLORS.get(name.lower()) or next(spare, SPARE[-1])
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": chart_parts.plain([regime_name(name)])[0],
                "stackgroup": "all",
                "x": chart_parts.days(regimes.days),
                "y": chart_parts.column(path, 100.0),
                "fillcolor": fill,
                "line": {"width": 1.2, "color": color},
                "hovertemplate": "%{y:.0f}%",
            }
        )
    layout = chart_parts.layout(
        300, chart_parts.axis(type="date"), chart_parts.axis("probability", ticksuffix="%", range=[0, 100])
    )
    parts = ", ".join(f"{regime_name(name)} {percent(share, 0)}" for name, share in regimes.today.items())
    return Figure(
        "fig-regime",
        "Regime probabilities",
        translate("Stacked areas since {}; today {}", date(regimes.days[0]), parts),
        {"data": traces, "layout": chart_parts.with_legend(layout) | {"hovermode": "x unified"}},
        source_note("regime", day),
        wide=True,
    )


def table(regimes: RegimeView, day: str) -> Table:
    spans = ("1d", "1w", "1m")
    rows = []
    for name, share in regimes.today.items():
        moves = [regimes.changes[name][span] for span in spans]
        cells = [
            signed_cell(
                m,
                number(m * 100, 0, signed=True) if m is not None else NOT_KNOWN,
                "" if m is not None else "no regime stored for that day",
            )
            for m in moves
        ]
        rows.append((Cell(regime_name(name)), Cell(percent(share, 1)), *cells))
    columns = (Column("Regime", "text"), Column("Probability"), *(Column(s, unit="points") for s in spans))
    return Table(
        "regime",
        translate("Probabilities at {}, and their changes in percentage points", day),
        columns,
        tuple(rows),
        source_note("regime", day),
    )


def section(data: ReportData) -> Section:
    regimes, day = view(data), date(data.day)
    title = "Regime"
    if regimes.leader is None:
        lacking = translate(
            "No regime was computed for this decision: probabilities and tilts by regime are not known."
        )
        return Section("regime", title, (), (lacking,), ())
    return Section("regime", title, sentences(regimes), (), (figure(regimes, day), table(regimes, day)))
