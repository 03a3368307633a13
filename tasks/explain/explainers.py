"""The explainers, one for each kind of figure. Each returns None for a key that the decision does not have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from desk.agents import AGENTS, model_specs
from desk.catalog.fallbacks import load_fallbacks
from desk.strategies import STRATEGIES
from desk.transforms.market_features import FEATURES
from tasks.explain import book, changes, money, risk
from tasks.explain.decision_gold import Facts, listed, numbers
from tasks.explain.figure import Draft, Part


@dataclass(frozen=True, slots=True)
class Kind:
    """`shape`: the form of the key, for messages; `names`: the keys that a decision has."""

    shape: str
    explain: Callable[[Facts, str], Awaitable[Draft | None]]
    names: Callable[[Facts], Awaitable[list[str]]]


async def signal(facts: Facts, key: str) -> Draft | None:
    """A strategy's score, with its parts and legs."""
    row = await facts.row("strategy_signals", strategy_id=key)
    strategy = next((item for item in STRATEGIES if item.id == key), None)
    if row is None or strategy is None:
        return None
    parts = [Part(name, value, "", "signed part, -1 to 1") for name, value in numbers(row["drivers"]).items()]
    parts.append(Part("confidence", row["confidence"], "", "share of the parts that are known"))
    parts += [Part(leg.instrument, leg.sign, "", "leg: contract side per unit of score") for leg in strategy.legs]
    parts += [Part(name, None, "", "missing") for name in listed(row["missing"])]
    formula = f"mean of the parts known, clipped to -1..1. Idea: {strategy.idea}"
    return Draft(f"Signal {key}", row["score"], "score, -1 to 1", formula, tuple(parts), strategy.inputs)


async def signals(facts: Facts) -> list[str]:
    """The keys of `signal`."""
    return [row["strategy_id"] for row in await facts.rows("strategy_signals")]


async def agent(facts: Facts, key: str) -> Draft | None:
    """An agent's score, with its drivers."""
    row = await facts.row("agent_view", agent_id=key)
    spec = next((item for item in AGENTS if item.id == key), None)
    if row is None or spec is None:
        return None
    parts = [
        Part(name, value, "standard deviations", "signed driver") for name, value in numbers(row["drivers"]).items()
    ]
    parts.append(Part("confidence", row["confidence"], "", "chance that the direction is right; 0.5 knows nothing"))
    parts += [Part(name, None, "", "missing") for name in listed(row["missing"])]
    formula = f"tanh(mean of the signed drivers known). {row['sentence']}"
    return Draft(f"View of {key}", row["score"], "score, -1 to 1", formula, tuple(parts), spec.inputs)


async def agents(facts: Facts) -> list[str]:
    """The keys of `agent`."""
    return [row["agent_id"] for row in await facts.rows("agent_view")]


async def series(facts: Facts, key: str) -> Draft | None:
    """A published series, a level of the panel, a feature or an agent's measure."""
    levels = await facts.levels()
    receipt = (await facts.receipts()).get(key)
    if key not in levels and receipt is None:
        return None
    own = facts.catalog.series.get(key)
    feature = next((item for item in FEATURES if item.name == key), None)
    measure = next(((formula, unit) for name, formula, unit in model_specs() if name == key), None)
    if measure is not None:
        formula, unit = measure
    elif feature is not None:
        formula, unit = feature.formula, feature.unit
    elif own is not None:
        formula, unit = f"as published: {own.name} ({own.dataset}, code {own.code})", own.unit
    else:
        formula, unit = _formula_and_unit(key)
    value = levels.get(key, receipt["value"] if receipt is not None else None)
    known = key in facts.panel.values.columns or measure is not None
    direct = facts.panel.lineage.direct.get(key, ())
    parts = tuple(Part(name, levels.get(name), "", "direct input") for name in direct)
    return Draft(f"Level {key}", value, unit, formula, parts, (key,) if known else ())


def _formula_and_unit(key: str) -> tuple[str, str]:
    """How the transforms choose or interpolate a column, and its unit."""
    fallbacks = load_fallbacks()
    column = next((item for item in fallbacks.columns if item.name == key), None)
    if column is not None:
        order = ", ".join(column.candidates)
        later = f"a later one where it is fresher by more than {column.patience_days} days"
        return f"the first known of {order}; {later} (desk/catalog/fallbacks.toml)", column.unit
    curve = next((item for item in fallbacks.curves if key.rsplit("_", 1)[0] == item.prefix), None)
    if curve is not None:
        return f"the {curve.prefix} curve at its vertex, {curve.method} between the points of its source", "a year"
    return "read off its source by the desk's transforms", "as published"


async def all_series(facts: Facts) -> list[str]:
    """The keys of `series`."""
    return [*await facts.levels(), *await facts.receipts()]


async def regime(facts: Facts, key: str) -> Draft | None:
    """The probability of one regime, beside those of the others."""
    row = await facts.row("regime", regime_id=key)
    if row is None:
        return None
    rest = [Part(item["regime_id"], item["probability"]) for item in await facts.rows("regime")]
    columns = next(item.inputs for item in AGENTS if item.id == "cross_asset")
    formula = "filtered probability of the regime given what was known by the day; the regimes add up to one"
    return Draft(f"Regime {key}", row["probability"], "probability", formula, tuple(rest), columns)


async def regimes(facts: Facts) -> list[str]:
    """The keys of `regime`."""
    return [row["regime_id"] for row in await facts.rows("regime")]


KINDS: dict[str, Kind] = {
    "risk": Kind("METRIC[.METHOD]", risk.metric, risk.metrics),
    "stress": Kind("SCENARIO", risk.stress, risk.scenarios),
    "limits": Kind("LIMIT", risk.limit, risk.limits),
    "dv01": Kind("CURVE[_TENOR]", risk.ladder, risk.ladder_names),
    "portfolio": Kind("FIGURE", book.portfolio, book.portfolio_names),
    "positions": Kind("INSTRUMENT", book.position, book.instruments),
    "changes": Kind("INSTRUMENT or book", changes.change, changes.changes),
    "pnl": Kind("INSTRUMENT, STRATEGY or FACTOR", money.pnl, money.pnl_names),
    "orders": Kind("NUMBER", money.order, money.orders),
    "signals": Kind("STRATEGY", signal, signals),
    "agents": Kind("AGENT", agent, agents),
    "regime": Kind("REGIME", regime, regimes),
    "series": Kind("ID", series, all_series),
}
