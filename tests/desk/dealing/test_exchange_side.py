"""Fifty orders of both signs through the ticket to the exchange's side, held against B3's own contract terms.

The oracle is the exchange: a rate that is bought or sold at a venue becomes the opposite position in unit price, and
the daily settlement of that position is what B3's specifications say. A ticket is right when what the exchange credits
has the sign and the size of what the desk's position was meant to earn.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from desk.catalog.dealing import load_dealing
from desk.catalog.desk_parameters import Instrument, load_desk_parameters
from desk.dealing import DealingInputs, tickets
from desk.dealing.levels import level_fault
from desk.dealing.tickets import still_standing
from desk.gold import ACTION, TARGET_POSITION
from desk.model import SETTLEMENT, decision_time

PARAMETERS = load_desk_parameters()
DEALING = load_dealing()
AS_OF = decision_time(dt.date(2026, 11, 20 + 3))
VALUATION = dt.date(2026, 11, 19)
BD, CD = 504, 730
USDBRL, IPCA = 5.40, 7_400.0
LEVELS = {"DI1": 0.1325, "DAP": 0.0712, "DDI": 0.0498, "DOL": 5_432.5, "IND": 141_250.0}
CONTRACTS = {
    "DI1_6M": "DI1N27", "DI1_1Y": "DI1F28", "DI1_2Y": "DI1F29", "DI1_5Y": "DI1F32", "DAP_3Y": "DAPQ29", "DAP_10Y":
    "DAPQ35", "DDI_1Y": "DDIF28", "DDI_5Y": "DDIF32", "DOL": "DOLZ26", "IND": "INDZ26",
}  # fmt: skip


ROOTS = {name: contract[:3] for name, contract in CONTRACTS.items()}


def unit_price(root: str, level: float) -> float:
    """B3: the unit price of a level; prices are their own."""
    if root == "DDI":
        return 100_000.0 / (1.0 + level * CD / 360.0)
    return 100_000.0 / (1.0 + level) ** (BD / 252.0) if root in ("DI1", "DAP") else level


POINT = {"DI1": 1.0, "DAP": 0.00025 * IPCA, "DDI": 0.5 * USDBRL, "DOL": 50.0, "IND": 1.0}
"""BRL a point of unit price or of quotation: B3's contract sizes."""


def credited(root: str, side: str, contracts: int, dealt: float, settled: float) -> float:
    """What B3 credits on the day of the trade: (settlement - trade) x point x N in unit price, after it has turned a
    buy in rate into a sale in unit price ("Inversao da natureza das posicoes")."""
    in_rate = root in ("DI1", "DAP", "DDI")
    bought = (side == "BUY") != in_rate
    position = contracts if bought else -contracts
    return (unit_price(root, settled) - unit_price(root, dealt)) * POINT[root] * position


def order(seq: int, instrument_id: str, change: int) -> dict[str, Any]:
    root = ROOTS[instrument_id]
    level = LEVELS[root]
    value = unit_price(root, level) * POINT[root]
    dv01 = -(unit_price(root, level + 0.0001) - unit_price(root, level)) * POINT[root] if level < 1 else 0.0
    return {
        "as_of": AS_OF, "seq": seq, "instrument_id": instrument_id, "contract_id": CONTRACTS[instrument_id],
        "side": "", "contracts_from": 0, "contracts_to": change, "order_contracts": change, "cost_brl": 10.0,
        "dv01_change_brl": change * dv01, "notional_change_brl": change * value, "rationale": "{}", "sentence": "",
    }  # fmt: skip


def frame(table: Any, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in table.schema} for row in rows], schema=table.schema)


def targets() -> pl.DataFrame:
    rows = []
    for instrument_id, contract in CONTRACTS.items():
        root = ROOTS[instrument_id]
        level = LEVELS[root]
        in_rate = level < 1
        rows.append(
            {
                "as_of": AS_OF, "instrument_id": instrument_id, "contract_id": contract,
                "rate": level if in_rate else None,
                "price": unit_price(root, level), "unit_vol_brl": 140.0, "maturity": dt.date(2029, 1, 2),
            }
        )  # fmt: skip
    return frame(TARGET_POSITION, rows)


