"""Limits and orders: what lessens a breach passes, what worsens one is stopped, and a number that slipped stops all."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from desk.catalog.desk_parameters import load_desk_parameters
from desk.risk.gate_basis import GateInput
from desk.risk.gate_limits import asks_for_the_book_without_orders
from desk.risk.without_orders import without_orders
from tests.desk.risk.test_gate import NOW, THEN, day, failed, frame

BEFORE = THEN - dt.timedelta(days=1)
UNIT = 0.08 / np.sqrt(252.0) * 1.6448536269514722
"""Component VaR 95%, a fraction of NAV, of a line that has all of the target risk."""


def with_limit(limit: str, use: float, without: float | None, before: float | None, **changes: Any) -> GateInput:
    """A calm day with one limit in breach at `use`, of `without` if nothing were dealt and `before` the day before."""
    found = day(**changes)
    breach = {"limit_id": limit, "name": limit, "value": use, "threshold": 1.0, "status": "breach"}
    today = {**found.today, "risk_limits_status": frame("risk_limits_status", breach)}
    own = frame("risk_limits_status", {"limit_id": limit, "value": without}, as_of=NOW)
    was = frame("risk_limits_status", {"limit_id": limit, "value": before}, as_of=THEN)
    return replace(
        found,
        today=today,
        before={**found.before, "risk_limits_status": was},
        without={"risk_limits_status": own},
    )


def with_shares(found: GateInput, today: dict[str, float], without: dict[str, float]) -> GateInput:
    """The lines' shares of the target risk, with and without the orders; each line is a class of its own."""

    def parts(shares: dict[str, float]) -> pl.DataFrame:
        lines = [
            {"instrument_id": name, "asset_class": name, "component_var_95": part * UNIT}
            for name, part in shares.items()
        ]
        return frame("component_var", *lines)

    both = {**found.today, "component_var": parts(today)}
    return replace(found, today=both, without={**found.without, "component_var": parts(without)})


@pytest.mark.parametrize(
    ("without", "before", "expected"),
    [
        # The deadlock: a line that cannot trade has grown past its limit by itself, and the orders cut the rest.
        (0.0400, 0.0200, []),
        (0.0310, 0.0200, []),  # they leave it as it is
        (0.0309, 0.0400, ["limits"]),  # less than the day before, but more than if nothing were dealt
        (0.0290, 0.0200, ["limits"]),
        (None, 0.0400, ["limits"]),  # what nobody could measure excuses nothing
        # The same holdings use ten times what they used: a number has slipped, and the sizes with it.
        (0.2000, 0.0200, ["limits"]),
        (0.0400, None, []),
    ],
)
def test_orders_answer_for_what_they_make_of_a_breach(
    without: float | None, before: float | None, expected: list[str]
) -> None:
    found = with_limit("var_95", 0.031, without, before)
    assert asks_for_the_book_without_orders(found)
    assert failed(found) == expected


def test_a_breach_without_orders_is_nobodys_order() -> None:
    found = with_limit("var_95", 0.031, 0.031, 0.02, contracts=100)
    today = {**found.today, "action": found.today["action"].clear()}
    idle = replace(found, today=today, without={})
    assert not asks_for_the_book_without_orders(idle)
    assert failed(idle) == []


def test_an_order_that_lessens_one_breach_and_worsens_another_is_stopped() -> None:
    found = with_limit("var_95", 0.031, 0.040, 0.02)
    other = {"limit_id": "gross_face", "name": "gross_face", "value": 11.0, "threshold": 10.0, "status": "breach"}
    rows = pl.concat([found.today["risk_limits_status"], frame("risk_limits_status", other)])
    idle = frame("risk_limits_status", {"limit_id": "gross_face", "value": 10.5})
    both = replace(
        found,
        today={**found.today, "risk_limits_status": rows},
        without={"risk_limits_status": pl.concat([found.without["risk_limits_status"], idle])},
    )
    assert failed(both) == ["limits"]


def test_two_lines_past_their_share_are_judged_one_by_one() -> None:
    """The largest share falls from 0.40 to 0.30, and hides that the orders take another line past the limit."""
    found = with_limit("instrument_risk_share", 0.30, 0.40, 0.24)
    lessened = with_shares(found, {"DOL": 0.30, "DI1_2Y": 0.24}, {"DOL": 0.40, "DI1_2Y": 0.30})
    assert failed(lessened) == []
    hidden = with_shares(found, {"DOL": 0.26, "DI1_2Y": 0.30}, {"DOL": 0.40, "DI1_2Y": 0.20})
    assert failed(hidden) == ["limits"]


@pytest.mark.parametrize(
    ("contracts", "others", "expected"),
    [
        (95, 0.20, []),  # DI1_2Y is cut, and DOL, which cannot trade, is a larger share of a smaller book
        (105, 0.60, ["limits"]),  # a hedge of DOL is sold: the whole deviation rises
        (95, 0.60, ["limits"]),
    ],
)
def test_a_share_that_grows_because_the_rest_gets_smaller_is_no_order_of_that_line(
    contracts: int, others: float, expected: list[str]
) -> None:
    found = with_limit("instrument_risk_share", 0.31, 0.30, 0.24, contracts=contracts)
    assert failed(with_shares(found, {"DOL": 0.31, "DI1_2Y": others}, {"DOL": 0.30, "DI1_2Y": 0.40})) == expected


