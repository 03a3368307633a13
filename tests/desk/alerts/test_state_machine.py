"""The state machine, row by row of the promise in delivery.md."""

from __future__ import annotations

import datetime as dt

import pytest

from desk.alerts.model import ALL, AlertKey, Silence
from desk.catalog.alert_rules import load_alerts
from tests.desk.alerts.book import NINE_TWELVE, VAR, Book, at, reading

SOURCE_A, SOURCE_B = AlertKey("PIPELINE_FAILURE", "source:fred"), AlertKey("PIPELINE_FAILURE", "source:yahoo_finance")


def test_a_fails_and_five_minutes_later_b_are_two_alerts() -> None:
    book = Book()
    assert [line.key for line in book.evaluate(at(0), reading(SOURCE_A))["mail"]] == [SOURCE_A]
    book.deliver(at(0), key=SOURCE_A)
    shown = book.evaluate(at(5), reading(SOURCE_A), reading(SOURCE_B))["mail"]
    assert [line.key for line in shown] == [SOURCE_B], "the cooldown is per rule and subject"


def test_held_back_and_counted_until_thirty_minutes_after_the_delivery() -> None:
    book = Book()
    assert book.evaluate(at(-2), reading())
    book.deliver(NINE_TWELVE)
    for minutes in (5, 10, 15, 20):
        assert book.evaluate(at(minutes), reading()) == {}
    assert book.evaluate(at(29, 59), reading()) == {}, "29:59"
    (line,) = book.evaluate(at(30), reading())["mail"]
    assert (line.held_back, line.held_since) == (5, NINE_TWELVE)
    assert line.since == at(-2)


def test_the_cooldown_counts_from_the_delivery_and_not_from_the_queueing() -> None:
    """Forty minutes without a delivery: nothing more is queued, and the window opens thirty minutes after it."""
    book = Book()
    assert book.evaluate(at(0), reading())
    for minutes in (5, 30, 40):
        assert book.evaluate(at(minutes), reading()) == {}, "the first one still waits"
    book.deliver(at(41))
    assert book.evaluate(at(70, 59), reading()) == {}
    assert book.evaluate(at(71), reading())["mail"][0].held_back == 4


def test_each_channel_has_its_own_window() -> None:
    book = Book(channels=("mail", "slack"))
    assert book.evaluate(at(0), reading()).keys() == {"mail", "slack"}
    book.deliver(at(0), ["mail"])
    assert book.evaluate(at(30), reading()).keys() == {"mail"}, "slack's first still waits"


def test_a_rise_in_severity_breaks_through_and_a_fall_does_not() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    (line,) = book.evaluate(at(5), reading(severity="critical"))["mail"]
    assert line.severity == "critical"
    assert "severity" in book.events
    book.deliver(at(5))
    assert book.evaluate(at(10), reading()) == {}
    assert book.evaluate(at(15), reading(severity="critical")) == {}, "critical again within the window is no rise"


def test_one_resolved_with_the_duration() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    (line,) = book.evaluate(at(75))["mail"]
    assert (line.status, line.lasted) == ("resolved", dt.timedelta(minutes=75))
    assert book.evaluate(at(80)) == {}
    assert book.events == []


def test_firing_again_within_the_window_is_held_back_and_its_end_is_not_told() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    book.evaluate(at(5))
    assert book.evaluate(at(10), reading()) == {}
    assert book.evaluate(at(15)) == {}, "nobody was told that it began"
    (line,) = book.evaluate(at(30), reading())["mail"]
    assert (line.held_back, book.states[VAR].episode) == (1, 3)


def test_for_waits_and_a_short_one_is_never_told() -> None:
    book = Book()
    book.set_rule("VAR_BREACH", for_seconds=600)
    assert book.evaluate(at(0), reading()) == {}
    assert book.states[VAR].state == "pending"
    book.evaluate(at(5))
    assert (book.states[VAR].state, book.events) == ("inactive", ["cancelled"])
    assert book.evaluate(at(10), reading()) == {}
    assert book.evaluate(at(19, 59), reading()) == {}
    (line,) = book.evaluate(at(20), reading())["mail"]
    assert line.since == at(10)


def test_keep_firing_damps_flapping() -> None:
    book = Book()
    book.set_rule("VAR_BREACH", keep_firing_seconds=600)
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    assert book.evaluate(at(5)) == {}
    assert book.evaluate(at(8), reading()) == {}
    assert book.evaluate(at(17, 59)) == {}
    assert book.states[VAR].episode == 1
    (line,) = book.evaluate(at(18))["mail"]
    assert line.status == "resolved"


def test_one_message_for_all_of_an_evaluation_the_gravest_first() -> None:
    book = Book()
    keys = [AlertKey("LIMIT_BREACH", name) for name in ("b", "a")]
    shown = book.evaluate(at(0), reading(), *(reading(key, "critical") for key in keys))["mail"]
    assert [line.key.subject for line in shown] == ["a", "b", "portfolio"]


