"""The order of sources for each curve and column with several sources: typed records of fallbacks.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from desk.catalog import read_toml
from desk.errors import BadCatalog

VERTICES: tuple[int, ...] = (21, 42, 63, 126, 252, 378, 504, 756, 1008, 1260, 1764, 2520)
"""Business days of the constant maturities that a panel holds for every curve."""
LONG_VERTICES = (3780, 5040)
"""15 and 20 years: for the real curve only, which prices the NTN-B of 2045."""


@dataclass(frozen=True)
class CurveSource:
    """Where one curve's points come from: `points` (curve_id), `series` (tenor_bd -> series id), `futures` (root, and
    the day of the month) or `bonds` (issuer, bond -> annual coupon)."""

    name: str
    kind: str
    curve_id: str = ""
    root: str = ""
    day: int = 1
    issuer: str = ""
    coupons: Mapping[str, float] = field(default_factory=dict)
    shortest_bd: int = 0
    """Of `points`: vertices below so many business days are not used."""
    series: Mapping[str, str] = field(default_factory=dict)

    @property
    def input_id(self) -> str:
        """What the source is called as an input: `PRE`, `DI1`, `ANBIMA:LTN+NTN-F`, `FRED:DGS`."""
        if self.kind == "points":
            return self.curve_id
        if self.kind == "futures":
            return self.root
        if self.kind == "bonds":
            return f"{self.issuer}:{'+'.join(self.coupons)}"
        return f"{self.issuer}:{self.root}"


@dataclass(frozen=True)
class CurveSpec:
    """One curve of the panel: its sources in order of preference, interpolation and limits. Fields: fallbacks.toml."""

    prefix: str
    method: str
    patience_days: int
    max_age_days: int
    flat_below: float
    forward_above: float
    sources: tuple[CurveSource, ...]
    vertices: tuple[int, ...] = VERTICES
    longest_years: float = 16.0
    """Longer bonds are left out. The default keeps one bond beyond the ten-year vertex."""
    origin: str = ""
    """Name of the panel's origin column for this curve; the prefix when empty."""


@dataclass(frozen=True)
class ColumnFallback:
    """One column of the panel that is chosen between `candidates`, in order of preference."""

    name: str
    unit: str
    patience_days: int
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Fallbacks:
    """The declared order of sources of every curve and column."""

    curves: tuple[CurveSpec, ...]
    columns: tuple[ColumnFallback, ...]

    def inputs_of(self, column: str) -> tuple[str, ...]:
        """The inputs that a column may be read off, in their order; the column itself where nothing is declared."""
        for spec in self.columns:
            if spec.name == column:
                return spec.candidates
        prefix, _, tail = column.rpartition("_")
        for curve in self.curves:
            if curve.prefix == prefix and tail.isdigit() and int(tail) in curve.vertices:
                return tuple(source.input_id for source in curve.sources)
        return (column,)


@cache
def load_fallbacks() -> Fallbacks:
    """The typed fallbacks.toml. Raises BadCatalog for an unknown or missing field."""
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
