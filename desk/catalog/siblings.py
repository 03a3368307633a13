"""Two sources of one fact: typed records of siblings.toml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from desk.catalog import entries, read_toml, section, typed_record
from desk.catalog.fallbacks import load_fallbacks
from desk.errors import BadCatalog

Measure = Literal["same", "annual_252"]
Align = Literal["same_day", "month_end", "month_mean", "month_compounded", "year_compounded"]
"""Which values of the right series stand against one of the left: siblings.toml."""


@dataclass(frozen=True, slots=True)
class SiblingPair:
    """Field meanings: siblings.toml. `left` and `right` are series ids, or a curve's id and tenor (`UST|252`)."""

    id: str
    left: str
    right: str
    tolerance: float
    breach: float
    reason: str
    relative: bool
    independent: bool
    source: str
    fact: bool = False
    align: Align = "same_day"
    right_as: Measure = "same"
    right_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class CurvePair:
    """Two sources of one curve of fallbacks.toml, at constant maturities. Field meanings: siblings.toml."""

    id: str
    curve: str
    left: str
    right: str
    vertices: tuple[int, ...]
    tolerance: float
    breach: float
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class ForwardPair:
    """A curve's clean points against the forwards between settlements of a future. Field meanings: siblings.toml."""

    id: str
    curve_id: str
    root: str
    day: int
    shortest_bd: int
    tolerance: float
    breach: float
    reason: str
    source: str


def load_siblings() -> tuple[SiblingPair, ...]:
    """The declared pairs, checked. Raises BadCatalog with the pair's id."""
    raw = read_toml("siblings")
    pairs: dict[str, SiblingPair] = {}
    defaults = section("siblings", raw, "defaults")
    for entry in entries("siblings", raw, "pair"):
        where = f"siblings.toml: pair {entry.get('id', '?')}"
        pair: SiblingPair = typed_record(SiblingPair, where, {**defaults, **entry})
        if pair.id in pairs:
            raise BadCatalog(f"{where} is listed twice")
        if not 0 < pair.tolerance <= pair.breach:
            raise BadCatalog(f"{where}: 0 < tolerance <= breach must hold")
        if pair.left == pair.right:
            raise BadCatalog(f"{where}: a series is no sibling of itself")
        if pair.right_as not in get_args(Measure) or pair.align not in get_args(Align):
            raise BadCatalog(f"{where}: unknown measure {pair.right_as!r} or alignment {pair.align!r}")
        if pair.right_scale <= 0:
            raise BadCatalog(f"{where}: right_scale must be positive")
        if pair.fact and not (pair.independent and pair.align == "same_day"):
            raise BadCatalog(f"{where}: only two independent sources of one day are a fact")
        pairs[pair.id] = pair
    return tuple(pairs.values())


def load_curve_pairs() -> tuple[CurvePair, ...]:
    """The declared pairs of curves, checked against fallbacks.toml. Raises BadCatalog with the pair's id."""
    raw = read_toml("siblings")
    known = {spec.origin or spec.prefix: spec for spec in load_fallbacks().curves}
    pairs: dict[str, CurvePair] = {}
    defaults = section("siblings", raw, "defaults")
    for entry in entries("siblings", raw, "curve"):
        where = f"siblings.toml: curve pair {entry.get('id', '?')}"
        try:
            vertices = tuple(entry["vertices"])
        except (KeyError, TypeError) as error:
            raise BadCatalog(f"{where}: vertices: {error}") from error
        given = {"source": defaults.get("source"), **entry, "vertices": vertices}
        pair: CurvePair = typed_record(CurvePair, where, given)
        spec = known.get(pair.curve)
        if spec is None or {pair.left, pair.right} - {source.name for source in spec.sources}:
            raise BadCatalog(f"{where}: fallbacks.toml has no such curve with both sources")
        if not pair.vertices or set(pair.vertices) - set(spec.vertices):
            raise BadCatalog(f"{where}: not vertices of the curve: {pair.vertices}")
        if pair.id in pairs or not 0 < pair.tolerance <= pair.breach:
            raise BadCatalog(f"{where}: listed twice, or not 0 < tolerance <= breach")
        pairs[pair.id] = pair
    return tuple(pairs.values())


def load_forward_pairs() -> tuple[ForwardPair, ...]:
    """The declared pairs of forwards, checked. Raises BadCatalog with the pair's id."""
    found: dict[str, ForwardPair] = {}
    for entry in entries("siblings", read_toml("siblings"), "forward"):
        where = f"siblings.toml: forward pair {entry.get('id', '?')}"
        pair: ForwardPair = typed_record(ForwardPair, where, entry)
        if pair.id in found or not 0 < pair.tolerance <= pair.breach:
            raise BadCatalog(f"{where}: listed twice, or not 0 < tolerance <= breach")
        if not 1 <= pair.day <= 28 or pair.shortest_bd < 1:
            raise BadCatalog(f"{where}: not a day of every month, or no business day left")
        found[pair.id] = pair
    return tuple(found.values())
