"""Instruments, portfolio, risk rules, limits and scenarios: typed records of six TOML files that the desk edits."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Literal, get_args

from desk.catalog import read_toml, section, tables, typed_record
from desk.catalog.risk_parameters import (
    DatedScenario,
    Limits,
    ParametricScenario,
    RiskParameters,
    dated_scenario,
    limits,
    parametric_scenario,
    risk_parameters,
)
from desk.errors import BadCatalog

InstrumentKind = Literal[
    "pre_pu", "real_pu", "fx_forward", "equity_forward", "cupom_pu", "ipca_bond", "par_bond", "spread"
]
METHODS = ("risk_budget", "black_litterman")
SideKind = Literal["rate", "price", "protection"]
RATE_DEALT = ("pre_pu", "real_pu", "cupom_pu")
PRICE_KINDS = ("fx_forward", "equity_forward")
PRICE_TICKS = (*PRICE_KINDS, "par_bond")
ASSET_CLASSES = ("FX", "Rates", "Inflation", "Cupom", "Sovereign", "Cross-Asset")


@dataclass(frozen=True, slots=True)
class Instrument:
    """One traded instrument; positive contracts are long the price. Field meanings: instruments.toml."""

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
    maturity: dt.date | None = None
    listed_from: dt.date | None = None
    short_with: str | None = None
    booked_as: str | None = None

    @property
    def quoted_in_rate(self) -> bool:
        """True for an instrument quoted as a rate or spread, False for one quoted as a price."""
        return self.kind not in PRICE_KINDS

    @property
    def ticks_in_price(self) -> bool:
        """True where `tick` is of the price that the venue quotes: of a Treasury future too, whose mark is a yield."""
        return self.kind in PRICE_TICKS

    @property
    def dealt_in(self) -> SideKind:
        """What is bought and sold where it trades: B3's rate futures in rate, the sovereign spread in protection, all
        others in price."""
        if self.kind == "spread":
            return "protection"
        return "rate" if self.kind in RATE_DEALT else "price"

    @property
    def long_only(self) -> bool:
        """True for a cash bond, which cannot be sold short: `short_with` names the future used instead."""
        return self.kind == "ipca_bond"


@dataclass(frozen=True, slots=True)
class PortfolioParameters:
    """Parameters of the portfolio construction. Field meanings: portfolio.toml."""

    inception_nav_brl: float
    method: str
    tau: float
    view_confidence: float
    target_volatility: float
    full_conviction: float
    dead_band: float
    limit_headroom: float
    covariance_window: int
    covariance_half_life: float
    covariance_min_rows: int
    sharpe_assumed: float
    holding_days: int
    minimum_change_brl: float
    invalidation_sigmas: float
    invalidation_days: int


@dataclass(frozen=True, slots=True)
class DeskParameters:
    """Parameters of the book and the risk pass. `instruments` keep the order of their file."""

    instruments: tuple[Instrument, ...]
    portfolio: PortfolioParameters
    risk: RiskParameters
    limits: Limits
    parametric: tuple[ParametricScenario, ...]
    dated: tuple[DatedScenario, ...]
    decay_days: Mapping[str, float]
    """By strategy, the business days that a view is worth while it fades (signal_decay.toml)."""
    minimum_orders: Mapping[str, int] = field(default_factory=dict)
    """By root, the contracts below which an order is not made (portfolio.toml)."""

    def view_days(self, strategy_id: str) -> float:
        """The business days that a view of a strategy counts for: as measured, at most `holding_days`."""
        most = float(self.portfolio.holding_days)
        return min(self.decay_days.get(strategy_id, most), most)

    @property
    def instrument_ids(self) -> tuple[str, ...]:
        """Ids in the order of the file."""
        return tuple(instrument.id for instrument in self.instruments)

    def instrument(self, instrument_id: str) -> Instrument:
        """The instrument of an id. Raises BadCatalog for an unknown id."""
        for instrument in self.instruments:
            if instrument.id == instrument_id:
                return instrument
        raise BadCatalog(f"unknown instrument {instrument_id!r}; known: {', '.join(self.instrument_ids)}")


SIZING_FILES = ("instruments", "portfolio", "risk", "limits", "signal_decay")
"""The files that positions are sized by."""


@cache
def load_desk_parameters() -> DeskParameters:
    """The parameters of the six files. Raises BadCatalog that names the wrong entry."""
    return desk_parameters_of({})


def desk_parameters_of(texts: Mapping[str, str]) -> DeskParameters:
    """The same, with the files of `texts` (file -> TOML) as they stand there."""

    def read(name: str) -> dict[str, Any]:
        return read_toml(name, texts.get(name))

    scenarios, portfolio = read("scenarios"), read("portfolio")
    instruments = tuple(
        _instrument(key, raw) for key, raw in tables("instruments", read("instruments"), "instrument").items()
    )
    minimum_orders = _minimum_orders(
        section("portfolio", {"minimum_order": {}, **portfolio}, "minimum_order"), {item.root for item in instruments}
    )
    rules = _portfolio({name: value for name, value in portfolio.items() if name != "minimum_order"})
    return DeskParameters(
        instruments=instruments,
        portfolio=rules,
        risk=risk_parameters(read("risk")),
        limits=limits(read("limits"), rules.target_volatility),
        parametric=tuple(parametric_scenario(key, raw) for key, raw in scenarios["parametric"].items()),
        dated=tuple(dated_scenario(key, raw) for key, raw in scenarios["dated"].items()),
        decay_days=_decay(read("signal_decay")["days"]),
        minimum_orders=minimum_orders,
    )


def _minimum_orders(raw: Mapping[str, Any], roots: set[str]) -> dict[str, int]:
    """Without the roots whose least order is none."""
    for root, least in raw.items():
        if root not in roots:
            raise BadCatalog(f"portfolio.toml: minimum_order: no instrument has the root {root!r}")
        if isinstance(least, bool) or not isinstance(least, int) or least < 0:
            raise BadCatalog(f"portfolio.toml: minimum_order: {root} = {least!r} is no number of contracts from 0")
    return {root: least for root, least in raw.items() if least > 1}


def _decay(raw: Mapping[str, Any]) -> dict[str, float]:
    for name, days in raw.items():
        if isinstance(days, bool) or not isinstance(days, int | float) or not days >= 1:
            raise BadCatalog(f"signal_decay.toml: {name} = {days!r} is no number of days from 1 on")
    return {name: float(days) for name, days in raw.items()}


def _portfolio(raw: Mapping[str, Any]) -> PortfolioParameters:
    built: PortfolioParameters = typed_record(PortfolioParameters, "portfolio.toml", raw)
    if built.method not in METHODS:
        raise BadCatalog(f"portfolio.toml: unknown method {built.method!r}; known: {', '.join(METHODS)}")
    if not (0 < built.tau <= 1 and 0 <= built.view_confidence <= 1):
        raise BadCatalog("portfolio.toml: tau and view_confidence must lie in 0 to 1")
    for name in ("target_volatility", "full_conviction", "limit_headroom"):
        if not 0 < getattr(built, name) <= 1:
            raise BadCatalog(f"portfolio.toml: {name} = {getattr(built, name)} is no share above 0, up to 1")
    if not 0 <= built.dead_band < 1:
        raise BadCatalog(f"portfolio.toml: dead_band = {built.dead_band} is no size of a conviction below 1")
    if not 0 <= built.minimum_change_brl < math.inf:
        raise BadCatalog(f"portfolio.toml: minimum_change_brl = {built.minimum_change_brl} is no amount of BRL from 0")
    for item in fields(built):
        if (
            item.name not in ("method", "view_confidence", "dead_band", "minimum_change_brl")
            and not getattr(built, item.name) > 0
        ):
            raise BadCatalog(f"portfolio.toml: {item.name} = {getattr(built, item.name)} must be positive")
    return built


def _instrument(key: str, raw: Mapping[str, Any]) -> Instrument:
    where = f"instruments.toml: instrument {key}"
    lists = {name: raw.get(name, []) for name in ("months", "unlisted")}
    if wrong := [name for name, value in lists.items() if not isinstance(value, list | tuple)]:
        raise BadCatalog(f"{where}: {wrong[0]} = {lists[wrong[0]]!r} is no list")
    months, unlisted = (tuple(value) for value in lists.values())
    built: Instrument = typed_record(Instrument, where, {"id": key, **raw, "months": months, "unlisted": unlisted})
    if built.kind not in get_args(InstrumentKind):
        raise BadCatalog(f"{where}: unknown kind {built.kind!r}")
    if built.asset_class not in ASSET_CLASSES:
        raise BadCatalog(f"{where}: asset_class: unknown asset class {built.asset_class!r}")
    if built.kind == "ipca_bond":
        if built.maturity is None or built.short_with is None:
            raise BadCatalog(f"{where}: a bond needs maturity and short_with")
    elif not months or not all(1 <= month <= 12 for month in months):
        raise BadCatalog(f"{where}: months must be contract months from 1 to 12")
    elif built.quoted_in_rate and built.tenor_months is None:
        raise BadCatalog(f"{where}: a constant maturity needs tenor_months")
    for name in ("multiplier", "tick", "lot", "margin_rate", "tenor_months"):
        value = getattr(built, name)
        if value is not None and value <= 0:
            raise BadCatalog(f"{where}: {name} = {value:g} must be positive")
    for name in ("fee_brl", "slip_ticks"):
        if getattr(built, name) < 0:
            raise BadCatalog(f"{where}: {name} = {getattr(built, name):g} must not be negative")
    if built.margin_rate > 1:
        raise BadCatalog(f"{where}: margin_rate = {built.margin_rate:g} is more than the whole value")
    return built
