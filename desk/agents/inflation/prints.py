"""Measures of the latest releases: the surprise against Focus, and seasonally adjusted core and services momentum."""

from __future__ import annotations

import numpy as np

from desk.agents.models import Model, ModelData, masked
from desk.agents.vintages import (
    aligned_vintages,
    mean_of_known,
    newest_index,
    spread_over_days,
    trailing_months,
    value_at_month,
)
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.monthly import CORES

SURPRISE_MONTHS, MIN_SURPRISES = 60, 24
SEASON_YEARS, MIN_YEARS = 10, 5
_CORE_SOURCES = (*CORES, "core_3m")


def _surprise(data: ModelData) -> dict[str, FloatArray]:
    aligned = aligned_vintages(data.panel.model_inputs.monthly, ("ipca_mom", "ipca_surprise"))
    end = newest_index(aligned["ipca_mom"])
    past = trailing_months(aligned["ipca_surprise"], end, SURPRISE_MONTHS)
    last_three = past[:, -3:].sum(axis=1)
    count = np.isfinite(past).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        typical = np.sqrt((np.where(np.isfinite(past), past, 0.0) ** 2).sum(axis=1) / count)
        score = last_three / (typical * np.sqrt(3.0))
    score = np.where((count >= MIN_SURPRISES) & (typical > 0), score, np.nan)
    available, length = data.available("ipca_mom"), len(data)
    return {
        "inf_surprise_1m": masked(
            spread_over_days(past[:, -1] if len(past) else np.empty(0), aligned.rows, length), available
        ),
        "inf_surprise_3m_z": masked(spread_over_days(score, aligned.rows, length), available),
    }


def _momentum(data: ModelData) -> dict[str, FloatArray]:
    aligned = aligned_vintages(data.panel.model_inputs.monthly, (*CORES, "ipca_services_mom"))
    core = mean_of_known([aligned[name] for name in CORES], 3)
    available, length = data.available("core_3m"), len(data)
    target, tolerance = data["inflation_target"], data["inflation_tolerance"]
    core_rate = masked(spread_over_days(seasonally_adjusted_quarter(core), aligned.rows, length), available)
    services = spread_over_days(seasonally_adjusted_quarter(aligned["ipca_services_mom"]), aligned.rows, length)
    services = masked(services, data.available("ipca_services_mom"))
    anchoring = (data["focus_ipca_y2"] - target) / tolerance
    parts = [(core_rate - target) / tolerance, (services - target) / tolerance, anchoring, data["ipca_diffusion_z"]]
    return {
        "inf_core_3m_sa": core_rate,
        "inf_services_3m_sa": services,
        "inf_core_gap": parts[0],
        "inf_services_gap": parts[1],
        "inf_anchoring": anchoring,
        "inf_persistence": mean_of_known([np.clip(part, -3.0, 3.0) for part in parts], 3),
    }


def seasonally_adjusted_quarter(changes: FloatArray) -> FloatArray:
    """The newest three monthly changes, seasonally adjusted and compounded to an annual rate.

    The seasonal factor of a calendar month is its mean over the last ten years less the mean of all months of those
    years, in the same vintage. Shapes: (E, N) to (E,); NaN with fewer than five years.
    """
    end = newest_index(changes)
    months = np.log1p(trailing_months(changes, end, 12 * SEASON_YEARS))
    by_year = months.reshape(len(months), SEASON_YEARS, 12)
    known = np.isfinite(by_year)
    count = known.sum(axis=1)
    month_mean = np.where(known, by_year, 0.0).sum(axis=1) / np.maximum(count, 1)
    excess = month_mean - month_mean.mean(axis=1, keepdims=True)
    recent = np.log1p(value_at_month(changes, end[:, None] + np.arange(-2, 1)[None, :])) - excess[:, -3:]
    return np.where((count >= MIN_YEARS).all(axis=1), np.expm1(4.0 * recent.sum(axis=1)), np.nan)


_BANDS = "tolerance bands"
SURPRISE = Model(
    (
        Measure(
            "inf_surprise_1m", ("ipca_mom",), "first print less the last Focus monthly median before it", "fraction"
        ),
        Measure(
            "inf_surprise_3m_z",
            ("ipca_mom",),
            "sum of three surprises / (root mean square of 60 months * sqrt(3))",
            "standard deviations",
        ),
    ),
    _surprise,
)
MOMENTUM = Model(
    (
        Measure(
            "inf_core_3m_sa", _CORE_SOURCES, "mean core, three months without season, annualised", "fraction per year"
        ),
        Measure(
            "inf_services_3m_sa",
            ("ipca_services_mom",),
            "services, three months without season, annualised",
            "fraction per year",
        ),
        Measure(
            "inf_core_gap", ("inf_core_3m_sa", "inflation_target"), "(inf_core_3m_sa - target) / tolerance", _BANDS
        ),
        Measure(
            "inf_services_gap",
            ("inf_services_3m_sa", "inflation_target"),
            "(inf_services_3m_sa - target) / tolerance",
            _BANDS,
        ),
        Measure(
            "inf_anchoring", ("focus_ipca_y2", "inflation_target"), "(Focus two years on - target) / tolerance", _BANDS
        ),
        Measure(
            "inf_persistence",
            ("inf_core_gap", "inf_services_gap", "inf_anchoring", "ipca_diffusion_z"),
            "mean of the known of core gap, services gap, anchoring and diffusion z, at least 3 of 4, each within 3",
            _BANDS,
        ),
    ),
    _momentum,
)
