"""Strategies are combined, not instruments: linear, netting, no price for breadth; and Black-Litterman's other way."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.arrays import FloatArray
from desk.catalog import desk_parameters
from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadCatalog, BadInput
from desk.portfolio.combine import CombinedBook, combine, strategy_budgets
from desk.portfolio.packages import PackageTerms, package_terms
from desk.portfolio.size import shares_worth_trading
from desk.strategies import STRATEGIES

RULES = load_desk_parameters().portfolio
BAYES = dataclasses.replace(RULES, method="black_litterman")
LINES = 6


def made(seed: int = 3) -> tuple[tuple[PackageTerms, ...], FloatArray, FloatArray]:
    """Five packages of unit risk, the first two the same one, over six correlated lines: terms, (1, S, N), matrix."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(0, 1, (LINES, 3))
    scale = rng.uniform(20, 300, LINES)
    matrix = (factors @ factors.T + 0.5 * np.eye(LINES)) * np.outer(scale, scale)
    legs = rng.normal(0, 1, (5, LINES)) * (rng.random((5, LINES)) < 0.6)
    legs[:, 0] += 0.5
    legs[1] = legs[0]
    unit = legs / np.sqrt(np.einsum("sn,nm,sm->s", legs, matrix, legs))[:, None]
    classes = ("FX", "FX", "Rates", "Rates", "Cupom")
    terms = tuple(PackageTerms(f"S{place}", name, "outright", ()) for place, name in enumerate(classes))
    return terms, unit[None], matrix[None]


TERMS, UNIT, MATRIX = made()


def book(conviction: list[float], rules: desk_parameters.PortfolioParameters = RULES) -> CombinedBook:
    sizes = np.array([conviction])
    return combine(sizes, UNIT * np.sign(sizes)[:, :, None], MATRIX, TERMS, rules)


def lines(found: CombinedBook) -> FloatArray:
    return np.asarray(found.per_brl.sum(axis=1)[0])


def test_budgets_are_equal_over_classes_and_within_them() -> None:
    np.testing.assert_allclose(strategy_budgets(TERMS) ** 2, [1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 3])
    desk = package_terms(STRATEGIES)
    shares = strategy_budgets(desk) ** 2
    assert shares.sum() == pytest.approx(1.0)
    of_class = {name: sum(s for s, t in zip(shares, desk, strict=True) if t.asset_class == name) for name in
                {terms.asset_class for terms in desk}}  # fmt: skip
    np.testing.assert_allclose(list(of_class.values()), 1 / 6)


small = st.lists(st.floats(-0.1, 0.1), min_size=5, max_size=5)


@given(small, small)
def test_the_book_is_linear_in_the_convictions_while_it_is_below_its_target(
    one: list[float], other: list[float]
) -> None:
    both = [a + b for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(lines(book(one)) + lines(book(other)), lines(book(both)), atol=1e-12)


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=5))
def test_the_volatility_asked_for_is_that_of_the_sum_and_at_most_the_target(conviction: list[float]) -> None:
    found = book(conviction)
    held = lines(found)
    assert found.requested[0] == pytest.approx(np.sqrt(held @ MATRIX[0] @ held * 252), abs=1e-12)
    assert found.requested[0] <= RULES.target_volatility * (1 + 1e-12)


def test_opposite_views_on_one_package_cancel_and_a_voice_that_agrees_adds() -> None:
    assert np.abs(lines(book([0.4, -0.4, 0.0, 0.0, 0.0]))).max() < 1e-15
    alone, weak, strong = (book([0.4, voice, 0.0, 0.0, 0.0]).requested[0] for voice in (0.0, 0.1, 0.4))
    assert alone < weak < strong
    assert strong == pytest.approx(2 * alone)
    assert book([0.4, 0.0, 0.3, 0.2, 0.1]).requested[0] > alone


def test_a_silent_strategy_changes_nothing() -> None:
    held = lines(book([0.3, 0.0, 0.2, 0.0, 0.0]))
    expected = (0.3 * UNIT[0, 0] + 0.2 * UNIT[0, 2]) * np.sqrt(1 / 6) / RULES.full_conviction
    np.testing.assert_allclose(held, expected * RULES.target_volatility / np.sqrt(252))


def test_independent_strategies_at_full_conviction_ask_for_the_target() -> None:
    count = len(TERMS)
    found = combine(np.full((1, count), 0.5), np.eye(count)[None], np.eye(count)[None], TERMS, RULES)
    assert found.requested[0] == pytest.approx(RULES.target_volatility)
    half = combine(np.full((1, count), 0.25), np.eye(count)[None], np.eye(count)[None], TERMS, RULES)
    assert half.requested[0] == pytest.approx(RULES.target_volatility / 2)


