"""P&L explained by instrument, strategy and factor: every day, over two years, the parts are the whole to the cent."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio import run_book
from desk.portfolio.pnl_attribution import allocate_cents, to_cents
from tests.desk.portfolio.panels import make_aggregated, make_values

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
VALUES = make_values(690)
TWO_YEARS = 504
SHARES = {"RATES_CARRY_ROLL": 0.9, "FX_POSITIONING": 0.4, "X": -0.3}


def mixed_views() -> pl.DataFrame:
    """Three strategies behind every line, two of them against each other."""
    views = make_aggregated(VALUES, IDS)
    parts = [
        json.dumps(
            {"RATES_CARRY_ROLL": round(0.9 * c, 6), "FX_POSITIONING": round(0.4 * c, 6), "X": round(-0.3 * c, 6)}
        )
        for c in views["conviction"]
    ]
    return views.with_columns(contributions=pl.Series(parts))


BOOK = run_book(VALUES, mixed_views(), PARAMETERS, VALUES["day"][-TWO_YEARS])
PNL = to_cents(BOOK["portfolio_state"]["pnl_brl"].to_numpy())


def by_day(table: str, column: str = "pnl_brl") -> np.ndarray:
    days = BOOK[table].group_by("as_of", maintain_order=True).agg(pl.col(column))
    assert len(days) == TWO_YEARS
    return np.array([to_cents(np.array(parts, dtype=float)).sum() for parts in days[column].to_list()])


@pytest.mark.parametrize("table", ["pnl_attribution", "pnl_by_strategy", "pnl_by_factor"])
def test_the_parts_are_the_whole_every_day_to_the_cent(table: str) -> None:
    assert (by_day(table) == PNL).all()
    assert np.abs(PNL).sum() > 0


def test_classes_are_the_whole_too_and_each_was_held() -> None:
    classes = BOOK["pnl_attribution"].group_by("as_of", "asset_class").agg(pl.col("pnl_brl").sum())
    totals = classes.group_by("as_of").agg(pl.col("pnl_brl").sum()).sort("as_of")["pnl_brl"].to_numpy()
    assert (to_cents(totals) == PNL).all()
    moved = classes.group_by("asset_class").agg(pl.col("pnl_brl").abs().sum())
    assert set(moved.filter(pl.col("pnl_brl") > 0)["asset_class"]) == {
        *(item.asset_class for item in PARAMETERS.instruments),
        "Cash",
    }


def test_parts_of_a_line_add_up_to_its_price() -> None:
    lines = BOOK["pnl_attribution"]
    parts = [to_cents(lines[f"{name}_pnl_brl"].to_numpy()) for name in ("rate", "fx", "equity", "residual")]
    np.testing.assert_array_equal(np.sum(parts, axis=0), to_cents(lines["price_pnl_brl"].to_numpy()))


def test_each_factor_moves_its_own_lines() -> None:
    """A DI future earns by rates and carry alone, the dollar by FX and a little by rates, the bond by inflation."""
    lines = BOOK["pnl_attribution"].group_by("instrument_id").agg(pl.selectors.ends_with("_pnl_brl").abs().sum())
    of = {row["instrument_id"]: row for row in lines.iter_rows(named=True)}
    assert of["DI1_5Y"]["fx_pnl_brl"] == of["DI1_5Y"]["equity_pnl_brl"] == of["DI1_5Y"]["inflation_pnl_brl"] == 0
    assert of["DI1_5Y"]["residual_pnl_brl"] <= 0.01 * TWO_YEARS, "one curve alone leaves nothing but the cents"
    assert of["DOL"]["fx_pnl_brl"] > 5 * of["DOL"]["rate_pnl_brl"] > 0
    assert of["IND"]["equity_pnl_brl"] > of["IND"]["rate_pnl_brl"] > 0
    assert of["NTNB_2035"]["inflation_pnl_brl"] > 0
    assert 0 < of["DDI_5Y"]["fx_pnl_brl"] < 0.05 * of["DDI_5Y"]["rate_pnl_brl"], "dollars of the gain, not of the face"
    book = BOOK["pnl_by_factor"].group_by("factor").agg(pl.col("pnl_brl").abs().sum())
    size = dict(book.iter_rows())
    assert size["RESIDUAL"] < 0.02 * sum(size[name] for name in ("DI", "REAL", "CUPOM", "UST", "FX", "EQUITY"))


def test_strategies_share_by_their_signed_parts() -> None:
    days = BOOK["pnl_by_strategy"].pivot(on="strategy_id", index="as_of", values="pnl_brl")
    carry, positioning, against = (days[name].to_numpy() for name in ("RATES_CARRY_ROLL", "FX_POSITIONING", "X"))
    known = np.isfinite(carry) & (np.abs(carry) > 1_000)
    assert known.sum() > 400
    np.testing.assert_allclose(positioning[known], carry[known] * 4 / 9, rtol=2e-3)
    np.testing.assert_allclose(against[known], -carry[known] / 3, rtol=5e-3)


def test_positions_of_one_strategy_are_all_its_own() -> None:
    views = make_aggregated(VALUES, ("DOL",)).with_columns(conviction=pl.lit(0.6), contributions=pl.lit('{"S": 0.6}'))
    book = run_book(VALUES, views, PARAMETERS, VALUES["day"][-30])
    lines = book["pnl_by_strategy"].filter(pl.col("as_of") == decision_time(VALUES["day"][-1]))
    dol = book["pnl_attribution"].filter(
        pl.col("as_of") == decision_time(VALUES["day"][-1]), pl.col("instrument_id") == "DOL"
    )
    own = lines.filter(pl.col("strategy_id") == "S")["pnl_brl"][0]
    assert own == pytest.approx(dol["price_pnl_brl"][0] + dol["carry_pnl_brl"][0], abs=1e-9)
    assert set(lines["strategy_id"]) == {"S", "CASH", "COST"}


@given(
    st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=5),
    st.lists(st.floats(-3, 3), min_size=1, max_size=6).filter(lambda parts: abs(sum(parts)) > 0.05),
)
def test_cents_are_shared_out_to_the_last(cents: list[int], parts: list[float]) -> None:
    shares = np.array(parts) / sum(parts)
    lines = np.array(cents, dtype=np.int64)
    split = allocate_cents(lines, np.tile(shares, (len(lines), 1)))
    assert (split.sum(axis=1) == lines).all()
    np.testing.assert_allclose(split, lines[:, None] * shares, atol=1.01 + 1e-3)
