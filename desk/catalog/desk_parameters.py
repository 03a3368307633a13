"""Instruments, book rules, limits and scenarios: typed records of the TOML that the desk edits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from desk.catalog import read_toml
from desk.errors import BadCatalog

InstrumentKind = Literal["pre_pu", "real_pu", "fx_forward", "equity_forward"]
ASSET_CLASSES = ("FX", "Rates", "Inflation", "Cupom", "Sovereign", "Cross-Asset")


@dataclass(frozen=True, slots=True)
class Instrument:
    """One thing the desk trades; + contracts are long the price. Field meanings: desk/catalog/instruments.toml."""

    id: str
    name: str
    kind: InstrumentKind
    asset_class: str
    root: str
    months: tuple[int, ...]
    multiplier: float
    tick: float
    slip_ticks: float
    fee_brl: float
    margin_rate: float
    lot: int
    tenor_months: int | None = None
    unlisted: tuple[str, ...] = ()

    @property
    def quoted_in_rate(self) -> bool:
        return self.kind in ("pre_pu", "real_pu")


@dataclass(frozen=True, slots=True)
class PortfolioParameters:
    inception_nav_brl: float
    target_volatility: float
    full_conviction: float
    dead_band: float
    limit_headroom: float
    covariance_window: int
    covariance_half_life: float
    covariance_min_rows: int
    sharpe_assumed: float
    holding_days: int
    invalidation_sigmas: float
    invalidation_days: int


@dataclass(frozen=True, slots=True)
class RiskParameters:
    var_window: int
    var_min_rows: int
    headline: str
    filter_decay: float
    max_degrees: float
    backtest_window: int


@dataclass(frozen=True, slots=True)
class Limit:
    id: str
    name: str
    threshold: float


@dataclass(frozen=True, slots=True)
class Limits:
    amber: float
    red: float
    limits: Mapping[str, Limit]

    def threshold(self, limit_id: str) -> float:
        """Raises BadCatalog when the file has no such limit."""
        if limit_id not in self.limits:
            raise BadCatalog(f"limits.toml: no limit {limit_id!r}; known: {', '.join(sorted(self.limits))}")
        return self.limits[limit_id].threshold


@dataclass(frozen=True, slots=True)
class ParametricScenario:
    """Shocks: `usdbrl` and `ibovespa` fractions; curves as (tenor_bd, bp) pairs, a single pair for a parallel move."""

    id: str
    name: str
    usdbrl: float = 0.0
    ibovespa: float = 0.0
    pre_bp: tuple[tuple[int, float], ...] = ()
    real_bp: tuple[tuple[int, float], ...] = ()
    other: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DatedScenario:
    """The move from the close of `start` to the close of `end`."""

    id: str
    name: str
    start: dt.date
    end: dt.date


@dataclass(frozen=True, slots=True)
class DeskParameters:
    """What the book and the risk pass take besides data. `instruments` keep the file's order."""

    instruments: tuple[Instrument, ...]
    portfolio: PortfolioParameters
    risk: RiskParameters
    limits: Limits
    parametric: tuple[ParametricScenario, ...]
    dated: tuple[DatedScenario, ...]

    @property
    def instrument_ids(self) -> tuple[str, ...]:
        return tuple(instrument.id for instrument in self.instruments)

    def instrument(self, instrument_id: str) -> Instrument:
        """Raises BadCatalog when the desk does not trade it."""
        for instrument in self.instruments:
            if instrument.id == instrument_id:
                return instrument
        raise BadCatalog(f"unknown instrument {instrument_id!r}; known: {', '.join(self.instrument_ids)}")


def load_desk_parameters() -> DeskParameters:
    """The five files, checked. Raises BadCatalog with the entry's name."""
    scenarios = read_toml("scenarios")
    return DeskParameters(
        instruments=tuple(_instrument(key, raw) for key, raw in read_toml("instruments")["instrument"].items()),
        portfolio=_record(PortfolioParameters, "portfolio.toml", read_toml("portfolio")),
        risk=_record(RiskParameters, "risk.toml", read_toml("risk")),
        limits=_limits(read_toml("limits")),
        parametric=tuple(_parametric(key, raw) for key, raw in scenarios["parametric"].items()),
        dated=tuple(_dated(key, raw) for key, raw in scenarios["dated"].items()),
    )


def _record(kind: type[Any], where: str, raw: Mapping[str, Any]) -> Any:
    try:
        return kind(**raw)
    except TypeError as error:
        raise BadCatalog(f"{where}: {error}") from error


def _instrument(key: str, raw: Mapping[str, Any]) -> Instrument:
    where = f"instrument {key}"
    months = tuple(raw.get("months", ()))
    unlisted = tuple(raw.get("unlisted", ()))
    record: Instrument = _record(Instrument, where, {"id": key, **raw, "months": months, "unlisted": unlisted})
    if record.kind not in get_args(InstrumentKind):
        raise BadCatalog(f"{where}: unknown kind {record.kind!r}")
    if record.asset_class not in ASSET_CLASSES:
        raise BadCatalog(f"{where}: unknown asset class {record.asset_class!r}")
    if not months or not all(1 <= month <= 12 for month in months):
        raise BadCatalog(f"{where}: months must be contract months from 1 to 12")
    if record.quoted_in_rate and record.tenor_months is None:
        raise BadCatalog(f"{where}: a constant maturity needs tenor_months")
    if min(record.multiplier, record.tick, record.lot, record.margin_rate) <= 0 or record.fee_brl < 0:
        raise BadCatalog(f"{where}: multiplier, tick, lot and margin_rate must be positive, fee_brl not negative")
    return record


def _limits(raw: Mapping[str, Any]) -> Limits:
    limits = {key: Limit(key, entry["name"], float(entry["threshold"])) for key, entry in raw["limit"].items()}
    if not 0 < raw["amber"] < raw["red"] < 1:
        raise BadCatalog("limits.toml: 0 < amber < red < 1")
    if any(limit.threshold <= 0 for limit in limits.values()):
        raise BadCatalog("limits.toml: thresholds must be positive")
    return Limits(float(raw["amber"]), float(raw["red"]), limits)


_OTHER_FACTORS = ("ust_bp", "spx", "oil", "sovereign")


def _parametric(key: str, raw: Mapping[str, Any]) -> ParametricScenario:
    known = {item.name for item in fields(ParametricScenario)} - {"id", "other"}
    unknown = set(raw) - known - set(_OTHER_FACTORS)
    if unknown:
        raise BadCatalog(f"scenario {key}: unknown factor {', '.join(sorted(unknown))}")
    shocks = {name: raw[name] for name in ("name", "usdbrl", "ibovespa") if name in raw}
    curves = {name: _curve_shock(raw[name]) for name in ("pre_bp", "real_bp") if name in raw}
    other = {name: float(raw[name]) for name in _OTHER_FACTORS if name in raw}
    record: ParametricScenario = _record(
        ParametricScenario, f"scenario {key}", {"id": key, **shocks, **curves, "other": other}
    )
    return record


def _curve_shock(raw: float | Mapping[str, float]) -> tuple[tuple[int, float], ...]:
    if isinstance(raw, Mapping):
        return tuple(sorted((int(tenor), float(bp)) for tenor, bp in raw.items()))
    return ((0, float(raw)),)


def _dated(key: str, raw: Mapping[str, Any]) -> DatedScenario:
    record: DatedScenario = _record(DatedScenario, f"scenario {key}", {"id": key, **raw})
    if record.start >= record.end:
        raise BadCatalog(f"scenario {key}: start {record.start} is not before end {record.end}")
    return record
