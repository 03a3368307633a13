"""What the last prints say: the surprise against Focus, and how persistent the core is, without its season."""

from __future__ import annotations

import numpy as np

from desk.agents.models import Known, Model, masked
from desk.agents.vintages import at_month, mean_of_known, newest, on_days, trailing, vintages
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.monthly import CORES

SURPRISE_MONTHS, FEWEST_SURPRISES = 60, 24
SEASON_YEARS, FEWEST_YEARS = 10, 5
_CORE_SOURCES = (*CORES, "core_3m")


def _surprise(known: Known) -> dict[str, FloatArray]:
    held = vintages(known.panel.histories.monthly, ("ipca_mom", "ipca_surprise"))
    end = newest(held["ipca_mom"])
    past = trailing(held["ipca_surprise"], end, SURPRISE_MONTHS)
    last_three = past[:, -3:].sum(axis=1)
    count = np.isfinite(past).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = np.sqrt((np.where(np.isfinite(past), past, 0.0) ** 2).sum(axis=1) / count)
        score = last_three / (usual * np.sqrt(3.0))
    score = np.where((count >= FEWEST_SURPRISES) & (usual > 0), score, np.nan)
    seen, length = known.fresh("ipca_mom"), len(known)
    return {
        "inf_surprise_1m": masked(on_days(past[:, -1] if len(past) else np.empty(0), held.rows, length), seen),
        "inf_surprise_3m_z": masked(on_days(score, held.rows, length), seen),
    }


def _momentum(known: Known) -> dict[str, FloatArray]:
    held = vintages(known.panel.histories.monthly, (*CORES, "ipca_services_mom"))
    core = mean_of_known([held[name] for name in CORES], 3)
    seen, length = known.fresh("core_3m"), len(known)
    target, tolerance = known["inflation_target"], known["inflation_tolerance"]
    core_rate = masked(on_days(quarter_without_season(core), held.rows, length), seen)
    services = on_days(quarter_without_season(held["ipca_services_mom"]), held.rows, length)
    services = masked(services, known.fresh("ipca_services_mom"))
    anchoring = (known["focus_ipca_y2"] - target) / tolerance
    parts = [(core_rate - target) / tolerance, (services - target) / tolerance, anchoring, known["ipca_diffusion_z"]]
    return {
        "inf_core_3m_sa": core_rate,
        "inf_services_3m_sa": services,
        "inf_core_gap": parts[0],
        "inf_services_gap": parts[1],
        "inf_anchoring": anchoring,
        "inf_persistence": mean_of_known([np.clip(part, -3.0, 3.0) for part in parts], 3),
    }


def quarter_without_season(changes: FloatArray) -> FloatArray:
    """The newest three monthly changes, each less its calendar month's usual excess, compounded to a year.

    The usual excess of a month is its mean over the last ten years less the mean of all months of those years, in the
    same vintage. Shapes: (E, N) to (E,); NaN with fewer than five years.
    """
    end = newest(changes)
    months = np.log1p(trailing(changes, end, 12 * SEASON_YEARS))
    by_year = months.reshape(len(months), SEASON_YEARS, 12)
    known = np.isfinite(by_year)
    count = known.sum(axis=1)
    usual = np.where(known, by_year, 0.0).sum(axis=1) / np.maximum(count, 1)
    excess = usual - usual.mean(axis=1, keepdims=True)
    recent = np.log1p(at_month(changes, end[:, None] + np.arange(-2, 1)[None, :])) - excess[:, -3:]
    return np.where((count >= FEWEST_YEARS).all(axis=1), np.expm1(4.0 * recent.sum(axis=1)), np.nan)


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
