"""Nelson-Siegel-Svensson against ANBIMA's published curves, a published fit, and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from desk.errors import BadInput
from desk.transforms.nss import Svensson, fit_betas, fit_nelson_siegel, fit_svensson

PRE_2018 = Svensson(
    np.array([0.110075282115142, -0.0373539332360202, -0.0795536881439164, -0.0133764658277208]),
    np.array([2.06216185937164, 0.319199548740365]),
)
PRE_2024 = Svensson(
    np.array([0.113430677457985, -0.0114755354049061, 0.0396320616706341, 0.043795219123814]),
    np.array([1.78220478838172, 0.320492886661066]),
)
PRE_2026 = Svensson(
    np.array([0.130055865591664, 0.0141282698000962, -0.0288928185952658, 0.0398972917092863]),
    np.array([0.671237747742566, 0.282233792675406]),
)
PANEL_BD = np.array([21, 42, 63, 126, 252, 378, 504, 756, 1008, 1260, 1764, 2520])


@pytest.mark.parametrize(
    ("curve", "bd", "published"),
    [
        (PRE_2018, [252, 504, 1260, 2520], [6.8980, 8.0652, 9.4769, 10.0937]),
        (PRE_2024, [21, 252, 1260, 2520], [10.6008, 12.5586, 12.9589, 12.6344]),
        (PRE_2026, [21, 126, 252, 2646], [14.3479, 14.0732, 13.8742, 13.8695]),
    ],
    ids=["31/01/2018", "31/10/2024", "30/04/2026"],
)
def test_published_anbima_curves(curve: Svensson, bd: list[int], published: list[float]) -> None:
    percent = np.trunc(curve.rates(np.array(bd) / 252) * 1e6) / 1e4  # ANBIMA prints four decimals, cut off
    assert percent.tolist() == published


# the worked example of the package nelson_siegel_svensson (luphord)
NS_YEARS = [0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]
NS_RATES = [0.01, 0.011, 0.013, 0.016, 0.019, 0.021, 0.026, 0.03, 0.035, 0.037, 0.038, 0.04]


def ns_squares(tau: float) -> float:
    errors = fit_nelson_siegel(NS_YEARS, NS_RATES, 1 / tau).rates(NS_YEARS) - NS_RATES
    return float((errors**2).sum())


def test_published_nelson_siegel_fit() -> None:
    """At its published tau our betas are its betas to the last digit, and its optimiser, from its start, stops
    there on our sum of squares too (the seventh decimal of where it stops is the noise of its numerical gradient)."""
    curve = fit_nelson_siegel(NS_YEARS, NS_RATES, 1 / 1.7170973)
    assert np.round(curve.betas, 7).tolist() == [0.0420174, -0.0318290, -0.0267973, 0.0]
    stopped = float(minimize(lambda x: ns_squares(x[0]), x0=1.0).x[0])
    assert stopped == pytest.approx(1.7170973, abs=1e-6)


def test_our_own_nelson_siegel_fit_goes_on_to_the_minimum() -> None:
    """The published tau is where a gradient tolerance of 1e-5 gave up, on a sum of squares of 1e-5: not the minimum."""
    curve = fit_nelson_siegel(NS_YEARS, NS_RATES)
    tau = float(1 / curve.decays[0])
    assert ns_squares(tau) < 0.78 * ns_squares(1.7170973)
    assert ns_squares(tau) <= min(ns_squares(t) for t in np.geomspace(0.2, 15, 60))


@pytest.mark.parametrize("curve", [PRE_2018, PRE_2024, PRE_2026], ids=["2018", "2024", "2026"])
def test_a_fit_finds_the_curve_it_was_made_from(curve: Svensson) -> None:
    years = PANEL_BD / 252
    found = fit_svensson(years, curve.rates(years))
    np.testing.assert_allclose(found.rates(np.linspace(0.1, 10, 40)), curve.rates(np.linspace(0.1, 10, 40)), atol=1e-8)


def test_a_fit_through_noise_is_no_further_from_the_points_than_the_truth() -> None:
    years = PANEL_BD / 252
    noisy = PRE_2024.rates(years) + np.random.default_rng(3).normal(0, 5e-4, len(years))
    found = fit_svensson(years, noisy)
    assert ((found.rates(years) - noisy) ** 2).sum() <= ((PRE_2024.rates(years) - noisy) ** 2).sum()
    assert np.abs(found.rates(years) - PRE_2024.rates(years)).max() < 2e-3


def test_betas_of_many_days_at_once_with_holes() -> None:
    years = PANEL_BD / 252
    truth = np.stack([PRE_2018.betas, PRE_2024.betas, PRE_2026.betas])
    rates = Svensson(truth, PRE_2024.decays).rates(years)
    rates[1, [0, 5]] = np.nan
    rates[2, 3:] = np.nan
    betas = fit_betas(years, rates, PRE_2024.decays)
    np.testing.assert_allclose(betas[:2], truth[:2], atol=1e-10)
    assert np.isnan(betas[2]).all()


BETA = st.floats(min_value=-0.15, max_value=0.15)
DECAY = st.floats(min_value=0.05, max_value=5.0)


@settings(max_examples=50)
@given(st.lists(BETA, min_size=4, max_size=4), DECAY, DECAY)
def test_limits(betas: list[float], first: float, second: float) -> None:
    curve = Svensson(np.array(betas), np.array([first, second]))
    short, long = curve.rates([0.0, 1e7])
    assert short == pytest.approx(betas[0] + betas[1], abs=1e-15)
    assert long == pytest.approx(betas[0], abs=1e-5)
    assert curve.rates([1e-9])[0] == pytest.approx(short, abs=1e-7)
    assert np.isnan(curve.rates([-1.0])[0])


@pytest.mark.parametrize(
    ("years", "rates", "named"),
    [
        ([], [], "Svensson fit: 0 points"),
        ([1.0, 2.0, 3.0], [0.1, 0.1, 0.1], "Svensson fit: 3 points, and at least 6"),
        ([1, 2, 2, 3, 4, 5], [0.1] * 6, "tenor 2 stands twice"),
        ([1, 2, 3, 4, 5, 6], [0.1] * 5 + [np.inf], "rate inf at tenor 6"),
        ([-1, 2, 3, 4, 5, 6], [0.1] * 6, "at tenor -1"),
        ([1, 2, 3, 4, 5, 6], [0.1] * 5, "do not pair up"),
    ],
)
def test_bad_input_is_named(years: list[float], rates: list[float], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        fit_svensson(years, rates)


def test_an_infinite_rate_is_named_in_a_panel_too() -> None:
    with pytest.raises(BadInput, match="a rate of inf"):
        fit_betas([1, 2, 3, 4], [[0.1, 0.1, np.inf, 0.1]], [2.0, 0.5])
