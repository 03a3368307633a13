"""`alvorada explain`: a figure of a stored decision with its formula, its numbers, and the payloads behind them."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
from collections.abc import Iterator

from alvorada.stack.data_dir import Home, LastWorld, database_name
from desk.errors import BadInput
from tasks.explain import Explanation, explain
from tasks.explain.figure import Input, Part

FEW_LEVELS = 4


def explained(home: Home, last: LastWorld, figure: str, day: dt.date | None, as_json: bool) -> str:
    """What to print, of the latest stored decision when `day` is None.

    Raises BadInput for a figure or a day that is not there, StoreError for a database that is not.
    """
    found = _found(home, last, figure, day)
    if as_json:
        return json.dumps(found.as_json(), indent=2, ensure_ascii=False)
    return "\n".join(lines(found))


def _found(home: Home, last: LastWorld, figure: str, day: dt.date | None) -> Explanation:
    from alvorada.stack.local_stack import embedded, postgres_in_use

    given = os.environ.get("DATABASE_URL")
    if given:
        return asyncio.run(_read(given, figure, day))
    if not (home.postgres / "password").exists():
        raise BadInput(f"no database yet under {home.path}: the first `alvorada run`, `demo` or `up` makes it")
    name = database_name(last.world, last.seed)
    running = embedded(home)
    if running.status().running:
        return asyncio.run(_read(running.url(name), figure, day))
    with postgres_in_use(home) as postgres:
        return asyncio.run(_read(postgres.url(name), figure, day))


async def _read(url: str, figure: str, day: dt.date | None) -> Explanation:
    from desk.catalog import load_catalog
    from desk.model import decision_time
    from tasks.store import open_store

    async with open_store(url, None, pool_size=2) as store:
        if day is not None:
            return await explain(store, load_catalog(), figure, decision_time(day))
        stored = await store.gold_days("portfolio_state")
        if not stored:
            raise BadInput("no decision is stored yet: the first `alvorada run` or `demo` makes one")
        return await explain(store, load_catalog(), figure, stored[-1])


def lines(found: Explanation) -> Iterator[str]:
    draft = found.draft
    yield f"{found.figure} as of {found.as_of:%Y-%m-%d %H:%M} UTC, world {found.world}"
    yield f"{draft.title}: {shown(draft.value)} {draft.unit}".rstrip()
    yield f"= {draft.formula}"
    if draft.parts:
        yield ""
        yield "Numbers"
        width = max(len(part.name) for part in draft.parts)
        yield from (f"  {part_line(part, width)}" for part in draft.parts)
    yield ""
    yield "Inputs" if found.inputs else "Inputs: none, the calendar alone decides"
    for item in found.inputs:
        yield from input_lines(item)


def part_line(part: Part, width: int) -> str:
    return "  ".join(text for text in (f"{part.name:{width}}", shown(part.value), part.unit, part.note) if text)


def input_lines(item: Input) -> Iterator[str]:
    where = f"{item.source}/{item.dataset}" if item.source else "the desk"
    value = "" if item.value is None else f" = {shown(item.value)} {item.unit or ''}".rstrip()
    yield f"  {item.input_id}{value}  ({where}, {item.state})"
    if item.obs_date is not None:
        known = f"{item.knowledge_time:%Y-%m-%d %H:%M} UTC" if item.knowledge_time else "not known when"
        yield f"    for {item.obs_date}, age {item.age_bd} bd; known {known} ({item.stamp})"
        yield f"    payload {item.sha256 or 'none stored'}"
    levels = {name: value for name, value in item.levels.items() if value is not None}
    if 0 < len(levels) <= FEW_LEVELS:
        yield "    " + ", ".join(f"{name} {shown(value)}" for name, value in levels.items())
    elif levels:
        yield f"    {len(levels)} levels read off it: {', '.join(list(levels)[:FEW_LEVELS])} ..."


def shown(value: float | str | None) -> str:
    """A number as a person reads it; `not known` where there is none."""
    if value is None:
        return "not known"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 1_000:
        return f"{value:,.2f}".removesuffix(".00")
    return f"{value:.6g}"
