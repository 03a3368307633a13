"""What an evaluation stores and sends, field by field: states, notices, events, lines."""

from __future__ import annotations

from dataclasses import replace

from desk.alerts.model import AlertKey, AlertLine, AlertState, Event, Notice, Silence
from tests.desk.alerts.book import VAR, Book, at, reading

SOURCE = AlertKey("PIPELINE_FAILURE", "source:fred")
STALE = AlertKey("STALE_DATA", "fred_daily")


def events_of(book: Book, key: AlertKey = VAR) -> list[tuple[str, str | None]]:
    """Name and channel of the last evaluation's events about an alert."""
    assert book.last is not None
    return [(event.event, event.channel) for event in book.last.events if event.key == key]


def test_a_first_firing_is_stored_recorded_and_queued_with_its_numbers() -> None:
    book = Book()
    lines = book.evaluate(at(0), reading())["mail"]
    numbers = {"value": 0.041, "threshold": 0.03, "summary": "words"}
    assert book.states[VAR] == AlertState(
        VAR, "firing", "warning", 0.041, 0.03, "words", 1, at(0), at(0), at(0), None, at(0)
    )
    assert lines == (AlertLine(VAR, "firing", "warning", 0.041, 0.03, "words", at(0)),)
    assert book.notices == {(VAR, "mail"): Notice(1, "warning", is_pending=True, delivered_at=None)}
    assert book.last is not None
    assert book.last.events == (
        Event(VAR, 1, "firing", "warning", channel=None, **numbers),  # type: ignore[arg-type]
        Event(VAR, 1, "queued", "warning", channel="mail", **numbers),  # type: ignore[arg-type]
    )


def test_a_resolution_is_stored_recorded_and_queued_with_the_last_numbers() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    firing = book.states[VAR]
    lines = book.evaluate(at(5))["mail"]
    assert book.states[VAR] == replace(firing, state="resolved", resolved_at=at(5), evaluated_at=at(5))
    assert lines == (AlertLine(VAR, "resolved", "warning", 0.041, 0.03, "words", at(0), ended_at=at(5)),)
    assert events_of(book) == [("resolved", None), ("queued", "mail")]


def test_a_continued_episode_keeps_its_beginning_and_takes_the_new_numbers() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.evaluate(at(5), reading(value=0.06))
    state = book.states[VAR]
    assert (state.value, state.since, state.fired_at, state.last_true_at) == (0.06, at(0), at(0), at(5))
    assert (state.episode, state.evaluated_at) == (1, at(5))


def test_a_longer_waiting_time_does_not_stop_what_already_fires() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.set_rule("VAR_BREACH", for_seconds=3_600)
    book.evaluate(at(5), reading())
    assert book.states[VAR].state == "firing"


def test_a_pending_alert_fires_from_the_evaluation_that_finds_it_long_enough() -> None:
    book = Book()
    book.set_rule("VAR_BREACH", for_seconds=600)
    book.evaluate(at(0), reading())
    assert (book.states[VAR].fired_at, events_of(book)) == (None, [("pending", None)])
    book.evaluate(at(5), reading())
    assert events_of(book) == []
    book.evaluate(at(12), reading())
    assert (book.states[VAR].fired_at, events_of(book)) == (at(12), [("firing", None), ("queued", "mail")])


def test_a_pending_alert_that_ends_is_inactive_from_that_evaluation() -> None:
    book = Book()
    book.set_rule("VAR_BREACH", for_seconds=600)
    book.evaluate(at(0), reading())
    book.evaluate(at(5))
    state = book.states[VAR]
    assert (state.state, state.resolved_at, state.evaluated_at) == ("inactive", at(5), at(5))
    book.evaluate(at(10))
    assert book.last is not None
    assert book.last.states == {}, "an inactive alert that does not hold is not written again"


