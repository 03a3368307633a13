"""Explains figures of risk: VaR and ES, backtests, stress, limits and the DV01 ladder."""

from __future__ import annotations

from desk import calendars
from desk.model import desk_day
from desk.portfolio.market_levels import CURVE_COLUMNS
from desk.risk.coverage_tests import Z2_REJECT_5, Z2_REJECT_BASEL
from desk.risk.tail_history import LEVELS
from tasks.explain.book import held_columns
from tasks.explain.decision_gold import Facts, numbers
from tasks.explain.figure import Draft, Part

NAV = "fraction of NAV"
TOTAL = "TOTAL"
METHODS = {
    "historical": "{what} of the P&L that today's positions would have had under each trailing day's moves, repriced",
    "filtered_historical": "{what} of the same P&L, each day's over its expected volatility and times today's (EWMA)",
    "normal": "{what} of a normal with the deviation sqrt(positions' x covariance x positions)",
    "student_t": "{what} of a Student t with that deviation and degrees of freedom from the trailing P&L's kurtosis",
    "monte_carlo": "{what} of simulated days: t marginals on a shrunk correlation, seeded, repriced",
}
TESTS = {
    "exceptions": "of the last 250 days with a position: those on which the loss that followed passed the VaR",
    "exception": "1 where the day's loss of yesterday's positions, held still, passed yesterday's VaR",
    "tested_pnl": "the day's price P&L of yesterday's positions, held still, over yesterday's NAV",
    "tested_var": "yesterday's VaR, which the day's move tested",
    "kupiec_p": "p of Kupiec's likelihood ratio: whether the number of exceptions fits the level",
    "christoffersen_p": "p of Christoffersen's likelihood ratio: whether exceptions come in clusters",
    "conditional_coverage_p": "p of both likelihood ratios together, two degrees of freedom",
    "basel_zone": "0 green (up to 4 exceptions of 250), 1 yellow (5 to 9), 2 red",
    "acerbi_szekely_z2": (
        "1 + sum of P&L on days past VaR / (days x tail x ES); 0 expected,"
        f" below {Z2_REJECT_5:.2f} rejected at 5%, below {Z2_REJECT_BASEL:.1f} at 0.01%"
    ),
    "reverse_stress_deviations": "smallest move, in standard deviations of the factors, that costs 10% of NAV",
}


async def metric(facts: Facts, key: str) -> Draft | None:
    """`risk.var_99`: by the headline method; `risk.var_99.historical`: by the method named."""
    name, _, given = key.partition(".")
    rows = [row for row in await facts.rows("risk_metrics_daily") if row["metric"] == name]
    chosen = await facts.row("var_method", role="headline")
    headline = chosen["method"] if chosen is not None else ""
    method = given or (headline if any(r["method"] == headline for r in rows) else "")
    found = [row for row in rows if row["method"] == method or (not method and len(rows) == 1)]
    if not found:
        return None
    row, state = found[0], await facts.book()
    parts = [
        Part("method", row["method"]),
        Part("observations", row["observations"], "days or paths"),
        Part("history", _history(facts), "", "decision days whose moves are read"),
        Part("nav_brl", state["nav_brl"], "BRL"),
    ]
    if name in LEVELS and row["value"] is not None and state["nav_brl"] is not None:
        parts.append(Part("loss", row["value"] * state["nav_brl"], "BRL"))
    limits = await facts.row("risk_limits_status", limit_id=name)
    if limits is not None:
        parts.append(Part("limit", limits["threshold"], NAV, f"{limits['status']}, headline {headline}"))
    parts += [Part(other["method"], other["value"], NAV, "other method") for other in rows if other is not row]
    parts += [
        Part(line["instrument_id"], line["component_var_95"], NAV, "component VaR 95%, normal")
        for line in await facts.rows("component_var")
        if line["component_var_95"]
    ]
    return Draft(
        f"Risk: {name}", row["value"], _unit(name), _formula(name, row["method"], facts), tuple(parts),
        await held_columns(facts),
    )  # fmt: skip


def _history(facts: Facts) -> str:
    last = desk_day(facts.as_of)
    first = calendars.b3().offset(last, 1 - facts.parameters.risk.var_window)
    return f"{first} to {last}"


