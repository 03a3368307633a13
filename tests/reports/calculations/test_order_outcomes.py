"""Outcomes of orders, against levels made by hand: fills a day after the decision, gains by DV01 or notional."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from desk import calendars
from desk.model import decision_time
from reports.calculations.order_outcomes import outcomes, scorecard
from reports.calculations.orders import orders_view
from reports.elements.report_data import ReportData
from reports.sections import actions
from reports.tables import order_tables
from tests.reports.sample_parts import frame

TODAY = dt.date(2026, 11, 19)
DAYS = [calendars.b3().offset(TODAY, -back) for back in range(8, -1, -1)]
RATES = [0.1300, 0.1310, 0.1312, 0.1308, 0.1306, 0.1300, 0.1295, 0.1290, 0.1285]
POINTS = [5400.0, 5410.0, 5400.0, 5454.1, 5454.1, 5454.1, 5454.1, 5454.1, 5680.5]


def order(place: int, instrument: str, **given: Any) -> dict[str, Any]:
    base = {
        "as_of": decision_time(DAYS[place]), "seq": 1,
        "instrument_id": instrument, "contract_id": CONTRACTS[instrument],
        "side": "buy", "contracts_from": 0, "contracts_to": 10, "order_contracts": 10, "cost_brl": 100.0,
        "rationale": "{}", "dv01_change_brl": None, "notional_change_brl": None,
    }  # fmt: skip
    return base | given


CONTRACTS = {"DI1_2Y": "DI1F29", "DOL": "DOLZ26"}


def data(
    *orders: dict[str, Any], contracts: dict[str, list[str]] | None = None, filled: bool = True,
    pnl: Sequence[dict[str, Any]] = (), dv01: float | None = None,
) -> ReportData:  # fmt: skip
    """The book holds each order at the decision after it, unless not `filled`. `dv01`: of ten contracts that each
    decision holds of each instrument; none are held without it."""
    booked = {(one["as_of"], one["instrument_id"]): one["contracts_to"] for one in orders if filled}
    named = {name: [contract] * len(DAYS) for name, contract in CONTRACTS.items()} | (contracts or {})
    marks = [
        {
            "as_of": decision_time(day),
            "instrument_id": name,
            "contract_id": named[name][i],
            "price": 78_000.0 if name == "DI1_2Y" else POINTS[i],
            "rate": RATES[i] if name == "DI1_2Y" else None,
            "contracts": 10 if dv01 else 0,
            "dv01_brl": dv01,
            "contracts_before": booked.get((decision_time(DAYS[i - 1]), name), 0) if i else 0,
        }
        for i, day in enumerate(DAYS)
        for name in CONTRACTS
    ]
    frames = {
        "target_position": frame("target_position", marks),
        "action": frame("action", orders),
        "pnl_attribution": frame("pnl_attribution", pnl),
    }
    return ReportData(decision_time(TODAY), "live", "run", "code", frames)


def test_a_bought_rate_future_gains_its_dv01_for_each_basis_point_that_the_rate_falls() -> None:
    [found] = outcomes(data(order(0, "DI1_2Y", dv01_change_brl=200.0, notional_change_brl=780_000.0)))
    assert (found.decided, found.filled, found.now) == (0.1300, 0.1310, 0.1285)  # filled at the next decision's level
    assert found.gain == pytest.approx(200.0 * 25)
    assert found.gains[1] == pytest.approx(-200.0 * 2)  # the day after the fill: 13.10 to 13.12
    assert found.gains[5] == pytest.approx(200.0 * 15)
    assert found.gains[21] is None
    assert found.verdict == "right"


def test_an_order_that_the_next_decisions_book_does_not_hold_has_lapsed_and_no_fill() -> None:
    late = order(7, "DI1_2Y", dv01_change_brl=200.0)
    [found] = outcomes(data(late, filled=False))
    assert (found.lapsed, found.filled, found.gain, found.verdict) == (True, None, None, "no price since")
    [found] = outcomes(data(late))
    assert (found.lapsed, found.filled) == (False, RATES[8])
    words = actions.past_line(orders_view(data(late, filled=False)))
    assert words.replace("\u00a0", " ") == "0 of 1 order of Wed 18 Nov filled; 1 met no settlement and lapsed."


def test_a_sold_dollar_loses_its_notional_times_the_rise() -> None:
    sold = order(0, "DOL", side="sell", contracts_to=-10, order_contracts=-10, notional_change_brl=-2_705_000.0)
    [found] = outcomes(data(sold))
    assert found.gain == pytest.approx(-2_705_000.0 * 0.05)
    assert found.verdict == "wrong"
    assert order_tables._move(found).text == "+5.00%"
    assert order_tables._move(found).tone == "loss"


def test_yesterdays_order_is_filled_and_has_not_moved_and_todays_is_no_past() -> None:
    [found] = outcomes(data(order(7, "DI1_2Y", dv01_change_brl=200.0), order(8, "DOL")))
    assert (found.day, found.filled, found.gain, found.verdict) == (DAYS[7], 0.1285, None, "not moved yet")
    view = orders_view(data(order(7, "DI1_2Y", dv01_change_brl=200.0)))
    assert [item.day for item in view.yesterday] == [DAYS[7]]
    assert actions.past_line(view) == "The order of Wed 18 Nov is booked as filled at that day's settlement."


@pytest.mark.parametrize(
    ("level", "contracts_to", "past"),
    [
        (0.1280, 10, True),
        (0.1290, 10, False),
        (0.1290, -10, True),
        (0.1280, -10, False),
        (None, 10, None),
        (0.1, 0, None),
    ],
)
def test_a_long_in_rates_is_wrong_above_its_level_and_a_short_below(
    level: float | None, contracts_to: int, past: bool | None
) -> None:
    [found] = outcomes(data(order(5, "DI1_2Y", invalidation=level, contracts_to=contracts_to)))
    assert found.past_invalidation is past  # the last rate is 12.85%


ROLLED = {"DI1_2Y": ["DI1F29"] * 4 + ["DI1N29"] * 5}
"""The instrument is the next contract from the decision of place 4 on."""


def held(place: int, rate_pnl: float, contracts: int = 10, mark: str = "marked") -> dict[str, Any]:
    """The line's P&L that the decision of `place` knows: of the session before it."""
    return {"as_of": decision_time(DAYS[place]), "instrument_id": "DI1_2Y", "contracts": contracts,
            "price_pnl_brl": rate_pnl, "rate_pnl_brl": rate_pnl, "mark": mark}  # fmt: skip


