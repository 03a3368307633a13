"""The files of a map as silver frames in memory: the rows that an import would write into an empty store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from desk.catalog import Catalog
from desk.model import SILVER, Frames
from desk.point_in_time.knowledge_time import rule_times
from tasks.history_import.importer import datasets_of, find_files
from tasks.history_import.mapping import load_map
from tasks.history_import.readers import parse_file


def read_history(map_files: Sequence[Path], catalog: Catalog) -> Frames:
    """Every silver table, of one map after the other. Each row has the knowledge time of its publication rule; the
    first file with a number wins.

    Raises BadInput that names the map or the file, and the place in it.
    """
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in SILVER}
    for map_file in map_files:
        history = load_map(map_file, catalog)
        for entry, file in zip(history.file, find_files(history, map_file.resolve().parent), strict=True):
            for name, parsed in parse_file(entry, file.read_bytes(), catalog).items():
                dataset = datasets_of(entry, {name: parsed}, catalog)[0]
                known = rule_times(SILVER[name], parsed, dataset, catalog)
                parts[name].append(parsed.with_columns(knowledge_time=known))
    return {name: _first_wins(name, frames) for name, frames in parts.items()}


def _first_wins(name: str, frames: list[pl.DataFrame]) -> pl.DataFrame:
    table = SILVER[name]
    rows = pl.concat(
        [pl.DataFrame(schema=table.parsed_schema), *(one.select(list(table.parsed_schema)) for one in frames)]
    )
    return rows.unique([*table.entity, "obs_date"], keep="first", maintain_order=True)
