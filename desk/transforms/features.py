"""The registry of features: derived columns computed on a panel's days, each with inputs, formula and unit, and the
shapes that most of them have.

A feature's value at a day uses that day and earlier ones only. Its obs_date is the oldest of its inputs'. Windows are
in decision days: 21 a month, 63 a quarter, 252 a year, 504 two years, 756 three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from desk.transforms import rolling
from desk.units import DAYS_PER_YEAR

MONTH, QUARTER = 21, 63
TWO_YEARS, THREE_YEARS = 2 * DAYS_PER_YEAR, 3 * DAYS_PER_YEAR
SD, FRACTION, YEARLY, LOG = "standard deviations", "fraction", "fraction per year", "log return"

Columns = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Feature:
    """One derived column. `compute` gets the panel's columns, (T,) each, and returns (T,)."""

    name: str
    inputs: tuple[str, ...]
    formula: str
    unit: str
    compute: Callable[[Columns], FloatArray]


@dataclass(frozen=True)
class Lineage:
    """Direct inputs of everything that a panel derives, by column name."""

    direct: Mapping[str, tuple[str, ...]]

    def leaves(self, name: str) -> tuple[str, ...]:
        """The columns that come straight from sources behind `name`, in order; a source's own column is itself."""
        found: dict[str, None] = {}
        self._walk(name, found, ())
        return tuple(found)

    def _walk(self, name: str, found: dict[str, None], path: tuple[str, ...]) -> None:
        # a fallback may carry a source's own name: below itself it is the source's column
        if name in path or name not in self.direct:
            found.setdefault(name)
            return
        for parent in self.direct[name]:
            self._walk(parent, found, (*path, name))


def z_of(name: str, window: int) -> Feature:
    return Feature(
        f"{name}_z",
        (name,),
        f"({name} - mean) / sd over {window} days",
        SD,
        lambda c: rolling.zscore(c[name], window),
    )


def return_of(name: str, days: int) -> Feature:
    return Feature(
        f"{name}_ret_{days}",
        (name,),
        f"ln({name} / {name}[-{days}])",
        LOG,
        lambda c: rolling.log_return(c[name], days),
    )


def volatility_of(name: str, window: int) -> Feature:
    return Feature(
        f"{name}_vol_{window}",
        (name,),
        f"sd of daily ln returns over {window} days * sqrt(252)",
        YEARLY,
        lambda c: rolling.volatility(rolling.log_return(c[name]), window),
    )


def momentum_of(name: str, *, sign: float = 1.0) -> Feature:
    """Quarterly return per unit of its own risk; sign -1 for a quote that falls when the asset gains."""
    gain, risk = f"{name}_ret_{QUARTER}", f"{name}_vol_{QUARTER}"
    return Feature(
        f"{name}_momentum",
        (gain, risk),
        f"{'-' if sign < 0 else ''}{gain} / ({risk} * sqrt({QUARTER}/252))",
        SD,
        lambda c: ratio(sign * c[gain], c[risk] * np.sqrt(QUARTER / DAYS_PER_YEAR)),
    )


def change_of(name: str, days: int) -> Feature:
    return Feature(
        f"{name}_change_{days}", (name,), f"{name} - {name}[-{days}]", YEARLY, lambda c: rolling.change(c[name], days)
    )


def spread_of(name: str, first: str, second: str, unit: str = YEARLY) -> Feature:
    return Feature(name, (first, second), f"{first} - {second}", unit, lambda c: c[first] - c[second])


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """NaN where the denominator is unknown or zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(denominator) > 1e-12, numerator / denominator, np.nan)


def mean_known(names: tuple[str, ...], fewest: int) -> Callable[[Columns], FloatArray]:
    def compute(c: Columns) -> FloatArray:
        stacked = np.stack([c[name] for name in names])
        known = np.isfinite(stacked)
        count = known.sum(axis=0)
        total = np.where(known, stacked, 0.0).sum(axis=0)
        return np.where(count >= fewest, total / np.maximum(count, 1), np.nan)

    return compute
