"""Ibovespa as B3's own file has it: the spot that the first listed IND implies. It stands in where Yahoo is silent.

Ibovespa is a total return index, so its future is spot x (1 + pre)^(bd/252) and nothing else (B3, contract of IND).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from desk import calendars
from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.point_in_time.as_of_grid import NAT, Grid, latest_known, too_old
from desk.point_in_time.provenance import NEVER, NO_PAYLOAD
from desk.transforms.curves import flat_forward
from desk.units import DAYS_PER_YEAR

INDEX_FUTURE = "IND"
"""Root of the contracts, the column of the panel, and the input id of its receipt."""
VERTICES = (21, 42, 63, 126)
"""Business days of the pre curve's constant maturities that a contract of the next four months lies between."""
MAX_AGE_DAYS = 10
_MONTHS = "FGHJKMNQUVXZ"
_TICKER = rf"^{INDEX_FUTURE}[{_MONTHS}]\d\d$"


@dataclass(frozen=True)
class ImpliedSpot:
    """By day (T,): the spot in points (NaN where unknown), the session it is of, when it was known, its payload."""

    values: FloatArray
    obs_dates: Days
    known: npt.NDArray[np.datetime64]
    payload_ids: IntArray


def contracts_of(settlement: pl.DataFrame) -> pl.DataFrame:
    """The settlements of IND that have a price."""
    return settlement.filter(pl.col("contract_id").str.contains(_TICKER), pl.col("price") > 0)


def implied_spot(settlement: pl.DataFrame, grid: Grid, pre: FloatArray) -> ImpliedSpot:
    """The spot that the shortest contract of the newest session implies, on each day of the grid.

    `settlement`: a silver frame in its stored schema; `pre` (T, 4): rates at `VERTICES`, annual fractions on BUS/252.
    """
    latest = latest_known(contracts_of(settlement), "contract_id", "price", grid)
    rows = np.arange(len(grid))
    if not latest.entities:
        dates = np.full(len(grid), NAT)
        none = np.full(len(grid), NO_PAYLOAD, dtype=np.int64)
        return ImpliedSpot(np.full(len(grid), np.nan), dates, np.full(len(grid), NEVER), none)
    expiry = np.array([expiry_of(name) for name in latest.entities], dtype="datetime64[D]")
    known = ~np.isnat(latest.obs_dates)
    sessions = np.where(known, latest.obs_dates, np.datetime64("1970-01-01", "D"))
    left = calendars.anbima().count_array(sessions, np.broadcast_to(expiry, sessions.shape)).astype(np.float64)
    newest = sessions == sessions.max(axis=1, keepdims=True)
    left = np.where(known & newest & (left >= 1), left, np.inf)
    at = np.argmin(left, axis=1)
    days = left[rows, at]
    carry = flat_forward(VERTICES, pre, np.where(np.isfinite(days), days, 0.0)[:, None], flat_below=True)[:, 0]
    with np.errstate(invalid="ignore", over="ignore"):
        values = latest.values[rows, at] / (1.0 + carry) ** (days / DAYS_PER_YEAR)
    dates = latest.obs_dates[rows, at]
    unusable = ~np.isfinite(days) | too_old(dates[:, None], grid, [MAX_AGE_DAYS])[:, 0]
    return ImpliedSpot(
        np.where(unusable, np.nan, values), dates, latest.knowledge_times[rows, at], latest.payload_ids[rows, at]
    )


def expiry_of(contract: str) -> np.datetime64:
    """The Wednesday nearest the 15th of the contract's month, or the next session. Raises ValueError for no ticker."""
    match = re.fullmatch(rf"{INDEX_FUTURE}([{_MONTHS}])(\d\d)", contract)
    if match is None:
        raise ValueError(f"{contract!r} is no contract of {INDEX_FUTURE}")
    middle = np.datetime64(f"20{match[2]}-{_MONTHS.index(match[1]) + 1:02d}-15", "D")
    weekday = (int(middle.astype("int64")) + 3) % 7  # Monday 0
    wednesday = middle + np.timedelta64((2 - weekday + 3) % 7 - 3, "D")
    return np.datetime64(calendars.b3().offset_array(np.array([wednesday]), 0)[0], "D")
