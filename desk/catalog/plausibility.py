"""What a number may be: typed records of plausibility.toml, and which kind every stored column belongs to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from desk.catalog import Catalog, entries, read_toml, section, tables, typed_record
from desk.errors import BadCatalog
from desk.model import SILVER

Scale = Literal["log", "log_offset", "relative", "difference"]
Reference = Literal["last", "level"]
Compounding = Literal["annual_252", "linear_360"]
JUDGED: Mapping[str, tuple[str, ...]] = {
    "observation": ("value",),
    "curve_point": ("rate",),
    "settlement": ("price", "rate"),
    "price_bar": ("close",),
    "expectation": ("median",),
}
"""The columns of each silver table that have a history of their own to be judged against."""
SPACING_DAYS = {"D": 1.5, "W": 7.0, "M": 30.5, "Q": 91.5}


@dataclass(frozen=True, slots=True)
class Kind:
    """A quantity that moves in one way. Field meanings: plausibility.toml."""

    id: str
    scale: Scale
    floor: float
    prior: float
    crash: float
    reason: str
    reference: Reference
    offset: float
    window: int
    recent: int
    young: int
    level_window: int
    suspect_sigmas: float
    hold_sigmas: float
    slip_far: float
    slip_near: float
    slip_ratio: float
    contradict_sigmas: float
    stale: int
    grid: float
    open_lower: bool
    lower: float = -math.inf
    upper: float = math.inf
    spacing_days: float = 1.5
    """Calendar days between two prints: of the series' frequency, not of the file."""


@dataclass(frozen=True, slots=True)
class Order:
    """On each day the value of `low` is at most that of `high`."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Total:
    """whole = sum of weight x part, within `tolerance`, on each day that has all of them."""

    whole: str
    parts: Mapping[str, float]
    tolerance: float


@dataclass(frozen=True, slots=True)
class CurveBounds:
    """Between the vertices of one day's curve the forward rate stays within bounds, so discount factors fall.

    `kink`: how far a vertex may move beside its neighbours, fraction per year, from `kink_from_bd` business days on; 0:
    not judged."""

    id: str
    compounding: Compounding
    lowest_forward: float
    highest_forward: float
    kink: float = 0.0
    kink_from_bd: int = 1


@dataclass(frozen=True, slots=True)
class ZeroPrice:
    """Contracts whose id begins with `prefix`: price = face / (1 + rate)^(days/252), within shares of the price."""

    prefix: str
    face: float
    within: float
    beyond: float


@dataclass(frozen=True, slots=True)
class AgainstCurve:
    """Futures of `root` against the rate of `curve` at their maturity: within and beyond are fractions per year."""

    root: str
    curve: str
    within: float
    beyond: float


_IDENTITIES: Mapping[str, type[Any]] = {
    "order": Order,
    "total": Total,
    "curve": CurveBounds,
    "zero": ZeroPrice,
    "against_curve": AgainstCurve,
}
"""The lists of identities in the file."""


@dataclass(frozen=True, slots=True)
class _Override:
    match: tuple[str, ...]
    kind: str | None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plausibility:
    """The whole file: kinds, which kind a series or entity has, and identities."""

    kinds: Mapping[str, Kind]
    units: Mapping[str, str]
    datasets: Mapping[str, str]
    series: tuple[_Override, ...]
    entities: Mapping[str, Mapping[str, Mapping[str, str]]]
    orders: tuple[Order, ...]
    totals: tuple[Total, ...]
    curves: tuple[CurveBounds, ...]
    zeros: tuple[ZeroPrice, ...]
    against_curve: tuple[AgainstCurve, ...]
    still: tuple[str, ...] = ()
    """Patterns of entities whose repeats are normal, whatever their kind says."""

    def kind_of(self, table: str, column: str, entity: str, catalog: Catalog) -> Kind | None:
        """The kind of one judged column of an entity (text key); None where nothing is declared.

        `entity` is a series id, or the text key of an entity that is no series (`PRE|252`, `ANBIMA:LTN_2026-01-01`).
        """
        kind = self._moving_kind(table, column, entity, catalog)
        stands = kind is not None and kind.stale > 0 and any(fnmatchcase(entity, pattern) for pattern in self.still)
        return _changed(kind, {"stale": 0}) if kind is not None and stands else kind

    def _moving_kind(self, table: str, column: str, entity: str, catalog: Catalog) -> Kind | None:
        if table in self.entities:
            return self._by_prefix(self.entities[table].get(column, {}), entity)
        series = catalog.series.get(entity)
        if series is None:
            return None
        for override in self.series:
            if any(fnmatchcase(entity, pattern) for pattern in override.match):
                name = override.kind or self._usual(series.dataset, series.unit)
                if name is None:
                    return None
                return _changed(self.kinds[name], {**override.changes, "spacing_days": SPACING_DAYS[series.frequency]})
        usual = self._usual(series.dataset, series.unit)
        return _changed(self.kinds[usual], {"spacing_days": SPACING_DAYS[series.frequency]}) if usual else None

    def _usual(self, dataset: str, unit: str) -> str | None:
        return self.datasets.get(dataset) or self.units.get(unit)

    def _by_prefix(self, prefixes: Mapping[str, str], entity: str) -> Kind | None:
        fitting = [prefix for prefix in prefixes if entity.startswith(prefix)]
        return self.kinds[prefixes[max(fitting, key=len)]] if fitting else None


def load_plausibility() -> Plausibility:
    """The file, checked. Raises BadCatalog with the entry's name."""
    raw = read_toml("plausibility")
    file = "plausibility"
    defaults = section(file, raw, "defaults")
    kinds = {name: _kind(name, defaults, entry) for name, entry in tables(file, raw, "kind").items()}
    overrides = tuple(_override(name, entry) for name, entry in tables(file, raw, "series").items())
    identities = {
        name: tuple(
            typed_record(kind, f"plausibility.toml: {name} {at}", entry)
            for at, entry in enumerate(entries(file, raw, name), 1)
        )
        for name, kind in _IDENTITIES.items()
    }
    for one in (*identities["zero"], *identities["against_curve"]):
        if not 0 < one.within <= one.beyond:
            raise BadCatalog(f"plausibility.toml: {one}: 0 < within <= beyond must hold")
    for one in identities["curve"]:
        if one.compounding not in get_args(Compounding) or not one.lowest_forward < one.highest_forward:
            words = "unknown compounding, or lowest_forward not below highest_forward"
            raise BadCatalog(f"plausibility.toml: curve {one.id}: {words}")
        if one.kink < 0 or one.kink_from_bd < 1:
            words = "kink must not be negative, kink_from_bd not below 1"
            raise BadCatalog(f"plausibility.toml: curve {one.id}: {words}")
    for name in ("unit", "dataset", "entity", "still"):
        section(file, raw, name)
    _known_kinds("unit", raw["unit"], kinds)
    _known_kinds("dataset", raw["dataset"], kinds)
    _known_kinds("series", {", ".join(one.match): one.kind for one in overrides if one.kind}, kinds)
    for one in overrides:
        if one.kind:
            _changed(kinds[one.kind], one.changes)
    for table in raw["entity"]:
        if table not in SILVER:
            raise BadCatalog(f"plausibility.toml: no silver table {table!r}")
        for column, prefixes in tables("plausibility", raw["entity"], table).items():
            if column not in JUDGED[table]:
                raise BadCatalog(f"plausibility.toml: {table}.{column} is not judged")
            _known_kinds(f"entity {table}.{column}", prefixes, kinds)
    return Plausibility(
        kinds,
        raw["unit"],
        raw["dataset"],
        overrides,
        raw["entity"],
        identities["order"],
        identities["total"],
        identities["curve"],
        identities["zero"],
        identities["against_curve"],
        tuple(raw["still"]["entities"]),
    )


