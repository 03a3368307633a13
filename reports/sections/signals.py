"""Signals: the score of each strategy, how it changed, and the resulting conviction for each instrument."""

from __future__ import annotations

from desk.catalog.strategy_evidence import StrategyEvidence, load_strategy_evidence
from reports.calculations.signals import Conviction, SignalsView, signals_view
from reports.charts import signal_charts
from reports.elements.formats import date, format_list, number, plural, weekday_date
from reports.elements.labels import direction, strategy_driver_name
from reports.elements.locale import translate
from reports.elements.page_elements import Block, Section
from reports.elements.report_data import ReportData
from reports.tables.signal_tables import conviction_table, signal_table


def flip_texts(convictions: tuple[Conviction, ...]) -> list[str]:
    """`DOL turned long` for each instrument that flipped."""
    return [translate("{} turned {}", c.instrument_id, direction(c.flip)) for c in convictions if c.flip]


def flips_known(convictions: tuple[Conviction, ...]) -> bool:
    """Whether there is a previous decision to compare with."""
    return any(c.flip is not None for c in convictions)


def surge_texts(convictions: tuple[Conviction, ...]) -> list[str]:
    """`DOL +0.70` for each instrument whose conviction moved much; the number is the change."""
    return [f"{c.instrument_id} {number(c.surge, 2, signed=True)}" for c in convictions if c.surge is not None]


def sentences(signals: SignalsView) -> tuple[str, ...]:
    """The strongest signal, flips, surges, the largest conviction, and what the strategies' records are evidence of."""
    return (*_signal_sentences(signals), *_conviction_sentences(signals), *_evidence_sentences(signals))


def _evidence_sentences(signals: SignalsView) -> list[str]:
    """Which strategies carry evidence on real history, and which have no record there."""
    if not signals.signals:
        return []
    found = load_strategy_evidence()
    known = {s.strategy_id: found.strategies.get(s.strategy_id, StrategyEvidence(0)) for s in signals.signals}
    proven = [name for name, one in known.items() if one.is_evidence]
    silent = [name for name, one in known.items() if one.sharpe is None]
    others = len(known) - len(proven) - len(silent)
    text = translate(
        "On real history, {} to {}, more than luck explains was earned by {}",
        date(found.first),
        date(found.last),
        format_list(proven, len(proven)) if proven else translate("no strategy"),
    )
    text += translate("; {} carry no evidence", plural(others, "strategy", "strategies")) if others else ""
    text += translate("; without a record there: {}", format_list(silent, len(silent))) if silent else ""
    return [text + "."]


def _signal_sentences(signals: SignalsView) -> list[str]:
    out = []
    scored = [(s, s.score) for s in signals.signals if s.score is not None]
    if scored:
        strongest, size = max(scored, key=lambda pair: abs(pair[1]))
        text = translate("The strongest signal is {} at {}", strongest.strategy_id, number(size, 2, signed=True))
        if strongest.drivers:
            name, value = next(iter(strongest.drivers.items()))
            text += translate(", driven by {} ({})", strategy_driver_name(name), number(value, 2, signed=True))
        silent = [s.strategy_id for s in signals.signals if s.score is None and not s.missing]
        out.append(
            text
            + translate("; {} of {} have a score.", len(scored), plural(len(signals.signals), "strategy", "strategies"))
        )
        if silent:
            out.append(translate("Off today (no trigger, all inputs known): {}.", format_list(silent)))
    return out


def _conviction_sentences(signals: SignalsView) -> list[str]:
    convictions = signals.convictions
    if not convictions:
        return []
    out = []
    flips, surges = flip_texts(convictions), surge_texts(convictions)
    if flips:
        out.append(translate("Changed sign since {}: {}.", weekday_date(signals.compared_with), format_list(flips)))
    elif flips_known(convictions):
        out.append(translate("No instrument changed sign since {}.", weekday_date(signals.compared_with)))
    if surges:
        out.append(translate("Conviction jumped in {}.", format_list(surges)))
    held = [(c, c.conviction) for c in convictions if c.conviction is not None]
    if held:
        top, size = max(held, key=lambda pair: abs(pair[1]))
        way = direction(1 if size > 0 else -1)
        out.append(
            translate("The largest conviction is {} {} ({}).", way, top.instrument_id, number(size, 2, signed=True))
        )
    return out


def section(data: ReportData) -> Section:
    """The section Signals."""
    signals, day = signals_view(data), date(data.day)
    missing = [
        translate("{} has no score", s.strategy_id)
        + (translate(": it lacks {}.", format_list(list(s.missing), 8)) if s.missing else ".")
        for s in signals.signals
        if s.score is None and s.missing
    ]
    blocks: list[Block] = []
    if signals.signals:
        blocks.append(signal_charts.matrix_figure(signals.signals, day))
    else:
        missing.append(translate("No strategy was scored for this decision: scores, flips and surges are not known."))
    conviction = signal_charts.conviction_figure(signals.convictions, day)
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
    history = signal_charts.history_figure(signals.days, signals.paths, day)
    if history is not None:
        blocks.append(history)
    return Section("signals", "Signals", sentences(signals), tuple(missing), tuple(blocks))
