"""P&L explained by instrument, strategy and factor: every day, over two years, the parts are the whole to the cent."""

import json
from functools import cache

import numpy as np
import polars as pl
import pytest

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio import run_book
from desk.portfolio.packages import PackageTerms
from desk.portfolio.pnl_attribution import to_cents
from tests.desk.portfolio.panels import FREE, LONE, make_values, make_views, one_view, views_of

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
VALUES = make_values(690)
TWO_YEARS = 504
TERMS = tuple(
    PackageTerms(f"{name}_{terms.id}", terms.asset_class, "outright", terms.legs)
    for terms in LONE
    for name in ("FOR", "AGAINST")
)
"""Two strategies for every line."""


def mixed_views() -> pl.DataFrame:
    """The second strategy of every line is against the first, at a third of its conviction."""
    views = make_views(VALUES, IDS)
    named = pl.format("{}_{}", pl.lit("FOR"), "strategy_id").alias("strategy_id")
    other = pl.format("{}_{}", pl.lit("AGAINST"), "strategy_id").alias("strategy_id")
    return pl.concat([views.with_columns(named), views.with_columns(other, conviction=pl.col("conviction") / -3.0)])


@cache
def traded() -> dict[str, pl.DataFrame]:
    return run_book(VALUES, mixed_views(), TERMS, PARAMETERS, VALUES["day"][-TWO_YEARS])


def pnl() -> np.ndarray:
    return to_cents(traded()["portfolio_state"]["pnl_brl"].to_numpy())


def by_day(table: str, column: str = "pnl_brl") -> np.ndarray:
    days = traded()[table].group_by("as_of", maintain_order=True).agg(pl.col(column))
    assert len(days) == TWO_YEARS
    return np.array([to_cents(np.array(parts, dtype=float)).sum() for parts in days[column].to_list()])


@pytest.mark.parametrize("table", ["pnl_attribution", "pnl_by_strategy", "pnl_by_factor"])
def test_the_parts_are_the_whole_every_day_to_the_cent(table: str) -> None:
    assert (by_day(table) == pnl()).all()
    assert np.abs(pnl()).sum() > 0


def test_classes_are_the_whole_too_and_each_was_held() -> None:
    classes = traded()["pnl_attribution"].group_by("as_of", "asset_class").agg(pl.col("pnl_brl").sum())
    totals = classes.group_by("as_of").agg(pl.col("pnl_brl").sum()).sort("as_of")["pnl_brl"].to_numpy()
    assert (to_cents(totals) == pnl()).all()
    moved = classes.group_by("asset_class").agg(pl.col("pnl_brl").abs().sum())
    assert set(moved.filter(pl.col("pnl_brl") > 0)["asset_class"]) == {
        *(item.asset_class for item in PARAMETERS.instruments),
        "Cash",
    }


def test_parts_of_a_line_add_up_to_its_price() -> None:
    lines = traded()["pnl_attribution"]
    parts = [to_cents(lines[f"{name}_pnl_brl"].to_numpy()) for name in ("rate", "fx", "equity", "residual")]
    np.testing.assert_array_equal(np.sum(parts, axis=0), to_cents(lines["price_pnl_brl"].to_numpy()))


def test_each_factor_moves_its_own_lines() -> None:
    """A DI future earns by rates and carry alone, the dollar by FX and a little by rates, the bond by inflation."""
    lines = traded()["pnl_attribution"].group_by("instrument_id").agg(pl.selectors.ends_with("_pnl_brl").abs().sum())
    of = {row["instrument_id"]: row for row in lines.iter_rows(named=True)}
    assert of["DI1_5Y"]["fx_pnl_brl"] == of["DI1_5Y"]["equity_pnl_brl"] == of["DI1_5Y"]["inflation_pnl_brl"] == 0
    assert of["DI1_5Y"]["residual_pnl_brl"] <= 0.01 * TWO_YEARS, "one curve alone leaves nothing but the cents"
    assert of["DOL"]["fx_pnl_brl"] > 5 * of["DOL"]["rate_pnl_brl"] > 0
    assert of["IND"]["equity_pnl_brl"] > of["IND"]["rate_pnl_brl"] > 0
    assert of["NTNB_2035"]["inflation_pnl_brl"] > 0
    assert 0 < of["DDI_5Y"]["fx_pnl_brl"] < 0.05 * of["DDI_5Y"]["rate_pnl_brl"], "dollars of the gain, not of the face"
    book = traded()["pnl_by_factor"].group_by("factor").agg(pl.col("pnl_brl").abs().sum())
    size = dict(book.iter_rows())
    assert size["RESIDUAL"] < 0.02 * sum(size[name] for name in ("DI", "REAL", "CUPOM", "UST", "FX", "EQUITY"))


