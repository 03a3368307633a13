"""The twelve rules: where each begins to fire, per subject; and what is not a number is an alert, never health."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from desk.agents import AGENTS
from desk.alerts.evaluate import evaluate
from desk.alerts.facts import (
    MISSING,
    DatasetFacts,
    HeldFacts,
    Metrics,
    PipelineFacts,
    RunFacts,
    UnknownFacts,
    expected_day,
    session_hours,
)
from desk.alerts.model import ALL, AlertKey, Snapshot
from desk.alerts.rules import PIPELINE, RULES, Rule, SubjectValue
from desk.alerts.state_machine import step
from desk.catalog.alert_rules import load_alerts
from desk.model import decision_time

ALERTS = load_alerts()
THURSDAY = dt.date(2026, 11, 19)
NOW = dt.datetime(2026, 11, 19, 12, 12, tzinfo=dt.UTC)
SIX = decision_time(THURSDAY)
RUN = RunFacts(THURSDAY, "completed", "", NOW)
WELL = Metrics(
    NOW,
    PipelineFacts(RUN, THURSDAY, THURSDAY),
    datasets={"fred_daily": DatasetFacts("fred", 2, 2)},
    var_95=0.03,
    var_99=0.05,
    drawdown=0.05,
    utilisation={"var_95": 0.9999},
    flips={"DOL": 0},
    conviction_change={"DOL": 0.3},
    agent_age_hours={"fiscal": 26.0},
)


def fired(metrics: Metrics, rules: Iterable[Rule] = RULES) -> dict[tuple[str, str, str], str]:
    """(rule, subject, condition) -> severity of all that holds."""
    found = evaluate(metrics, ALERTS.rules, rules).readings
    return {tuple(key): reading.severity for key, reading in found.items()}  # type: ignore[misc]


def test_there_are_twelve_rules_and_the_file_has_a_row_for_each() -> None:
    assert len(RULES) == len({rule.id for rule in RULES}) == 12
    assert list(ALERTS.rules) == [rule.id for rule in RULES]


def test_the_defaults_are_the_desks() -> None:
    assert {name: (rule.threshold, rule.severity) for name, rule in ALERTS.rules.items()} == {
        "STALE_DATA": (1.0, "warning"),
        "VAR_BREACH": (0.03, "warning"),
        "VAR_CRITICAL": (0.05, "critical"),
        "DRAWDOWN_WARNING": (0.05, "warning"),
        "DRAWDOWN_CRITICAL": (0.10, "critical"),
        "LIMIT_BREACH": (1.0, "critical"),
        "SIGNAL_FLIP": (1.0, "warning"),
        "CONVICTION_SURGE": (0.3, "warning"),
        "PIPELINE_FAILURE": (None, "critical"),
        "DATA_SUSPECT": (None, "warning"),
        "SERIES_UNKNOWN": (None, "warning"),
        "AGENT_STALE": (26.0, "warning"),
    }
    assert {rule.cooldown_seconds for rule in ALERTS.rules.values()} == {1800}
    assert all(rule.repeat_seconds >= 7 * 24 * 3600 for rule in ALERTS.rules.values()), "once is enough"


def test_at_its_threshold_nothing_fires_that_says_above() -> None:
    assert fired(WELL) == {}


@pytest.mark.parametrize(
    ("change", "alert"),
    [
        ({"datasets": {"fred_daily": DatasetFacts("fred", 3, 2)}}, ("STALE_DATA", "fred_daily", "warning")),
        ({"var_95": 0.0301}, ("VAR_BREACH", "portfolio", "warning")),
        ({"var_99": 0.0501}, ("VAR_CRITICAL", "portfolio", "critical")),
        ({"drawdown": 0.0501}, ("DRAWDOWN_WARNING", "portfolio", "warning")),
        ({"utilisation": {"var_95": 1.0}}, ("LIMIT_BREACH", "var_95", "critical")),
        ({"flips": {"DOL": 1}}, ("SIGNAL_FLIP", "DOL", "warning")),
        ({"conviction_change": {"DOL": 0.31}}, ("CONVICTION_SURGE", "DOL", "warning")),
        ({"held": {"brent": HeldFacts(1, "slip", False)}}, ("DATA_SUSPECT", "brent", "warning")),
        ({"held": {"usdbrl_ptax_sell": HeldFacts(2, "slip", True)}}, ("DATA_SUSPECT", "usdbrl_ptax_sell", "critical")),
        ({"broken_pairs": {"vix": "vix 17.2, vix_fred 18.1"}}, ("DATA_SUSPECT", "pair:vix", "warning")),
        (
            {"unknown_series": {"ice_hy": UnknownFacts(1, dt.date(2026, 4, 1), "BAMLH0A0HYM2", "fred")}},
            ("SERIES_UNKNOWN", "ice_hy", "warning"),
        ),
        ({"agent_age_hours": {"fiscal": 26.01}}, ("AGENT_STALE", "fiscal", "warning")),
    ],
)
def test_beyond_it_each_rule_fires_alone(change: dict[str, Any], alert: tuple[str, str, str]) -> None:
    rule, subject, severity = alert
    assert fired(replace(WELL, **change)) == {(rule, subject, "threshold"): severity}


def test_a_deep_drawdown_is_both() -> None:
    assert {key[0] for key in fired(replace(WELL, drawdown=0.101))} == {"DRAWDOWN_WARNING", "DRAWDOWN_CRITICAL"}


def facts(**changes: Any) -> Metrics:
    assert WELL.pipeline is not None
    return replace(WELL, pipeline=replace(WELL.pipeline, **changes))


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        (facts(run=replace(RUN, state="failed")), {"daily": "critical"}),
        (facts(run=replace(RUN, state="died")), {}),
        (facts(run=replace(RUN, state="cancelled")), {}),
        (facts(run=replace(RUN, state="died"), completed=None), {"daily": "critical"}),
        (facts(run=None, completed=None, since=SIX), {"daily": "critical"}),
        (facts(run=None, completed=None, since=SIX + dt.timedelta(seconds=1)), {}),
        (
            facts(run=replace(RUN, state="failed", failed_stages={"risk": "no rows"})),
            {"daily": "critical", "stage:risk": "critical"},
        ),
        (facts(completed=THURSDAY - dt.timedelta(days=1)), {"daily": "critical"}),
        (facts(completed=None), {"daily": "critical"}),
        (facts(failed_sources={"fred": ("fred_daily",)}), {"source:fred": "warning"}),
        (
            facts(failed_sources={"fred": ("fred_daily",)}, required_sources=frozenset({"fred"})),
            {"source:fred": "critical"},
        ),
        (facts(required_absent=("bcb_ptax",)), {"dataset:bcb_ptax": "critical"}),
        (facts(run=replace(RUN, failed_stages={"alerts": "broken"})), {"stage:alerts": "critical"}),
    ],
)
def test_what_counts_as_a_failure_of_the_pipeline(metrics: Metrics, expected: dict[str, str]) -> None:
    assert fired(metrics) == {(PIPELINE, subject, "threshold"): severity for subject, severity in expected.items()}


POISON = [MISSING, None, math.nan, math.inf, -math.inf, "0.01", "abc", True, [], {}, object()]


@pytest.mark.parametrize(
    "poison", POISON, ids=[f"{type(value).__name__} {index}" for index, value in enumerate(POISON)]
)
def test_what_is_no_number_is_an_alert_of_its_own(poison: object) -> None:
    metrics = replace(
        WELL,
        datasets={"fred_daily": DatasetFacts("fred", poison, 2)},
        var_95=poison,
        var_99=poison,
        drawdown=poison,
        utilisation={"var_95": poison},
        flips={"DOL": poison},
        conviction_change={"DOL": poison},
        agent_age_hours={"fiscal": poison},
        held={"brent": HeldFacts(poison, "slip", False)},
        unknown_series={"brent": UnknownFacts(poison, THURSDAY, "BZ=F", "yahoo_finance")},
    )
    found = fired(metrics)
    assert {key[0] for key in found} == {rule.id for rule in RULES} - {PIPELINE}
    assert {key[2] for key in found} == {"no_data"}


def test_a_promise_that_is_no_number_is_no_data_either() -> None:
    metrics = replace(WELL, datasets={"fred_daily": DatasetFacts("fred", 2, None)})
    assert set(fired(metrics)) == {("STALE_DATA", "fred_daily", "no_data")}


def test_where_nothing_was_ever_run_one_alert_explains_the_others() -> None:
    found = evaluate(Metrics(NOW, None), ALERTS.rules).readings
    root = AlertKey(PIPELINE, "daily", "no_data")
    assert found[root].explained_by == ()
    # That nothing is held and every code is known is health, and no metric that is missing.
    assert {key.rule_id for key in found} == {rule.id for rule in RULES} - {"DATA_SUSPECT", "SERIES_UNKNOWN"}
    assert all(root in reading.explained_by for key, reading in found.items() if key != root)


def test_a_desk_of_which_nothing_was_expected_yet_alarms_nobody() -> None:
    assert fired(Metrics(NOW, PipelineFacts(None, THURSDAY, None, since=NOW), is_new=True)) == {}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("running", "the run of 2026-11-19, started at 06:00 São Paulo, is still running, past its deadline"),
        ("died", "the run of 2026-11-19, started at 06:00 São Paulo, died (killed), past its deadline"),
        ("cancelled", "the run of 2026-11-19, started at 06:00 São Paulo, was cancelled, past its deadline"),
    ],
)
def test_a_late_run_is_told_by_the_clock_of_the_desk(state: str, words: str) -> None:
    late = facts(run=RunFacts(THURSDAY, state, "killed", SIX), completed=None)
    [reading] = evaluate(late, ALERTS.rules).readings.values()
    assert reading.summary == words


def test_a_day_that_nothing_starts_any_more_says_so_and_what_to_do() -> None:
    given_up = "2026-11-19 was tried 3 times, and no run has reached its end"
    late = facts(run=RunFacts(THURSDAY, "died", "killed", SIX), completed=None, given_up=given_up)
    [reading] = evaluate(late, ALERTS.rules).readings.values()
    assert reading.summary.endswith(
        f"; {given_up}. Nothing starts it any more: see the newest run's log, then `alvorada run`"
    )


def test_a_rule_that_raises_is_an_alert_and_the_others_go_on() -> None:
    def trips(metrics: Metrics) -> Iterable[SubjectValue]:
        yield SubjectValue("first", 1.0, "words")
        raise ZeroDivisionError("oops")

    broken = [replace(RULES[0], observe=trips), *RULES[1:]]
    metrics = replace(WELL, var_95=0.1)
    assert set(fired(metrics, broken)) == {("STALE_DATA", ALL, "error"), ("VAR_BREACH", "portfolio", "threshold")}
    # A zero promise is such a case in the rule itself.
    zero = replace(WELL, datasets={"fred_daily": DatasetFacts("fred", 2, 0)})
    assert set(fired(zero)) == {("STALE_DATA", ALL, "error")}


def test_a_disabled_rule_is_not_asked() -> None:
    rules = {**ALERTS.rules, "VAR_BREACH": replace(ALERTS.rules["VAR_BREACH"], enabled=False)}
    assert evaluate(replace(WELL, var_95=math.nan), rules).readings == {}


def test_a_failed_source_explains_old_data_and_no_failure_explains_a_breach() -> None:
    metrics = replace(WELL, datasets={"fred_daily": DatasetFacts("fred", 9, 2)}, var_95=0.2)
    found = evaluate(metrics, ALERTS.rules).readings
    assert AlertKey(PIPELINE, "source:fred") in found[AlertKey("STALE_DATA", "fred_daily")].explained_by
    explained = found[AlertKey("VAR_BREACH", "portfolio")].explained_by
    assert PIPELINE not in {key.rule_id for key in explained}


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ((2026, 11, 19, 9, 44), (2026, 11, 18)),  # 06:44 in São Paulo
        ((2026, 11, 19, 9, 45), (2026, 11, 19)),
        ((2026, 11, 20, 15, 0), (2026, 11, 19)),  # a holiday
        ((2026, 11, 22, 15, 0), (2026, 11, 19)),  # the Sunday after it
        ((2026, 11, 23, 9, 44), (2026, 11, 19)),
        ((2018, 12, 3, 8, 45), (2018, 12, 3)),  # summer time: 06:45 is 08:45 UTC
    ],
)
def test_the_day_whose_run_should_be_over(now: tuple[int, ...], day: tuple[int, int, int]) -> None:
    assert expected_day(dt.datetime(*now, tzinfo=dt.UTC), ALERTS.deadline) == dt.date(*day)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("since", "now", "hours"),
    [
        ((2026, 11, 18, 9), (2026, 11, 19, 9), 24.0),
        ((2026, 11, 19, 9), (2026, 11, 22, 20), 18.0),  # Thursday 06:00; Friday is a holiday; Sunday evening
        ((2026, 11, 19, 9), (2026, 11, 23, 9), 24.0),
        ((2026, 11, 19, 9), (2026, 11, 23, 11, 1), 26.0 + 1 / 60),
        ((2026, 11, 19, 9), (2026, 11, 18, 9), 0.0),
    ],
)
def test_hours_of_session_days(since: tuple[int, ...], now: tuple[int, ...], hours: float) -> None:
    start, end = (dt.datetime(*moment, tzinfo=dt.UTC) for moment in (since, now))  # type: ignore[arg-type,misc]
    assert session_hours(start, end) == pytest.approx(hours, abs=1e-9)


def test_every_agents_view_outlives_the_weekend() -> None:
    """A view of Friday 06:00 is fresh until two hours after Monday's decision: no false alarm on Saturday morning."""
    assert AGENTS
    friday, monday = dt.datetime(2026, 11, 13, 9, tzinfo=dt.UTC), dt.datetime(2026, 11, 16, 10, 59, tzinfo=dt.UTC)
    assert session_hours(friday, monday) < 26 < session_hours(friday, monday + dt.timedelta(minutes=2))


