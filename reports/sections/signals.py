"""Signals: what each strategy says in its class, how that changed, and what the desk concludes per instrument."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from reports.charts import signal_charts as draw
from reports.elements.elements import Block, Cell, Column, Section, Table, signed_cell
from reports.elements.formats import NOT_KNOWN, date, drivers, known, listed, names, number, percent, plural, words
from reports.elements.locale import ENGLISH, current_locale, source_note, translate
from reports.elements.report_data import ReportData, with_day

FLIP_DAYS = 7
HISTORY_SHOWN = 126


@dataclass(frozen=True)
class Signal:
    """Score -1..+1 (+ means do the legs as written), None when the strategy could not score."""

    strategy_id: str
    asset_class: str
    score: float | None
    confidence: float | None
    change_1d: float | None
    change_1w: float | None
    drivers: dict[str, float]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Conviction:
    """Per instrument, -1..+1. `flip` is the new sign on a change of sign since the decision before, else 0;
    None where there is no decision before to tell it by."""

    instrument_id: str
    asset_class: str
    conviction: float | None
    agreement: float | None
    change_1d: float | None
    change_1w: float | None
    flip: int | None
    surge: float | None
    contributions: dict[str, float]


@dataclass(frozen=True)
class SignalsView:
    signals: tuple[Signal, ...]
    convictions: tuple[Conviction, ...]
    recent_flips: tuple[tuple[dt.date, str, int], ...]
    """(day, instrument, new sign) over the last seven days, newest first, today's among them."""
    days: tuple[dt.date, ...]
    paths: dict[str, list[float | None]]


def view(data: ReportData) -> SignalsView:
    week = data.day - dt.timedelta(days=7)
    scores_1d = _values(data.previous("strategy_signals"), "strategy_id", "score")
    scores_1w = _values(data.at_or_before("strategy_signals", week), "strategy_id", "score")
    signals = []
    for row in data.latest("strategy_signals").iter_rows(named=True):
        name, score = row["strategy_id"], known(row["score"])
        signals.append(
            Signal(
                strategy_id=name,
                asset_class=row["asset_class"],
                score=score,
                confidence=known(row["confidence"]),
                change_1d=_change(score, scores_1d.get(name)),
                change_1w=_change(score, scores_1w.get(name)),
                drivers=drivers(row["drivers"]),
                missing=names(row["missing"]),
            )
        )
    history = with_day(data.history("strategy_signals"))
    wide = (
        history.pivot("strategy_id", index="day", values="score").sort("day").tail(HISTORY_SHOWN) if signals else None
    )
    return SignalsView(
        signals=tuple(signals),
        convictions=_convictions(data, week),
        recent_flips=_recent_flips(data),
        days=tuple(wide["day"].to_list()) if wide is not None else (),
        paths={s.strategy_id: wide[s.strategy_id].to_list() for s in signals} if wide is not None else {},
    )


def _convictions(data: ReportData, week: dt.date) -> tuple[Conviction, ...]:
    before_1d = _values(data.previous("aggregated_signal"), "instrument_id", "conviction")
    before_1w = _values(data.at_or_before("aggregated_signal", week), "instrument_id", "conviction")
    out = []
    for row in data.latest("aggregated_signal").iter_rows(named=True):
        name, conviction = row["instrument_id"], known(row["conviction"])
        out.append(
            Conviction(
                instrument_id=name,
                asset_class=row["asset_class"],
                conviction=conviction,
                agreement=known(row["agreement"]),
                change_1d=_change(conviction, before_1d.get(name)),
                change_1w=_change(conviction, before_1w.get(name)),
                flip=row["flip"],
                surge=known(row["surge"]),
                contributions=drivers(row["contributions"]),
            )
        )
    return tuple(out)


def _recent_flips(data: ReportData) -> tuple[tuple[dt.date, str, int], ...]:
    since = data.day - dt.timedelta(days=FLIP_DAYS)
    rows = with_day(data.history("aggregated_signal")).filter(
        (pl.col("flip").fill_null(0) != 0) & (pl.col("day") > since)
    )
    found = zip(rows["day"].to_list(), rows["instrument_id"].to_list(), rows["flip"].to_list(), strict=True)
    return tuple(sorted(found, key=lambda flip: (-flip[0].toordinal(), flip[1])))


def _values(rows: pl.DataFrame, key: str, value: str) -> dict[str, float | None]:
    return dict(zip(rows[key].to_list(), rows[value].to_list(), strict=True))


def _change(now: float | None, then: float | None) -> float | None:
    return None if now is None or known(then) is None or then is None else now - then


def driver_words(name: str) -> str:
    """A driver of a strategy is a column of the panel: as words in English, under its own name elsewhere."""
    return words(name) if current_locale() is ENGLISH else name


def side(sign: int) -> str:
    return translate("long" if sign > 0 else "short")


def flip_words(convictions: tuple[Conviction, ...]) -> list[str]:
    return [translate("{} to {}", c.instrument_id, side(c.flip)) for c in convictions if c.flip]


def flips_known(convictions: tuple[Conviction, ...]) -> bool:
    return any(c.flip is not None for c in convictions)


def surge_words(convictions: tuple[Conviction, ...]) -> list[str]:
    return [f"{c.instrument_id} {number(c.surge, 2, signed=True)}" for c in convictions if c.surge is not None]


