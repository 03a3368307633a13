"""Import of a map's files into the store, through bronze, checks and publication rules.

A row is inserted only where its (entity, obs_date) has no row, from an earlier file, an earlier import or a source. So
the first file with a number wins, and a second import of the same map inserts nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from desk.catalog import Catalog
from desk.errors import BadInput
from desk.model import SILVER, Dataset, Frames, SilverTable
from desk.point_in_time.knowledge_time import FetchContext, assign_knowledge_times
from desk.quality import Quality, check_rows, combined
from tasks.history_import.mapping import FileMap, HistoryMap
from tasks.history_import.readers import parse_file
from tasks.run.run import Run
from tasks.store import PayloadRow
from tasks.store.lake import body_path, keep

ORIGIN = "imported"
SOURCE = "import"
BOND_RULE = "anbima_bonds"
FOCUS = "ExpectativasMercadoAnuais"


@dataclass(frozen=True, slots=True)
class FileImported:
    """The result of one file. `parsed`: rows that the map selects; `inserted`: those of them that were new."""

    path: str
    kind: str
    parsed: int
    inserted: int
    first: dt.date
    last: dt.date
    checks: dict[str, Any]
    seconds: float
    payload_id: int

    def as_stage(self) -> dict[str, Any]:
        """The file as a stage of the run's record."""
        return {
            "name": self.path,
            "seconds": round(self.seconds, 3),
            "rows": self.parsed,
            "inserted": self.inserted,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "score": self.checks["score"],
        }


def find_files(history: HistoryMap, folder: Path) -> list[Path]:
    """Every file of the map, below its root, which is relative to `folder`. Raises BadInput with the missing files."""
    root = (folder / history.root).resolve()
    if not root.is_dir():
        raise BadInput(f"import map: no folder {root}")
    files = [(root / entry.path).resolve() for entry in history.file]
    missing = sorted({entry.path for entry, file in zip(history.file, files, strict=True) if not file.is_file()})
    if missing:
        more = f" (and {len(missing) - 3} more)" if len(missing) > 3 else ""
        raise BadInput(f"import map: no file {', '.join(missing[:3])}{more} in {root}")
    return files


async def import_file(run: Run, entry: FileMap, file: Path) -> FileImported:
    """Imports one file: all of its rows, or none. Raises BadInput that names the file and the place in it."""
    began = time.monotonic()
    try:
        body = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise BadInput(f"{entry.path}: cannot be read ({error.strerror})") from error
    frames = parse_file(entry, body, run.catalog)  # before bronze: a file that cannot be parsed leaves nothing there
    days = pl.concat([frame["obs_date"] for frame in frames.values()])
    first, last = days.min(), days.max()
    if not (isinstance(first, dt.date) and isinstance(last, dt.date)):
        raise BadInput(f"{entry.path}: no row that the map takes holds a number")
    payload_id = await keep(run.lake, run.store, _receipt(run, entry, frames, body), body)
    quality: dict[str, Quality] = {}
    fresh: Frames = {}
    for name, parsed in frames.items():
        quality[name] = check_rows(SILVER[name], parsed, run.as_of)
        fresh[name] = await _new_rows(run, SILVER[name], entry, parsed.with_columns(payload_id=pl.lit(payload_id)))
    inserted = sum(await run.store.write_silver_tables(fresh))
    return FileImported(
        entry.path,
        entry.kind,
        days.len(),
        inserted,
        first,
        last,
        combined(quality),
        time.monotonic() - began,
        payload_id,
    )


def datasets_of(entry: FileMap, frames: Frames, catalog: Catalog) -> list[Dataset]:
    """The datasets of the catalogue to which a file's rows belong. Raises BadInput for a curve without a dataset."""
    if entry.kind in ("series", "bars"):
        ids = sorted({name for table, frame in frames.items() for name in frame[SILVER[table].entity[0]].unique()})
        return [catalog.datasets[name] for name in dict.fromkeys(catalog.series[one].dataset for one in ids)]
    if entry.kind == "curve":
        found = [one for one in catalog.datasets.values() if entry.id in _curves(one)]
        if not found:
            raise BadInput(f"{entry.path}: no dataset of the catalogue declares the curve {entry.id!r}")
        return found[:1]
    if entry.kind == "expectation":
        return [one for one in catalog.datasets.values() if one.params.get("set") == FOCUS]
    if entry.kind == "futures":
        return [one for one in catalog.datasets.values() if "roots" in one.params][:1]
    own = [one for one in catalog.datasets.values() if one.params.get("prefix") == f"{entry.prefix}:"]
    # Bonds of no source in the catalogue (ANBIMA's): public by the rule of ANBIMA's indicative rates.
    return own or [one for one in catalog.datasets.values() if one.rule == BOND_RULE][:1]


def _curves(dataset: Dataset) -> Sequence[str]:
    return [*dataset.params.get("curves", {}).values(), dataset.params.get("curve", "")]


async def _new_rows(run: Run, table: SilverTable, entry: FileMap, parsed: pl.DataFrame) -> pl.DataFrame:
    """The rows that are new, with the knowledge time of their publication rule."""
    dataset = datasets_of(entry, {table.name: parsed}, run.catalog)[0]
    first, last = parsed["obs_date"].min(), parsed["obs_date"].max()
    entities = parsed[table.entity[0]].unique().to_list()
    existing = await run.store.latest_values(table.name, first, last, entities)  # type: ignore[arg-type]
    context = FetchContext(fetched_at=run.clock(), as_of=run.as_of, imported=True)
    return assign_knowledge_times(table, parsed, dataset, run.catalog, existing, context)


def _receipt(run: Run, entry: FileMap, frames: Frames, body: bytes) -> PayloadRow:
    names = [dataset.id for dataset in datasets_of(entry, frames, run.catalog)]
    sha256, now = hashlib.sha256(body).hexdigest(), run.clock()
    return PayloadRow(
        sha256=sha256,
        source=SOURCE,
        dataset=names[0] if len(names) == 1 else f"{SOURCE}:{entry.path}",
        url=entry.path,
        status=200,
        headers={},
        fetched_at=now,
        bytes=len(body),
        path=body_path(SOURCE, now.astimezone(dt.UTC).date(), sha256),
        run_id=run.run_id,
        origin=ORIGIN,
    )
