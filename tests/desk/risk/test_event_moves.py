"""What an event does to the book: the sessions around its hour, today's exposures, slope and deviation by hand."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from desk.model import SAO_PAULO
from desk.risk.event_moves import LEAST, book_move, deviation, exposures, response, sessions_around, swing

NEW_YORK = ZoneInfo("America/New_York")
D = dt.date


def at(day: dt.date, hour: int, minute: int = 0, zone: ZoneInfo = SAO_PAULO) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)


def test_a_number_of_the_morning_moves_the_days_settlement_and_copom_the_next_ones() -> None:
    wednesday, thursday = D(2026, 12, 9), D(2026, 12, 10)
    assert sessions_around("pre_252", at(wednesday, 9)) == (D(2026, 12, 8), wednesday)
    assert sessions_around("pre_252", at(wednesday, 18, 30)) == (wednesday, thursday)


def test_fomc_moves_the_treasury_curve_of_its_own_day_and_in_winter_the_dis_of_it_too() -> None:
    fomc = at(D(2026, 12, 9), 14, zone=NEW_YORK)
    assert sessions_around("ust_504", fomc) == (D(2026, 12, 8), D(2026, 12, 9))
    assert sessions_around("pre_252", fomc) == (D(2026, 12, 8), D(2026, 12, 9)), "16:00 in São Paulo"
    later = at(D(2026, 12, 9), 15, zone=NEW_YORK)
    assert sessions_around("pre_252", later)[0] == D(2026, 12, 9), "17:00 in São Paulo"


def test_a_number_on_a_holiday_moves_the_session_after_it() -> None:
    """20 November is a holiday of B3 and a session of the Treasury market."""
    claims = at(D(2026, 11, 20), 8, 30, NEW_YORK)
    assert sessions_around("pre_252", claims) == (D(2026, 11, 19), D(2026, 11, 23))
    assert sessions_around("ust_504", claims) == (D(2026, 11, 19), D(2026, 11, 20))


def test_the_ladder_gains_on_falls_and_deltas_on_rises() -> None:
    ladder = [("PRE", 252, 8_000.0), ("UST", 504, -2_000.0), ("FX", 0, 500.0), ("SPREAD", 0, 9e9), ("REAL", 504, 0.0)]
    assert exposures(ladder) == {"pre_252": -8_000.0, "ust_504": 2_000.0, "usdbrl": 500.0}


def test_a_move_is_todays_exposure_over_the_event_by_hand() -> None:
    """10 bp up in DI at 8,000 a bp received, 2% up in the dollar at 500 a bp long: -80,000 + 100,000."""
    before, after = D(2026, 12, 8), D(2026, 12, 9)
    levels = {
        ("pre_252", before): 0.10, ("pre_252", after): 0.1010, ("usdbrl", before): 5.0, ("usdbrl", after): 5.1,
    }  # fmt: skip
    exposure = {"pre_252": -8_000.0, "usdbrl": 500.0}
    assert book_move(exposure, levels, at(after, 9)) == pytest.approx(20_000.0)
    assert book_move(exposure, {**levels, ("usdbrl", after): 5.0}, at(after, 9)) == pytest.approx(-80_000.0)
    del levels["usdbrl", before]
    assert book_move(exposure, levels, at(after, 9)) is None, "a level that is not known is no move of zero"
    assert book_move({}, levels, at(after, 9)) is None


def test_a_swing_needs_events_and_has_their_deviation_and_worst() -> None:
    pnl = [10.0, -20.0, 30.0, 5.0, -5.0, 4.0]
    found = swing(pnl)
    assert found is not None
    assert found.deviation == pytest.approx(np.std(pnl, ddof=1))
    assert (found.worst, found.count) == (-20.0, 6)
    assert swing(pnl[: LEAST - 1]) is None
    assert deviation([1.0] * (LEAST - 1)) is None


def test_a_response_is_the_least_squares_slope_and_clear_only_beyond_two_standard_errors() -> None:
    rng = np.random.default_rng(3)
    surprise = rng.normal(0.0, 0.001, 40)
    pnl = -5e7 * surprise + rng.normal(0.0, 1_000.0, 40) + 700.0
    found = response(list(zip(surprise.tolist(), pnl.tolist(), strict=True)))
    assert found is not None
    assert found.slope == pytest.approx(np.polyfit(surprise, pnl, 1)[0])
    assert found.r2 == pytest.approx(np.corrcoef(surprise, pnl)[0, 1] ** 2)
    assert found.outcome(2) == pytest.approx(2 * found.slope * np.std(surprise, ddof=1))
    assert found.clear
    noise = response([(float(off), float(brl)) for off, brl in zip(surprise, rng.normal(size=40), strict=True)])
    assert noise is not None
    assert not noise.clear
    assert response([(0.0, 1.0)] * 10) is None, "a number that never surprised has no slope"
