"""Risk rules, breaker, limits and scenarios: typed records of risk.toml, limits.toml and scenarios.toml."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from statistics import NormalDist
from typing import Any

from desk.catalog import number, section, tables, typed_record
from desk.errors import BadCatalog
from desk.units import DAYS_PER_YEAR

DAILY_METHODS = ("historical", "filtered_historical", "normal", "student_t")
"""VaR methods computed for every day. Monte Carlo is computed for a pass's last day only, so it cannot be the headline.
"""


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """The drawdown breaker, of NAV over cash. `levels`: (drawdown, share of risk that remains), by rising drawdown;
    `stop`: drawdown from a peak of any age that leaves nothing; `rungs`: the shares of risk of the way back, rising;
    days are business days.
    """

    levels: tuple[tuple[float, float], ...]
    stop: float
    rungs: tuple[float, ...]
    peak_days: int
    wait_days: int
    review_days: int


@dataclass(frozen=True, slots=True)
class LiquidityRules:
    """How fast the book can be closed. Field meanings: risk.toml, [liquidity]."""

    share_of_volume: float
    volume_days: int
    interest_days: int
    interest_growth: float
    volume_of_open_interest: float


@dataclass(frozen=True, slots=True)
class RiskParameters:
    """Parameters of the risk pass. Field meanings: risk.toml."""

    var_window: int
    var_min_rows: int
    headline: str
    challenger: str
    reject_below: float
    return_from: float
    filter_decay: float
    max_degrees: float
    backtest_window: int
    monte_carlo_paths: int
    monte_carlo_seed: int
    reverse_loss: float
    reverse_most_deviations: float
    breaker: BreakerRules
    liquidity: LiquidityRules


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit. From `warn` on (if set) the status is amber, whatever the share of the threshold."""

    id: str
    name: str
    threshold: float
    warn: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits by id; `amber` and `red`: shares of a threshold from which a limit has that status."""

    amber: float
    red: float
    limits: Mapping[str, Limit]

    def threshold(self, limit_id: str) -> float:
        """The threshold of a limit. Raises BadCatalog for an unknown id."""
        if limit_id not in self.limits:
            raise BadCatalog(f"limits.toml: no limit {limit_id!r}; known: {', '.join(sorted(self.limits))}")
        return self.limits[limit_id].threshold


TAIL_LIMITS = ("var_95", "var_99", "es_975")
MOST_MULTIPLE = 10.0
MOST: Mapping[str, float] = {"gross_leverage": 50.0, "gross_face": 100.0, "days_to_liquidate": 250.0}
"""A limit beyond it limits nothing, as one with a slipped decimal point. All others are shares: at most 1."""
SHOCKED_CURVES = ("pre", "real", "cupom", "ust")
_PROVENANCE = ("start", "end", "measured")


@dataclass(frozen=True, slots=True)
class ParametricScenario:
    """Shocks to market factors.

    `usdbrl`, `ibovespa`, `spx` and `oil` are fractions (no instrument depends on the last two). `curves`: curve ->
    (tenor_bd, bp) pairs, one pair for a parallel move. `sovereign` (a fraction) and `sovereign_bp` (bp) move the
    sovereign spread, cupom less Treasury. `shocks` is the entry of the file, for display. With `start` and `end`, the
    factors in `measured` are the moves between those two closes (bench/scenario_moves.py).
    """

    id: str
    name: str
    usdbrl: float = 0.0
    ibovespa: float = 0.0
    spx: float = 0.0
    oil: float = 0.0
    sovereign: float = 0.0
    sovereign_bp: float = 0.0
    curves: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)
    shocks: Mapping[str, Any] = field(default_factory=dict)
    start: dt.date | None = None
    end: dt.date | None = None
    measured: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatedScenario:
    """The move from the close of `start` to the close of `end`; `moves` as measured once, for a desk that holds no
    closes of then. A factor that `moves` does not name is unknown."""

    id: str
    name: str
    start: dt.date
    end: dt.date
    moves: ParametricScenario | None = None


def risk_parameters(raw: Mapping[str, Any]) -> RiskParameters:
    """The typed risk.toml. Raises BadCatalog that names the wrong field."""
    parts = {
        "breaker": _breaker(section("risk", raw, "breaker")),
        "liquidity": _liquidity(section("risk", raw, "liquidity")),
    }
    rules: RiskParameters = typed_record(RiskParameters, "risk.toml", {**raw, **parts})
    for role in ("headline", "challenger"):
        if getattr(rules, role) not in DAILY_METHODS:
            raise BadCatalog(f"risk.toml: {role} {getattr(rules, role)!r} is none of {', '.join(DAILY_METHODS)}")
    if rules.headline == rules.challenger:
        raise BadCatalog(f"risk.toml: {rules.headline} is its own challenger")
    if not 0 < rules.reject_below < rules.return_from < 1:
        raise BadCatalog("risk.toml: 0 < reject_below < return_from < 1")
    for item in fields(rules):
        value = getattr(rules, item.name)
        if isinstance(value, int | float) and value <= 0 and item.name != "monte_carlo_seed":
            raise BadCatalog(f"risk.toml: {item.name} = {value:g} must be positive")
        if item.name in ("filter_decay", "reverse_loss") and value >= 1:
            raise BadCatalog(f"risk.toml: {item.name} = {value:g} is no share below 1")
    return rules


def _liquidity(raw: Mapping[str, Any]) -> LiquidityRules:
    rules: LiquidityRules = typed_record(LiquidityRules, "risk.toml liquidity", raw)
    for name in ("share_of_volume", "volume_of_open_interest"):
        if not 0 < getattr(rules, name) <= 1:
            raise BadCatalog(f"risk.toml liquidity: {name} = {getattr(rules, name)} is no share above 0, up to 1")
    for name in ("volume_days", "interest_days"):
        if getattr(rules, name) < 1:
            raise BadCatalog(f"risk.toml liquidity: {name} must be positive")
    if not rules.interest_growth >= 1:
        raise BadCatalog(f"risk.toml liquidity: interest_growth = {rules.interest_growth} must be at least 1")
    return rules


def _breaker(raw: Mapping[str, Any]) -> BreakerRules:
    try:
        levels = tuple((float(level), float(share)) for level, share in raw.get("levels", ()))
        rungs = tuple(map(float, raw.get("rungs", ())))
    except (TypeError, ValueError) as error:
        raise BadCatalog(
            f"risk.toml breaker: levels are pairs of drawdown and share, rungs are shares: {error}"
        ) from error
    rules: BreakerRules = typed_record(BreakerRules, "risk.toml breaker", {**raw, "levels": levels, "rungs": rungs})
    drawdowns, shares = [level for level, _ in levels], [share for _, share in levels]
    if not levels or drawdowns != sorted(set(drawdowns)) or not all(0 < level < 1 for level in drawdowns):
        raise BadCatalog("risk.toml breaker: levels must have rising drawdowns between 0 and 1")
    if shares != sorted(set(shares), reverse=True) or not all(0 <= share < 1 for share in shares):
        raise BadCatalog("risk.toml breaker: levels: a deeper one must leave less risk, between 0 and 1")
    if not levels[-1][0] <= rules.stop < 1:
        raise BadCatalog("risk.toml breaker: stop is a drawdown not before the deepest level")
    if not rungs or list(rungs) != sorted(set(rungs)) or not all(0 < rung < 1 for rung in rungs):
        raise BadCatalog("risk.toml breaker: rungs must rise between 0 and 1")
    if min(rules.peak_days, rules.wait_days, rules.review_days) < 1:
        raise BadCatalog("risk.toml breaker: peak_days, wait_days and review_days must be at least one")
    return rules


def normal_tail(metric: str) -> float:
    """VaR or expected shortfall of a standard normal loss by the metric's name (var_95, es_975 ...), in deviations."""
    kind, _, digits = metric.partition("_")
    level, normal = float(f"0.{digits}"), NormalDist()
    quantile = normal.inv_cdf(level)
    return quantile if kind == "var" else normal.pdf(quantile) / (1.0 - level)


