"""A daily run stores why its positions changed since the last decision, against what that had stored."""

from __future__ import annotations

import json

import polars as pl
import pytest

from tests.fixtures.flows import FILLED_DAY

pytestmark = [pytest.mark.db, pytest.mark.flow]


async def test_the_parts_of_a_morning_add_up_to_its_orders(healthy_morning: dict[str, pl.DataFrame]) -> None:
    lines = healthy_morning["position_change"]
    assert lines.height
    assert set(lines["since"]) == {FILLED_DAY}
    orders = healthy_morning["action"].group_by("instrument_id").agg(pl.col("order_contracts", "dv01_change_brl").sum())
    ordered = {row["instrument_id"]: row for row in orders.iter_rows(named=True)}
    for row in lines.iter_rows(named=True):
        parts, in_dv01 = json.loads(row["parts"]), json.loads(row["parts_dv01_brl"])
        assert sum(parts.values()) == row["contracts_to"] - row["contracts_from"]
        dealt = ordered.pop(row["instrument_id"], {"order_contracts": 0, "dv01_change_brl": 0.0})
        assert sum(parts.values()) == dealt["order_contracts"]
        assert sum(in_dv01.values()) == pytest.approx(dealt["dv01_change_brl"] or 0.0, abs=1e-6)
        assert not parts.keys() & {"data", "code", "data_or_code", "parameters"}, "nothing of that was changed"
    assert not ordered, "every order has its split"
    book = healthy_morning["book_change"].sort("seq")
    state = healthy_morning["portfolio_state"].row(0, named=True)
    daily = state["expected_volatility"] * state["nav_brl"] / 252**0.5
    assert book["after_brl"][-1] == pytest.approx(daily, rel=1e-9)
    assert book["after_brl"][0] + book["risk_brl"].sum() == pytest.approx(daily, rel=1e-6)
    basis = healthy_morning["sizing_basis"].row(0, named=True)
    assert json.loads(basis["changed"]) == {"code": [], "parameters": [], "data": []}
    assert basis["deviation_brl"] == pytest.approx(daily, rel=1e-9)