def test_an_alert_that_stays_open_without_a_reading_was_evaluated_now() -> None:
    book = Book()
    book.set_rule("VAR_BREACH", keep_firing_seconds=600)
    book.evaluate(at(0), reading())
    book.evaluate(at(5))
    assert (book.states[VAR].state, book.states[VAR].evaluated_at) == ("firing", at(5))
    book.evaluate(at(8), reading(VAR._replace(condition="no_data"), value=None))
    assert (book.states[VAR].state, book.states[VAR].evaluated_at) == ("firing", at(8))
    assert book.states[VAR].last_true_at == at(0)


def test_a_disabled_rule_closes_what_is_open_once_and_leaves_the_rest() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.set_rule("VAR_BREACH", enabled=False)
    book.evaluate(at(5), reading())
    state = book.states[VAR]
    assert (state.state, state.resolved_at, state.evaluated_at) == ("inactive", at(5), at(5))
    book.evaluate(at(10), reading())
    assert book.states[VAR] == state
    book.evaluate(at(15), reading(AlertKey("VAR_BREACH", "another")))
    assert AlertKey("VAR_BREACH", "another") not in book.states


def test_an_inhibited_alert_is_recorded_once_an_episode() -> None:
    book = Book()
    both = reading(SOURCE), reading(STALE, explained_by=(SOURCE,))
    book.evaluate(at(0), *both)
    assert events_of(book, STALE) == [("firing", None), ("inhibited", None)]
    book.evaluate(at(5), *both)
    assert events_of(book, STALE) == []
    book.evaluate(at(10), reading(SOURCE))
    assert events_of(book, STALE) == [("resolved", None)]
    assert book.states[STALE].inhibited_by == SOURCE.text, "it resolves as it was"
    book.evaluate(at(15), *both)
    assert events_of(book, STALE) == [("firing", None), ("inhibited", None)], "a new episode"


def test_a_silenced_alert_is_recorded_once_an_episode_and_again_under_a_later_silence() -> None:
    book = Book(silences=(Silence(7, "VAR_*", "*", at(0), at(20)), Silence(8, "*", "*", at(30), at(60))))
    for minutes, expected in ((0, ["firing", "silenced"]), (5, []), (20, ["queued"]), (30, ["silenced"])):
        book.evaluate(at(minutes), reading())
        assert [name for name, _ in events_of(book)] == expected, minutes
    book.evaluate(at(35))
    assert events_of(book) == [("resolved", None)], "the end within a silence is recorded and not queued"
    assert book.states[VAR].silence_id == 8
    book.silences = ()
    book.evaluate(at(40))
    assert book.states[VAR].silence_id == 8, "what has ended stays as it ended"


def test_mutings_of_all_alerts_are_recorded_though_one_of_them_has_ended() -> None:
    """The alert that ended comes first by key."""
    book = Book()
    ended = AlertKey("LIMIT_BREACH", "var_95")
    book.evaluate(at(0), reading(ended))
    book.evaluate(at(5))
    book.silences = (Silence(7, "VAR_*", "*", at(0), at(60)),)
    book.evaluate(at(10), reading())
    assert events_of(book) == [("firing", None), ("silenced", None)]


def test_a_rise_in_severity_keeps_the_last_delivery() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(1))
    (line,) = book.evaluate(at(5), reading(severity="critical"))["mail"]
    assert (line.held_back, line.held_since) == (0, at(1))
    assert book.notices[VAR, "mail"] == Notice(1, "critical", is_pending=True, delivered_at=at(1))


def test_a_message_that_was_given_up_is_queued_again() -> None:
    """Neither waiting nor delivered: nothing holds the next one back."""
    book = Book()
    book.evaluate(at(0), reading())
    book.notices[VAR, "mail"] = replace(book.notices[VAR, "mail"], is_pending=False)
    assert book.evaluate(at(1), reading())["mail"]


def test_a_silence_that_begins_before_the_end_holds_the_end_back() -> None:
    book = Book()
    book.evaluate(at(0), reading())
    book.deliver(at(0))
    book.silences = (Silence(7, "*", "*", at(1), at(60)),)
    assert book.evaluate(at(5)) == {}
    assert (book.states[VAR].state, book.states[VAR].silence_id) == ("resolved", 7)
    assert events_of(book) == [("resolved", None), ("silenced", None)]
