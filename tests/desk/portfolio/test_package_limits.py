"""Limits scale whole packages: they hold for any book, no leg alone is cut, and what each took adds up."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.package_limits import (
    SIZE_LIMITS,
    ContractUses,
    class_index,
    class_totals,
    limit_packages,
)
from desk.portfolio.scenario_losses import scenario_ids
from desk.portfolio.size import risk_contributions

PARAMETERS = load_desk_parameters()
COUNT = len(PARAMETERS.instruments)
NAMES, CLASSES = class_index(PARAMETERS)
CAPS = {name: PARAMETERS.limits.threshold(name) * PARAMETERS.portfolio.limit_headroom for name in SIZE_LIMITS}
SCENARIOS = scenario_ids(PARAMETERS)
TARGET = 0.08 / np.sqrt(252)


def uses_of(matrix: FloatArray, **known: FloatArray) -> ContractUses:
    """Of one row: the covariance (N, N), and what is `known` of the rest, zero without."""
    flat = dict.fromkeys(("exposure", "face", "margin"), np.zeros((1, COUNT)))
    free = {"losses": np.zeros((1, len(SCENARIOS), COUNT)), "most": np.full((1, 2, COUNT), np.inf)}
    return ContractUses(**{"matrix": matrix[None], **flat, **free, **known})


def made(seed: int, packages: int = 8, size: float = 2.0) -> tuple[FloatArray, ContractUses]:
    """Packages (1, S, N) of one to three legs and what a contract uses; `size` times the target risk in all."""
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
    face = volatility[None] * rng.uniform(0.5, 300.0, (1, COUNT))
    losses = rng.normal(0.0, 12.0, (1, len(SCENARIOS), COUNT)) * volatility
    exposure = volatility[None] * rng.uniform(0.5, 60.0, (1, COUNT))
    return legs[None], uses_of(matrix, exposure=exposure, face=face, margin=face * 0.05, losses=losses)


def worst_of(lines: FloatArray, uses: ContractUses) -> float:
    """The loss of the lines (N,) in the worst scenario, by a loop."""
    return max(0.0, *(float(np.dot(lines, losses)) for losses in uses.losses[0]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 4.0))
def test_the_limits_hold_and_packages_stay_whole(seed: int, size: float) -> None:
    legs, uses = made(seed, size=size)
    found, matrix = limit_packages(legs, uses, PARAMETERS), uses.matrix[0]
    lines = found.per_brl[0].sum(axis=0)
    shares = risk_contributions(lines, matrix) / TARGET
    assert np.abs(shares).max() <= CAPS["instrument_risk_share"] * 1.002
    assert np.abs(class_totals(shares, CLASSES)).max() <= CAPS["class_risk_share"] * 1.002
    assert np.abs(lines * uses.exposure[0]).sum() <= CAPS["gross_leverage"] * (1 + 1e-9)
    assert np.abs(lines * uses.face[0]).sum() <= CAPS["gross_face"] * (1 + 1e-9)
    worst = worst_of(lines, uses)
    assert worst <= CAPS["worst_scenario"] * 1.002
    assert np.abs(lines * uses.margin[0]).sum() + worst <= CAPS["stressed_margin"] * 1.002
    np.testing.assert_allclose(found.per_brl[0], legs[0] * found.scale[0][:, None], rtol=1e-9)
    assert ((found.scale >= 0) & (found.scale <= 1)).all()
    before = np.sqrt(legs[0].sum(axis=0) @ matrix @ legs[0].sum(axis=0) * 252)
    assert found.volatility[0] <= before * (1 + 1e-12)
    assert before - found.volatility[0] == pytest.approx(found.taken[0].sum(), abs=1e-12)
    assert ((found.bound[0] == -1) == (found.scale[0] == 1.0)).all()


def test_a_book_inside_its_limits_is_left_alone() -> None:
    legs, uses = made(4, size=0.02)
    found = limit_packages(legs, uses, PARAMETERS)
    np.testing.assert_array_equal(found.per_brl, legs)
    assert found.taken.tolist() == [[0.0] * len(SIZE_LIMITS)]
    assert found.subjects == [[()] * len(SIZE_LIMITS)]


def single(*legs: tuple[str, float]) -> FloatArray:
    """Packages (1, S, N) of one leg each: contracts per BRL of NAV."""
    book = np.zeros((1, len(legs), COUNT))
    for at, (name, size) in enumerate(legs):
        book[0, at, PARAMETERS.instrument_ids.index(name)] = size
    return book


def test_the_loss_in_the_worst_scenario_scales_the_whole_book_and_names_the_scenario() -> None:
    losses = np.zeros((1, len(SCENARIOS), COUNT))
    at = [PARAMETERS.instrument_ids.index(name) for name in ("DOL", "IND")]
    losses[0, 3, at[0]], losses[0, 3, at[1]] = 0.2, -0.05
    found = limit_packages(
        single(("DOL", 1.0), ("IND", 1.0)), uses_of(np.eye(COUNT) * 1e-12, losses=losses), PARAMETERS
    )
    np.testing.assert_allclose(found.scale, CAPS["worst_scenario"] / 0.15)
    assert SIZE_LIMITS[found.bound[0, 0]] == "worst_scenario"
    assert found.subjects[0][SIZE_LIMITS.index("worst_scenario")] == (SCENARIOS[3],)


def test_a_gain_in_a_scenario_is_under_no_limit() -> None:
    losses = np.full((1, len(SCENARIOS), COUNT), -1.0)
    legs = single(("DOL", 1.0))
    found = limit_packages(legs, uses_of(np.eye(COUNT) * 1e-12, losses=losses), PARAMETERS)
    np.testing.assert_array_equal(found.per_brl, legs)


def test_the_margin_after_the_worst_scenario_is_held() -> None:
    losses = np.zeros((1, len(SCENARIOS), COUNT))
    losses[0, 0] = 0.05
    uses = uses_of(np.eye(COUNT) * 1e-12, losses=losses, margin=np.full((1, COUNT), 1.0))
    found = limit_packages(single(("DOL", 1.0)), uses, PARAMETERS)
    assert found.scale[0, 0] * 1.05 == pytest.approx(CAPS["stressed_margin"], rel=2e-3)
    assert SIZE_LIMITS[found.bound[0, 0]] == "stressed_margin"


def test_the_gross_face_scales_the_whole_book() -> None:
    uses = uses_of(np.eye(COUNT) * 1e-12, face=np.full((1, COUNT), 10.0))
    found = limit_packages(single(("DOL", 1.0), ("IND", 2.0)), uses, PARAMETERS)
    np.testing.assert_allclose(found.scale, CAPS["gross_face"] / 30.0)
    assert found.subjects[0][SIZE_LIMITS.index("gross_face")] == ("book",)


def test_what_is_unknown_of_a_contract_uses_nothing() -> None:
    legs, uses = made(4, size=0.02)
    without = dataclasses.replace(uses, margin=np.full((1, COUNT), np.nan), face=np.full((1, COUNT), np.nan))
    np.testing.assert_array_equal(limit_packages(legs, without, PARAMETERS).per_brl, legs)


def test_only_the_packages_that_add_to_the_excess_are_scaled_and_it_is_said() -> None:
    """Three views on the dollar and one apart from it: the dollar's share is held, the other view keeps its size, and
    the one against the dollar keeps its own."""
    matrix = np.eye(COUNT) * 100.0
    legs = np.zeros((1, 4, COUNT))
    dol, ind = (PARAMETERS.instrument_ids.index(name) for name in ("DOL", "IND"))
    legs[0, :2, dol] = 0.5 * TARGET / 10.0
    legs[0, 2, dol] = -0.1 * TARGET / 10.0
    legs[0, 3, ind] = 0.2 * TARGET / 10.0
    found = limit_packages(legs, uses_of(matrix), PARAMETERS)
    assert found.scale[0, 0] == found.scale[0, 1] < 1.0
    assert found.scale[0, 2:].tolist() == [1.0, 1.0]
    assert [SIZE_LIMITS[at] if at >= 0 else "" for at in found.bound[0]] == ["instrument_risk_share"] * 2 + [""] * 2
    assert found.subjects[0] == [("DOL",), *[()] * (len(SIZE_LIMITS) - 1)]
    lines = found.per_brl[0].sum(axis=0)
    share = lines[dol] ** 2 * 100.0 / np.sqrt((lines**2).sum() * 100.0) / TARGET
    assert share == pytest.approx(CAPS["instrument_risk_share"], rel=0.02), "and no further"


def test_the_gross_exposure_scales_the_whole_book_and_says_so() -> None:
    legs, uses = made(11, size=0.02)
    gross = np.abs(legs.sum(axis=1) * uses.exposure).sum()
    large = dataclasses.replace(uses, exposure=uses.exposure * CAPS["gross_leverage"] * 2.0 / gross)
    found, place = limit_packages(legs, large, PARAMETERS), SIZE_LIMITS.index("gross_leverage")
    np.testing.assert_allclose(found.scale, 0.5)
    assert set(found.bound[0].tolist()) == {place}
    assert found.subjects[0][place] == ("book",)


def test_a_rows_answer_does_not_depend_on_the_rows_beside_it() -> None:
    books = [made(seed) for seed in range(5)]
    legs = np.concatenate([own for own, _ in books])
    names = [field.name for field in dataclasses.fields(ContractUses)]
    uses = ContractUses(*(np.concatenate([getattr(own, name) for _, own in books]) for name in names))
    together = limit_packages(legs, uses, PARAMETERS)
    for row, own in enumerate(books):
        np.testing.assert_array_equal(together.per_brl[row], limit_packages(*own, PARAMETERS).per_brl[0])


def test_tighter_limits_leave_less() -> None:
    legs, uses = made(7)
    tight = dataclasses.replace(
        PARAMETERS.limits,
        limits={
            key: dataclasses.replace(limit, threshold=limit.threshold / 2)
            for key, limit in PARAMETERS.limits.limits.items()
        },
    )
    wide = limit_packages(legs, uses, PARAMETERS)
    narrow = limit_packages(legs, uses, dataclasses.replace(PARAMETERS, limits=tight))
    assert narrow.volatility[0] < wide.volatility[0]
