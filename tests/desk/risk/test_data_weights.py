"""How much of VaR and of the decisions rests on each dataset, by the stored origins."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.gold import GOLD
from desk.model import decision_time
from desk.portfolio.price_inputs import price_columns
from desk.risk.data_weights import data_weights

DAY = dt.date(2026, 11, 19)
FRESH, STALE = dt.date(2026, 11, 18), dt.date(2026, 11, 12)
PARAMETERS, CATALOG = load_desk_parameters(), load_catalog()
SIZES = {"DI1_2Y": 60_000.0, "DOL": -30_000.0, "UST_5Y": 10_000.0}
ORIGINS = {"pre": "PRE", "usdbrl": "usdbrl_ptax_sell", "usd_short_rate": "CUPOM", "ust": "UST"}
BROUGHT = {
    "PRE": "b3_swap_curves",
    "CUPOM": "b3_swap_curves",
    "usdbrl_ptax_sell": "bcb_ptax",
    "UST": "treasury_nominal",
    "focus": "bcb_focus_annual",
}


def frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    blank = dict.fromkeys(GOLD[table].schema)
    return pl.DataFrame([blank | {"as_of": decision_time(DAY)} | row for row in rows], schema=GOLD[table].schema)


def weights(
    sessions: dict[str, dt.date],
    sizes: dict[str, float] | None = None,
    orders: dict[str, int] | None = None,
    withheld: dict[str, int] | None = None,
    ages: dict[str, int] | None = None,
) -> pl.DataFrame:
    """`orders` and `withheld`: contracts by instrument, each of a daily deviation of BRL 100; `ages` of strategies, of
    which TREND asks for the dollar by the Focus survey."""
    columns = {name for item in SIZES for name in price_columns(PARAMETERS.instrument(item), DAY)}
    features = [{"feature_id": "trend", "origin": "focus", "obs_date": FRESH}]
    for name in sorted(columns):
        origin = ORIGINS[name if name in ORIGINS else name.split("_")[0]]
        features.append({"feature_id": name, "origin": origin, "obs_date": sessions.get(origin, FRESH)})
    risk = SIZES if sizes is None else sizes
    frames = {
        "component_var": frame(
            "component_var", [{"instrument_id": name, "component_var_95": size} for name, size in risk.items()]
        ),
        "feature": frame("feature", features),
        "input_receipt": frame("input_receipt", [{"input_id": name, "dataset": one} for name, one in BROUGHT.items()]),
        "target_position": frame("target_position", [{"instrument_id": name, "unit_vol_brl": 100.0} for name in SIZES]),
        "action": frame(
            "action", [{"instrument_id": name, "order_contracts": n} for name, n in (orders or {}).items()]
        ),
        "withheld_order": frame(
            "withheld_order",
            [
                {"instrument_id": name, "contracts": 1, "contracts_wanted": 1 + n}
                for name, n in (withheld or {}).items()
            ],
        ),
        "aggregated_signal": frame(
            "aggregated_signal",
            [{"instrument_id": "DOL", "contributions": '{"TREND": 0.4, "NOTHING": 0.0}'}, {"instrument_id": "DI1_2Y"}],
        ),
        "strategy_signals": frame(
            "strategy_signals", [{"strategy_id": name, "age_bd": age} for name, age in (ages or {}).items()]
        ),
    }
    inputs = {"TREND": ("trend", "not_stored"), "NOTHING": ("pre_252",)}
    return data_weights(decision_time(DAY), frames, CATALOG, PARAMETERS, inputs)


def shares(found: pl.DataFrame, kind: str, column: str = "var_share") -> dict[str, Any]:
    return {row["subject"]: row[column] for row in found.filter(kind=kind).iter_rows(named=True)}


def test_each_position_rests_on_every_dataset_of_its_price() -> None:
    found = weights({})
    assert shares(found, "dataset") == {
        "b3_swap_curves": pytest.approx(1.0),  # DI; the dollar's forward; the onshore dollar rate of the Treasury
        "bcb_ptax": pytest.approx(0.4),
        "treasury_nominal": pytest.approx(0.1),
    }
    assert shares(found, "old") == {"old": 0.0}
    assert shares(found, "old", "order_share") == {"old": None}, "there is no order to take a share of"
    assert found.filter(kind="old_price").is_empty()


def test_an_old_price_weighs_what_the_positions_on_it_weigh() -> None:
    found = weights({"usdbrl_ptax_sell": STALE})
    assert shares(found, "old") == {"old": pytest.approx(0.4)}
    assert shares(found, "old_price") == {"usdbrl_ptax_sell": pytest.approx(0.4)}
    assert found.filter(kind="old_price")["obs_date"].to_list() == [STALE]


def test_a_position_on_two_old_inputs_counts_once() -> None:
    found = weights({"usdbrl_ptax_sell": STALE, "UST": STALE})
    assert shares(found, "old") == {"old": pytest.approx(0.4)}
    assert shares(found, "old_price") == {"usdbrl_ptax_sell": pytest.approx(0.4), "UST": pytest.approx(0.1)}


def test_decisions_weigh_by_the_risk_that_they_move_and_rest_on_the_views_inputs_too() -> None:
    """60 contracts of DI issued, 20 sold and 20 withheld of the dollar: two fifths rest on PTAX and Focus."""
    found = weights({"usdbrl_ptax_sell": STALE}, orders={"DI1_2Y": 60, "DOL": -20}, withheld={"DOL": -20})
    orders = shares(found, "dataset", "order_share")
    assert orders == {
        "b3_swap_curves": pytest.approx(1.0),
        "bcb_ptax": pytest.approx(0.4),
        "bcb_focus_annual": pytest.approx(0.4),
        "treasury_nominal": 0.0,
    }
    assert shares(found, "old", "order_share") == {"old": pytest.approx(0.4)}
    assert shares(found, "dataset")["bcb_focus_annual"] == 0.0, "a view is no input of a mark"


def test_an_old_view_is_named_by_its_strategy() -> None:
    found = weights({}, orders={"DI1_2Y": 75, "DOL": 25}, ages={"TREND": 3, "NOTHING": 9})
    assert shares(found, "old_signal", "order_share") == {"TREND": pytest.approx(0.25)}
    assert shares(found, "old", "order_share") == {"old": pytest.approx(0.25)}
    assert shares(found, "old") == {"old": 0.0}


def test_a_book_without_risk_and_orders_has_no_weights() -> None:
    assert weights({}, {"DI1_2Y": 0.0}).is_empty()
    flat = weights({}, {"DI1_2Y": 0.0}, orders={"DOL": 5})
    assert shares(flat, "old") == {"old": None}
    assert shares(flat, "dataset", "order_share")["bcb_ptax"] == pytest.approx(1.0)
