"""The DV01 ladder: by vertex, signed, adding up to the parallel move and to the positions; and the deltas beside it."""

import numpy as np
import polars as pl
import pytest

from desk.portfolio.market_levels import CURVE_KEYS, no_moves
from desk.portfolio.pricing import quote
from desk.portfolio.scenario_pnl import scenario_pnl
from desk.risk.dv01 import DELTAS, bump_pnl, deltas, dv01_ladder
from desk.units import BASIS_POINT
from tests.desk.risk.sample import IDS, PARAMETERS, VALUES, book, lines_alone, market, risk, terms

CURVE_OF = {
    "pre_pu": {"pre"},
    "real_pu": {"real"},
    "ipca_bond": {"real"},
    "cupom_pu": {"cupom"},
    "par_bond": {"ust"},
    "spread": {"cupom", "ust"},
    "fx_forward": {"pre"},
    "equity_forward": {"pre"},
}
GAINS_WHEN_RATES_RISE = ("DOL", "IND")  # forwards grow with the rate


def test_each_instrument_stands_on_its_own_curve_with_its_own_sign() -> None:
    positions = lines_alone()
    ladder = dv01_ladder(terms(), market(), positions)
    every_vertex = np.ones((1, ladder.shape[1]))
    parallel = 0.5 * bump_pnl(terms(), market(), positions, every_vertex)[:, 0]
    curves = np.array([curve for curve, _ in CURVE_KEYS])
    for row, item in enumerate(PARAMETERS.instruments):
        on = {str(curve) for curve in curves[np.abs(ladder[row]) > 1e-6]}
        assert on == CURVE_OF[item.kind], item.id
        if item.kind == "spread":
            assert ladder[row][curves == "cupom"].sum() > 0 > ladder[row][curves == "ust"].sum()
            np.testing.assert_allclose(parallel[row], 0, atol=1e-6)
            continue
        sign = -1 if item.id in GAINS_WHEN_RATES_RISE else 1
        assert np.sign(parallel[row]) == sign, item.id
        assert (sign * ladder[row] >= -1e-6).all(), item.id
        np.testing.assert_allclose(ladder[row].sum(), parallel[row], rtol=1e-6)


def test_a_vertex_is_the_slope_of_the_book_there() -> None:
    """One-sided, a hundredth of the bump, by repricing."""
    positions = lines_alone(-3)
    ladder = dv01_ladder(terms(), market(), positions)
    at = np.array([3, 8, 20, 25, 40, 45])
    moves = no_moves(len(at))
    moves.curves[0, np.arange(len(at)), at] = -BASIS_POINT / 100
    unit = scenario_pnl(
        terms(), market().levels[positions.rows], moves, market().valuation[positions.rows], positions.maturity
    )
    slope = 100 * -3 * np.diagonal(unit, axis1=0, axis2=2).T
    np.testing.assert_allclose(ladder[:, at], slope, rtol=2e-3, atol=1e-3)


def test_the_ladder_adds_up_to_the_parallel_move_and_the_quoted_dv01s() -> None:
    positions = lines_alone()
    quoted = quote(terms(), market().levels[-1:], market().valuation[-1:], positions.maturity[:1]).dv01[0]
    ladder = dv01_ladder(terms(), market(), positions).sum(axis=1)
    own = deltas(terms(), market(), positions)[:, DELTAS.index("SPREAD")]
    found = np.where(np.isin(IDS, ["SOV_BR_5Y"]), own, ladder)
    # DI1 quotes against its own yield and the ladder against vertices: flat-forward moves one by nearly the other
    np.testing.assert_allclose(found, quoted, rtol=2e-2)


def test_the_books_rows_add_up_to_the_books_positions() -> None:
    ladder = risk()["dv01_ladder"]
    lines = book()["target_position"]
    delta = lines.group_by("as_of", "asset_class").agg(pl.col("delta_brl", "dv01_brl").sum()).sort("as_of")
    for name, asset_class, column, unit in (
        ("FX", "FX", "delta_brl", BASIS_POINT),
        ("EQUITY", "Cross-Asset", "delta_brl", BASIS_POINT),
        ("SPREAD", "Sovereign", "dv01_brl", 1.0),
    ):
        rows = ladder.filter(pl.col("curve_id") == name).sort("as_of")
        assert rows["tenor_bd"].unique().to_list() == [0]
        whole = delta.filter(pl.col("asset_class") == asset_class)[column] * unit
        np.testing.assert_allclose(rows["dv01_brl"], whole, rtol=1e-6, atol=1e-6, err_msg=name)


def test_dollars_and_the_index_gain_when_they_rise_and_protection_when_the_spread_falls() -> None:
    found = deltas(terms(), market(), lines_alone())
    fx, equity, spread = (found[:, DELTAS.index(name)] for name in DELTAS)
    dollars, index, protection = (IDS.index(name) for name in ("DOL", "IND", "SOV_BR_5Y"))
    assert fx[dollars] == pytest.approx(50_000 * VALUES["usdbrl"][-1] * BASIS_POINT, rel=0.03)
    assert equity[index] == pytest.approx(VALUES["ibovespa"][-1] * BASIS_POINT, rel=0.03)
    assert spread[protection] == pytest.approx(450 * VALUES["usdbrl"][-1], rel=1e-9)
    for column, at in ((fx, dollars), (equity, index), (spread, protection)):
        np.testing.assert_allclose(np.delete(column, at), 0, atol=1e-6)


def test_every_vertex_of_every_curve_has_a_row() -> None:
    rows = risk()["dv01_ladder"].filter(pl.col("as_of") == pl.col("as_of").max())
    keys = set(rows.select("curve_id", "tenor_bd").rows())
    assert keys == {(curve.upper(), bd) for curve, bd in CURVE_KEYS} | {(name, 0) for name in DELTAS}
    assert {curve for curve, _ in keys} == {"PRE", "REAL", "CUPOM", "UST", *DELTAS}