def test_a_failed_source_mutes_the_staleness_of_what_it_feeds_until_it_is_back() -> None:
    book = Book()
    stale = AlertKey("STALE_DATA", "fred_daily")
    shown = book.evaluate(at(0), reading(SOURCE_A), reading(stale, explained_by=(SOURCE_A,)))["mail"]
    assert [line.key for line in shown] == [SOURCE_A]
    assert (book.states[stale].state, book.states[stale].inhibited_by) == ("firing", SOURCE_A.text)
    book.deliver(at(0), key=SOURCE_A)
    shown = book.evaluate(at(5), reading(stale, explained_by=(SOURCE_A,)))["mail"]
    assert [(line.key, line.status) for line in shown] == [(stale, "firing"), (SOURCE_A, "resolved")]


def test_what_was_muted_all_along_ends_without_a_word() -> None:
    book = Book()
    stale = AlertKey("STALE_DATA", "fred_daily")
    book.evaluate(at(0), reading(SOURCE_A), reading(stale, explained_by=(SOURCE_A,)))
    book.deliver(at(0), key=SOURCE_A)
    shown = book.evaluate(at(5))["mail"]
    assert [line.key for line in shown] == [SOURCE_A]


@pytest.mark.parametrize(
    ("rule", "subject", "is_silent"),
    [("VAR_*", "*", True), ("*", "port?olio", True), ("VAR_CRITICAL", "*", False), ("*", "portfolio2", False)],
)
def test_a_silence_holds_for_what_it_names(rule: str, subject: str, is_silent: bool) -> None:
    book = Book(silences=(Silence(7, rule, subject, at(0), at(60)),))
    assert (book.evaluate(at(0), reading()) == {}) is is_silent
    assert book.states[VAR].silence_id == (7 if is_silent else None)


def test_a_silence_ends_and_the_alert_is_told() -> None:
    book = Book(silences=(Silence(7, "*", "*", at(0), at(60)),))
    assert book.evaluate(at(5), reading()) == {}
    assert "silenced" in book.events
    assert book.evaluate(at(59, 59), reading()) == {}
    (line,) = book.evaluate(at(60), reading())["mail"]
    assert line.since == at(5)


def test_an_end_within_a_silence_is_on_record_only() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    book.silences = (Silence(7, "*", "*", at(1), at(60)),)
    book.evaluate(at(5), reading())
    assert book.evaluate(at(10)) == {}
    assert "resolved" in book.events


def test_without_data_a_firing_alert_goes_on_and_is_not_resolved() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    blind = VAR._replace(condition="no_data")
    shown = book.evaluate(at(5), reading(blind, value=None))["mail"]
    assert [line.key for line in shown] == [blind]
    assert book.states[VAR].state == "firing"
    shown = book.evaluate(at(10))["mail"]
    assert {(line.key, line.status) for line in shown} == {(VAR, "resolved"), (blind, "resolved")}


def test_a_rule_that_raises_freezes_its_alerts() -> None:
    book = Book()
    blind = VAR._replace(condition="no_data")
    book.evaluate(at(0), reading(), reading(blind))
    error = AlertKey("VAR_BREACH", ALL, "error")
    book.evaluate(at(5), reading(error))
    assert {book.states[key].state for key in (VAR, blind, error)} == {"firing"}


def test_a_disabled_rule_is_closed_without_a_word_and_begins_anew() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    book.set_rule("VAR_BREACH", enabled=False)
    assert book.evaluate(at(5), reading()) == {}
    assert (book.states[VAR].state, book.events) == ("inactive", ["closed"])
    book.set_rule("VAR_BREACH", enabled=True)
    assert book.evaluate(at(10), reading()) == {}, "the cooldown of the delivery still holds"
    assert book.states[VAR].episode == 2


def test_a_longer_repeat_holds_what_goes_on_and_not_what_begins_anew() -> None:
    book = Book(rules=dict(load_alerts().rules))
    flip = AlertKey("SIGNAL_FLIP", "DOL")
    book.evaluate(at(0), reading(flip))
    book.deliver(at(0), key=flip)
    assert book.evaluate(at(31), reading(flip)) == {}, "an event of the morning is no news at noon"
    book.evaluate(at(40))
    assert book.evaluate(at(45), reading(flip))["mail"][0].status == "firing"


def test_a_cooldown_that_is_changed_holds_from_the_next_evaluation() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    assert book.evaluate(at(10), reading()) == {}
    book.set_rule("VAR_BREACH", cooldown_seconds=600, repeat_seconds=600)
    assert book.evaluate(at(11), reading())


def test_a_clock_that_was_set_back_mutes_nobody_for_days() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(3 * 24 * 60))
    assert book.evaluate(at(5), reading())["mail"]
    book.deliver(at(7))
    assert book.evaluate(at(6), reading()) == {}, "a minute's skew between two machines is no such thing"