def test_black_litterman_is_its_closed_form() -> None:
    """He and Litterman with a prior of cash: ((1 + tau) omega + R)^-1 q, omega of one at a confidence of a half."""
    sizes = np.array([0.2, 0.18, -0.3, 0.25, 0.15])
    unit = UNIT[0] * np.sign(sizes)[:, None]
    correlation = unit @ MATRIX[0] @ unit.T
    expected = np.linalg.solve((1 + RULES.tau) * np.eye(5) + correlation, np.abs(sizes))
    assert (expected > 0).all(), "no view is held against itself here"
    found = book(sizes.tolist(), BAYES)
    risk = np.sqrt(np.einsum("sn,nm,sm->s", found.per_brl[0], MATRIX[0], found.per_brl[0]) * 252)
    np.testing.assert_allclose(risk, expected * RULES.target_volatility, rtol=1e-9)


def test_black_litterman_averages_the_voices_on_one_package() -> None:
    """Why it is not the default: a second voice that agrees adds a third, and a weak one that agrees is left out."""
    alone, joined = (np.abs(lines(book([0.4, voice, 0, 0, 0], BAYES))).sum() for voice in (0.0, 0.4))
    assert joined / alone == pytest.approx(2 * (2 + RULES.tau) / (3 + RULES.tau))
    assert (book([0.4, 0.05, 0, 0, 0], BAYES).per_brl[0, 1] == 0).all()
    assert np.abs(lines(book([0.4, 0.05, 0, 0, 0]))).sum() > np.abs(lines(book([0.4, 0.0, 0, 0, 0]))).sum()


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=5))
def test_no_package_is_held_against_its_own_view(conviction: list[float]) -> None:
    for rules in (RULES, BAYES):
        per_brl = book(conviction, rules).per_brl[0]
        for place, size in enumerate(conviction):
            assert (per_brl[place] * UNIT[0, place] * size >= 0).all()


def test_a_covariance_that_cannot_be_used_is_named() -> None:
    broken = MATRIX.copy()
    broken[0, 1, 2] = np.nan
    with pytest.raises(BadInput, match="covariance of row 0"):
        combine(np.full((1, 5), 0.3), UNIT, broken, TERMS, RULES)
    same = np.ones((1, LINES, LINES)) * 100.0
    with pytest.raises(BadInput, match="singular; use risk_budget"):
        combine(np.full((1, 5), 0.3), np.ones_like(UNIT), same, TERMS, BAYES)
    assert np.isfinite(combine(np.full((1, 5), 0.3), np.ones_like(UNIT), same, TERMS, RULES).requested).all()


@pytest.mark.parametrize("kind", ["as one", "as far apart as can be", "one of no variance"])
def test_a_singular_covariance_makes_a_book_within_its_target(kind: str) -> None:
    """Correlation 1, or -1/(N-1) between all, or a line of variance 1e-24: nothing is inverted, nothing vanishes."""
    correlation = np.full((LINES, LINES), 1.0 if kind == "as one" else -1.0 / (LINES - 1))
    np.fill_diagonal(correlation, 1.0)
    scale = np.full(LINES, 100.0)
    if kind == "one of no variance":
        correlation, scale[0] = np.eye(LINES), 1e-12
    matrix = correlation * np.outer(scale, scale)
    legs = np.eye(5, LINES)
    unit = legs / np.sqrt(np.einsum("sn,nm,sm->s", legs, matrix, legs))[:, None]
    found = combine(np.full((1, 5), 0.3), unit[None], matrix[None], TERMS, RULES)
    daily = RULES.target_volatility / np.sqrt(252)
    total = found.per_brl[0].sum(axis=0)
    assert 0 < np.sqrt(max(total @ matrix @ total, 1e-30)) <= daily * (1 + 1e-9)
    alone = np.sqrt(np.einsum("sn,nm,sm->s", found.alone[0], matrix, found.alone[0])) / daily
    np.testing.assert_allclose(alone, strategy_budgets(TERMS) * 0.3 / RULES.full_conviction)
    shares = shares_worth_trading(
        matrix, np.zeros(LINES, dtype=np.bool_), np.full(LINES, 10.0), 1e8, 5.0, np.ones(LINES)
    )
    assert ((shares >= 0) & (shares <= 1)).all()


def test_an_unknown_method_is_refused() -> None:
    raw = dataclasses.asdict(RULES)
    with pytest.raises(BadCatalog, match="unknown method 'markowitz'"):
        desk_parameters._portfolio({**raw, "method": "markowitz"})
    with pytest.raises(BadCatalog, match="tau and view_confidence"):
        desk_parameters._portfolio({**raw, "tau": 0.0})
