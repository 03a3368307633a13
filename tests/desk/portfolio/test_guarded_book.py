"""The drawdown breaker in the book: measured on the shadow book, out at once, and back in."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio import run_book
from desk.portfolio.drawdown import drawdown
from tests.desk.portfolio.panels import LONE, make_values, views_of

PARAMETERS = load_desk_parameters()
CALM = make_values(360)
INCEPTION = CALM["day"][200]
RECEIVED = tuple(name for name in PARAMETERS.instrument_ids if name.startswith("DI1"))


def storm() -> pl.DataFrame:
    """Rates rise by 7 points over fifteen days from the 30th of the book, and fall to a point below over forty."""
    path = np.zeros(len(CALM))
    path[230:245] = np.linspace(0.004, 0.07, 15)
    path[245:285] = np.linspace(0.07, -0.01, 40)
    path[285:] = -0.01
    return CALM.with_columns((pl.col(name) + path).alias(name) for name in CALM.columns if name.startswith("pre_"))


def receive_everything() -> pl.DataFrame:
    return views_of(CALM, {name: np.full(len(CALM), 0.9) for name in RECEIVED})


@cache
def received() -> dict[str, pl.DataFrame]:
    return run_book(storm(), receive_everything(), LONE, PARAMETERS, INCEPTION)


def state() -> pl.DataFrame:
    return received()["portfolio_state"]


def test_the_book_leaves_zero_and_comes_back() -> None:
    multiplier = state()["risk_multiplier"].to_numpy()
    assert multiplier[0] == 1.0
    assert multiplier.min() == 0.0
    way_back = multiplier[int(np.argmin(multiplier)) :]
    assert (np.diff(way_back) >= 0).all()
    assert way_back[-1] == 1.0, "within 3% of the peak over cash, which is not a year old"
    flat = state().filter(pl.col("risk_multiplier") == 0)
    assert (flat["active_positions"] == 0).all()
    assert state().filter((pl.col("risk_multiplier") > 0) & (pl.col("risk_multiplier") < 1))["active_positions"][-1] > 0


def test_cuts_are_made_on_the_day_of_the_decision() -> None:
    sizes = (
        received()["target_position"]
        .group_by("as_of")
        .agg(pl.col("dv01_brl").sum())
        .sort("as_of")["dv01_brl"]
        .to_numpy()
    )
    multiplier = state()["risk_multiplier"].to_numpy()
    cuts = np.flatnonzero(np.diff(multiplier) < 0) + 1
    assert len(cuts) >= 2
    for row in cuts:
        assert sizes[row] <= sizes[row - 1] * multiplier[row] / multiplier[row - 1] * 1.25


def test_the_shadow_goes_on_without_the_breaker() -> None:
    shadow = state()["shadow_nav_brl"].to_numpy()
    excess = shadow / state()["benchmark_nav_brl"].to_numpy()
    fall = 1.0 - excess / np.maximum.accumulate(excess)
    assert fall.max() > 0.08
    assert state()["drawdown"].max() < fall.max(), "the guarded book lost less on the way down"
    first = int(np.argmax(state()["risk_multiplier"].to_numpy() < 1))
    np.testing.assert_array_equal(shadow[: first + 1], state()["nav_brl"].to_numpy()[: first + 1])


def test_a_calm_book_is_its_own_shadow() -> None:
    book = run_book(CALM, receive_everything(), LONE, PARAMETERS, CALM["day"][300])["portfolio_state"]
    assert (book["risk_multiplier"] == 1).all()
    assert (book["shadow_nav_brl"] == book["nav_brl"]).all()


def test_a_loss_that_cash_hides_is_a_drawdown() -> None:
    """Losing 12% a year by trading at a CDI of 13.65%, NAV rises: its drawdown over cash is there all the same."""
    years = np.arange(252 * 2) / 252
    benchmark = 1e8 * 1.1365**years
    nav = benchmark * 0.88**years
    assert (np.diff(nav) > 0).all()
    peak, fall = drawdown(nav, benchmark, PARAMETERS.risk.breaker.peak_days)
    assert fall[251] == pytest.approx(1.0 - 0.88 ** (251 / 252))
    assert fall[-1] == pytest.approx(fall[251]), "the peak is a year old at most"
    np.testing.assert_allclose(1.0 - nav / peak, fall)


def test_the_stored_drawdown_is_over_cash() -> None:
    nav, benchmark = state()["nav_brl"].to_numpy(), state()["benchmark_nav_brl"].to_numpy()
    excess = nav / benchmark
    rows = range(len(excess))
    peak = np.array([excess[max(row - 251, 0) : row + 1].max() for row in rows])
    np.testing.assert_allclose(state()["drawdown"].to_numpy(), 1.0 - excess / peak, atol=1e-12)
    np.testing.assert_allclose(state()["peak_nav_brl"].to_numpy(), peak * benchmark)
    assert (state()["drawdown"] > 0).sum() > (nav < np.maximum.accumulate(nav)).sum()