@pytest.mark.parametrize(
    ("muted", "by"),
    [
        (("VAR_BREACH", "portfolio"), ("LIMIT_BREACH", "var_95")),
        (("DRAWDOWN_WARNING", "portfolio"), ("DRAWDOWN_CRITICAL", "portfolio")),
        (("CONVICTION_SURGE", "DOL"), ("SIGNAL_FLIP", "DOL")),
    ],
)
def test_one_cause_is_one_message_and_the_milder_alert_comes_when_the_graver_is_over(
    muted: tuple[str, str], by: tuple[str, str]
) -> None:
    ill = replace(
        WELL, var_95=0.06, drawdown=0.12, utilisation={"var_95": 2.0}, flips={"DOL": 1}, conviction_change={"DOL": 0.6}
    )
    mild = replace(
        WELL, var_95=0.06, drawdown=0.07, utilisation={"var_95": 0.5}, flips={"DOL": 0}, conviction_change={"DOL": 0.6}
    )
    nothing = Snapshot(ALERTS.rules, {}, {})
    sent = {line.key for line in step(nothing, evaluate(ill, ALERTS.rules), NOW, ["mail"]).lines["mail"]}
    assert AlertKey(*by) in sent
    assert AlertKey(*muted) not in sent
    alone = {line.key for line in step(nothing, evaluate(mild, ALERTS.rules), NOW, ["mail"]).lines["mail"]}
    assert AlertKey(*muted) in alone
