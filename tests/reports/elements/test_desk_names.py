"""The names and units that the report repeats from the desk are those of the desk."""

from __future__ import annotations

import numpy as np
import pytest

from desk import agents
from desk.catalog.desk_parameters import load_desk_parameters
from desk.risk.factors import CURVE_COUNT, FACTORS
from desk.strategies import STRATEGIES
from reports.charts.risk_charts import AMBER_FROM, RED_FROM
from reports.elements.labels import DRIVER_LABELS, agent_driver_name, strategy_driver_name
from reports.elements.locale import use_locale
from reports.elements.scenario_text import CURVES, SHORT_RATE, SPOTS
from reports.tables.agent_measures import MEASURES, UNITS, VALUE, measure_table
from tests.reports.hand_made import NOW, ago, made
from tests.reports.sample_parts import frame


def test_every_measure_shown_is_one_that_an_agent_computes_in_the_unit_shown() -> None:
    units = {name: unit for name, _, unit in agents.model_specs()}
    assert {measure.measure_id for measure in MEASURES} <= set(units)
    assert {measure.kind for measure in MEASURES} == set(UNITS) == set(VALUE)
    rates = [units[measure.measure_id] for measure in MEASURES if measure.kind in ("rate", "gap")]
    assert all(unit.startswith("fraction") for unit in rates)


def test_a_measure_stands_in_its_market_unit_with_its_change() -> None:
    rows = [
        {"as_of": ago(8), "measure_id": "mp_taylor_gap_1y", "value": 0.0050},
        {"measure_id": "mp_taylor_gap_1y", "value": -0.0025},
        {"measure_id": "fx_fair", "value": 5.4321},
    ]
    table = measure_table(made(agent_measure=rows), "today")
    assert table is not None
    shown = [[cell.text.replace("\u00a0", " ") for cell in row] for row in table.rows]
    assert shown == [
        ["One-year DI minus the Taylor path", "Monetary policy", "−25 bp", "bp a year", "−75 bp", "n/a"],
        ["Fair USD/BRL", "FX equilibrium", "5.4321", "BRL per USD", "n/a", "n/a"],
    ]
    assert measure_table(made(), "today") is None
    assert frame("agent_measure", [{"as_of": NOW}]).height == 1


def test_every_stress_factor_has_a_name() -> None:
    for factor in FACTORS[:CURVE_COUNT]:
        curve, _, vertex = factor.rpartition("_")
        assert curve in CURVES
        assert vertex.isdigit()
    assert set(FACTORS[CURVE_COUNT:]) == {*SPOTS, SHORT_RATE}


def test_the_bands_of_the_limit_chart_are_those_of_the_limits() -> None:
    rules = load_desk_parameters().limits
    assert (rules.amber, rules.red) == pytest.approx((AMBER_FROM, RED_FROM))


def test_every_driver_of_every_agent_has_a_name() -> None:
    for agent in agents.AGENTS:
        for driver in agent.drivers:
            assert agent_driver_name(driver.column) == DRIVER_LABELS[driver.column] == driver.label


class Unknown(dict[str, np.ndarray]):
    """A panel whose every column is unknown: what a strategy's components are called needs no number."""

    def __missing__(self, column: str) -> np.ndarray:
        return np.full(3, np.nan)


def test_every_driver_of_every_strategy_has_a_portuguese_name() -> None:
    names = {name for strategy in STRATEGIES for name in strategy.components(Unknown())}
    assert len(names) > 30
    with use_locale("pt"):
        same = [name for name in sorted(names) if strategy_driver_name(name) == name.replace("_", " ")]
        assert strategy_driver_name("slope_2s5s_z") == "inclinação 2a–5a (z)"
    assert same == []
    assert strategy_driver_name("slope_2s5s_z") == "slope 2s5s z"
