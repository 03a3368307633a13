"""The twelve alert rules. Each reads one kind of fact and gives, by subject, a value and a summary of it.

`desk.alerts.evaluate` compares the value with the rule's threshold. A rule that raises, or a value that is not a
number, is an alert itself.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from desk.alerts.facts import MISSING, Metrics, PipelineFacts
from desk.alerts.model import ALL, AlertKey
from desk.catalog.alert_rules import Severity
from desk.model import SAO_PAULO

STAGES = ("ingest", "transform", "signals", "portfolio", "risk", "gate", "report")
"""Stages of the daily run in their order: one that fails leaves no input for those after it."""
BOOK = "portfolio"
DAILY = "daily"
PIPELINE = "PIPELINE_FAILURE"
Unit = Literal["fraction", "ratio", "count", "score", "hours", "none"]


@dataclass(frozen=True, slots=True)
class SubjectValue:
    """One subject's value as it was read, unchecked. `severity` replaces the rule's own; `explained_by`: alerts that
    explain this one where its value is missing or an age; `same_cause`: graver or fuller alerts about the same fact,
    beside which this one is not sent."""

    subject: str
    value: object
    summary: str
    severity: Severity | None = None
    explained_by: tuple[AlertKey, ...] = ()
    same_cause: tuple[AlertKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule fires where `fires(value, threshold)`, with 0 for a rule without a threshold. `is_age`: the value is an
    age, which a failure explains."""

    id: str
    observe: Callable[[Metrics], Iterable[SubjectValue]]
    fires: Callable[[float, float], bool]
    unit: Unit
    is_age: bool = False


def stale_data(metrics: Metrics) -> Iterable[SubjectValue]:
    """Age of each dataset over the age it promises, both in business days of its calendar."""
    if not metrics.datasets:
        yield SubjectValue(ALL, MISSING, "no dataset has a status", explained_by=_failures_before("transform"))
    for name, facts in metrics.datasets.items():
        seen = f", last observation {facts.last_obs_date}" if facts.last_obs_date else ""
        age = facts.age_bd if isinstance(facts.age_bd, int) else "an unknown number of"
        words = f"{name} is {age} business days old against a promise of {facts.promise_bd}{seen}"
        explained = (AlertKey(PIPELINE, f"source:{facts.source}"), *_stage_failures("transform"))
        yield SubjectValue(name, _ratio(facts.age_bd, facts.promise_bd), words, explained_by=explained)


def var_breach(metrics: Metrics) -> Iterable[SubjectValue]:
    """VaR 95% as a fraction of NAV."""
    yield SubjectValue(
        BOOK,
        metrics.var_95,
        "VaR 95%, one day, as a share of NAV",
        explained_by=_failures_before("risk"),
        same_cause=(AlertKey("LIMIT_BREACH", "var_95"),),
    )


def var_critical(metrics: Metrics) -> Iterable[SubjectValue]:
    """VaR 99% as a fraction of NAV."""
    yield SubjectValue(
        BOOK, metrics.var_99, "VaR 99%, one day, as a share of NAV", explained_by=_failures_before("risk")
    )


def drawdown_critical(metrics: Metrics) -> Iterable[SubjectValue]:
    """Fall of NAV over cash from its highest of the last year, a positive fraction."""
    yield SubjectValue(
        BOOK, metrics.drawdown, "Fall of the NAV over cash from its peak", explained_by=_failures_before("portfolio")
    )


def drawdown_warning(metrics: Metrics) -> Iterable[SubjectValue]:
    """The same; beside the critical alert it says nothing new."""
    for one in drawdown_critical(metrics):
        yield replace(one, same_cause=(AlertKey("DRAWDOWN_CRITICAL", BOOK),))


def limit_breach(metrics: Metrics) -> Iterable[SubjectValue]:
    """Utilisation of each limit: 1 is the limit."""
    return _each(metrics.utilisation, "limits", "Utilisation of the limit {}", "risk")


def signal_flip(metrics: Metrics) -> Iterable[SubjectValue]:
    """Changes of side of each strategy in the last 24 hours."""
    return _each(metrics.flips, "signals", "{} changed sides in the last 24 hours", "signals")


def conviction_surge(metrics: Metrics) -> Iterable[SubjectValue]:
    """Absolute change of each instrument's conviction since the decision before."""
    words = "Conviction on {} moved since the decision before"
    for one in _each(metrics.conviction_change, "signals", words, "signals"):
        yield replace(one, same_cause=(AlertKey("SIGNAL_FLIP", one.subject),))


def agent_stale(metrics: Metrics) -> Iterable[SubjectValue]:
    """Hours in business days since each agent's last view."""
    return _each(metrics.agent_age_hours, "agents", "Hours since the last view of {}, weekends not counted", "signals")


def data_suspect(metrics: Metrics) -> Iterable[SubjectValue]:
    """Held values of each series that has one, critical where its dataset is required; sources that disagree."""
    for subject, facts in metrics.held.items():
        worse: Severity | None = "critical" if facts.is_required else None
        words = f"a value is held, and nothing decides on it: {subject}, {facts.newest}"
        yield SubjectValue(subject, facts.values, words, severity=worse)
    for pair, words in metrics.broken_pairs.items():
        yield SubjectValue(f"pair:{pair}", 1, f"two sources of one fact disagree: {words}")


