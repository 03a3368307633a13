"""Features: columns derived from a panel's columns, each with inputs, formula and unit, and factories of common ones.

A feature's value on a day uses that day and earlier days only. Its obs_date is the oldest obs_date of its inputs.
Windows are in decision days: 21 a month, 63 a quarter, 252 a year.
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
SD, YEARLY, LOG = "standard deviations", "fraction per year", "log return"

Columns = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Feature:
    """One derived column. `compute` takes the panel's columns, (T,) each with NaN for unknown, and returns (T,)."""

    name: str
    inputs: tuple[str, ...]
    formula: str
    unit: str
    compute: Callable[[Columns], FloatArray]


@dataclass(frozen=True)
class Lineage:
    """The direct inputs of each derived column of a panel, by column name."""

    direct: Mapping[str, tuple[str, ...]]

    def leaves(self, name: str) -> tuple[str, ...]:
        """The source columns that `name` is computed from, in order; a source column gives itself."""
        found: dict[str, None] = {}
        self._walk(name, found, ())
        return tuple(found)

    def _walk(self, name: str, found: dict[str, None], path: tuple[str, ...]) -> None:
        # a fallback column may have the same name as one of its sources: below itself, the name is the source's
        if name in path or name not in self.direct:
            found.setdefault(name)
            return
        for parent in self.direct[name]:
            self._walk(parent, found, (*path, name))


def z_of(name: str, window: int) -> Feature:
    """Column `<name>_z`: trailing z-score over `window` days."""
    return Feature(
        f"{name}_z",
        (name,),
        f"({name} - mean) / sd over {window} days",
        SD,
        lambda c: rolling.zscore(c[name], window),
    )


def return_of(name: str, days: int) -> Feature:
    """Column `<name>_ret_<days>`: log return over `days` days; positive when the quote rises."""
    return Feature(
        f"{name}_ret_{days}",
        (name,),
        f"ln({name} / {name}[-{days}])",
        LOG,
        lambda c: rolling.log_return(c[name], days),
    )


def volatility_of(name: str, window: int) -> Feature:
    """Column `<name>_vol_<window>`: annual volatility of daily log returns over `window` days."""
    return Feature(
        f"{name}_vol_{window}",
        (name,),
        f"sd of daily ln returns over {window} days * sqrt(252)",
        YEARLY,
        lambda c: rolling.volatility(rolling.log_return(c[name]), window),
    )


def momentum_of(name: str, *, sign: float = 1.0) -> Feature:
    """Column `<name>_momentum`: quarterly log return divided by its volatility over the quarter.

    `sign` -1 for a quote that falls when the asset gains (BRL per USD, for the BRL).
    """
    gain, risk = f"{name}_ret_{QUARTER}", f"{name}_vol_{QUARTER}"
    return Feature(
        f"{name}_momentum",
        (gain, risk),
        f"{'-' if sign < 0 else ''}{gain} / ({risk} * sqrt({QUARTER}/252))",
        SD,
        lambda c: ratio(sign * c[gain], c[risk] * np.sqrt(QUARTER / DAYS_PER_YEAR)),
    )


def change_of(name: str, days: int) -> Feature:
    """Column `<name>_change_<days>`: difference over `days` days, for rates and spreads."""
    return Feature(
        f"{name}_change_{days}", (name,), f"{name} - {name}[-{days}]", YEARLY, lambda c: rolling.change(c[name], days)
    )


def spread_of(name: str, first: str, second: str, unit: str = YEARLY) -> Feature:
    """Column `name`: `first` less `second`."""
    return Feature(name, (first, second), f"{first} - {second}", unit, lambda c: c[first] - c[second])


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """`numerator / denominator` (T,); NaN where the denominator is unknown or zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(denominator) > 1e-12, numerator / denominator, np.nan)


def mean_of_known_columns(names: tuple[str, ...], min_count: int) -> Callable[[Columns], FloatArray]:
    """A `compute` function: the mean of the known columns of `names`, NaN where fewer than `min_count` are known."""

    def compute(c: Columns) -> FloatArray:
        stacked = np.stack([c[name] for name in names])
        known = np.isfinite(stacked)
        count = known.sum(axis=0)
        total = np.where(known, stacked, 0.0).sum(axis=0)
        return np.where(count >= min_count, total / np.maximum(count, 1), np.nan)

    return compute