def test_an_order_of_a_rolled_contract_is_judged_on_by_the_next_one() -> None:
    """The old contract's last mark is made of what its line earned: 10 contracts of 20 BRL a basis point lost 1,000 in
    the session before the roll, so its rate rose by 5 bp; from there on it moves as the next one."""
    found = data(order(1, "DI1_2Y", dv01_change_brl=200.0), contracts=ROLLED, pnl=[held(4, -1_000.0)], dv01=200.0)
    [outcome] = outcomes(found)
    moves = 5 + (RATES[8] - RATES[4]) * 1e4
    assert outcome.filled == RATES[2]
    assert outcome.followed
    assert outcome.now == pytest.approx(RATES[3] + moves / 1e4)
    assert outcome.gain == pytest.approx(-200.0 * ((RATES[3] - RATES[2]) * 1e4 + moves))
    assert outcome.gains[5] == pytest.approx(-200.0 * ((RATES[3] - RATES[2]) * 1e4 + 5 + (RATES[7] - RATES[4]) * 1e4))
    assert outcome.past_invalidation is None, "a stop is a level of the contract that was left"
    assert [score.judged for score in scorecard([outcome])] == [1, 1, 0]


def test_an_order_on_the_eve_of_a_roll_is_filled_at_the_old_contracts_last_mark() -> None:
    eve = data(order(3, "DI1_2Y", dv01_change_brl=200.0), contracts=ROLLED, pnl=[held(4, -1_000.0)], dv01=200.0)
    [outcome] = outcomes(eve)
    assert outcome.filled == pytest.approx(RATES[3] + 0.0005)
    assert outcome.gain == pytest.approx(-200.0 * (RATES[8] - RATES[4]) * 1e4)
    assert outcome.slip == pytest.approx(-200.0 * 5)


@pytest.mark.parametrize("pnl", [[], [held(4, -1_000.0, mark="catch_up")], [held(4, 0.0, contracts=0)]])
def test_a_line_without_a_plain_pnl_in_the_session_before_its_roll_is_not_followed(pnl: list[dict[str, Any]]) -> None:
    [outcome] = outcomes(data(order(1, "DI1_2Y", dv01_change_brl=200.0), contracts=ROLLED, pnl=pnl, dv01=200.0))
    assert (outcome.now, outcome.gains[5]) == (RATES[3], None)
    assert not outcome.followed


def test_legs_of_a_roll_are_no_view_and_stand_in_no_list_of_orders() -> None:
    out = order(4, "DI1_2Y", dv01_change_brl=-200.0, contracts_from=10, contracts_to=0)
    into = order(4, "DI1_2Y", seq=2, contract_id="DI1N29", dv01_change_brl=210.0)
    rolls = data(out, into, contracts=ROLLED)
    found = outcomes(rolls)
    assert all(item.rolls for item in found)
    assert [score.judged for score in scorecard(found)] == [0, 0, 0]
    assert scorecard(found)[0].hit_rate is None
    view = orders_view(rolls)
    assert (view.yesterday, view.recent, view.rolls) == ((), (), 2)


def test_the_scorecard_counts_what_is_old_enough() -> None:
    found = outcomes(
        data(
            order(0, "DI1_2Y", dv01_change_brl=200.0),
            order(1, "DI1_2Y", dv01_change_brl=-200.0, cost_brl=50.0),
            order(4, "DI1_2Y", dv01_change_brl=200.0),
        )
    )
    one, five, month = scorecard(found)
    assert (one.span, one.judged, one.right) == (1, 3, 1)
    assert one.gain == pytest.approx(200.0 * (-2 - 4 + 5))
    assert one.cost == 250.0
    assert (five.judged, five.right) == (2, 1)
    assert five.gain == pytest.approx(200.0 * (15 - 22))
    assert month.judged == 0
    wording = " ".join(actions.sentences(orders_view(data(order(0, "DI1_2Y", dv01_change_brl=200.0)))))
    shown = "Over 126 decisions: 100% of 1 order in the money 5 days after the fill, BRL\u00a0+3,000 before costs."
    assert shown in wording
