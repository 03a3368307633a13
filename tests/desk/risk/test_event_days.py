"""On which days events fall: published calendars, exact rules, windows; against days that the press has printed."""

from __future__ import annotations

import datetime as dt

import pytest

import desk.catalog.events as events_module
from desk.catalog import read_toml
from desk.catalog.events import ReleaseEvent, load_events, read_events
from desk.errors import BadCatalog
from desk.risk.event_days import EventDay, event_days

D = dt.date
EVENTS = {event.id: event for event in load_events()}


def of(name: str, start: dt.date, end: dt.date) -> list[EventDay]:
    return event_days(EVENTS[name], start, end)


def test_a_published_day_is_named_and_a_month_without_one_is_a_window() -> None:
    assert of("ipca", D(2026, 12, 1), D(2026, 12, 31)) == [
        EventDay(D(2026, 12, 11), D(2026, 12, 11), D(2026, 11, 1), "published")
    ]
    [unlisted] = of("ipca", D(2027, 1, 5), D(2027, 1, 31))
    assert (unlisted.first, unlisted.last, unlisted.basis) == (D(2027, 1, 7), D(2027, 1, 12), "window")
    assert not unlisted.known


def test_the_listed_days_of_the_ipca_lie_in_the_window_that_the_rules_have() -> None:
    """IBGE's window is the 7th to the 12th of the next month: a slip in the list would leave it."""
    ipca = EVENTS["ipca"]
    for about, day in ipca.published.items():
        following = (about + dt.timedelta(days=32)).replace(day=1)
        assert following.replace(day=ipca.window[0]) <= day <= following.replace(day=ipca.window[1]), day
        assert day.weekday() < 5


@pytest.mark.parametrize(
    ("about", "day"),
    [
        (D(2024, 11, 1), D(2024, 12, 6)),
        (D(2024, 12, 1), D(2025, 1, 10)),
        (D(2025, 6, 1), D(2025, 7, 3)),  # the 4th is a holiday
        (D(2025, 9, 1), D(2025, 11, 20)),  # after the lapse of appropriations: the rule's own exception
        (D(2025, 12, 1), D(2026, 1, 9)),
        (D(2026, 11, 1), D(2026, 12, 4)),
    ],
)
def test_payrolls_come_on_the_third_friday_after_the_week_of_the_twelfth(about: dt.date, day: dt.date) -> None:
    found = {item.about: item.first for item in of("us_payrolls", day - dt.timedelta(days=3), day)}
    assert found[about] == day


def test_a_holiday_leaves_the_day_of_a_weekly_number_open() -> None:
    """Thanksgiving 2026 is Thursday 26 November: the claims may come on Wednesday, by the rule's bound on Friday."""
    [held] = of("us_claims", D(2026, 11, 24), D(2026, 11, 29))
    assert (held.first, held.last, held.basis) == (D(2026, 11, 25), D(2026, 11, 27), "window")
    [plain] = of("us_claims", D(2026, 12, 1), D(2026, 12, 6))
    assert (plain.first, plain.known, plain.about) == (D(2026, 12, 3), True, D(2026, 11, 28))
    [positions] = of("cot", D(2026, 11, 27), D(2026, 12, 1))
    assert positions.first == D(2026, 11, 30), "the third federal business day after Tuesday the 24th"


def test_auctions_are_of_their_weekday_and_of_no_holiday() -> None:
    days = [item.first for item in of("auction_nominal", D(2026, 12, 1), D(2026, 12, 31))]
    assert days == [D(2026, 12, 3), D(2026, 12, 10), D(2026, 12, 17), D(2026, 12, 24), D(2026, 12, 31)]
    assert all(
        day.weekday() == 1 for day in (item.first for item in of("auction_real", D(2026, 1, 1), D(2026, 12, 31)))
    )
    assert D(2026, 4, 21) not in [item.first for item in of("auction_real", D(2026, 4, 20), D(2026, 4, 22))], (
        "Tiradentes"
    )


def test_every_event_says_where_its_days_are_from() -> None:
    for event in EVENTS.values():
        assert len(event.source) > 20, event.id
        assert event.retrieved >= D(2026, 12, 1), event.id
        assert bool(event.feature) == bool(event.number) == bool(event.unit), event.id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"each": [2]}, "exactly one of"),
        ({"each": [2, 9], "window": []}, "weekdays from 0 to 6"),
        ({"unit": ""}, "go together"),
        ({"tz": "Brazil"}, "is none of America/Sao_Paulo"),
        ({"weekly": 1, "window": []}, "needs a rule"),
        ({"window": [12, 7]}, "window is"),
        ({"calendar": "moon"}, "calendar is one of"),
        ({"rule": "nobody"}, "no publication rule 'nobody'"),
        ({"time": "25:00"}, "time = .25:00. is no hour"),
        ({"published": {"2026-11": D(2026, 10, 1)}}, "no day after its month"),
        ({"retrieved": "today"}, "retrieved = .today. is no date"),
        ({"owner": "x"}, "owner"),
    ],
)
def test_a_bad_entry_is_refused_by_name(
    change: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = {name: value for name, value in read_toml("events")["event"]["ipca15"].items() if name != "rule"}
    raw = {"event": {"x": {**plain, **change}}}
    monkeypatch.setattr(events_module, "read_toml", lambda name: raw)
    with pytest.raises(BadCatalog, match=rf"events\.toml, event x.*{message}"):
        read_events()


def test_an_hour_is_of_the_events_own_clock() -> None:
    payrolls: ReleaseEvent = EVENTS["us_payrolls"]
    assert payrolls.at(D(2026, 12, 4)).utcoffset() == dt.timedelta(hours=-5)
