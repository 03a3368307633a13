"""Debt dynamics: a worked example, the stable point, the order of the scenarios, and the risk score's sign."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk.agents.fiscal.debt import DEBT, debt_path
from desk.agents.models import ModelData
from desk.catalog import load_catalog
from desk.transforms.panel import Panel, build_panel

EMPTY = build_panel({}, [dt.date(2025, 3, 3)], load_catalog())
FLAT = {f"pre_{bd}": 0.12 for bd in (252, 504, 756, 1008, 1260)}
FOCUS = {f"focus_gdp_y{k}": 0.02 for k in range(3)} | {f"focus_ipca_y{k}": 0.04 for k in range(4)}
WORLD = {**FLAT, **FOCUS, "focus_ipca_12m": 0.04, "gross_debt_gdp": 0.78, "primary_need_12m_gdp": 0.005}


def debt(**columns: float) -> dict[str, float]:
    values = EMPTY.values.with_columns(pl.lit(value).alias(name) for name, value in {**WORLD, **columns}.items())
    panel = Panel(values, EMPTY.obs_dates, EMPTY.provenance, EMPTY.lineage)
    return {name: float(value[0]) for name, value in DEBT.compute(ModelData(panel)).items()}


def test_a_worked_year() -> None:
    """0.78 x 1.12 / 1.0608 + 0.005 = 0.828529 (growth: 1.02 x 1.04 = 1.0608)."""
    assert debt()["fis_debt_base_y1"] == pytest.approx(0.78 * 1.12 / 1.0608 + 0.005)
    assert debt()["fis_debt_base_y1"] == pytest.approx(0.828529, abs=1e-6)


def test_the_surplus_that_holds_debt_holds_it() -> None:
    level, rate, growth = 0.8, 0.11, 0.06
    surplus = level * (1.0 + rate) / (1.0 + growth) - level
    years = np.ones((1, 5))
    assert debt_path(np.array([level]), rate * years, growth * years, surplus * years)[0] == pytest.approx([level] * 5)
    assert surplus == pytest.approx(level * (rate - growth) / (1.0 + growth))


def test_scenarios_come_in_their_order() -> None:
    out = debt()
    ends = [out[f"fis_debt_{name}_y5"] for name in ("adjustment", "base", "slippage", "stress")]
    assert ends == sorted(ends)
    assert out["fis_debt_change_5y"] == pytest.approx(out["fis_debt_base_y5"] - 0.78)


def test_forward_rates_are_those_of_the_curve() -> None:
    """A curve that rises from 10% at one year to 12% at two prices the second year at 14.04%."""
    rising = debt(pre_252=0.10, pre_504=0.12, pre_756=0.12, pre_1008=0.12, pre_1260=0.12)
    second = rising["fis_debt_base_y2"]
    assert second == pytest.approx(rising["fis_debt_base_y1"] * (1.12**2 / 1.10) / 1.0608 + 0.005)


@pytest.mark.parametrize("worse", [{"primary_need_12m_gdp": 0.03}, dict.fromkeys(FLAT, 0.16), {"slope_cdi_5y_z": 2.5}])
def test_more_risk_is_more_dominance(worse: dict[str, float]) -> None:
    assert (
        debt(**worse, **({} if "slope_cdi_5y_z" in worse else {"slope_cdi_5y_z": 0.0}))["fis_dominance"]
        > debt(slope_cdi_5y_z=0.0)["fis_dominance"]
    )
    assert -1.0 <= debt(**worse)["fis_dominance"] <= 1.0


def test_without_debt_or_growth_nothing_is_said() -> None:
    assert np.isnan(debt(gross_debt_gdp=float("nan"))["fis_dominance"])
    assert np.isnan(debt(focus_gdp_y0=float("nan"))["fis_debt_change_5y"])