def _unit(name: str) -> str:
    if name in LEVELS:
        return f"{NAV}, one day"
    if name.startswith("tested_"):
        return NAV
    return "p-value" if "_p_" in name else "standard deviations" if name.startswith("reverse") else "count or statistic"


def _formula(name: str, method: str, facts: Facts) -> str:
    if name not in LEVELS:
        return next((text for start, text in TESTS.items() if name.startswith(start)), "a metric of the risk pass")
    level, rules = LEVELS[name], facts.parameters.risk
    es = name.startswith("es")
    sample = (
        f"mean of the worst {1 - level:.1%}" if es else f"loss exceeded with a frequency of at most {1 - level:.0%}"
    )
    what = sample if method in ("historical", "filtered_historical", "monte_carlo") else ("ES" if es else "quantile")
    text = METHODS.get(method, "{what}").format(what=what)
    return f"{text}; window {rules.var_window} days, divided by NAV (docs/risk.md)"


async def metrics(facts: Facts) -> list[str]:
    """The keys of `metric`."""
    rows = await facts.rows("risk_metrics_daily")
    return list(dict.fromkeys([*(r["metric"] for r in rows), *(f"{r['metric']}.{r['method']}" for r in rows)]))


async def stress(facts: Facts, key: str) -> Draft | None:
    """The P&L of one scenario in BRL, by position."""
    rows = [row for row in await facts.rows("stress_test_results") if row["scenario_id"] == key]
    total = next((row for row in rows if row["instrument_id"] == TOTAL), None)
    if total is None:
        return None
    parts = [Part("pnl_fraction", total["pnl_fraction"], NAV)]
    parts += [
        Part(name, str(size) if isinstance(size, dict) else size, "", "what it moves")
        for name, size in numbers(total["moves"]).items()
    ]
    parts += [Part(row["instrument_id"], row["pnl_brl"], "BRL", "line") for row in rows if row is not total]
    formula = f"value of every line under the moves less its value now ({total['kind']}). {total['name']}"
    return Draft(f"Stress: {key}", total["pnl_brl"], "BRL", formula, tuple(parts), await held_columns(facts))


async def scenarios(facts: Facts) -> list[str]:
    """The keys of `stress`."""
    rows = await facts.rows("stress_test_results")
    return [row["scenario_id"] for row in rows if row["instrument_id"] == TOTAL]


async def limit(facts: Facts, key: str) -> Draft | None:
    """The utilisation of one limit."""
    row = await facts.row("risk_limits_status", limit_id=key)
    if row is None:
        return None
    parts = (
        Part("value", row["value"], "as the threshold"),
        Part("threshold", row["threshold"]),
        Part("status", row["status"]),
    )
    formula = f"value / threshold: {row['name']} (desk/catalog/limits.toml)"
    return Draft(f"Limit: {key}", row["utilisation"], "share of the limit", formula, parts, await held_columns(facts))


async def limits(facts: Facts) -> list[str]:
    """The keys of `limit`."""
    return [row["limit_id"] for row in await facts.rows("risk_limits_status")]


async def ladder(facts: Facts, key: str) -> Draft | None:
    """`dv01.PRE_252`: one vertex; `dv01.PRE`: the whole curve."""
    rows = await facts.rows("dv01_ladder")
    chosen = [row for row in rows if key in (row["curve_id"], f"{row['curve_id']}_{row['tenor_bd']}")]
    if not chosen:
        return None
    known = [row["dv01_brl"] for row in chosen]
    total = None if any(value is None for value in known) else sum(known)
    parts = tuple(Part(f"{row['curve_id']}_{row['tenor_bd']}", row["dv01_brl"], "BRL per bp") for row in chosen)
    formula = (
        "half the difference of the book repriced with the vertex a basis point lower and higher; + gains when it falls"
    )
    named = [column for column in CURVE_COLUMNS if column.upper() in {part.name for part in parts}]
    columns = tuple(named) or await held_columns(facts)
    return Draft(f"DV01: {key}", total, "BRL per bp", formula, parts, columns)


async def ladder_names(facts: Facts) -> list[str]:
    """The keys of `ladder`."""
    rows = await facts.rows("dv01_ladder")
    whole = dict.fromkeys(row["curve_id"] for row in rows)
    return [*whole, *(f"{row['curve_id']}_{row['tenor_bd']}" for row in rows)]
