"""Limits scale whole packages: they hold for any book, no leg alone is cut, and what each took adds up."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.package_limits import SHARE_LIMITS, LimitedBook, class_index, class_totals, limit_packages
from desk.portfolio.size import risk_contributions

PARAMETERS = load_desk_parameters()
COUNT = len(PARAMETERS.instruments)
NAMES, CLASSES = class_index(PARAMETERS)
CAPS = [PARAMETERS.limits.threshold(name) * PARAMETERS.portfolio.limit_headroom for name in SHARE_LIMITS]
TARGET = 0.08 / np.sqrt(252)


def made(seed: int, packages: int = 8, size: float = 2.0) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Packages (1, S, N) of two or three legs, a covariance and exposures; `size` times the target risk in all."""
    rng = np.random.default_rng(seed)
    loads = rng.uniform(-0.9, 0.9, (COUNT, 2))
    correlation = loads @ loads.T / 2.0
    np.fill_diagonal(correlation, 1.0)
    volatility = 10.0 ** rng.uniform(1, 4, COUNT)
    matrix = correlation * np.outer(volatility, volatility)
    legs = np.zeros((packages, COUNT))
    for own in legs:
        at = rng.choice(COUNT, int(rng.integers(1, 4)), replace=False)
        own[at] = rng.choice([-1.0, 1.0], len(at)) * rng.uniform(0.2, 1.0, len(at)) / volatility[at]
    lines = legs.sum(axis=0)
    legs *= size * TARGET / np.sqrt(lines @ matrix @ lines)
    return legs[None], matrix[None], volatility[None] * rng.uniform(0.5, 60.0, (1, COUNT))


def run(seed: int, size: float = 2.0) -> tuple[LimitedBook, FloatArray, FloatArray, FloatArray]:
    legs, matrix, exposure = made(seed, size=size)
    return limit_packages(legs, matrix, exposure, PARAMETERS), legs, matrix, exposure


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 4.0))
def test_the_limits_hold_and_packages_stay_whole(seed: int, size: float) -> None:
    found, legs, matrix, exposure = run(seed, size)
    lines = found.per_brl[0].sum(axis=0)
    shares = risk_contributions(lines, matrix[0]) / TARGET
    assert np.abs(shares).max() <= CAPS[0] * 1.002
    assert np.abs(class_totals(shares, CLASSES)).max() <= CAPS[1] * 1.002
    assert np.abs(lines * exposure[0]).sum() <= CAPS[2] * (1 + 1e-9)
    np.testing.assert_allclose(found.per_brl[0], legs[0] * found.scale[0][:, None], rtol=1e-9)
    assert ((found.scale >= 0) & (found.scale <= 1)).all()
    before = np.sqrt(legs[0].sum(axis=0) @ matrix[0] @ legs[0].sum(axis=0) * 252)
    assert before - found.volatility[0] == pytest.approx(found.taken[0].sum(), abs=1e-12)
    assert ((found.bound[0] == -1) == (found.scale[0] == 1.0)).all()


def test_a_book_inside_its_limits_is_left_alone() -> None:
    found, legs, _, _ = run(4, size=0.05)
    np.testing.assert_array_equal(found.per_brl, legs)
    assert found.taken.tolist() == [[0.0, 0.0, 0.0]]
    assert found.subjects == [[(), (), ()]]


def test_only_the_packages_that_add_to_the_excess_are_scaled_and_it_is_said() -> None:
    """Three views on the dollar and one apart from it: the dollar's share is held, the other view keeps its size, and
    the one against the dollar keeps its own."""
    matrix = np.eye(COUNT)[None] * 100.0
    legs = np.zeros((1, 4, COUNT))
    dol, ind = (PARAMETERS.instrument_ids.index(name) for name in ("DOL", "IND"))
    legs[0, :2, dol] = 0.5 * TARGET / 10.0
    legs[0, 2, dol] = -0.1 * TARGET / 10.0
    legs[0, 3, ind] = 0.2 * TARGET / 10.0
    found = limit_packages(legs, matrix, np.zeros((1, COUNT)), PARAMETERS)
    assert found.scale[0, 0] == found.scale[0, 1] < 1.0
    assert found.scale[0, 2:].tolist() == [1.0, 1.0]
    assert [SHARE_LIMITS[at] if at >= 0 else "" for at in found.bound[0]] == ["instrument_risk_share"] * 2 + [""] * 2
    assert found.subjects[0] == [("DOL",), (), ()]
    lines = found.per_brl[0].sum(axis=0)
    share = lines[dol] ** 2 * 100.0 / np.sqrt((lines**2).sum() * 100.0) / TARGET
    assert share == pytest.approx(CAPS[0], rel=0.02), "and no further"


def test_the_gross_exposure_scales_the_whole_book_and_says_so() -> None:
    legs, matrix, exposure = made(11, size=0.2)
    gross = np.abs(legs.sum(axis=1) * exposure).sum()
    found = limit_packages(legs, matrix, exposure * CAPS[2] * 2.0 / gross, PARAMETERS)
    np.testing.assert_allclose(found.scale, 0.5)
    assert set(found.bound[0].tolist()) == {2}
    assert found.subjects[0][2] == ("book",)


def test_a_rows_answer_does_not_depend_on_the_rows_beside_it() -> None:
    books = [made(seed) for seed in range(5)]
    legs, matrix, exposure = (np.concatenate([book[at] for book in books]) for at in range(3))
    together = limit_packages(legs, matrix, exposure, PARAMETERS)
    for row, own in enumerate(books):
        np.testing.assert_array_equal(together.per_brl[row], limit_packages(*own, PARAMETERS).per_brl[0])


def test_tighter_limits_leave_less() -> None:
    legs, matrix, exposure = made(7)
    tight = dataclasses.replace(
        PARAMETERS.limits,
        limits={
            key: dataclasses.replace(limit, threshold=limit.threshold / 2)
            for key, limit in PARAMETERS.limits.limits.items()
        },
    )
    wide = limit_packages(legs, matrix, exposure, PARAMETERS)
    narrow = limit_packages(legs, matrix, exposure, dataclasses.replace(PARAMETERS, limits=tight))
    assert narrow.volatility[0] < wide.volatility[0]
