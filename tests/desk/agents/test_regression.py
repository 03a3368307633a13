"""Ridge: against numpy's least squares with the prior written as rows, and the cases without a result."""

from __future__ import annotations

import numpy as np
import pytest

from desk.agents.regression import MAX_DEVIATIONS, ridge

RNG = np.random.default_rng(5)
X = RNG.normal(2.0, 3.0, (1, 80, 2))
Y = 0.5 + X @ np.array([0.7, -0.2]) + RNG.normal(0.0, 0.1, (1, 80))
NOW = np.array([[1.0, 4.0]])


def test_slopes_are_least_squares_with_the_prior_as_extra_rows() -> None:
    fit = ridge(X, Y, NOW, overlap=3, min_rows=10)
    z = (X[0] - X[0].mean(axis=0)) / X[0].std(axis=0)
    rows = np.vstack([z, np.sqrt(3.0) * np.eye(2)])
    slopes = np.linalg.lstsq(rows, np.append(Y[0] - Y[0].mean(), [0.0, 0.0]), rcond=None)[0] / X[0].std(axis=0)
    assert fit.slopes[0] == pytest.approx(slopes)
    assert fit.forecast[0] == pytest.approx(Y[0].mean() + (NOW[0] - X[0].mean(axis=0)) @ slopes)


def test_errors_without_overlap_are_whites() -> None:
    """The prior weighs one row of eighty, so White's sandwich by hand is close; and the truth is within three."""
    fit = ridge(X, Y, NOW, overlap=1, min_rows=10)
    design = np.column_stack([np.ones(80), X[0]])
    residual = Y[0] - design @ np.linalg.lstsq(design, Y[0], rcond=None)[0]
    bread = np.linalg.inv(design.T @ design)
    white = np.sqrt(np.diag(bread @ (design.T * residual**2) @ design @ bread))[1:]
    assert fit.errors[0] == pytest.approx(white, rel=0.1)
    assert (np.abs(fit.slopes[0] - [0.7, -0.2]) < 3.0 * fit.errors[0] + 0.02).all()


def test_holes_are_left_out_and_too_few_rows_say_nothing() -> None:
    holed = Y.copy()
    holed[0, 10:30] = np.nan
    kept = np.r_[0:10, 30:80]
    some = ridge(X, holed, NOW, overlap=1, min_rows=60)
    assert some.slopes == pytest.approx(ridge(X[:, kept], Y[:, kept], NOW, overlap=1, min_rows=60).slopes)
    assert some.count[0] == 60
    assert np.isnan(ridge(X, holed, NOW, overlap=1, min_rows=61).forecast[0])


@pytest.mark.parametrize("what", ["regressor", "response", "now", "everything"])
def test_what_did_not_move_or_is_not_known_gives_nothing(what: str) -> None:
    x, y, now = X.copy(), Y.copy(), NOW.copy()
    if what == "regressor":
        x[:, :, 1] = 3.25
    elif what == "response":
        y[:] = 0.04
    elif what == "now":
        now[0, 0] = np.nan
    else:
        x[:], y[:] = np.nan, np.nan
    assert np.isnan(ridge(x, y, now, overlap=1, min_rows=10).forecast[0])


def test_a_regressor_beyond_what_was_seen_counts_as_its_edge() -> None:
    edge = X[0].mean(axis=0) + MAX_DEVIATIONS * X[0].std(axis=0)
    far = ridge(X, Y, np.array([edge * 50.0]), overlap=1, min_rows=10).forecast
    assert far == pytest.approx(ridge(X, Y, edge[None, :], overlap=1, min_rows=10).forecast)
