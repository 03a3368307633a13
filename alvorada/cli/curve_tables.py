"""`alvorada curves`: what the curves of a stored decision say, as tables for the terminal or as JSON."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from alvorada.stack.data_dir import DataDir, LastWorld
from alvorada.stack.local_stack import world_database
from desk import calendars
from desk.catalog.fallbacks import VERTICES
from desk.errors import BadInput
from desk.model import decision_time, desk_day
from desk.transforms.carry import CARRY_HORIZON_BD
from desk.transforms.curve_measures import cupom_measures, di_measures, treasury_measures
from desk.transforms.features import QUARTER
from desk.units import DAYS_PER_YEAR, bp, pct
from tasks.store import open_store

FORMATS: Mapping[str, tuple[str, int]] = {
    "tenor_bd": ("bd", 0),
    "calendar_days": ("days", 0),
    "years": ("years", 1),
    "rate": ("rate %", 3),
    "par": ("par %", 3),
    "zero": ("zero %", 3),
    "forward": ("forward %", 3),
    "fit_gap": ("off fit bp", 1),
    "duration": ("duration y", 2),
    "dv01_brl": ("DV01 BRL", 2),
    "dv01_usd": ("DV01 USD", 2),
    "carry_brl": ("carry BRL", 0),
    "roll_down_brl": ("roll BRL", 0),
    "in_daily_volatility": ("in daily sd", 2),
}
"""Column -> its heading with the unit that is shown, and its decimals."""
_SHOWN_AS = {"rate": pct, "par": pct, "zero": pct, "forward": pct, "fit_gap": bp}


@dataclass(frozen=True)
class Table:
    """`session`: the obs_date of the curve; None where no vertex is known. `note`: what a row is about."""

    name: str
    session: dt.date | None
    note: str
    rows: pl.DataFrame


def curves_text(data_dir: DataDir, last: LastWorld, day: dt.date | None, as_json: bool) -> str:
    """The tables of the latest stored decision, or of `day`. Raises BadInput without one, StoreError, WrongWorld."""
    with world_database(data_dir, last) as url:
        if url is None:
            raise BadInput(f"no database yet under {data_dir.path}: the first `alvorada run`, `demo` or `up` makes it")
        as_of, levels = asyncio.run(read_levels(url, day))
    tables = tables_of(levels, as_of)
    if as_json:
        found = {one.name: {"session": str(one.session or "") or None, "rows": one.rows.to_dicts()} for one in tables}
        return json.dumps({"as_of": as_of.isoformat(), **found}, indent=2)
    return "\n".join([f"Curves as of {as_of:%Y-%m-%d %H:%M} UTC", *(line for one in tables for line in lines(one))])


async def read_levels(url: str, day: dt.date | None) -> tuple[dt.datetime, pl.DataFrame]:
    """The decision and the features of the business days that its volatilities look back on, its own last.

    Raises BadInput where that decision, or any, is not stored.
    """
    async with open_store(url, None, pool_size=2) as store:
        stored = await store.gold_days("feature")
        as_of = decision_time(day) if day else max(stored, default=None)
        if as_of is None or as_of not in stored:
            had = f"there are {desk_day(stored[0])} to {desk_day(stored[-1])}" if stored else "there are none yet"
            raise BadInput(f"no decision {f'of {day} ' if day else ''}is stored: {had}")
        first = calendars.b3().offset(desk_day(as_of), -QUARTER)
        return as_of, await store.read_gold("feature", decision_time(first), as_of)


def tables_of(levels: pl.DataFrame, as_of: dt.datetime) -> list[Table]:
    """The three tables from rows of gold `feature`, those of `as_of` the last."""
    known = levels.select("as_of", "feature_id", "value", "obs_date")
    today = {row["feature_id"]: row for row in known.filter(pl.col("as_of") == as_of).iter_rows(named=True)}
    days = sorted(known["as_of"].unique())

    def session(prefix: str) -> dt.date | None:
        return next((today[name]["obs_date"] for bd in VERTICES if (name := f"{prefix}_{bd}") in today), None)

    def curve(prefix: str) -> list[float]:
        return [_number(today.get(f"{prefix}_{bd}")) for bd in VERTICES]

    values = {(row[0], row[1]): row[2] for row in known.iter_rows()}
    history = np.array([[values.get((at, f"pre_{bd}"), np.nan) for bd in VERTICES] for at in days], dtype=np.float64)
    cdi = _number(today.get("cdi"))
    horizon = f"one contract received for {CARRY_HORIZON_BD} business days against CDI {pct(cdi):.2f}%"
    priced = session("cupom")
    onshore = cupom_measures(VERTICES, curve("cupom"), priced or desk_day(as_of))
    treasuries = treasury_measures(np.array(VERTICES) / DAYS_PER_YEAR, curve("ust"))
    return [
        Table("DI", session("pre"), horizon, di_measures(VERTICES, history, cdi)),
        Table("Cupom cambial", priced, "100,000 USD held long", onshore),
        Table("US Treasury", session("ust"), "100,000 USD of the par bond", treasuries),
    ]


def _number(row: Mapping[str, float | None] | None) -> float:
    value = row["value"] if row else None
    return float("nan") if value is None else value


def lines(table: Table) -> Iterator[str]:
    """A table as the terminal shows it: right-aligned columns, `-` for what is not known."""
    yield ""
    if table.rows.is_empty():
        yield f"{table.name}: no vertex is known"
        return
    yield f"{table.name}, session {table.session}; {table.note}"
    cells = [
        [FORMATS[name][0], *(_cell(name, value) for value in table.rows[name].to_list())] for name in table.rows.columns
    ]
    widths = [max(map(len, column)) for column in cells]
    for row in zip(*cells, strict=True):
        yield "  " + "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{_SHOWN_AS.get(name, float)(value):,.{FORMATS[name][1]}f}"
