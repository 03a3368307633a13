"""Choosing between sources by a declared order (catalog/fallbacks.toml), with the chosen one's name kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from desk.calendars import Days
from desk.catalog import read_toml
from desk.errors import BadCatalog
from desk.transforms.curves import VERTICES, FloatArray

Choice = npt.NDArray[np.int64]
LONG_VERTICES = (3780, 5040)
"""15 and 20 years: the real curve's alone, for the NTN-B of 2045."""


@dataclass(frozen=True)
class CurveSource:
    """Where one curve's points come from: `points` (curve_id), `futures` (root, day of the month) or `bonds`."""

    name: str
    kind: str
    curve_id: str = ""
    root: str = ""
    day: int = 1
    issuer: str = ""
    coupons: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CurveSpec:
    prefix: str
    method: str
    patience_days: int
    max_age_days: int
    flat_below: float
    forward_above: float
    sources: tuple[CurveSource, ...]
    vertices: tuple[int, ...] = VERTICES
    longest_years: float = 16.0
    """Bonds beyond are left out; by default there is still one beyond the ten-year vertex."""
    origin: str = ""
    """Under which name the panel says where it came from; the prefix when empty."""


@dataclass(frozen=True)
class ColumnFallback:
    name: str
    unit: str
    patience_days: int
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Fallbacks:
    curves: tuple[CurveSpec, ...]
    columns: tuple[ColumnFallback, ...]


def load_fallbacks() -> Fallbacks:
    """The declared orders. Raises BadCatalog."""
    raw = read_toml("fallbacks")
    try:
        curves = tuple(
            CurveSpec(
                **{
                    **entry,
                    "sources": tuple(CurveSource(**source) for source in entry["sources"]),
                    "vertices": tuple(entry.get("vertices", VERTICES)),
                }
            )
            for entry in raw["curve"]
        )
        columns = tuple(
            ColumnFallback(**{**entry, "candidates": tuple(entry["candidates"])}) for entry in raw["column"]
        )
    except (KeyError, TypeError) as error:
        raise BadCatalog(f"fallbacks.toml: {error}") from error
    return Fallbacks(curves, columns)


def choose(obs_dates: Sequence[Days], known: Sequence[npt.NDArray[np.bool_]], patience_days: int) -> Choice:
    """Index of the candidate to use at each day, -1 where none is known. Shapes: (T,) per candidate.

    The first known one that is at most `patience_days` older than the freshest known one.
    """
    ages = np.stack(
        [np.where(k, o.astype("int64"), np.iinfo(np.int64).min) for o, k in zip(obs_dates, known, strict=True)]
    )
    usable = np.stack(known) & (ages >= ages.max(axis=0) - patience_days)
    return np.where(usable.any(axis=0), np.argmax(usable, axis=0), -1).astype(np.int64)


def pick(values: Sequence[FloatArray], choice: Choice) -> FloatArray:
    """The chosen candidate's value at each day, NaN where there is none."""
    stacked = np.stack(values)
    return np.where(choice >= 0, stacked[np.maximum(choice, 0), np.arange(len(choice))], np.nan)


def pick_days(days: Sequence[Days], choice: Choice) -> Days:
    stacked = np.stack(days)
    return np.where(choice >= 0, stacked[np.maximum(choice, 0), np.arange(len(choice))], np.datetime64("NaT", "D"))


def names_of(names: Sequence[str], choice: Choice) -> list[str | None]:
    return [names[index] if index >= 0 else None for index in choice.tolist()]
