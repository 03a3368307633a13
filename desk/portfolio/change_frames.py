"""The split of a decision's changes as gold frames: POSITION_CHANGE and BOOK_CHANGE."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from desk.catalog.desk_parameters import DeskParameters
from desk.gold import BOOK_CHANGE, POSITION_CHANGE
from desk.portfolio.change_split import PARTS, ChangeSplit, Layers, SizingDecision
from desk.portfolio.packages import PackageTerms

BEFORE = "before"
"""The first row of BOOK_CHANGE: the risk of the last decision's book."""


def position_changes(
    as_of: dt.datetime,
    split: ChangeSplit,
    last: SizingDecision,
    now: SizingDecision,
    book: tuple[pl.DataFrame, pl.DataFrame],
    packages: Sequence[PackageTerms],
    parameters: DeskParameters,
) -> pl.DataFrame:
    """One row a line that has or had a size. `book`: TARGET_POSITION and ACTION of the decision."""
    targets, actions = ({} if frame.is_empty() else _by_line(frame) for frame in book)
    rows = []
    for column, name in enumerate(parameters.instrument_ids):
        parts: dict[str, int] = {part: int(split.parts[part][column]) for part in PARTS if split.parts[part][column]}
        sizes = [float(getattr(split.layers, layer)[column]) for layer in Layers.__dataclass_fields__]
        since, found, after = (int(lines[column]) for lines in (last.contracts, now.before, now.contracts))
        if not (parts or since or found or after or any(sizes)):
            continue
        rolls = bool(split.rolled[column]) and bool(since or found)
        views = {
            terms.id: round(float(size), 1)
            for terms, size in zip(packages, split.views[:, column], strict=True)
            if abs(size) >= 0.05
        }
        rows.append(
            (as_of, name, split.since, since, found, after, *sizes, json.dumps(parts),
             json.dumps(dv01_parts(parts, _unit_dv01(targets.get(name, [])), actions.get(name, []), rolls=rolls)),
             json.dumps(dict(sorted(views.items(), key=lambda item: -abs(item[1]))))),
        )  # fmt: skip
    return pl.DataFrame(rows, schema=POSITION_CHANGE.schema, orient="row")


def dv01_parts(
    parts: dict[str, int], unit: float | None, orders: Sequence[dict[str, Any]], *, rolls: bool
) -> dict[str, float]:
    """The parts in BRL per bp: contracts at what one of today's contract has; a roll takes what its two orders have
    beyond that, as the old contract has another DV01. They add up to the DV01 of the line's orders, and are empty where
    a DV01 is not known."""
    moved = [order["dv01_change_brl"] for order in orders]
    dealt = sum(order["order_contracts"] for order in orders)
    if unit is None and dealt and None not in moved:
        unit = math.fsum(moved) / dealt
    if unit is None or None in moved:
        return {}
    found = {part: contracts * unit for part, contracts in parts.items()}
    rest = math.fsum(moved) - math.fsum(found.values())
    if rolls and orders:
        found["roll"] = found.get("roll", 0.0) + rest
    elif found and orders:  # what rounding has left
        largest = max(found, key=lambda part: abs(found[part]))
        found[largest] += rest
    return found


def _by_line(frame: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    found = dict[str, list[dict[str, Any]]]()
    for row in frame.iter_rows(named=True):
        found.setdefault(row["instrument_id"], []).append(row)
    return found


def _unit_dv01(rows: Sequence[dict[str, Any]]) -> float | None:
    """Of one contract, from the target; None where that is flat."""
    row = rows[0] if rows else None
    if row is None or not row["contracts"] or row["dv01_brl"] is None:
        return None
    return float(row["dv01_brl"]) / int(row["contracts"])


def book_changes(as_of: dt.datetime, split: ChangeSplit) -> pl.DataFrame:
    """One row for the risk before and one a part that moved it by a cent or more, in the order in which they were
    replaced."""
    rows, level = [(as_of, BEFORE, 0, split.since, 0.0, split.deviation_before)], split.deviation_before
    moved = {name: change for name, change in split.risk.items() if abs(change) >= 0.005}
    for seq, (name, change) in enumerate(moved.items(), 1):
        level = split.deviation if seq == len(moved) else level + change
        rows.append((as_of, name, seq, split.since, change, level))
    return pl.DataFrame(rows, schema=BOOK_CHANGE.schema, orient="row")


def as_layers(rows: pl.DataFrame, parameters: DeskParameters) -> Layers:
    """The layers that POSITION_CHANGE rows of one decision hold; zero for a line without a row."""
    by_id = {row["instrument_id"]: row for row in rows.iter_rows(named=True)}
    return Layers(
        *(
            np.array([by_id[name][layer] if name in by_id else 0.0 for name in parameters.instrument_ids])
            for layer in Layers.__dataclass_fields__
        )
    )
