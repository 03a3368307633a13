"""The least order of a root: smaller ones are not made, and the packages that would move the line wait whole."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from desk.arrays import FloatArray
from desk.catalog import toml_text
from desk.catalog.desk_parameters import desk_parameters_of, load_desk_parameters
from desk.errors import BadCatalog
from desk.portfolio import run_book
from desk.portfolio.package_trades import without_small_orders
from tests.desk.portfolio.panels import LONE, make_values, make_views

PARAMETERS = load_desk_parameters()
ROOTS = {item.id: item.root for item in PARAMETERS.instruments}
LEAST = {"DI1": 60, "DOL": 25}
VALUES = make_values(260)
VIEWS = make_views(VALUES, PARAMETERS.instrument_ids)
FIRST = VALUES["day"][180]


def orders(**changed: Any) -> dict[str, pl.DataFrame]:
    return run_book(VALUES, VIEWS, LONE, dataclasses.replace(PARAMETERS, **changed), FIRST)


def test_no_order_below_the_least_is_made_unless_it_closes_or_rolls() -> None:
    plain, least = orders(), orders(minimum_orders=LEAST)

    def small(found: dict[str, pl.DataFrame]) -> list[dict[str, Any]]:
        rows = found["action"].with_columns(legs=pl.len().over("as_of", "instrument_id"))
        return [
            row
            for row in rows.iter_rows(named=True)
            if abs(row["order_contracts"]) < LEAST.get(ROOTS[row["instrument_id"]], 0)
            and row["contracts_to"] != 0
            and row["legs"] == 1
        ]

    assert small(plain), "without it there are some"
    must = [row for row in small(least) if row["contracts_from"] * row["contracts_to"] > 0]
    assert len(must) < len(small(plain)) / 4, "what is left had to be traded: the sides of a view, a limit"
    state = least["portfolio_state"]
    assert state["expected_volatility"].is_not_null().all()
    legs = [json.loads(text) for text in least["package"]["legs"]]
    assert any(legs)


def test_a_package_waits_whole_and_only_where_its_line_has_the_small_order() -> None:
    held: FloatArray = np.array([[10.0, -10.0, 0.0], [0.0, 5.0, 5.0], [3.0, 0.0, 0.0]])
    chosen: FloatArray = np.array([[12.0, -12.0, 0.0], [0.0, 9.0, 30.0], [20.0, 0.0, 0.0]])
    before = held.sum(axis=0)

    def small(legs: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        order = np.abs(legs.sum(axis=0) - before)
        return np.asarray((order > 0) & (order < 4))

    free = np.array([True, True, True])
    # line 1 moves by 2 in all: both packages that move it wait, with their other legs; the third goes on
    np.testing.assert_array_equal(without_small_orders(held, chosen, free, small), [held[0], held[1], chosen[2]])
    bound = np.array([False, False, False])
    np.testing.assert_array_equal(without_small_orders(held, chosen, bound, small), chosen)


@pytest.mark.parametrize("entry", ["XYZ = 5", "DI1 = -1", "DI1 = 2.5", "DI1 = true"])
def test_a_wrong_entry_is_named(entry: str) -> None:
    text = toml_text("portfolio").split("[minimum_order]")[0] + f"[minimum_order]\n{entry}\n"
    with pytest.raises(BadCatalog, match=entry.split()[0]):
        desk_parameters_of({"portfolio": text})
