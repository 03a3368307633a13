"""How much of VaR rests on each dataset, by the stored origins."""

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
from desk.risk.data_weights import DataWeights, data_weights

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
}


def frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    blank = dict.fromkeys(GOLD[table].schema)
    return pl.DataFrame([blank | {"as_of": decision_time(DAY)} | row for row in rows], schema=GOLD[table].schema)


def weights(sessions: dict[str, dt.date], sizes: dict[str, float] | None = None) -> DataWeights | None:
    sizes = SIZES if sizes is None else sizes
    columns = {name for item in SIZES for name in price_columns(PARAMETERS.instrument(item), DAY)}
    features = []
    for name in sorted(columns):
        origin = ORIGINS[name if name in ORIGINS else name.split("_")[0]]
        features.append({"feature_id": name, "origin": origin, "obs_date": sessions.get(origin, FRESH)})
    return data_weights(
        frame("component_var", [{"instrument_id": name, "component_var_95": size} for name, size in sizes.items()]),
        frame("feature", features),
        frame("input_receipt", [{"input_id": name, "dataset": dataset} for name, dataset in BROUGHT.items()]),
        CATALOG,
        PARAMETERS,
    )


def test_no_var_rests_on_an_old_price_where_every_input_is_fresh() -> None:
    found = weights({})
    assert found is not None
    assert (found.old_share, found.old) == (0.0, ())


def test_an_old_price_weighs_what_the_positions_on_it_weigh() -> None:
    found = weights({"usdbrl_ptax_sell": STALE})
    assert found is not None
    assert found.old_share == pytest.approx(0.4)
    assert [(one.input_id, one.obs_date) for one in found.old] == [("usdbrl_ptax_sell", STALE)]
    assert found.old[0].var_share == pytest.approx(0.4)


def test_a_position_on_two_old_inputs_counts_once() -> None:
    found = weights({"usdbrl_ptax_sell": STALE, "UST": STALE})
    assert found is not None
    assert found.old_share == pytest.approx(0.4)
    assert [round(one.var_share, 9) for one in found.old] == [0.4, 0.1]


def test_a_book_without_risk_has_no_weights() -> None:
    assert weights({}, {"DI1_2Y": 0.0}) is None