def made(rows: list[dict[str, Any]], earlier: list[dict[str, Any]] | None = None) -> pl.DataFrame:
    settlements = pl.DataFrame(schema=SETTLEMENT.stored_schema)
    past = frame(ACTION, earlier or [])
    times = tuple(sorted(past["as_of"].unique().to_list()))
    inputs = DealingInputs(frame(ACTION, rows), targets(), past, times, settlements, VALUATION)
    return tickets(inputs, PARAMETERS, DEALING)


def fifty() -> list[tuple[str, int]]:
    rng = np.random.default_rng(11)
    names = list(CONTRACTS)
    sizes = rng.integers(1, 300, 50) * np.where(np.arange(50) % 2, 1, -1)
    picked = [(names[place // 2 % len(names)], int(size)) for place, size in enumerate(sizes)]
    assert {(name, size > 0) for name, size in picked} == {(name, sign) for name in names for sign in (True, False)}
    return picked


@pytest.mark.parametrize(("instrument_id", "change"), fifty())
def test_what_the_exchange_credits_is_what_the_desk_meant(instrument_id: str, change: int) -> None:
    found = made([order(1, instrument_id, change)])
    leg = found.filter(role="order").row(0, named=True)
    root = ROOTS[instrument_id]
    level = LEVELS[root]
    assert leg["contracts"] == abs(change)
    for move in (-0.004, 0.0025) if level < 1 else (-0.02 * level, 0.01 * level):
        meant = change * (unit_price(root, level + move) - unit_price(root, level)) * POINT[root]
        assert credited(root, leg["venue_side"], leg["contracts"], level, level + move) == pytest.approx(meant)
    words = {"DI1": ("receive", "pay"), "DAP": ("receive", "pay"), "DDI": ("receive", "pay")}.get(root, ("buy", "sell"))
    assert leg["action"] == words[0 if change > 0 else 1]


def test_a_receiver_sells_the_rate_and_gains_when_it_falls() -> None:
    leg = made([order(1, "DI1_2Y", 275)]).row(0, named=True)
    assert (leg["action"], leg["venue_side"], leg["tas_symbol"]) == ("receive", "SELL", "DITF29")
    assert credited("DI1", "SELL", 275, 0.1325, 0.1315) > 0 > credited("DI1", "BUY", 275, 0.1325, 0.1315)


def test_the_dollars_of_a_cupom_order_are_sold_in_the_same_ticket() -> None:
    """B3 settles DDI by the dollar: after the hedge a move of the dollar alone earns next to nothing."""
    found = made([order(1, "DDI_5Y", 400)])
    main, hedge = found.rows(named=True)
    assert (main["role"], hedge["role"], hedge["contract_id"], hedge["venue_side"]) == (
        "order",
        "hedge",
        "DOLZ26",
        "SELL",
    )
    dollars = 400 * unit_price("DDI", LEVELS["DDI"]) * 0.5
    assert abs(dollars - hedge["contracts"] * 50_000.0 * LEVELS["DOL"] / (1_000.0 * USDBRL)) <= 2.5 * 51_000
    assert hedge["contracts"] % 5 == 0
    assert made([order(1, "DDI_5Y", -400)]).row(1, named=True)["venue_side"] == "BUY"
    assert made([order(1, "DDI_5Y", 1)]).height == 1


@pytest.mark.parametrize(("change", "side"), [(400, "SELL"), (-400, "BUY")])
def test_an_frc_needs_no_hedge_and_has_no_level_but_b3s(change: int, side: str) -> None:
    """It is registered as two DDI of opposite sides; its rate is a forward, which the desk's mark is not."""
    row = order(1, "DDI_5Y", change) | {"contract_id": "FRCF32", "invalidation": 0.06 if change > 0 else 0.04}
    mapped = targets().with_columns(
        contract_id=pl.when(pl.col("instrument_id") == "DDI_5Y").then(pl.lit("FRCF32")).otherwise("contract_id")
    )
    empty = pl.DataFrame(schema=SETTLEMENT.stored_schema)
    inputs = DealingInputs(frame(ACTION, [row]), mapped, frame(ACTION, []), (), empty, VALUATION)
    [leg] = tickets(inputs, PARAMETERS, DEALING).rows(named=True)
    assert (leg["venue_side"], leg["reference"], leg["work_level"], leg["stop"]) == (side, None, None, None)
    assert leg["risk_to_stop_brl"] > 0


@pytest.mark.parametrize("instrument_id", CONTRACTS)
@pytest.mark.parametrize("change", [90, -90])
def test_the_level_to_work_is_worse_than_the_settlement_for_the_desk_and_the_stop_costs_money(
    instrument_id: str, change: int
) -> None:
    root = ROOTS[instrument_id]
    level = LEVELS[root]
    stop = level + 0.01 * (1 if change > 0 else -1) if level < 1 else level * (1 - 0.03 * (1 if change > 0 else -1))
    leg = made([order(1, instrument_id, change) | {"invalidation": stop}]).row(0, named=True)
    dealt_worse = credited(root, leg["venue_side"], leg["contracts"], leg["work_level"], level)
    assert leg["reference"] == pytest.approx(level if level < 1 else unit_price(root, level))
    assert -0.26 * 140.0 * 90 <= dealt_worse <= 0.0
    at_stop = credited(root, leg["venue_side"], leg["contracts"], level, stop)
    assert leg["risk_to_stop_brl"] > 0 > at_stop
    assert leg["risk_to_stop_brl"] == pytest.approx(-at_stop, rel=0.03)  # linear in the rate


@pytest.mark.parametrize(("instrument_id", "settled"), [("DDI_1Y", 0.0285), ("DI1_2Y", 0.1350), ("DOL", 5_500.0)])
@pytest.mark.parametrize("change", [90, -90])
def test_the_stop_is_as_far_from_b3s_settlement_as_from_the_desks_mark(
    instrument_id: str, settled: float, change: int
) -> None:
    """B3's cupom is dirty: the desk's mark may be fifty bp away, and the stop of a payer must still be below."""
    level = LEVELS[ROOTS[instrument_id]]
    in_rate = level < 1
    away = 0.004 if in_rate else 0.02 * level
    stop = level + (away if (change > 0) == in_rate else -away)
    row = {"contract_id": CONTRACTS[instrument_id], "obs_date": VALUATION, "knowledge_time": AS_OF,
           "rate" if in_rate else "price": settled}  # fmt: skip
    schema = SETTLEMENT.stored_schema
    settlements = pl.DataFrame([{name: row.get(name) for name in schema}], schema=schema)
    rows = frame(ACTION, [order(1, instrument_id, change) | {"invalidation": stop}])
    inputs = DealingInputs(rows, targets(), frame(ACTION, []), (), settlements, VALUATION)
    leg = tickets(inputs, PARAMETERS, DEALING).row(0, named=True)
    assert leg["reference"] == settled
    moved = leg["stop"] - settled if in_rate else leg["stop"] / settled - 1.0
    assert moved == pytest.approx(stop - level if in_rate else stop / unit_price("DOL", level) - 1.0)
    assert leg["risk_to_stop_brl"] > 0


def test_a_reversal_says_so_and_a_roll_is_one_ticket_of_two_legs() -> None:
    sale = order(1, "DOL", -40) | {"as_of": decision_time(dt.date(2026, 11, 19))}
    [found] = made([order(1, "DOL", 25)], [sale]).rows(named=True)
    assert (found["reverses_on"], found["reverses_contracts"]) == (dt.date(2026, 11, 19), -40)
    assert made([order(1, "DOL", -25)], [sale]).row(0, named=True)["reverses_on"] is None
    out = order(1, "DI1_1Y", -35) | {"contract_id": "DI1N27", "contracts_from": 35, "contracts_to": 0}
    roll = made([order(3, "DOL", 25), out, order(2, "DI1_1Y", 35)], [sale])
    assert roll.select("ticket", "role").rows() == [(1, "order"), (2, "roll_out"), (2, "roll_in")]
    assert roll["venue_side"].to_list() == ["BUY", "BUY", "SELL"]


def test_every_instrument_of_the_desk_has_its_terms() -> None:
    load_dealing(instrument.root for instrument in PARAMETERS.instruments)


@pytest.mark.parametrize("instrument", PARAMETERS.instruments, ids=lambda item: item.id)
@pytest.mark.parametrize("change", [90, -90])
def test_no_order_is_worked_further_than_a_quarter_deviation_and_a_digit(instrument: Instrument, change: int) -> None:
    """Every instrument, also those that B3 does not settle: a tick of a price must not round a yield."""
    in_rate = instrument.quoted_in_rate
    level, deviation_of_level = (0.0261, 0.0005) if in_rate else (5_432.5, 60.0)
    value, dv01 = 1_000.0, 40.0
    each = deviation_of_level / 0.0001 * dv01 if in_rate else deviation_of_level / level * value
    contract = f"{instrument.root}H27"
    row = {
        "as_of": AS_OF, "seq": 1, "instrument_id": instrument.id, "contract_id": contract, "order_contracts": change,
        "contracts_from": 0, "contracts_to": change, "dv01_change_brl": change * dv01 if in_rate else None,
        "notional_change_brl": change * value,
    }  # fmt: skip
    target = {"as_of": AS_OF, "instrument_id": instrument.id, "contract_id": contract, "unit_vol_brl": each,
              "rate" if in_rate else "price": level}  # fmt: skip
    settled = {"contract_id": contract, "obs_date": VALUATION, "knowledge_time": AS_OF,
               "rate" if in_rate else "price": level}  # fmt: skip
    schema = SETTLEMENT.stored_schema
    settlements = pl.DataFrame([{name: settled.get(name) for name in schema}], schema=schema)
    inputs = DealingInputs(
        frame(ACTION, [row]), frame(TARGET_POSITION, [target]), frame(ACTION, []), (), settlements, VALUATION
    )
    leg = next(item for item in tickets(inputs, PARAMETERS, DEALING).rows(named=True) if item["role"] == "order")
    against = (leg["work_level"] - level) * (1 if (change > 0) != in_rate else -1)
    whole = 0.25 * deviation_of_level
    digit = 1e-4 if in_rate else instrument.tick
    assert whole - digit <= against <= whole + 1e-9


@pytest.mark.parametrize("in_rate", [True, False])
@pytest.mark.parametrize("contracts", [40, -40])
def test_a_ticket_whose_limit_or_stop_contradicts_the_position_is_faulty(in_rate: bool, contracts: int) -> None:
    """Against the formula of the P&L: a stop is on the side where the position loses, and the limit short of it."""
    reference = 0.13 if in_rate else 5_432.0
    step = reference / 50.0
    for sign in (1, -1):
        stop = reference + sign * step
        loses = contracts * sign * (-1 if in_rate else 1) < 0
        levels: dict[str, Any] = {"in_rate": in_rate, "contracts_to": contracts, "reference": reference}
        assert level_fault(**levels, limit=reference - sign * step, stop=stop) == (None if loses else "stop_in_profit")
        if loses:
            assert level_fault(**levels, limit=reference + sign * step / 2, stop=stop) is None
            assert level_fault(**levels, limit=stop, stop=stop) == "limit_beyond_stop"
            assert level_fault(**levels, limit=stop + sign * step, stop=stop) == "limit_beyond_stop"
        assert level_fault(**(levels | {"contracts_to": 0}), limit=stop, stop=stop) is None
        assert level_fault(**levels, limit=stop, stop=None) is None


def test_an_order_that_was_taken_back_is_not_reversed_again() -> None:
    """160 paid, then 418 received: what is paid now reverses the 418, and what is received now reverses nothing."""
    days = [dt.date(2026, 11, 19), dt.date(2026, 11, 23)]
    paid, received = (
        order(1, "DOL", contracts) | {"as_of": decision_time(day)}
        for day, contracts in zip(days, (-160, 418), strict=True)
    )
    both = [paid, received]
    assert made([order(1, "DOL", 25)], both).row(0, named=True)["reverses_on"] is None
    [found] = made([order(1, "DOL", -25)], both).rows(named=True)
    assert (found["reverses_on"], found["reverses_contracts"]) == (days[1], 418)


def test_orders_stand_until_later_ones_have_taken_them_back_whole() -> None:
    when = [decision_time(dt.date(2026, 11, day)) for day in (16, 17, 18, 19)]

    def standing(*contracts: int) -> list[int]:
        return [size for _, size in still_standing(list(zip(when, contracts, strict=False)))]

    assert standing() == []
    assert standing(-160, 100) == [-160], "sixty are still open"
    assert standing(-160, 160) == []
    assert standing(-160, 418) == [418]
    assert standing(-160, -40, 50) == [-160], "the newest is taken back first"
    assert standing(-160, -40, 30, 5) == [-160, -40]
    assert standing(10, -160, 418, -1) == [418]
