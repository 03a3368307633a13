"""`alvorada what-if`: the comparison of the decided book with the same book and orders more, as text or JSON."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator

from alvorada.stack.data_dir import DataDir, LastWorld
from alvorada.stack.local_stack import world_database
from desk.catalog import load_catalog
from desk.errors import BadInput
from desk.model import decision_time, desk_day
from desk.what_if import Figure, LimitUse, WhatIf, as_record, parse
from tasks.store import open_store
from tasks.what_if import what_if

UNKNOWN = "unknown"


def what_if_text(data_dir: DataDir, last: LastWorld, text: str, day: dt.date | None, as_json: bool) -> str:
    """The comparison on the decision of `day` (None: the latest), as a page of the terminal or as one JSON object.

    Raises BadInput for orders that cannot be read, a day without a decision or an order that the book cannot take,
    MissingInput for a contract without a price, StoreError, WrongWorld.
    """
    written = parse(text)  # before the database is asked: a slip of the pen costs no second

    async def go(url: str) -> tuple[dt.datetime, WhatIf]:
        async with open_store(url, None, pool_size=2) as store:
            decided = await store.gold_days("portfolio_state")
            if not decided:
                raise BadInput("no decision is stored yet: the first `alvorada run` or `demo` makes one")
            as_of = decision_time(day) if day is not None else decided[-1]
            return as_of, await what_if(store, load_catalog(), as_of, written)

    with world_database(data_dir, last) as url:
        if url is None:
            raise BadInput(f"no database yet under {data_dir.path}: the first `alvorada run`, `demo` or `up` makes it")
        as_of, found = asyncio.run(go(url))
    if as_json:
        return json.dumps({"as_of": as_of.isoformat(), **as_record(found)}, indent=1, ensure_ascii=False)
    return "\n".join(lines(found, desk_day(as_of)))


def lines(found: WhatIf, day: dt.date) -> Iterator[str]:
    """The comparison as the terminal shows it: orders, figures, limits, scenarios, notes."""
    yield f"The book of {day} with its orders done, before and after; NAV BRL {found.nav_brl:,.0f}"
    yield ""
    for one in found.orders:
        order, level = one.order, one.rate
        at = f" at {level:.3%}" if level is not None else f" at {one.price:,.2f}" if one.price is not None else ""
        yield (
            f"{order.action.replace('_', ' ')} {abs(order.change):,} {order.contract_id}{at}: from"
            f" {one.contracts_before:+,} to {one.contracts_after:+,}; cost {_money(one.cost_brl)},"
            f" margin {_money(one.margin_brl, signed=True)}, DV01 {_money(one.dv01_brl, signed=True)}"
        )
    if len(found.orders) > 1:
        yield f"cost of all: {_money(found.cost_brl)}"
    for note in found.notes:
        yield f"Note: {note}"
    yield from _table("Figure", [(f.name, _figure(f, f.before), _figure(f, f.after)) for f in found.figures])
    yield from _table("Limit", [(_limit_name(use), *_limit_columns(use)) for use in found.limits])
    scenarios = [(one.name, _money(one.before_brl, True), _money(one.after_brl, True)) for one in found.scenarios]
    yield from _table("P&L if", scenarios)


def _table(title: str, rows: list[tuple[str, str, str]]) -> Iterator[str]:
    whole = [(title, "before", "after"), *rows]
    name, before, after = (max(len(row[at]) for row in whole) for at in range(3))
    yield ""
    for row in whole:
        yield f"{row[0]:<{name}}  {row[1]:>{before}}  {row[2]:>{after}}"


def _money(value: float | None, signed: bool = False) -> str:
    return UNKNOWN if value is None else f"BRL {value:{'+' if signed else ''},.0f}"


def _figure(figure: Figure, value: float | None) -> str:
    if value is None:
        return UNKNOWN
    if figure.unit == "share of NAV":
        return f"{value:.2%}"
    if figure.unit.startswith("BRL"):
        return f"{value:,.0f} {figure.unit}"
    return f"{value:.2f} {figure.unit}"


def _limit_name(use: LimitUse) -> str:
    return f"{use.name} (at most {use.threshold:g})"


def _limit_columns(use: LimitUse) -> tuple[str, str]:
    def column(value: float | None, status: str) -> str:
        return UNKNOWN if value is None else f"{value:.4f} {status}"

    return column(use.before, use.status_before), column(use.after, use.status_after)
