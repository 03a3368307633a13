"""Monte Carlo: the marginals and the correlation asked for, closed forms, the same paths again."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from desk.risk.monte_carlo import FactorDistribution, draw_moves, factor_distribution, simulated_pnl
from tests.desk.risk.historical import historical_es, historical_var
from tests.desk.risk.sample import (
    IDS,
    PARAMETERS,
    VALUES,
    known_metric,
    lines_alone,
    market,
    metric,
    risk,
    risk_of,
    terms,
)

PATHS = 200_000


def test_marginals_are_students_with_the_deviation_asked_for() -> None:
    law = FactorDistribution(np.array([0.01, 2.0]), np.array([5.0, 100.0]), np.array([[1.0, 0.6], [0.6, 1.0]]))
    moves = draw_moves(law, PATHS, 3)
    np.testing.assert_allclose(moves.mean(axis=0), 0, atol=1e-12)  # mirror images
    for column, degrees in ((0, 5.0), (1, 100.0)):
        standard = moves[:, column] / (law.deviation[column] * np.sqrt((degrees - 2) / degrees))
        for level in (0.95, 0.99, 0.999):
            assert np.quantile(standard, level) == pytest.approx(stats.t(degrees).ppf(level), rel=0.03)
    assert moves[:, 1].std() == pytest.approx(2.0, rel=0.01)
    # a Gaussian copula keeps rank correlation: Kruskal's 6/pi asin(rho/2)
    rank = stats.spearmanr(moves[:20_000]).statistic
    assert rank == pytest.approx(6 / np.pi * np.arcsin(0.3), abs=0.02)


def test_a_linear_normal_book_has_the_normals_numbers() -> None:
    law = FactorDistribution(np.array([0.01, 0.02]), np.array([1e6, 1e6]), np.array([[1.0, -0.3], [-0.3, 1.0]]))
    exposure = np.array([3.0, 1.0])
    pnl = draw_moves(law, PATHS, 5) @ exposure
    covariance = law.correlation * np.outer(law.deviation, law.deviation)
    deviation = float(np.sqrt(exposure @ covariance @ exposure))
    assert historical_var(pnl, 0.99) == pytest.approx(2.32635 * deviation, rel=0.015)
    assert historical_es(pnl, 0.975) == pytest.approx(2.33780 * deviation, rel=0.015)
    assert historical_es(pnl, 0.99) == pytest.approx(2.66521 * deviation, rel=0.015)


def test_a_student_book_has_students_numbers() -> None:
    """[gold] t5: VaR 99 3.36493, ES 97.5 3.52158 standard scales."""
    law = FactorDistribution(np.array([np.sqrt(5 / 3)]), np.array([5.0]), np.eye(1))
    pnl = draw_moves(law, 4 * PATHS, 9)[:, 0]
    assert historical_var(pnl, 0.99) == pytest.approx(3.36493, rel=0.01)
    assert historical_es(pnl, 0.975) == pytest.approx(3.52158, rel=0.01)


def test_the_same_seed_gives_the_same_paths_and_another_gives_others() -> None:
    positions = lines_alone()
    one, again = (simulated_pnl(terms(), market(), positions, PARAMETERS, 2) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    rules = dataclasses.replace(PARAMETERS.risk, monte_carlo_seed=PARAMETERS.risk.monte_carlo_seed + 1)
    other = simulated_pnl(terms(), market(), positions, dataclasses.replace(PARAMETERS, risk=rules), 2)
    assert not np.array_equal(one, other)
    assert len(one) == PARAMETERS.risk.monte_carlo_paths == 10_000
    ratio = historical_var(other, 0.95) / historical_var(one, 0.95)
    assert ratio == pytest.approx(1.0, abs=0.05)


def test_it_agrees_with_the_covariance_and_keeps_the_curvature() -> None:
    for name, size in (("DI1_5Y", 100), ("DOL", 200), ("NTNB_2045", 50), ("UST_10Y", -10), ("SOV_BR_5Y", 20)):
        frames = risk_of({name: size})
        simulated, normal = known_metric(frames, "var_95", "monte_carlo"), known_metric(frames, "var_95", "normal")
        assert simulated == pytest.approx(normal, rel=0.12), name
        assert known_metric(frames, "es_975", "monte_carlo") >= known_metric(frames, "var_95", "monte_carlo")
    at = IDS.index("DI1_10Y")
    receiver = simulated_pnl(terms(), market(), lines_alone(1), PARAMETERS, at)
    payer = simulated_pnl(terms(), market(), lines_alone(-1), PARAMETERS, at)
    assert -receiver.min() < -payer.min(), "a unit price is convex: who pays loses more in the worst of mirrored paths"


def test_only_the_last_day_is_simulated() -> None:
    rows = risk()["risk_metrics_daily"].filter(method="monte_carlo")
    assert rows["as_of"].unique().to_list() == [risk()["risk_metrics_daily"]["as_of"].max()]
    assert sorted(rows["metric"]) == ["es_95", "es_975", "var_95", "var_99"]
    assert (rows["observations"] == PARAMETERS.risk.monte_carlo_paths).all()


def test_an_unknown_factor_is_unknown_and_a_frozen_one_too() -> None:
    law = factor_distribution(market(), len(market()) - 1, PARAMETERS)
    assert np.isfinite(law.deviation).all()
    for change in (None, 0.05):
        frames = risk_of({"DDI_2Y": 10}, VALUES.with_columns(cupom_504=change))
        assert metric(frames, "var_99", "monte_carlo") is None
        other = risk_of({"DOL": 10}, VALUES.with_columns(cupom_504=change))
        assert metric(other, "var_99", "monte_carlo") is not None


def test_factors_without_history_are_unknown() -> None:
    law = factor_distribution(market(), 20, PARAMETERS)
    assert np.isnan(law.deviation).all()
    moves = draw_moves(law, 10, 1)
    assert np.isnan(moves).all()