def limits(raw: Mapping[str, Any], target_volatility: float) -> Limits:
    """The typed limits.toml. A limit with a `volatility_multiple` in place of a threshold is that many times the tail
    of a normal book at `target_volatility` a year. Raises BadCatalog that names the wrong field."""
    daily = target_volatility / math.sqrt(DAYS_PER_YEAR)
    found: dict[str, Limit] = {}
    for key, entry in tables("limits", raw, "limit").items():
        where = f"limits.toml limit {key}"
        given = {name: value for name, value in entry.items() if name != "volatility_multiple"}
        if "volatility_multiple" in entry:
            if "threshold" in entry or key not in TAIL_LIMITS:
                words = f"volatility_multiple is in place of a threshold, of {', '.join(TAIL_LIMITS)}"
                raise BadCatalog(f"{where}: {words}")
            multiple = number(where, entry, "volatility_multiple")
            if not 0 < multiple <= MOST_MULTIPLE:
                raise BadCatalog(f"{where}: volatility_multiple = {multiple:g} is not above 0, up to {MOST_MULTIPLE:g}")
            given["threshold"] = multiple * normal_tail(key) * daily
        elif "threshold" not in entry:
            raise BadCatalog(f"{where}: neither a threshold nor, of {', '.join(TAIL_LIMITS)}, a volatility_multiple")
        limit: Limit = typed_record(Limit, where, {"id": key, **given})
        if not 0 < limit.threshold <= MOST.get(key, 1.0):
            raise BadCatalog(f"{where}: threshold = {limit.threshold:g} is not above 0, up to {MOST.get(key, 1.0):g}")
        if limit.warn is not None and not 0 < limit.warn < limit.threshold:
            raise BadCatalog(f"{where}: warn = {limit.warn:g} does not lie between zero and the threshold")
        found[key] = limit
    amber, red = (number("limits.toml", raw, name) for name in ("amber", "red"))
    if not 0 < amber < red < 1:
        raise BadCatalog(f"limits.toml: 0 < amber < red < 1 does not hold of amber = {amber:g} and red = {red:g}")
    return Limits(amber, red, found)