def sentences(signals: SignalsView) -> tuple[str, ...]:
    out = []
    scored = [(s, s.score) for s in signals.signals if s.score is not None]
    if scored:
        strongest, size = max(scored, key=lambda pair: abs(pair[1]))
        text = translate("The strongest signal is {} at {}", strongest.strategy_id, number(size, 2, signed=True))
        if strongest.drivers:
            name, value = next(iter(strongest.drivers.items()))
            text += translate(", driven by {} ({})", driver_words(name), number(value, 2, signed=True))
        silent = [s.strategy_id for s in signals.signals if s.score is None and not s.missing]
        out.append(
            text
            + translate("; {} of {} have a score.", len(scored), plural(len(signals.signals), "strategy", "strategies"))
        )
        if silent:
            out.append(translate("No opinion today, with all inputs there: {}.", listed(silent)))
    if signals.convictions:
        flips, surges = flip_words(signals.convictions), surge_words(signals.convictions)
        if flips:
            out.append(translate("Flipped since yesterday: {}.", listed(flips)))
        elif flips_known(signals.convictions):
            out.append(translate("No instrument changed side since yesterday."))
        if surges:
            out.append(translate("Conviction jumped in {}.", listed(surges)))
        held = [(c, c.conviction) for c in signals.convictions if c.conviction is not None]
        if held:
            top, size = max(held, key=lambda pair: abs(pair[1]))
            way = side(1 if size > 0 else -1)
            out.append(
                translate("The largest conviction is {} {} ({}).", way, top.instrument_id, number(size, 2, signed=True))
            )
    return tuple(out)


def signal_table(signals: SignalsView, day: str) -> Table:
    rows = []
    for s in signals.signals:
        lacking = translate("lacks {}", listed(list(s.missing), 8)) if s.missing else ""
        why = listed([f"{driver_words(name)} {number(v, 2, signed=True)}" for name, v in s.drivers.items()], 3)
        rows.append(
            (
                Cell(s.strategy_id),
                Cell(s.asset_class or NOT_KNOWN, tone="muted"),
                signed_cell(s.score, number(s.score, 2, signed=True), lacking),
                Cell(percent(s.confidence if s.score is not None else None, 0)),
                signed_cell(s.change_1d, number(s.change_1d, 2, signed=True)),
                signed_cell(s.change_1w, number(s.change_1w, 2, signed=True)),
                Cell(lacking if s.score is None and lacking else why or "none given", tone="muted"),
            )
        )
    columns = (
        Column("Strategy", "text"),
        Column("Class", "text"),
        Column("Score", unit="−1 to +1"),
        Column("Confidence"),
        Column("1d"),
        Column("1w"),
        Column("Drivers", "text"),
    )
    return Table(
        "signals",
        translate("Strategies at {}: + means do the legs as written", day),
        columns,
        tuple(rows),
        source_note("strategy_signals", day),
    )


def conviction_table(signals: SignalsView, day: str) -> Table:
    rows = []
    for c in signals.convictions:
        because = listed([f"{name} {number(v, 2, signed=True)}" for name, v in c.contributions.items()], 3)
        events = [translate("flip to {}", side(c.flip))] if c.flip else []
        events += [translate("surge {}", number(c.surge, 2, signed=True))] if c.surge is not None else []
        rows.append(
            (
                Cell(c.instrument_id),
                Cell(c.asset_class or NOT_KNOWN, tone="muted"),
                signed_cell(c.conviction, number(c.conviction, 2, signed=True)),
                Cell(percent(c.agreement, 0)),
                signed_cell(c.change_1d, number(c.change_1d, 2, signed=True)),
                signed_cell(c.change_1w, number(c.change_1w, 2, signed=True)),
                Cell(", ".join(events) or "none", tone="amber" if events else "muted"),
                Cell(because or "none given", tone="muted"),
            )
        )
    columns = (
        Column("Instrument", "text"),
        Column("Class", "text"),
        Column("Conviction", unit="−1 to +1"),
        Column("Agreement"),
        Column("1d"),
        Column("1w"),
        Column("Flip or surge", "text"),
        Column("From", "text"),
    )
    recent = [translate("{} to {} on {}", name, side(sign), date(when)) for when, name, sign in signals.recent_flips]
    caption = translate("Convictions at {}. Flips in seven days: {}", day, listed(recent, 8) or translate("none"))
    return Table("convictions", caption, columns, tuple(rows), source_note("aggregated_signal", day))


def section(data: ReportData) -> Section:
    signals, day = view(data), date(data.day)
    missing = [
        translate("{} has no score", s.strategy_id)
        + (translate(": it lacks {}.", listed(list(s.missing), 8)) if s.missing else ".")
        for s in signals.signals
        if s.score is None and s.missing
    ]
    blocks: list[Block] = []
    if signals.signals:
        blocks.append(draw.matrix_figure(signals.signals, day))
    else:
        missing.append(translate("No strategy was scored for this decision: scores, flips and surges are not known."))
    conviction = draw.conviction_figure(signals.convictions, day)
    if conviction is not None:
        blocks.append(conviction)
    if signals.signals:
        blocks.append(signal_table(signals, day))
    if signals.convictions:
        blocks.append(conviction_table(signals, day))
    elif signals.signals:
        missing.append(
            translate("No convictions by instrument were stored for this decision: flips and surges cannot be told.")
        )
    history = draw.history_figure(signals.days, signals.paths, day)
    if history is not None:
        blocks.append(history)
    return Section("signals", "Signals", sentences(signals), tuple(missing), tuple(blocks))
