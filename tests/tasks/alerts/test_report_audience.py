"""Which reports are sent by themselves, and which sources hold a report back from readers beyond the desk."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from blocks.settings import load_settings
from desk.errors import BadInput
from tasks.alerts import report_delivery
from tests.reports.sample import sample


def test_only_a_recent_report_of_an_enabled_world_is_sent_by_itself() -> None:
    as_of = dt.datetime(2026, 11, 19, 9, tzinfo=dt.UTC)
    soon, later = as_of + dt.timedelta(hours=1), as_of + dt.timedelta(hours=30)

    def goes(choice: str, world: str, now: dt.datetime) -> bool:
        return report_delivery.is_sent_by_itself(load_settings(send_reports=choice), world, as_of, now)

    assert goes("live", "live", soon)
    assert not goes("live", "live", later)
    assert not goes("live", "sandbox", soon)
    assert goes("always", "sandbox", soon)
    assert not goes("never", "live", soon)


@pytest.mark.parametrize(
    ("given", "held_back"),
    [({}, False), ({"readers": "others"}, True), ({"readers": "desk", "consents": ("fred",)}, False)],
)
def test_only_readers_beyond_the_desk_hold_anything_back(given: dict[str, Any], held_back: bool) -> None:
    assert bool(report_delivery.withheld_sources(load_settings(**given), sample())) is held_back


def test_with_every_consent_the_whole_report_goes() -> None:
    consents = ("b3_market_data", "fred", "yahoo_finance")
    assert report_delivery.withheld_sources(load_settings(readers="others", consents=consents), sample()) == ()
    with pytest.raises(BadInput, match="a consent to bloomberg"):
        report_delivery.withheld_sources(load_settings(consents=("bloomberg",)), sample())