def parametric_scenario(key: str, raw: Mapping[str, Any]) -> ParametricScenario:
    """One parametric scenario of scenarios.toml. Raises BadCatalog for an unknown or contradictory factor, and for a
    measured factor that has no number.
    """
    shocks = {name: value for name, value in raw.items() if name not in ("name", *_PROVENANCE)}
    curve_names = {f"{curve}_bp": curve for curve in SHOCKED_CURVES}
    known = {item.name for item in fields(ParametricScenario)} - {"id", "name", "curves", "shocks", *_PROVENANCE}
    unknown = set(shocks) - known - set(curve_names)
    if unknown:
        raise BadCatalog(f"scenario {key}: unknown factor {', '.join(sorted(unknown))}")
    curves = {curve_names[name]: _curve_shock(value) for name, value in shocks.items() if name in curve_names}
    plain = {name: float(value) for name, value in shocks.items() if name in known}
    if "cupom" in curves and ("sovereign" in plain or "sovereign_bp" in plain):
        raise BadCatalog(f"scenario {key}: cupom_bp and a sovereign spread both say what the cupom curve does")
    measured = tuple(raw.get("measured", ()))
    if set(measured) - set(shocks) or (measured and not raw.get("start", dt.date.max) < raw.get("end", dt.date.min)):
        raise BadCatalog(f"scenario {key}: measured factors need their numbers, and a start before an end")
    dates = {name: raw[name] for name in ("start", "end") if name in raw}
    entry = {"id": key, **plain, **dates, "curves": curves, "shocks": shocks, "measured": measured}
    if "name" in raw:
        entry["name"] = raw["name"]
    built: ParametricScenario = typed_record(ParametricScenario, f"scenario {key}", entry)
    return built


def _curve_shock(raw: float | Mapping[str, float]) -> tuple[tuple[int, float], ...]:
    if isinstance(raw, Mapping):
        return tuple(sorted((int(tenor), float(bp)) for tenor, bp in raw.items()))
    return ((0, float(raw)),)


def dated_scenario(key: str, raw: Mapping[str, Any]) -> DatedScenario:
    """One dated scenario of scenarios.toml. Raises BadCatalog unless it ends after its start."""
    entry = {"id": key, **raw}
    if "moves" in raw:
        entry["moves"] = parametric_scenario(key, {"name": raw.get("name", key), **raw["moves"]})
    built: DatedScenario = typed_record(DatedScenario, f"scenario {key}", entry)
    if built.start >= built.end:
        raise BadCatalog(f"scenario {key}: start {built.start} is not before end {built.end}")
    return built
