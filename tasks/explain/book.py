"""Explains figures of the book: NAV and the rest of portfolio_state, and the position in one instrument."""

from __future__ import annotations

from desk.gold import PORTFOLIO_STATE
from tasks.explain.decision_gold import Facts, Row, numbers
from tasks.explain.figure import Draft, Part
from tasks.explain.inputs import price_columns

BRL = "BRL"
FORMULAS: dict[str, tuple[str, str]] = {
    "nav_brl": (BRL, "NAV of the decision before + P&L of all lines and of cash - cost of the fills"),
    "pnl_brl": (BRL, "sum of the lines: price + carry - cost, with the cash's interest at CDI"),
    "cost_brl": (BRL, "ticks paid against the settlement price and fees of the day's fills"),
    "return_1d": ("fraction", "NAV / NAV of the decision before - 1"),
    "peak_nav_brl": (BRL, "highest NAV over cash of the last 252 rows, carried to the day at CDI"),
    "drawdown": ("fraction", "1 - NAV / peak: the fall over cash from the highest of the last 252 rows"),
    "gross_leverage": ("times NAV", "sum of |contracts x exposure| / NAV; rates in ten-year equivalents"),
    "target_volatility": (
        "fraction a year",
        "asked_volatility less what each limit of limits_bound took, and the breaker last",
    ),
    "expected_volatility": ("fraction a year", "sqrt(positions' x covariance x positions x 252) / NAV"),
    "active_positions": ("lines", "instruments with a target that is not zero"),
    "risk_multiplier": ("share", "what the drawdown breaker leaves, from the shadow book's drawdown over cash"),
    "shadow_nav_brl": (BRL, "NAV of the same book without the breaker"),
    "sizing": ("", "the method of portfolio.toml, and the packages with a view that could not be formed"),
    "asked_volatility": (
        "fraction a year",
        "volatility of the sum of budget x conviction / full conviction x target x unit package, at most the target",
    ),
    "limits_bound": ("", "what each limit, and the breaker, took of asked_volatility: fractions a year"),
    "valuation_date": ("", "the B3 session before the decision day: the market day of NAV and P&L"),
    "benchmark_nav_brl": (BRL, "NAV of the same money held in cash alone, at CDI"),
}
SHORT = {name.removesuffix("_brl"): name for name in PORTFOLIO_STATE.columns}


async def portfolio(facts: Facts, key: str) -> Draft | None:
    """`portfolio.nav` and `portfolio.nav_brl` are the same figure."""
    name = SHORT.get(key, key)
    state, before = await facts.book(), await facts.book_before()
    if name not in state or name == "as_of":
        return None
    unit, formula = FORMULAS.get(name, ("", "a column of portfolio_state"))
    parts = [Part("nav_brl before", before["nav_brl"] if before else None, BRL)]
    if name in ("nav_brl", "pnl_brl", "return_1d", "drawdown", "peak_nav_brl", "cost_brl"):
        parts += [
            Part(row["instrument_id"], row["pnl_brl"], BRL, _line_note(row))
            for row in await facts.rows("pnl_attribution")
            if row["pnl_brl"] is None or row["pnl_brl"] != 0.0
        ]
    else:
        parts += [
            Part(row["instrument_id"], row["contracts"], "contracts", f"notional {_money(row['notional_brl'])}")
            for row in await facts.rows("target_position")
            if row["contracts"]
        ]
    parts += [Part(item, state[item], FORMULAS[item][0]) for item in ("nav_brl", "peak_nav_brl") if item != name]
    return Draft(f"Book: {name}", state[name], unit, formula, tuple(parts), await held_columns(facts))


def _line_note(row: Row) -> str:
    moved = f"price {_money(row['price_pnl_brl'])}, carry {_money(row['carry_pnl_brl'])}"
    return f"{row['contracts']} contracts: {moved}, cost {_money(row['cost_brl'])}"


def _money(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.2f}"


async def portfolio_names(facts: Facts) -> list[str]:
    """The keys of `portfolio`."""
    return list(SHORT)


async def held_columns(facts: Facts) -> tuple[str, ...]:
    """The panel columns that price the positions held now and over the day."""
    held = {row["instrument_id"] for row in await facts.rows("target_position") if row["contracts"]}
    held |= {row["instrument_id"] for row in await facts.rows("pnl_attribution") if row["contracts"]}
    columns = price_columns(item for item in facts.parameters.instruments if item.id in held)
    return tuple(dict.fromkeys([*columns, "cdi"]))


async def position(facts: Facts, key: str) -> Draft | None:
    """`positions.DI1_1Y`: contracts of one instrument, from its conviction to its size."""
    row = await facts.row("target_position", instrument_id=key)
    if row is None or key not in facts.parameters.instrument_ids:
        return None
    packages = {row["strategy_id"]: row for row in await facts.rows("package")}
    legs = {name: numbers(package["legs"]).get(key) or 0.0 for name, package in packages.items()}
    withheld = await facts.row("withheld_order", instrument_id=key)
    lot, count = facts.parameters.instrument(key).lot, row["contracts"]
    sized = [
        *(Part(name, value, "contracts", _leg_note(packages[name])) for name, value in legs.items() if value),
        Part("sum of the legs", sum(legs.values()), "contracts"),
        Part("lot", lot, "contracts"),
        Part("contracts_before", row["contracts_before"], "contracts", _kept(withheld)),
        Part("risk_weight", row["risk_weight"], "share of target risk, signed"),
        Part("unit_vol_brl", row["unit_vol_brl"], "BRL a day per contract"),
        Part(
            "price",
            row["price"],
            "the quotation's unit",
            f"{row['contract_id']}, marked at {row['marked_at'] or 'the curve'}",
        ),
        Part("rate", row["rate"], "fraction a year"),
        Part("notional_brl", row["notional_brl"], BRL, _each(row["notional_brl"], count)),
        Part("dv01_brl", row["dv01_brl"], "BRL per bp", _each(row["dv01_brl"], count)),
        Part("cost_brl", row["cost_brl"], BRL),
    ]
    rules = facts.parameters.portfolio
    formula = (
        "contracts_before where the line waits, else the sum of the legs of all packages / lot, rounded to whole lots,"
        " halves away from zero, x lot. A package asks for sqrt(budget) x |conviction| / full conviction"
        f" {rules.full_conviction:g} x target {rules.target_volatility:g} of volatility a year, all scaled to at"
        " most the target, limits keep `scale` of it, and it goes to its new legs as far as that repays its cost"
        f" (changes.{key})"
    )
    columns = price_columns([facts.parameters.instrument(key)])
    return Draft(f"Position {key}", row["contracts"], "contracts", formula, tuple(sized), columns)


def _leg_note(package: Row) -> str:
    shown = {"conviction": "+.6f", "budget": ".6f", "asked_volatility": ".6f", "scale": ".4f"}
    known = [f"{name} {package[name]:{form}}" for name, form in shown.items() if package[name] is not None]
    return ", ".join([f"leg of its package, {package['state']}", *known])


def _kept(withheld: Row | None) -> str:
    return "" if withheld is None else f"the line waits: {withheld['cause']} {withheld['input_id'] or ''}".rstrip()


def _each(total: float | None, contracts: int | None) -> str:
    return f"{contracts:,} x {total / contracts:,.6f}" if total is not None and contracts else ""


async def instruments(facts: Facts) -> list[str]:
    """The keys of `position`."""
    return [row["instrument_id"] for row in await facts.rows("target_position")]
