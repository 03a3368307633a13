"""The simulated world: each released series with the times at which its numbers become public and are revised.

Which quantity each code of a source has is in the sandbox's own record (sandbox/facts.toml); the publication rules are
those of the catalogue. Some numbers are late (by a day for daily series, a few days for monthly ones), as drawn by the
seed. Series with the same monthly rule are late together, like one press release.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import polars as pl

from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.catalog import Catalog
from desk.model import UTC
from desk.point_in_time.publication_rules import publication_times
from sandbox.economy import Economy, simulate
from sandbox.facts import Fact
from sandbox.releases import (
    brazil_accounts,
    brazil_daily,
    brazil_monthly,
    brazil_prices,
    markets,
    united_states,
    us_activity,
    us_markets,
)
from sandbox.releases.released_series import ReleasedSeries

Instants = IntArray
"""Microseconds since 1970, UTC."""

_HOUR = 3_600_000_000
_NEVER_LATE = frozenset({"ptax", "copom_target", "us_close", "b3_close"})
_LATE_SHARE = {"D": 0.004, "W": 0.010, "M": 0.015, "Q": 0.015}
_LATE_HOURS = {"D": 26, "W": 30, "M": 75, "Q": 75}


def instant(moment: dt.datetime) -> int:
    """Microseconds since 1970, UTC."""
    return int(moment.astimezone(UTC).timestamp() * 1_000_000)


@dataclass(frozen=True, eq=False)
class PublishedSeries:
    """A released series with the time at which each row becomes public and, where the source revises, is revised.

    Rows ascend by day. `known` is not always ascending, because a release can be late.
    """

    released: ReleasedSeries
    known: Instants
    revised: Instants | None

    def visible(self, now: dt.datetime) -> IntArray:
        """Positions of the rows that are public at `now`."""
        return np.flatnonzero(self.known <= instant(now))

    def values(self, now: dt.datetime) -> FloatArray:
        """Every row's value as the source shows it at `now`."""
        if self.released.first is None or self.revised is None:
            return self.released.values
        return np.where(self.revised <= instant(now), self.released.values, self.released.first)


@dataclass(frozen=True, slots=True)
class Slip:
    """The value of `series` (a quantity of the sandbox, or a symbol of Yahoo) for `day` is published times `factor`."""

    series: str
    day: dt.date
    factor: float


@dataclass(frozen=True, eq=False)
class SimulatedWorld:
    """The economy of one seed, published by the rules of a catalogue. Results are cached in the process."""

    seed: int
    catalog: Catalog
    slip: Slip | None = None
    _published: dict[tuple[str, int], PublishedSeries] = field(default_factory=dict)
    _times: dict[tuple[str, int, int, int], Instants] = field(default_factory=dict)
    _cached: dict[tuple[object, ...], object] = field(default_factory=dict)

    def economy(self, now: dt.datetime) -> Economy:
        """The economy up to the end of the year of `now`."""
        return simulate(self.seed, now.year)

    def published(self, fact: Fact, now: dt.datetime) -> PublishedSeries:
        """The series behind a code, with its release times. Raises KeyError for a quantity that is not simulated."""
        key = (fact.quantity, now.year)
        if key not in self._published:
            economy = self.economy(now)
            numbers = self._slipped(fact.quantity, _released(economy)[fact.quantity])
            self._published[key] = self._release(fact, numbers, economy)
        return self._published[key]

    def with_slip(self, slip: Slip) -> SimulatedWorld:
        """The same world, with a slip in what it publishes."""
        return SimulatedWorld(self.seed, self.catalog, slip)

    def slip_factors(self, series: str, days: Days) -> FloatArray:
        """What each day's value of `series` is published times: 1 but for the slip."""
        if self.slip is None or self.slip.series != series:
            return np.ones(len(days))
        return np.where(days == np.datetime64(self.slip.day), self.slip.factor, 1.0)

    def _slipped(self, series: str, numbers: ReleasedSeries) -> ReleasedSeries:
        factors = self.slip_factors(series, numbers.days)
        return numbers if (factors == 1.0).all() else replace(numbers, values=numbers.values * factors)

    def known_times(self, rule: str, days: Days) -> Instants:
        """Publication times by `rule` of numbers about each day, without delays."""
        key = (rule, len(days), int(days[0].astype(np.int64)), int(days[-1].astype(np.int64)))
        if key not in self._times:
            times = publication_times(self.catalog.rules[rule], pl.Series("obs_date", days.astype("datetime64[D]")))
            self._times[key] = times.to_physical().to_numpy().astype(np.int64)
        return self._times[key]

    def cached(self, key: tuple[object, ...], make: Callable[[], object]) -> object:
        """The result of the first `make()` for `key`."""
        if key not in self._cached:
            self._cached[key] = make()
        return self._cached[key]

    def cached_newest(self, kind: str, key: tuple[object, ...], make: Callable[[], object]) -> object:
        """Like `cached`, for large results: only the latest `key` of each `kind` is kept."""
        found = self._cached.get((kind,))
        if not isinstance(found, tuple) or found[0] != key:
            found = (key, make())
            self._cached[(kind,)] = found
        return found[1]

    def _release(self, fact: Fact, numbers: ReleasedSeries, economy: Economy) -> PublishedSeries:
        known = self.known_times(fact.release, numbers.days).copy()
        if fact.release not in _NEVER_LATE:
            stream = f"late.{fact.quantity}" if fact.frequency == "D" else f"late.{fact.release}"
            # indexed by month or day since 2006, so that series of one release are late together
            place = (numbers.days - np.datetime64("2006-01-01")).astype(np.int64)
            delay_draw = economy.draws.uniform(stream, int(place[-1]) + 1)[place]
            known[delay_draw < _LATE_SHARE[fact.frequency]] += _LATE_HOURS[fact.frequency] * _HOUR
        revised = None if numbers.first is None else known + numbers.revised_after * 24 * _HOUR
        return PublishedSeries(numbers, known, revised)


@lru_cache(maxsize=4)
def _released(economy: Economy) -> Mapping[str, ReleasedSeries]:
    return _ReleasedById(economy)


class _ReleasedById(dict[str, ReleasedSeries]):
    """Quantity -> released series, computed at the first access."""

    def __init__(self, economy: Economy) -> None:
        super().__init__()
        self.economy = economy

    def __missing__(self, quantity: str) -> ReleasedSeries:
        if quantity.startswith("fx_flow_"):
            self.update(brazil_daily.fx_flow(self.economy))
        else:
            self[quantity] = series_factories()[quantity](self.economy)
        return self[quantity]


def series_factories() -> Mapping[str, brazil_monthly.SeriesFactory]:
    """The factory of every simulated quantity, except those of the FX flow table, which is computed as a whole."""
    return {
        **brazil_daily.SERIES,
        **brazil_monthly.SERIES,
        **brazil_prices.SERIES,
        **brazil_accounts.SERIES,
        **united_states.SERIES,
        **us_activity.SERIES,
        **markets.SERIES,
        **us_markets.SERIES,
    }
