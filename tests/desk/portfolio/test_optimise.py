"""What the optimiser promises whatever the views: netting, order of instruments, scale, limits, and both methods."""

import dataclasses
import json
from collections.abc import Mapping
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.arrays import FloatArray, RowIndex
from desk.catalog import desk_parameters
from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.catalog.risk_parameters import Limits
from desk.errors import BadCatalog
from desk.model import decision_time
from desk.portfolio import run_book
from desk.portfolio.optimise import Weights, optimise
from desk.portfolio.size import class_index
from tests.desk.portfolio.panels import make_values

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
COUNT = len(IDS)
CLASSES = class_index(PARAMETERS)[1]
VALUES = make_values(150)
DAY = VALUES["day"][-1]


def made_matrix(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A covariance (1, N, N) with one common factor and volatilities of different sizes."""
    rng = np.random.default_rng(seed)
    loads = rng.uniform(-0.8, 0.8, COUNT)
    correlation = np.outer(loads, loads)
    np.fill_diagonal(correlation, 1.0)
    volatility = 10.0 ** rng.uniform(1, 4, COUNT)
    return volatility[None, :], (correlation * np.outer(volatility, volatility))[None]


def weights(
    view: FloatArray,
    parts: Mapping[str, FloatArray],
    seed: int,
    parameters: DeskParameters = PARAMETERS,
    order: RowIndex | None = None,
) -> Weights:
    order = np.arange(COUNT) if order is None else order
    volatility, matrix = made_matrix(seed)
    exposure = np.full((1, COUNT), 1.0)
    return optimise(
        view[None, order],
        [{name: part[order] for name, part in parts.items()}],
        volatility[:, order],
        matrix[:, order][:, :, order],
        exposure,
        CLASSES[order],
        parameters,
    )


sizes, sides = st.floats(0.051, 1.0), st.sampled_from((-1.0, 1.0))
views = st.lists(st.builds(float.__mul__, sizes, sides), min_size=COUNT, max_size=COUNT).map(np.array)


def in_two(view: np.ndarray) -> dict[str, np.ndarray]:
    """Half of the lines are one strategy's, the rest another's with a third against it."""
    own = np.arange(COUNT) % 2 == 0
    return {"A": np.where(own, view, 0.0), "B": np.where(own, 0.0, 1.5 * view), "C": np.where(own, 0.0, -0.5 * view)}


@settings(max_examples=25)
@given(views, st.integers(0, 50), st.randoms(use_true_random=False))
def test_the_order_of_instruments_does_not_matter(view: np.ndarray, seed: int, random: Random) -> None:
    order = np.array(random.sample(range(COUNT), COUNT))
    plain, shuffled = weights(view, in_two(view), seed), weights(view, in_two(view), seed, order=order)
    np.testing.assert_allclose(shuffled.per_brl[0], plain.per_brl[0, order], rtol=1e-5, atol=1e-15)
    assert shuffled.volatility[0] == pytest.approx(plain.volatility[0], rel=1e-6)


@settings(max_examples=25)
@given(views, st.integers(0, 50))
def test_sides_volatility_and_limits(view: np.ndarray, seed: int) -> None:
    found = weights(view, in_two(view), seed)
    assert (found.per_brl[0] * view >= 0).all(), "no line stands against its conviction"
    assert found.volatility[0] <= 0.08 + 1e-9
    shares = found.risk_weight[0]
    assert np.abs(shares).max() <= 0.25
    assert np.abs(np.bincount(CLASSES, weights=np.abs(shares))).max() <= 0.75


def test_more_of_what_a_strategy_says_than_in_the_prior() -> None:
    """He and Litterman: the book is the prior plus some of the view's own portfolio. A says lines 0 and 1 alike, the
    prior holds twice the share of line 0; the posterior holds them more alike."""
    view, matrix = np.zeros(COUNT), np.eye(COUNT)[None] * 100.0
    view[:2] = 0.8, 0.4
    parts = {"A": np.where(np.arange(COUNT) < 2, 0.6, 0.0)}
    flat = np.full((1, COUNT), 10.0), matrix, np.full((1, COUNT), 1e-9)
    loose = dataclasses.replace(PARAMETERS, limits=_no_limits())
    prior_rules = dataclasses.replace(loose, portfolio=dataclasses.replace(loose.portfolio, method="risk_parity"))
    prior = optimise(view[None], [parts], *flat, CLASSES, prior_rules).per_brl[0]
    found = optimise(view[None], [parts], *flat, CLASSES, loose).per_brl[0]
    assert prior[0] / prior[1] == pytest.approx(np.sqrt(2.0))
    assert 1.0 < found[0] / found[1] < prior[0] / prior[1]
    assert (found[2:] == 0).all()
    assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(prior)), "at the volatility of the prior"


def _no_limits() -> Limits:
    return dataclasses.replace(
        PARAMETERS.limits,
        limits={key: dataclasses.replace(limit, threshold=1e9) for key, limit in PARAMETERS.limits.limits.items()},
    )


def test_an_unknown_method_is_refused() -> None:
    raw = dataclasses.asdict(PARAMETERS.portfolio)
    with pytest.raises(BadCatalog, match="unknown method 'markowitz'"):
        desk_parameters._portfolio({**raw, "method": "markowitz"})
    with pytest.raises(BadCatalog, match="tau and view_confidence"):
        desk_parameters._portfolio({**raw, "tau": 0.0})


def book_of(
    convictions: dict[str, float],
    parameters: DeskParameters = PARAMETERS,
    parts: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, int]:
    rows = [
        (decision_time(DAY), name, size, json.dumps((parts or {}).get(name, {"A": size})))
        for name, size in convictions.items()
    ]
    schema = {"as_of": pl.Datetime("us", "UTC"), "instrument_id": pl.String(), "conviction": pl.Float64()}
    view = pl.DataFrame(rows, schema=schema | {"contributions": pl.String()}, orient="row")
    return dict(
        run_book(VALUES, view, parameters, DAY)["target_position"].select("instrument_id", "contracts").iter_rows()
    )


sized = st.dictionaries(st.sampled_from(IDS), st.floats(-1, 1), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None)
@given(sized)
def test_twice_the_capital_is_twice_the_contracts_within_lots(convictions: dict[str, float]) -> None:
    """Costs and risks are linear in the capital, so the same orders are worth it."""
    rich = dataclasses.replace(PARAMETERS.portfolio, inception_nav_brl=2 * PARAMETERS.portfolio.inception_nav_brl)
    once, twice = book_of(convictions), book_of(convictions, dataclasses.replace(PARAMETERS, portfolio=rich))
    for item in PARAMETERS.instruments:
        if twice[item.id] and once[item.id]:
            assert abs(twice[item.id] - 2 * once[item.id]) <= 1.5 * item.lot
        assert twice[item.id] * once[item.id] >= 0


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(IDS), st.floats(0.1, 1.0))
def test_opposite_strategies_cancel(name: str, size: float) -> None:
    held = book_of({name: 0.0}, parts={name: {"A": size, "B": -size}})
    assert set(held.values()) == {0}


@pytest.mark.parametrize("method", ["black_litterman", "risk_parity"])
def test_a_faint_view_among_neighbours_on_a_curve_stays_small(method: str) -> None:
    """Six rates that move as one, strong views at the ends and a faint one between, against its neighbours."""
    lines = [IDS.index(f"DI1_{tenor}") for tenor in ("1Y", "2Y", "3Y", "4Y", "5Y", "10Y")]
    view = np.zeros(COUNT)
    view[lines] = [0.6, 0.5, -0.06, 0.4, -0.5, -0.7]
    volatility = np.full((1, COUNT), 100.0)
    correlation = np.eye(COUNT)
    correlation[np.ix_(lines, lines)] = 0.97
    np.fill_diagonal(correlation, 1.0)
    rules = dataclasses.replace(PARAMETERS.portfolio, method=method)
    parameters = dataclasses.replace(PARAMETERS, portfolio=rules)
    found = optimise(
        view[None], [{"A": view}], volatility, (correlation * 1e4)[None], np.ones((1, COUNT)), CLASSES, parameters
    )
    own = np.abs(found.per_brl[0] * 100.0)
    independent = np.abs(view) / np.sqrt((view**2).sum()) * rules.target_volatility / np.sqrt(252)
    assert (own <= rules.most_of_conviction * independent + 1e-12).all()
    assert own[lines[2]] < 0.5 * own[lines[5]]
    assert (np.sign(found.per_brl[0]) * np.sign(view) >= 0).all()
