"""Explains what a day earned, by line, strategy or factor, and the orders of a decision."""

from __future__ import annotations

from desk import calendars
from desk.model import decision_time, desk_day
from tasks.explain.book import BRL, held_columns
from tasks.explain.changes import WHAT
from tasks.explain.decision_gold import Facts, Row, numbers
from tasks.explain.figure import Draft, Part
from tasks.explain.inputs import price_columns

LINE = "price + carry + source change - cost"
BOOKED = {
    "CASH": "interest at CDI on the NAV before",
    "COST": "minus the ticks and fees of the day's fills",
    "UNATTRIBUTED": "all lines less the strategies: what lots and unfilled orders make of the packages",
    "SOURCE_CHANGE": "what the change to another source of a price made: nobody earned it",
}


async def pnl(facts: Facts, key: str) -> Draft | None:
    """`pnl.DOL`: a line; `pnl.FX_CARRY_MOMENTUM`: a strategy's package; `pnl.DI`: a factor. Of the session before."""
    line = await facts.row("pnl_attribution", instrument_id=key)
    if line is not None:
        return await _line(facts, key, line)
    own = await facts.row("pnl_by_strategy", strategy_id=key)
    if own is not None:
        return await _strategy(facts, key, own)
    factor = await facts.row("pnl_by_factor", factor=key)
    return await _factor(facts, key, factor) if factor is not None else None


async def _line(facts: Facts, key: str, row: Row) -> Draft:
    since = f"since {row['marked_from']}" if row["marked_from"] else ""
    parts = (
        Part("contracts", row["contracts"], "contracts", "held over the session"),
        Part("price_pnl_brl", row["price_pnl_brl"], BRL, since),
        Part("carry_pnl_brl", row["carry_pnl_brl"], BRL, "what an unmoved curve and spot earn"),
        Part("source_pnl_brl", row["source_pnl_brl"], BRL, "another source of the price"),
        Part("cost_brl", row["cost_brl"], BRL, "subtracted"),
        *(
            Part(f"{name}_pnl_brl", row[f"{name}_pnl_brl"], BRL, "part of the price")
            for name in ("rate", "fx", "equity", "residual")
        ),
        Part("inflation_pnl_brl", row["inflation_pnl_brl"], BRL, "part of the carry"),
        Part("mark", row["mark"]),
    )
    known = key in facts.parameters.instrument_ids
    columns = price_columns([facts.parameters.instrument(key)]) if known else ("cdi",)
    formula = f"{LINE}, of the session of {row['valuation_date']}"
    return Draft(f"P&L of {key}", row["pnl_brl"], BRL, formula, parts, columns)


async def _strategy(facts: Facts, key: str, row: Row) -> Draft:
    """Its legs are those decided two decisions ago: filled at the settlement that the session began at."""
    if key in BOOKED:
        lines = [
            Part(line["instrument_id"], line["cost_brl"] if key == "COST" else line["pnl_brl"], BRL)
            for line in await facts.rows("pnl_attribution")
            if line["pnl_brl"] or line["cost_brl"]
        ]
        return Draft(f"P&L: {key}", row["pnl_brl"], BRL, BOOKED[key], tuple(lines), await held_columns(facts))
    decided = decision_time(calendars.b3().offset(desk_day(facts.as_of), -2))
    packages = {item["strategy_id"]: item for item in await facts.rows("package", decided)}
    legs = numbers(packages[key]["legs"]) if key in packages else {}
    held = {line["instrument_id"]: line for line in await facts.rows("pnl_attribution")}
    parts = []
    for name, contracts in legs.items():
        line = held.get(name)
        unit = None
        if line is not None and line["contracts"] and line["price_pnl_brl"] is not None:
            unit = (line["price_pnl_brl"] + (line["carry_pnl_brl"] or 0.0)) / line["contracts"]
        each = "not held: others' legs cancel it" if unit is None else f"x {unit:,.6f} BRL a contract"
        parts.append(Part(name, contracts, "contracts", each))
    formula = "sum over its legs of contracts x (price + carry P&L of the line / its contracts), to the cent"
    columns = price_columns(item for item in facts.parameters.instruments if item.id in legs)
    return Draft(f"P&L of {key}", row["pnl_brl"], BRL, formula, tuple(parts), columns or ("cdi",))