def series_unknown(metrics: Metrics) -> Iterable[SubjectValue]:
    """Days on which each series was requested from a source that does not have it; a retired series is none."""
    for subject, facts in metrics.unknown_series.items():
        words = (
            f"{subject}: {facts.source} does not know the code {facts.code!r}, or has no number of it any more, since"
            f" {facts.since}; give it its new code, or its last day as `retired`, in series.toml"
        )
        yield SubjectValue(subject, facts.days, words)


def pipeline_failure(metrics: Metrics) -> Iterable[SubjectValue]:
    """Count of failures by subject: the run, each stage, each source, each required dataset that is absent."""
    facts = metrics.pipeline
    if facts is None:
        yield SubjectValue(DAILY, MISSING, "no daily run is on record")
        return
    run = facts.run
    # A run that died is reported by Prefect, at once, and caught up; one that was cancelled needs no alert. Both are
    # late at the deadline, where nothing has completed by then.
    has_failed = run is not None and run.state == "failed"
    yield SubjectValue(DAILY, int(facts.is_late or has_failed), _run_summary(metrics))
    failed = dict(run.failed_stages) if run else {}
    for stage in (*STAGES, *sorted(failed.keys() - set(STAGES))):
        error = failed.get(stage)
        yield SubjectValue(f"stage:{stage}", int(error is not None), f"the stage {stage} failed: {error}")
    for source, datasets in facts.failed_sources.items():
        # A source that feeds nothing required leaves a gap that the report names: no failure of the run.
        milder: Severity | None = None if source in facts.required_sources else "warning"
        words = f"could not be fetched from {source}: {', '.join(datasets)}"
        yield SubjectValue(f"source:{source}", len(datasets), words, severity=milder)
    for dataset in facts.required_absent:
        yield SubjectValue(f"dataset:{dataset}", 1, f"required, and nothing usable is known: {dataset}")


def _run_summary(metrics: Metrics) -> str:
    facts = metrics.pipeline
    if facts is None:
        return "no daily run is on record"
    run = facts.run
    if run is None:
        return f"no run of {facts.expected} by its deadline; none was ever made"
    if run.state == "failed":
        return f"the run of {run.day} failed: {run.message}"
    if facts.completed is not None and facts.completed >= facts.expected:
        return f"the run of {facts.completed} is complete"
    if run.day >= facts.expected:
        started = f"{run.started_at.astimezone(SAO_PAULO):%H:%M} São Paulo"
        words = {"running": "is still running", "died": f"died ({run.message})", "cancelled": "was cancelled"}
        text = f"the run of {run.day}, started at {started}, {words.get(run.state, run.state)}, past its deadline"
        return text + _by_hand(facts)
    return f"no run of {facts.expected} by its deadline; the last was of {run.day}{_by_hand(facts)}"


def _by_hand(facts: PipelineFacts) -> str:
    """What is to be done where nothing starts the day's run any more."""
    if not facts.given_up:
        return ""
    return f"; {facts.given_up}. Nothing starts it any more: see the newest run's log, then `alvorada run`"


def _each(values: Mapping[str, object], table: str, words: str, stage: str) -> Iterable[SubjectValue]:
    explained = _failures_before(stage)
    if not values:
        yield SubjectValue(ALL, MISSING, f"nothing is known of {table}", explained_by=explained)
    for subject, value in values.items():
        yield SubjectValue(subject, value, words.format(subject), explained_by=explained)


def _failures_before(stage: str) -> tuple[AlertKey, ...]:
    """Failures that explain why the output of `stage` is missing or old: of it, of a stage before it, of the run."""
    return (*_stage_failures(stage), *_RUN_FAILURES)


def _stage_failures(stage: str) -> tuple[AlertKey, ...]:
    return tuple(AlertKey(PIPELINE, f"stage:{name}") for name in STAGES[: STAGES.index(stage) + 1])


_RUN_FAILURES = (AlertKey(PIPELINE, DAILY), AlertKey(PIPELINE, DAILY, "no_data"))


def _ratio(age: object, promise: object) -> object:
    """Age over promise where both are numbers, else the one that is not, which then counts as no data."""
    if not isinstance(age, int | float) or isinstance(age, bool):
        return age
    if not isinstance(promise, int | float) or isinstance(promise, bool):
        return promise
    return age / promise


RULES: tuple[Rule, ...] = (
    Rule("STALE_DATA", stale_data, operator.gt, "ratio", is_age=True),
    Rule("VAR_BREACH", var_breach, operator.gt, "fraction"),
    Rule("VAR_CRITICAL", var_critical, operator.gt, "fraction"),
    Rule("DRAWDOWN_WARNING", drawdown_warning, operator.gt, "fraction"),
    Rule("DRAWDOWN_CRITICAL", drawdown_critical, operator.gt, "fraction"),
    Rule("LIMIT_BREACH", limit_breach, operator.ge, "ratio"),
    Rule("SIGNAL_FLIP", signal_flip, operator.ge, "count"),
    Rule("CONVICTION_SURGE", conviction_surge, operator.gt, "score"),
    Rule("PIPELINE_FAILURE", pipeline_failure, operator.gt, "none"),
    Rule("DATA_SUSPECT", data_suspect, operator.gt, "none"),
    Rule("SERIES_UNKNOWN", series_unknown, operator.gt, "none"),
    Rule("AGENT_STALE", agent_stale, operator.gt, "hours", is_age=True),
)