def test_a_strategy_earns_what_its_own_legs_earn() -> None:
    """Two decisions before, at the P&L of one contract; one against the line takes the other side of it."""
    held = {}
    for row in traded()["package"].iter_rows(named=True):
        held[row["as_of"], row["strategy_id"]] = sum(json.loads(row["legs"]).values())
    times = traded()["portfolio_state"]["as_of"].to_list()
    earned = {(row["as_of"], row["strategy_id"]): row["pnl_brl"] for row in traded()["pnl_by_strategy"].to_dicts()}
    checked = 0
    for row in traded()["pnl_attribution"].filter(pl.col("contracts") != 0).iter_rows(named=True):
        if row["instrument_id"] == "CASH" or row["price_pnl_brl"] is None:
            continue
        unit = (row["price_pnl_brl"] + row["carry_pnl_brl"]) / row["contracts"]
        decided = times[times.index(row["as_of"]) - 2]
        for side in ("FOR", "AGAINST"):
            legs = held[decided, f"{side}_{row['instrument_id']}"]
            if row["instrument_id"].startswith(("NTNB", "DAP")) or legs == 0.0:
                continue  # a short bond is a DAP: two packages' legs in one line
            assert earned[row["as_of"], f"{side}_{row['instrument_id']}"] == pytest.approx(
                legs * unit, abs=0.02, rel=1e-6
            )
            checked += 1
    assert checked > 5_000


def test_positions_of_one_strategy_are_all_its_own_but_for_the_lots() -> None:
    book = run_book(VALUES, one_view("DOL", 0.6, VALUES), LONE, PARAMETERS, VALUES["day"][-30])
    last = pl.col("as_of") == decision_time(VALUES["day"][-1])
    lines = dict(book["pnl_by_strategy"].filter(last).select("strategy_id", "pnl_brl").iter_rows())
    dol = book["pnl_attribution"].filter(last, pl.col("instrument_id") == "DOL").row(0, named=True)
    unit = (dol["price_pnl_brl"] + dol["carry_pnl_brl"]) / dol["contracts"]
    assert set(lines) <= {"DOL", "CASH", "COST", "UNATTRIBUTED"}
    rest = lines.get("UNATTRIBUTED", 0.0)
    assert lines["DOL"] + rest == pytest.approx(dol["price_pnl_brl"] + dol["carry_pnl_brl"], abs=1e-9)
    assert abs(rest) <= 2.5 * abs(unit) + 0.01, "half a lot of five"


def test_two_that_cancel_in_a_line_each_earn_their_own() -> None:
    late = np.where(np.arange(len(VALUES)) < len(VALUES) - 45, np.nan, -0.6)
    both = views_of(VALUES, {"FOR_DOL": np.full(len(VALUES), 0.6), "AGAINST_DOL": late})
    book = run_book(VALUES, both, TERMS, FREE, VALUES["day"][-60])
    held = book["target_position"].filter(pl.col("instrument_id") == "DOL")["contracts"]
    assert held[0] > 0
    assert (held[-40:] == 0).all()
    days = book["pnl_by_strategy"].pivot(on="strategy_id", index="as_of", values="pnl_brl").sort("as_of")
    one, other = (days[name].to_numpy()[-40:] for name in ("FOR_DOL", "AGAINST_DOL"))
    np.testing.assert_allclose(one, -other, atol=0.011)
    assert np.abs(one).min() > 0, "also over the rolls"
