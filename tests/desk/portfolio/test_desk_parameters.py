"""The desk's TOML: what it names exists, numbers are B3's, and a bad entry is refused by name."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from desk.catalog import desk_parameters, finite, read_toml, risk_parameters
from desk.catalog.desk_parameters import load_desk_parameters
from desk.catalog.risk_parameters import DAILY_METHODS
from desk.errors import BadCatalog
from desk.strategies import STRATEGIES

PARAMETERS = load_desk_parameters()


def test_contract_sizes_are_b3s() -> None:
    of = {item.id: item for item in PARAMETERS.instruments}
    assert (of["DOL"].multiplier, of["DOL"].tick, of["DOL"].lot) == (50.0, 0.5, 5)
    assert (of["IND"].multiplier, of["IND"].tick, of["IND"].lot) == (1.0, 5.0, 5)
    assert (of["DAP_5Y"].multiplier, of["DAP_5Y"].tick, of["DAP_5Y"].lot) == (0.00025, 0.0001, 1)
    assert (of["DI1_5Y"].multiplier, of["DI1_5Y"].tick, of["DI1_10Y"].tick) == (1.0, 0.00005, 0.0001)


def test_the_listed_stress_moves_are_in_the_catalogue() -> None:
    of = {item.id: item for item in PARAMETERS.parametric}
    listed = {
        "taper_tantrum_2013": (0.15, 200, -0.15),
        "brazil_2015": (0.30, 400, -0.25),
        "covid_2020": (0.20, 200, -0.35),
        "rate_shock_2022": (0.25, 500, 0.0),
        "fiscal_crisis": (0.25, 350, -0.18),
        "global_risk_off": (0.20, 150, -0.30),
    }
    for key, (usdbrl, bp, ibovespa) in listed.items():
        assert (of[key].usdbrl, of[key].curves["pre"], of[key].ibovespa) == (usdbrl, ((0, bp),), ibovespa)
    assert (of["joesley_2017"].usdbrl, of["joesley_2017"].ibovespa) == (0.0807, -0.0880)
    assert (of["covid_2020"].spx, of["covid_2020"].oil) == (-0.30, -0.50)


def test_the_listed_limits_are_in_the_catalogue() -> None:
    listed = {
        "var_95": pytest.approx(0.0124340, abs=1e-7),
        "var_99": pytest.approx(0.0175856, abs=1e-7),
        "es_975": pytest.approx(0.0176721, abs=1e-7),
        "drawdown": 0.10,
        "gross_leverage": 3.0,
        "gross_face": 10.0,
        "stressed_margin": 0.70,
        "worst_scenario": 0.10,
        "open_interest": 0.05,
        "days_to_liquidate": 5.0,
        "instrument_risk_share": 0.25,
        "class_risk_share": 0.50,
        "daily_loss": 0.02,
        "five_day_loss": 0.05,
        "strategy_daily_loss": 0.02,
    }
    assert {key: limit.threshold for key, limit in PARAMETERS.limits.limits.items()} == listed
    assert (PARAMETERS.limits.amber, PARAMETERS.limits.red) == (0.60, 0.80)


def test_the_headline_is_a_method_that_is_measured() -> None:
    assert PARAMETERS.risk.headline in DAILY_METHODS


def test_an_unknown_instrument_is_named() -> None:
    assert PARAMETERS.instrument("DOL").name == "US dollar future"
    with pytest.raises(BadCatalog, match="unknown instrument 'EUR'"):
        PARAMETERS.instrument("EUR")


INSTRUMENT = {key: value for key, value in dataclasses.asdict(PARAMETERS.instrument("DI1_1Y")).items() if key != "id"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "swap"}, "instrument X: unknown kind 'swap'"),
        ({"asset_class": "Energy"}, "unknown asset class 'Energy'"),
        ({"months": [13]}, "months must be contract months"),
        ({"tenor_months": None}, "needs tenor_months"),
        ({"tick": 0.0}, "must be positive"),
        ({"colour": "red"}, "instrument X: .*colour"),
    ],
)
def test_a_bad_instrument_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(BadCatalog, match=message):
        desk_parameters._instrument("X", {**INSTRUMENT, **change})


def test_bad_limits_and_scenarios_are_refused() -> None:
    one = {"var_95": {"name": "VaR", "threshold": 0.03}}
    with pytest.raises(BadCatalog, match="amber < red"):
        risk_parameters.limits({"amber": 0.9, "red": 0.8, "limit": one}, 0.08)
    with pytest.raises(BadCatalog, match="limit x: threshold = 0 is not above 0"):
        risk_parameters.limits({"amber": 0.6, "red": 0.8, "limit": {"x": {"name": "X", "threshold": 0}}}, 0.08)
    with pytest.raises(BadCatalog, match="scenario s: unknown factor eurbrl"):
        risk_parameters.parametric_scenario("s", {"name": "S", "eurbrl": 0.1})
    dated = {"name": "S", "start": PARAMETERS.dated[0].end, "end": PARAMETERS.dated[0].start}
    with pytest.raises(BadCatalog, match="is not before end"):
        risk_parameters.dated_scenario("s", dated)


@pytest.mark.parametrize("name", ["portfolio", "limits", "risk", "instruments", "plausibility", "defence", "siblings"])
@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_number_that_is_none_is_refused_wherever_it_stands(name: str, number: float) -> None:
    """TOML has nan and inf, and no comparison with nan holds: a limit of nan is no limit."""

    def changed(value: Any) -> Iterator[Any]:
        """`value` with one of its numbers replaced, each of them in turn."""
        if isinstance(value, dict | list):
            for key, part in value.items() if isinstance(value, dict) else enumerate(value):
                for other in changed(part):
                    copy = value.copy()
                    copy[key] = other
                    yield copy
        elif isinstance(value, float):
            yield number

    found = list(changed(read_toml(name)))
    assert found
    for content in found:
        with pytest.raises(BadCatalog, match=f"{name}.toml: .* is {number}: a number must be finite"):
            finite(f"{name}.toml", content)


PORTFOLIO = dataclasses.asdict(PARAMETERS.portfolio)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target_volatility": 8.0}, "target_volatility = 8.0 is no share"),
        ({"target_volatility": -0.08}, "target_volatility = -0.08 is no share"),
        ({"limit_headroom": 0.0}, "limit_headroom = 0.0 is no share"),
        ({"dead_band": 1.0}, "dead_band = 1.0 is no size"),
        ({"inception_nav_brl": 0.0}, "inception_nav_brl = 0.0 must be positive"),
        ({"minimum_change_brl": -1.0}, "minimum_change_brl = -1.0 is no amount of BRL from 0"),
        ({"holding_days": 0}, "holding_days = 0 must be positive"),
        ({"sharpe_assumed": -0.5}, "sharpe_assumed = -0.5 must be positive"),
        ({"holding_days": 2.5}, "holding_days = 2.5 is no int"),
        ({"target_volatility": "0.08"}, "target_volatility = '0.08' is no float"),
        ({"full_conviction": True}, "full_conviction = True is no float"),
    ],
)
def test_an_impossible_rule_of_sizing_is_refused(change: dict[str, object], message: str) -> None:
    assert desk_parameters._portfolio(PORTFOLIO) == PARAMETERS.portfolio
    with pytest.raises(BadCatalog, match=message):
        desk_parameters._portfolio({**PORTFOLIO, **change})


def test_a_view_counts_for_the_days_it_was_measured_to_last_and_a_quarter_at_most() -> None:
    assert set(PARAMETERS.decay_days) == {strategy.id for strategy in STRATEGIES}
    most = PARAMETERS.portfolio.holding_days
    made = dataclasses.replace(PARAMETERS, decay_days={"SHORT": 7.5, "LONG": 400.0})
    assert (made.view_days("SHORT"), made.view_days("LONG"), made.view_days("NEW")) == (7.5, most, most)
    for bad in (0, 0.5, True, "9"):
        with pytest.raises(BadCatalog, match="no number of days"):
            desk_parameters._decay({"X": bad})


def test_limits_on_the_tail_follow_from_the_volatility_aimed_at() -> None:
    """By SciPy: 1.5 times the VaR and ES of a normal book at 8% a year; half the target, half the limit."""
    parameters = load_desk_parameters()
    daily, worst = 0.08 / np.sqrt(252), norm.ppf(0.975)
    expected = {
        "var_95": 1.5 * norm.ppf(0.95) * daily,
        "var_99": 1.5 * norm.ppf(0.99) * daily,
        "es_975": 1.5 * norm.pdf(worst) / 0.025 * daily,
    }
    assert {name: parameters.limits.threshold(name) for name in expected} == pytest.approx(expected)
    half = risk_parameters.limits(read_toml("limits"), 0.04)
    assert half.threshold("var_95") == pytest.approx(expected["var_95"] / 2)
    assert half.threshold("drawdown") == parameters.limits.threshold("drawdown")


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "x", "volatility_multiple": 1.5, "threshold": 0.1},
        {"name": "x", "volatility_multiple": -1.0},
    ],
)
def test_a_limit_on_the_tail_has_one_measure_and_is_positive(entry: dict[str, object]) -> None:
    raw = {"amber": 0.6, "red": 0.8, "limit": {"var_95": entry}}
    with pytest.raises(BadCatalog, match=r"limits.toml"):
        risk_parameters.limits(raw, 0.08)
    with pytest.raises(BadCatalog, match="drawdown: volatility_multiple is in place of a threshold"):
        risk_parameters.limits({**raw, "limit": {"drawdown": {"name": "x", "volatility_multiple": 1.5}}}, 0.08)