def _kind(name: str, defaults: Mapping[str, Any], entry: Mapping[str, Any]) -> Kind:
    where = f"plausibility.toml: kind {name}"
    kind: Kind = typed_record(Kind, where, {"id": name, **defaults, **entry})
    return _checked(kind, where)


def _checked(kind: Kind, where: str) -> Kind:
    if kind.scale not in get_args(Scale) or kind.reference not in get_args(Reference):
        raise BadCatalog(f"{where}: unknown scale or reference: {kind.scale!r}, {kind.reference!r}")
    if kind.contradict_sigmas <= 0:
        raise BadCatalog(f"{where}: contradict_sigmas must be positive")
    if not (0 < kind.floor <= kind.prior <= kind.crash):
        raise BadCatalog(f"{where}: floor, prior and crash must be positive and rise in this order")
    if not (
        0 < kind.recent <= kind.window
        and kind.young > 0
        and kind.level_window > 0
        and kind.stale >= 0
        and kind.grid >= 0
    ):
        raise BadCatalog(
            f"{where}: window, recent, young and level_window must be positive, recent at most window, "
            "stale and grid not negative"
        )
    if not (
        0 < kind.slip_near <= kind.slip_far and kind.slip_ratio > 1 and 0 < kind.suspect_sigmas <= kind.hold_sigmas
    ):
        raise BadCatalog(f"{where}: slip_near <= slip_far, slip_ratio > 1 and suspect_sigmas <= hold_sigmas must hold")
    if not kind.lower < kind.upper:
        raise BadCatalog(f"{where}: lower must be below upper")
    if kind.scale == "log" and not (kind.lower > 0 or (kind.lower == 0 and kind.open_lower)):
        raise BadCatalog(f"{where}: a logarithm needs a lower bound of 0 or more")
    if kind.scale == "log_offset" and not kind.lower + kind.offset > 0:
        raise BadCatalog(f"{where}: a logarithm needs lower + offset above 0")
    if not kind.reason.strip():
        raise BadCatalog(f"{where}: a reason is missing")
    return kind


_CHANGEABLE = {one.name for one in fields(Kind)} - {"id", "scale", "reference", "spacing_days"}


def _override(name: str, entry: Mapping[str, Any]) -> _Override:
    changes = {key: value for key, value in entry.items() if key not in ("match", "kind")}
    if unknown := sorted(set(changes) - _CHANGEABLE):
        raise BadCatalog(f"plausibility.toml: series {name}: a kind has no {', '.join(unknown)} to change")
    if changes and "reason" not in changes:
        raise BadCatalog(f"plausibility.toml: series {name}: changed numbers need a reason")
    match = entry.get("match")
    if not isinstance(match, list) or not all(isinstance(one, str) for one in match):
        raise BadCatalog(f"plausibility.toml: series {name}: match is no list of patterns")
    return _Override(tuple(entry["match"]), entry.get("kind"), changes)


def _changed(kind: Kind, changes: Mapping[str, Any]) -> Kind:
    values = {one.name: getattr(kind, one.name) for one in fields(Kind)}
    where = f"plausibility.toml: kind {kind.id} as changed"
    changed: Kind = typed_record(Kind, where, {**values, **changes})
    return _checked(changed, where)


def _known_kinds(where: str, names: Mapping[str, object], kinds: Mapping[str, Kind]) -> None:
    """`names`: what stands beside each entry of a table."""
    for entry, name in names.items():
        if not isinstance(name, str) or name not in kinds:
            raise BadCatalog(f"plausibility.toml: {where} {entry!r} names an unknown kind {name!r}")
