"""`alvorada explain`: a figure of a stored decision with its formula, its numbers, and its payloads."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator

from alvorada.stack.data_dir import DataDir, LastWorld
from alvorada.stack.local_stack import world_database
from desk.catalog import load_catalog
from desk.errors import BadInput
from desk.model import decision_time
from tasks.explain import Explanation, explain
from tasks.explain.figure import Input, Part
from tasks.store import open_store

FEW_LEVELS = 4
"""Levels of a curve that are listed in full."""


def explanation_text(data_dir: DataDir, last: LastWorld, figure: str, day: dt.date | None, as_json: bool) -> str:
    """The explanation as text or JSON, of the latest stored decision when `day` is None.

    Raises BadInput for an unknown figure or a day without a decision, StoreError, WrongWorld.
    """
    with world_database(data_dir, last) as url:
        if url is None:
            raise BadInput(f"no database yet under {data_dir.path}: the first `alvorada run`, `demo` or `up` makes it")
        found = asyncio.run(_read(url, figure, day))
    if as_json:
        return json.dumps(found.as_json(), indent=2, ensure_ascii=False)
    return "\n".join(lines(found))


async def _read(url: str, figure: str, day: dt.date | None) -> Explanation:
    async with open_store(url, None, pool_size=2) as store:
        if day is not None:
            return await explain(store, load_catalog(), figure, decision_time(day))
        stored = await store.gold_days("portfolio_state")
        if not stored:
            raise BadInput("no decision is stored yet: the first `alvorada run` or `demo` makes one")
        return await explain(store, load_catalog(), figure, stored[-1])


def lines(found: Explanation) -> Iterator[str]:
    """An explanation as the terminal shows it."""
    draft = found.draft
    yield f"{found.figure} as of {found.as_of:%Y-%m-%d %H:%M} UTC, world {found.world}"
    yield f"{draft.title}: {number_text(draft.value)} {draft.unit}".rstrip()
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
    """One number of a formula; `width`: characters of the longest name."""
    return "  ".join(text for text in (f"{part.name:{width}}", number_text(part.value), part.unit, part.note) if text)


def input_lines(item: Input) -> Iterator[str]:
    """One input with its source, age, knowledge time and payload."""
    where = f"{item.source}/{item.dataset}" if item.source else "the desk"
    value = "" if item.value is None else f" = {number_text(item.value)} {item.unit or ''}".rstrip()
    yield f"  {item.input_id}{value}  ({where}, {item.state})"
    if item.obs_date is not None:
        known = f"{item.knowledge_time:%Y-%m-%d %H:%M} UTC" if item.knowledge_time else "not known when"
        yield f"    for {item.obs_date}, age {item.age_bd} bd; known {known} ({item.stamp})"
        yield f"    payload {item.sha256 or 'none stored'}"
    levels = {name: value for name, value in item.levels.items() if value is not None}
    if 0 < len(levels) <= FEW_LEVELS:
        yield "    " + ", ".join(f"{name} {number_text(value)}" for name, value in levels.items())
    elif levels:
        yield f"    {len(levels)} levels read off it: {', '.join(list(levels)[:FEW_LEVELS])} ..."


def number_text(value: float | str | None) -> str:
    """A number with its digits limited; `not known` for None."""
    if value is None:
        return "not known"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 1_000:
        return f"{value:,.2f}".removesuffix(".00")
    return f"{value:.6g}"
