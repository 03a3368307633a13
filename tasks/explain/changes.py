"""Explains why a position, or the book's risk, is another than at the last decision."""

from __future__ import annotations

import json

from desk.portfolio.change_frames import BEFORE
from desk.portfolio.change_split import PARTS
from tasks.explain.book import BRL, held_columns
from tasks.explain.decision_gold import Facts, numbers
from tasks.explain.figure import Draft, Part
from tasks.explain.inputs import price_columns

BOOK = "book"
WHAT = {
    "data": "past data revised since",
    "code": "the desk's code is another",
    "data_or_code": "data and code are both others: not told apart, the old code is not here",
    "parameters": "parameters changed since",
    "roll": "the same inputs in the contract of today",
    "volatility": "today's prices, volatility and correlation",
    "view": "today's convictions",
    "nav": "today's NAV",
    "limit": "what the target volatility, caps and limits take more or less than then",
    "breaker": "what the drawdown breaker takes more or less",
    "waits": "packages that wait for a price or a signal",
    "band": "what is not worth its cost, the desk's minimum, and lots",
    "unfilled": "orders of then that did not fill",
    "market": "the positions of then under today's volatility and correlation",
}


async def change(facts: Facts, key: str) -> Draft | None:
    """`changes.DI1_2Y`: the contracts of the line's order by part; `changes.book`: the book's daily risk by part."""
    return await _book(facts) if key == BOOK else await _line(facts, key)


async def _line(facts: Facts, key: str) -> Draft | None:
    row = await facts.row("position_change", instrument_id=key)
    if row is None or key not in facts.parameters.instrument_ids:
        return None
    parts, in_dv01, views = numbers(row["parts"]), numbers(row["parts_dv01_brl"]), numbers(row["views"])
    shown = [
        Part(name, parts[name], "contracts", _with_dv01(WHAT[name], in_dv01.get(name)))
        for name in PARTS
        if name in parts
    ]
    shown += [Part(name, value, "contracts", "of the part view") for name, value in views.items()]
    shown += [
        Part(f"target of {row['since']}", row["contracts_since"], "contracts"),
        Part("contracts_from", row["contracts_from"], "contracts", "what this decision found"),
        Part("contracts_to", row["contracts_to"], "contracts"),
        Part("alone", row["alone"], "contracts", "today: what the packages ask for"),
        Part("limited", row["limited"], "contracts", "within caps, limits and the target volatility"),
        Part("braked", row["braked"], "contracts", "under the drawdown breaker"),
        Part("wanted", row["wanted"], "contracts", "beside packages that wait"),
        *await _changed(facts),
    ]
    formula = (
        "contracts_to - contracts_from = the sum of the parts, each the sizes computed again with one thing of the last"
        " decision's replaced by today's, in this order, in whole contracts"
    )
    total = row["contracts_to"] - row["contracts_from"]
    columns = price_columns([facts.parameters.instrument(key)])
    return Draft(f"Change of {key}", total, "contracts", formula, tuple(shown), columns)


def _with_dv01(what: str, dv01: float | None) -> str:
    return f"{what}; DV01 {dv01:+,.2f}" if dv01 else what


async def _book(facts: Facts) -> Draft | None:
    rows = sorted(await facts.rows("book_change"), key=lambda row: int(row["seq"]))
    if not rows:
        return None
    first, last = rows[0], rows[-1]
    parts = [Part(f"risk at the decision of {first['since']}", first["after_brl"], BRL, "one standard deviation a day")]
    parts += [
        Part(row["part"], row["risk_brl"], BRL, f"{WHAT[row['part']]}; then {row['after_brl']:,.2f}")
        for row in rows
        if row["part"] != BEFORE
    ]
    formula = "risk then + the sum of the parts: sqrt(positions' x covariance x positions), part after part"
    shown = (*parts, *await _changed(facts))
    return Draft("Change of the book's risk", last["after_brl"], BRL, formula, shown, await held_columns(facts))


async def _changed(facts: Facts) -> list[Part]:
    """What of the code, the parameters and the past data is another than at the last decision."""
    row = await facts.row("sizing_basis")
    found = json.loads(row["changed"]) if row is not None else {}
    return [Part(kind, ", ".join(names), "", "another than then") for kind, names in found.items() if names]


async def changes(facts: Facts) -> list[str]:
    """The keys of `change`."""
    lines = [row["instrument_id"] for row in await facts.rows("position_change") if numbers(row["parts"])]
    return [*lines, BOOK] if lines or await facts.rows("book_change") else []
