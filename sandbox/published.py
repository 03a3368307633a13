"""What the world can see at a moment: each printed series with the instant it became public and, if so, was revised.

What stands behind a code is the sandbox's own record (sandbox/facts.toml); the rules are the catalogue's. Now and
then a number is late (a day for daily series, a few for monthly ones), by the seed; series of one monthly rule are late
together, as the bodies of one press release are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.catalog import Catalog
from desk.model import UTC
from desk.publication import publication_times
from sandbox.economy import Economy, simulate
from sandbox.economy.draws import Floats
from sandbox.economy.timeline import Days
from sandbox.facts import Fact
from sandbox.prints import (
    brazil_accounts,
    brazil_daily,
    brazil_monthly,
    brazil_prices,
    markets,
    united_states,
    us_activity,
    us_markets,
)
from sandbox.prints.numbers import Numbers

Instants = npt.NDArray[np.int64]
"""Microseconds since 1970, UTC."""

_HOUR = 3_600_000_000
_NEVER_LATE = frozenset({"ptax", "copom_target", "us_close", "b3_close"})
_LATE_SHARE = {"D": 0.004, "W": 0.010, "M": 0.015, "Q": 0.015}
_LATE_HOURS = {"D": 26, "W": 30, "M": 75, "Q": 75}


def instant(moment: dt.datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1_000_000)


@dataclass(frozen=True, eq=False)
class Published:
    """A series with its release times. Rows ascend by day; `known` mostly does too (late prints are out of order)."""

    numbers: Numbers
    known: Instants
    revised: Instants | None

    def visible(self, now: dt.datetime) -> npt.NDArray[np.int64]:
        """Positions of the rows that are public at `now`."""
        return np.flatnonzero(self.known <= instant(now))

    def values(self, now: dt.datetime) -> Floats:
        """Every row's value as it would be printed at `now`."""
        if self.numbers.first is None or self.revised is None:
            return self.numbers.values
        return np.where(self.revised <= instant(now), self.numbers.values, self.numbers.first)


@dataclass(frozen=True, eq=False)
class World:
    """One seed's economy, published by the catalogue's rules. Everything computed is kept for the process."""

    seed: int
    catalog: Catalog
    _published: dict[tuple[str, int], Published] = field(default_factory=dict)
    _times: dict[tuple[str, int, int, int], Instants] = field(default_factory=dict)
    _kept: dict[tuple[object, ...], object] = field(default_factory=dict)

    def economy(self, now: dt.datetime) -> Economy:
        return simulate(self.seed, now.year)

    def published(self, fact: Fact, now: dt.datetime) -> Published:
        """The numbers of a source's code. Raises KeyError for a quantity that the sandbox does not print."""
        key = (fact.quantity, now.year)
        if key not in self._published:
            economy = self.economy(now)
            numbers = _printer(economy)[fact.quantity]
            self._published[key] = self._release(fact, numbers, economy)
        return self._published[key]

    def known_times(self, rule: str, days: Days) -> Instants:
        """When numbers about each day are public by `rule`, without lateness."""
        key = (rule, len(days), int(days[0].astype(np.int64)), int(days[-1].astype(np.int64)))
        if key not in self._times:
            times = publication_times(self.catalog.rules[rule], pl.Series("obs_date", days.astype("datetime64[D]")))
            self._times[key] = times.to_physical().to_numpy().astype(np.int64)
        return self._times[key]

    def keep(self, key: tuple[object, ...], make: object) -> object:
        """What `make()` gave the first time for `key`."""
        if key not in self._kept:
            self._kept[key] = make()  # type: ignore[operator]
        return self._kept[key]

    def keep_newest(self, kind: str, key: tuple[object, ...], make: object) -> object:
        """As `keep`, for something large: of each `kind` only the one asked for last stays."""
        found = self._kept.get((kind,))
        if not isinstance(found, tuple) or found[0] != key:
            found = (key, make())  # type: ignore[operator]
            self._kept[(kind,)] = found
        return found[1]

    def _release(self, fact: Fact, numbers: Numbers, economy: Economy) -> Published:
        known = self.known_times(fact.release, numbers.days).copy()
        if fact.release not in _NEVER_LATE:
            stream = f"late.{fact.quantity}" if fact.frequency == "D" else f"late.{fact.release}"
            # by month or day since 2006, so that series of one release share their fate whatever their first row
            place = (numbers.days - np.datetime64("2006-01-01")).astype(np.int64)
            fate = economy.draws.uniform(stream, int(place[-1]) + 1)[place]
            known[fate < _LATE_SHARE[fact.frequency]] += _LATE_HOURS[fact.frequency] * _HOUR
        revised = None if numbers.first is None else known + numbers.revised_after * 24 * _HOUR
        return Published(numbers, known, revised)


@lru_cache(maxsize=4)
def _printer(economy: Economy) -> Mapping[str, Numbers]:
    return _Prints(economy)


class _Prints(dict[str, Numbers]):
    """Quantity -> numbers, made when first asked for."""

    def __init__(self, economy: Economy) -> None:
        super().__init__()
        self.economy = economy

    def __missing__(self, quantity: str) -> Numbers:
        if quantity.startswith("fx_flow_"):
            self.update(brazil_daily.fx_flow(self.economy))
        else:
            self[quantity] = printers()[quantity](self.economy)
        return self[quantity]


def printers() -> Mapping[str, brazil_monthly.Print]:
    """Every quantity that has its own printer (the FX flow table is printed whole)."""
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
