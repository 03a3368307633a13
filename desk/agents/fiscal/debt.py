"""Debt dynamics in four scenarios over five years, the fiscal impulse, and a score of fiscal dominance.

d(t+1) = d(t) (1 + r) / (1 + g) - pb      d gross debt, pb primary surplus, both of GDP; r and g nominal, per year
r: forward DI rate of each year. g: Focus growth and inflation of each calendar year, constant after the last survey
year. pb: that of the last twelve months, constant. Source of the identity: IMF, Debt Sustainability Analysis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.agents.models import Model, ModelData
from desk.agents.vintages import mean_of_known
from desk.arrays import FloatArray
from desk.transforms import rolling
from desk.transforms.agent_measures import Measure
from desk.transforms.curves import forward_rate

YEARS = 5


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario: additions to every year's rate, growth and primary surplus, fractions."""

    name: str
    rate: float = 0.0
    growth: float = 0.0
    primary: float = 0.0


SCENARIOS = (
    Scenario("base"),
    Scenario("adjustment", rate=-0.01, primary=0.01),
    Scenario("slippage", rate=0.01, primary=-0.01),
    Scenario("stress", rate=0.03, growth=-0.01, primary=-0.01),
)
"""Shocks of one or three percentage points, so that a reader can scale them."""

DEBT_CHANGE_UNIT, BURDEN_UNIT, DEFICIT_UNIT, CORRELATION_UNIT = 0.10, 0.03, 0.02, 0.3
"""Units of the dominance score: debt up by 10% of GDP in five years, r above g by 3 points, a deficit of 2% of GDP, and
a correlation of 0.3 between rises of rates and of USD/BRL (Blanchard 2004).
"""


def debt_path(debt: FloatArray, rates: FloatArray, growth: FloatArray, primary: FloatArray) -> FloatArray:
    """Debt at the end of each year, a fraction of GDP. Shapes: (T,), (T, Y), (T, Y), (T, Y) to (T, Y)."""
    path = np.empty_like(rates)
    level = debt
    for year in range(rates.shape[1]):
        level = level * (1.0 + rates[:, year]) / (1.0 + growth[:, year]) - primary[:, year]
        path[:, year] = level
    return path


def _compute(data: ModelData) -> dict[str, FloatArray]:
    debt, surplus = data["gross_debt_gdp"], -data["primary_need_12m_gdp"]
    rates, growth = _forward_rates(data), _nominal_growth(data)
    primary = np.broadcast_to(surplus[:, None], rates.shape)
    paths = {s.name: debt_path(debt, rates + s.rate, growth + s.growth, primary + s.primary) for s in SCENARIOS}
    change = paths["base"][:, -1] - debt
    burden = rates.mean(axis=1) - growth.mean(axis=1)
    parts = {
        "debt": change / DEBT_CHANGE_UNIT,
        "burden": burden / BURDEN_UNIT,
        "deficit": -surplus / DEFICIT_UNIT,
        "premium": data["slope_cdi_5y_z"],
        "pass_through": rolling.correlation(data["usdbrl_ret_1"], data["pre_504_change_1"], 63) / CORRELATION_UNIT,
    }
    mean = mean_of_known([np.clip(part, -3.0, 3.0) for part in parts.values()], 3)
    return {
        **{f"fis_debt_{name}_y{year + 1}": path[:, year] for name, path in paths.items() for year in range(YEARS)},
        "fis_debt_change_5y": change,
        "fis_rate_growth_gap": burden,
        "fis_impulse": data["primary_need_change_12m"],
        "fis_fx_rates_correlation": parts["pass_through"] * CORRELATION_UNIT,
        "fis_dominance": np.where(np.isfinite(debt), np.tanh(mean), np.nan),
    }


def _forward_rates(data: ModelData) -> FloatArray:
    """One-year forward DI rates of the next five years; an unknown one repeats the year before. (T, YEARS)."""
    columns = [data["pre_252"]]
    for start, end in ((252, 504), (504, 756), (756, 1008), (1008, 1260)):
        forward = forward_rate(data[f"pre_{start}"], start, data[f"pre_{end}"], end)
        columns.append(np.where(np.isfinite(forward), forward, columns[-1]))
    return np.column_stack(columns)


def _nominal_growth(data: ModelData) -> FloatArray:
    """Nominal growth of the next five years, the current year first, from Focus by calendar year. Shape: (T, YEARS)."""
    columns: list[FloatArray] = []
    for year in range(YEARS):
        real = data[f"focus_gdp_y{min(year, 2)}"]
        prices = data["focus_ipca_12m"] if year == 0 else data[f"focus_ipca_y{min(year, 3)}"]
        nominal = (1.0 + real) * (1.0 + prices) - 1.0
        columns.append(np.where(np.isfinite(nominal), nominal, columns[-1] if columns else np.nan))
    return np.column_stack(columns)


_RATES = tuple(f"pre_{bd}" for bd in (252, 504, 756, 1008, 1260))
_GROWTH = (
    "focus_ipca_12m",
    "focus_ipca_y1",
    "focus_ipca_y2",
    "focus_ipca_y3",
    "focus_gdp_y0",
    "focus_gdp_y1",
    "focus_gdp_y2",
)
_DEBT = ("gross_debt_gdp", "primary_need_12m_gdp", *_RATES, *_GROWTH)
DEBT = Model(
    (
        *(
            Measure(
                f"fis_debt_{s.name}_y{year}",
                _DEBT,
                f"gross debt at the end of year {year}, {s.name}",
                "fraction of GDP",
            )
            for s in SCENARIOS
            for year in range(1, YEARS + 1)
        ),
        Measure(
            "fis_debt_change_5y",
            ("fis_debt_base_y5", "gross_debt_gdp"),
            "base debt in five years - debt",
            "fraction of GDP",
        ),
        Measure("fis_rate_growth_gap", (*_RATES, *_GROWTH), "mean r - mean g over five years", "fraction per year"),
        Measure(
            "fis_impulse", ("primary_need_change_12m",), "change of the primary deficit over a year", "fraction of GDP"
        ),
        Measure(
            "fis_fx_rates_correlation",
            ("usdbrl_ret_1", "pre_504_change_1"),
            "correlation of USD/BRL returns with changes of pre_504 over 63 days",
            "correlation",
        ),
        Measure(
            "fis_dominance",
            (
                "fis_debt_change_5y",
                "fis_rate_growth_gap",
                "primary_need_12m_gdp",
                "slope_cdi_5y_z",
                "fis_fx_rates_correlation",
            ),
            "tanh(mean of the known of debt change / 10pp, (r - g) / 3pp, deficit / 2pp, slope z, correlation / 0.3)",
            "-1 to 1",
        ),
    ),
    _compute,
)