def test_an_order_that_adds_to_the_line_past_its_share_is_stopped_though_the_book_gets_smaller() -> None:
    found = with_limit("instrument_risk_share", 0.31, 0.30, 0.24, contracts=105)
    shares = with_shares(found, {"DI1_2Y": 0.31, "DOL": 0.10}, {"DI1_2Y": 0.30, "DOL": 0.40})
    assert failed(shares) == ["limits"]


def test_one_scenario_lessened_hides_no_other() -> None:
    def losses(**by: float) -> pl.DataFrame:
        lines = [{"scenario_id": name, "instrument_id": "TOTAL", "kind": "parametric", "pnl_fraction": -loss}
                 for name, loss in by.items()]  # fmt: skip
        return frame("stress_test_results", *lines)

    found = with_limit("worst_scenario", 0.11, 0.13, 0.09)
    less = replace(
        found,
        today={**found.today, "stress_test_results": losses(rates=0.11, fx=0.05)},
        without={**found.without, "stress_test_results": losses(rates=0.13, fx=0.05)},
    )
    assert failed(less) == []
    other = replace(less, today={**less.today, "stress_test_results": losses(rates=0.105, fx=0.11)})
    assert failed(other) == ["limits"]


@pytest.mark.parametrize("limit", ["days_to_liquidate", "open_interest"])
@pytest.mark.parametrize(("contracts", "expected"), [(95, []), (100, []), (105, ["limits"])])
@pytest.mark.parametrize("stored", [True, False])
def test_a_market_that_has_shrunk_below_a_line_stops_no_order_to_sell_it(
    limit: str, contracts: int, expected: list[str], stored: bool
) -> None:
    """The line is past the limit on the decision, and was not the day before; only an order that adds is stopped. Where
    no volume is stored 4% of the open interest stands in, here as in the sizes."""
    found = with_limit(limit, 8.0, None, 4.0, contracts=contracts)
    line = pl.when(pl.col("instrument_id") == "DI1_2Y").then(pl.lit("DI1F28"))
    named = found.today["target_position"].with_columns(contract_id=line)
    share = load_desk_parameters().risk.liquidity.volume_of_open_interest
    open_interest, volume = (1_000.0, 1_000.0) if limit == "open_interest" else (150.0 / share, 150.0)
    listed = pl.DataFrame(
        {"contract_id": ["DI1F28"], "open_interest": [open_interest], "volume": [volume if stored else None]},
        schema_overrides={"volume": pl.Float64},
    )
    assert failed(replace(found, today={**found.today, "target_position": named}, listed=listed)) == expected


def test_the_book_without_its_orders_is_what_was_held_in_the_contract_that_it_was_held_in() -> None:
    """A roll, a cut and a line that is opened; yesterday's rows stay."""
    old, new = {"contract_id": "DDIF27", "maturity": "2027-01-04"}, {"contract_id": "DDIN27", "maturity": "2027-07-01"}

    def lines(as_of: Any, *rows: dict[str, Any]) -> pl.DataFrame:
        dated = [{**row, "maturity": pl.Series([row["maturity"]]).str.to_date()[0]} for row in rows]
        return frame("target_position", *dated, as_of=as_of)

    then = lines(THEN, {"instrument_id": "DDI_1Y", **old, "contracts": 40, "contracts_before": 40})
    unsaid = frame(
        "target_position", {"instrument_id": "DDI_1Y", "contract_id": "DDIF27", "contracts": 40}, as_of=BEFORE
    )
    now = lines(
        NOW,
        {"instrument_id": "DDI_1Y", **new, "contracts": 30, "contracts_before": 40},
        {"instrument_id": "DOL", **new, "contract_id": "DOLF27", "contracts": 5, "contracts_before": 0},
        {"instrument_id": "IND", **new, "contract_id": "INDZ26", "contracts": 0, "contracts_before": 7},
    )
    action = frame(
        "action",
        {"instrument_id": "DDI_1Y", "contract_id": "DDIF27", "contracts_from": 40, "contracts_to": 0},
        {"instrument_id": "DDI_1Y", "contract_id": "DDIN27", "contracts_from": 0, "contracts_to": 30},
        {"instrument_id": "DOL", "contract_id": "DOLF27", "contracts_from": 0, "contracts_to": 5},
        {"instrument_id": "IND", "contract_id": "INDZ26", "contracts_from": 7, "contracts_to": 0},
    )
    found = without_orders({"target_position": pl.concat([unsaid, then, now]), "action": action}, NOW)[
        "target_position"
    ]
    assert len(found) == len(unsaid) + len(then) + len(now), "a row of an earlier release without a maturity adds none"
    assert found.filter(as_of=THEN).equals(then)
    rows = {row["instrument_id"]: row for row in found.filter(as_of=NOW).to_dicts()}
    assert (rows["DDI_1Y"]["contracts"], rows["DDI_1Y"]["contract_id"]) == (40, "DDIF27")
    assert str(rows["DDI_1Y"]["maturity"]) == "2027-01-04"
    assert (rows["DOL"]["contracts"], rows["IND"]["contracts"], rows["IND"]["contract_id"]) == (0, 7, "INDZ26")
