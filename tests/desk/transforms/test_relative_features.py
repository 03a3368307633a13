"""Responses of one market to another: a planted slope is found before the move that it explains."""

from __future__ import annotations

import numpy as np
import pytest

from desk.transforms import rolling
from desk.transforms.market_features import FEATURES
from desk.transforms.relative_features import EMB_TREASURY_SHARE, EQUITY_PEERS, PEERS

BY_NAME = {feature.name: feature for feature in FEATURES}
RNG = np.random.default_rng(4)
DAYS = 700


def compute(name: str, columns: dict[str, np.ndarray]) -> np.ndarray:
    """A feature and all that stands before it, from the given columns."""
    have = dict(columns)

    def make(target: str) -> np.ndarray:
        if target not in have:
            have[target] = BY_NAME[target].compute({part: make(part) for part in BY_NAME[target].inputs})
        return have[target]

    return make(name)


def test_slope_is_the_least_squares_slope_of_the_days_both_know() -> None:
    x, y = RNG.normal(size=300), RNG.normal(size=300)
    y = 0.7 * x + y
    x[50], y[60] = np.nan, np.nan
    got = rolling.slope(y, x, 100)
    for end in (99, 200, 299):
        window = slice(end - 99, end + 1)
        known = np.isfinite(x[window]) & np.isfinite(y[window])
        assert got[end] == pytest.approx(np.polyfit(x[window][known], y[window][known], 1)[0])
    assert np.isnan(rolling.slope(y, np.ones(300), 100)).all()
    assert np.isnan(rolling.slope(np.full(300, np.nan), x, 100)).all()


def two_rates(jump: float, ust_jump: float) -> dict[str, np.ndarray]:
    """DI answers Treasuries with a slope of 1.5; the last week both jump."""
    ust = 0.04 + np.cumsum(RNG.normal(0, 0.0005, DAYS))
    pre = 0.12 + 1.5 * (ust - 0.04) + np.cumsum(RNG.normal(0, 0.0001, DAYS))
    ust[-1] += ust_jump
    pre[-1] += 1.5 * ust_jump + jump
    return {"pre_1260": pre, "ust_1260": ust}


def test_di_beyond_its_usual_response_is_an_overreaction() -> None:
    residual = compute("di_ust_residual_5", two_rates(0.004, 0.003))[-1]
    assert residual == pytest.approx(0.004, abs=0.0012)
    assert compute("di_ust_overreaction", two_rates(0.004, 0.003))[-1] > 2.0
    assert compute("di_ust_overreaction", two_rates(-0.004, 0.003))[-1] < -2.0
    calm = two_rates(0.0, 0.003)
    assert abs(compute("di_ust_residual_5", calm)[-1]) < 0.0012


def test_a_week_without_treasuries_does_not_speak() -> None:
    columns = two_rates(0.0, 0.0)
    columns["ust_1260"][-6:] = columns["ust_1260"][-6]
    columns["pre_1260"][-1] += 0.01
    assert compute("di_ust_overreaction", columns)[-1] == pytest.approx(0.0)


def test_a_real_that_falls_alone_is_weaker_than_its_peers() -> None:
    common = np.cumsum(RNG.normal(0, 0.006, DAYS))
    columns = {name: 10.0 * np.exp(common + np.cumsum(RNG.normal(0, 0.001, DAYS))) for name in PEERS}
    own = np.zeros(DAYS)
    own[-20:] = 0.08
    usdbrl = 5.0 * np.exp(1.2 * common + own)
    got = compute("brl_peer_residual_63", {**columns, "usdbrl": usdbrl})[-1]
    assert got == pytest.approx(0.08, abs=0.03)
    with_them = compute("brl_peer_residual_63", {**columns, "usdbrl": 5.0 * np.exp(1.2 * common)})[-1]
    assert abs(with_them) < 0.03
    one = {name: path if name == PEERS[0] else np.full(DAYS, np.nan) for name, path in columns.items()}
    assert np.isnan(compute("brl_peer_residual_63", {**one, "usdbrl": usdbrl})).all()  # one peer is no peers


def test_equities_and_spreads_against_their_peers() -> None:
    common = np.cumsum(RNG.normal(0, 0.01, DAYS))
    own = np.zeros(DAYS)
    own[-10:] = -0.1
    funds = {name: 50.0 * np.exp(common + np.cumsum(RNG.normal(0, 0.002, DAYS))) for name in EQUITY_PEERS}
    assert compute("ewz_peer_residual_63", {**funds, "ewz": 30.0 * np.exp(common + own)})[-1] < -0.05
    credit = np.cumsum(RNG.normal(0, 0.003, DAYS))
    tlt = 100.0 * np.exp(np.cumsum(RNG.normal(0, 0.008, DAYS)))
    emb = 110.0 * np.exp(credit + EMB_TREASURY_SHARE * np.log(tlt / 100.0))
    spread = 0.02 - 0.15 * credit - own / 10.0
    columns = {"emb": emb, "tlt": tlt, "cupom_1260": 0.04 + spread, "ust_1260": np.full(DAYS, 0.04)}
    assert compute("sov_peer_residual_63", columns)[-1] == pytest.approx(0.01, abs=0.002)
    np.testing.assert_allclose(compute("sov_spread_5y", columns), spread)


def test_focus_over_two_years_by_hand() -> None:
    ones = np.ones(2)
    got = BY_NAME["focus_ipca_2y"].compute(
        {"focus_ipca_12m": 0.05 * ones, "focus_ipca_y1": 0.04 * ones, "focus_ipca_y2": 0.03 * ones}
    )
    assert got[0] == pytest.approx((1.05 * 1.035) ** 0.5 - 1.0)
