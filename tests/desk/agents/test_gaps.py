"""The one-sided gap: the end of a Hodrick-Prescott trend, by its definition, and on lines that have no gap."""

from __future__ import annotations

import numpy as np
import pytest

from desk.agents.gaps import GAP_MONTHS, SMOOTHNESS, hp_gap, log_or_nan


def test_the_end_is_that_of_the_least_squares_trend() -> None:
    """The trend minimises the squared gaps plus lambda times the squared bends: least squares with bends as rows."""
    y = np.cumsum(np.random.default_rng(3).normal(0.0, 0.01, GAP_MONTHS))
    bends = np.zeros((GAP_MONTHS - 2, GAP_MONTHS))
    for row in range(GAP_MONTHS - 2):
        bends[row, row : row + 3] = np.sqrt(SMOOTHNESS) * np.array([1.0, -2.0, 1.0])
    stacked = np.vstack([np.eye(GAP_MONTHS), bends])
    trend = np.linalg.lstsq(stacked, np.append(y, np.zeros(GAP_MONTHS - 2)), rcond=None)[0]
    assert hp_gap(y[None, :])[0, -1] == pytest.approx(y[-1] - trend[-1], abs=1e-10)


def test_a_line_has_no_gap_and_a_jump_up_has_a_positive_one() -> None:
    line = 4.0 + 0.002 * np.arange(90.0)[None, :]
    assert np.abs(hp_gap(line)[0, GAP_MONTHS - 1 :]).max() < 1e-9
    jumped = line + np.where(np.arange(90) >= 85, 0.05, 0.0).astype(np.float64)
    assert hp_gap(jumped)[0, -1] > 0.02


def test_no_gap_before_five_whole_years_nor_across_a_hole() -> None:
    line = np.arange(70.0)[None, :].copy()
    assert np.isfinite(hp_gap(line)[0]).sum() == 70 - GAP_MONTHS + 1
    line[0, 40] = np.nan
    assert not np.isfinite(hp_gap(line)).any()
    assert not np.isfinite(hp_gap(np.ones((1, 12)))).any()


def test_logarithms_of_what_has_none_are_unknown() -> None:
    assert np.isnan(log_or_nan(np.array([0.0, -1.0, np.nan, np.inf]))).all()