async def _factor(facts: Facts, key: str, row: Row) -> Draft:
    rest = [
        Part(item["factor"], item["pnl_brl"], BRL, "beside it")
        for item in await facts.rows("pnl_by_factor")
        if item["factor"] != key and item["pnl_brl"]
    ]
    formula = "sum over the lines of what they made when this factor alone moved; the factors add up to the book's P&L"
    return Draft(f"P&L by factor: {key}", row["pnl_brl"], BRL, formula, tuple(rest), await held_columns(facts))


async def pnl_names(facts: Facts) -> list[str]:
    """The keys of `pnl`."""
    keys = [
        row[name]
        for table, name in (
            ("pnl_attribution", "instrument_id"), ("pnl_by_strategy", "strategy_id"), ("pnl_by_factor", "factor"),
        )
        for row in await facts.rows(table)
    ]  # fmt: skip
    return list(dict.fromkeys(keys))


async def order(facts: Facts, key: str) -> Draft | None:
    """`orders.1`: the order of that ticket, as the page counts them, with what made it; of a roll the leg that opens.
    A decision of a release without tickets counts its orders."""
    numbered = {str(one["ticket"]): one for one in await _tickets(facts)}
    ticket = numbered.get(key)
    seq = int(key) if key.isdecimal() and not numbered else None if ticket is None else ticket["seq"]
    row = None if seq is None else await facts.row("action", seq=seq)
    if row is None:
        return None
    change = await facts.row("position_change", instrument_id=row["instrument_id"])
    split = numbers(change["parts"]) if change is not None else {}
    dealt = row["order_contracts"] or 1
    parts = [
        Part("contracts_from", row["contracts_from"], "contracts", str(row["contract_id"])),
        Part("contracts_to", row["contracts_to"], "contracts"),
        *(Part(name, value, "contracts", WHAT[name]) for name, value in split.items()),
        Part("dv01_change_brl", row["dv01_change_brl"], "BRL per bp", _each(row["dv01_change_brl"], dealt)),
        Part("notional_change_brl", row["notional_change_brl"], BRL, _each(row["notional_change_brl"], dealt)),
        Part("cost_brl", row["cost_brl"], BRL, _each(row["cost_brl"], abs(dealt))),
        Part("invalidation", row["invalidation"], row["invalidation_unit"] or ""),
        *(Part(name, value, "", "conviction, on the line's side") for name, value in numbers(row["rationale"]).items()),
    ]
    if ticket is not None:
        parts += [
            Part(name, ticket[name], ticket["unit"], f"ticket {ticket['ticket']}")
            for name in ("reference", "work_level", "stop")
        ]
    formula = (
        "contracts_to - contracts_from; the parts are of the line, both orders of a roll together"
        f" (changes.{row['instrument_id']}). {row['sentence']}"
    )
    columns = price_columns(item for item in facts.parameters.instruments if item.id == row["instrument_id"])
    return Draft(
        f"Order {key}: {row['contract_id']}", row["order_contracts"], "contracts", formula, tuple(parts), columns
    )


def _each(total: float | None, contracts: int) -> str:
    return "" if total is None else f"{contracts:+,} x {total / contracts:,.6f}"


async def orders(facts: Facts) -> list[str]:
    """The keys of `order`."""
    tickets = [str(one["ticket"]) for one in await _tickets(facts)]
    return list(dict.fromkeys(tickets)) or [str(row["seq"]) for row in await facts.rows("action")]


async def _tickets(facts: Facts) -> list[Row]:
    """The leg of each ticket that is an order; of a roll's two the one that opens, which comes last."""
    legs = [one for one in await facts.rows("ticket") if one["seq"] is not None]
    return sorted(legs, key=lambda one: (one["ticket"], one["role"] != "roll_out", -one["leg"]))
