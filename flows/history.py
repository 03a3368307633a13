"""History import: the files of a map, in its order, into the live world."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.settings import load_settings
from desk.catalog import load_catalog
from tasks.history_import import FileImported, FileMap, find_files, import_file, load_map
from tasks.ingest.imported_history import WOULD_BE_HELD, judge_import
from tasks.run.progress import Progress
from tasks.run.run import Run
from tasks.run.run_context import clock_of, open_run
from tasks.run.run_record import RunRecord
from tasks.run.stages import Stopwatch
from tasks.store.holds import Hold

MOST_NAMED = 5


@flow(name="import-history", validate_parameters=False)
async def import_history(map_file: Path, progress: Progress | None = None) -> State[list[FileImported]]:
    """Imports every file of the map. The first bad file ends the import; what was stored before it stays.

    The map is read, and every file in it is found, before the database is opened. Raises BadInput.
    """
    map_file = Path(map_file)
    history = load_map(map_file, load_catalog())
    files = find_files(history, map_file.resolve().parent)
    watch, imported = Stopwatch(), list[FileImported]()
    async with (
        open_run(clock_of(load_settings())(), "live", progress=progress) as run,
        run.store.run_lock("run", str(run.run_id)),
        run.store.run_lock("flow", "import-history"),
        await RunRecord.open(run, "import", None, {"map": map_file.name, "files": len(files)}) as record,
    ):
        for entry, file in zip(history.file, files, strict=True):
            result = await import_with_progress(run, entry, file)
            imported.append(result)
            record.stages.append(result.as_stage())
        odd = await judge_import(run, {one.payload_id for one in imported if one.inserted})
        message = summary(imported, watch.seconds, odd)
        record.conclude("completed", message)
    return Completed(message=message, data=imported)


async def import_with_progress(run: Run, entry: FileMap, file: Path) -> FileImported:
    """One file of the map; reports to the run's progress how it ended. Raises BadInput."""
    watch = Stopwatch()
    try:
        result = await import_file(run, entry, file)
    except BaseException as error:
        run.progress.event("source", entry.path, "failed", watch.seconds, 0, str(error))
        raise
    message = f"{result.parsed:,} read, {result.first} to {result.last}"
    run.progress.event("source", entry.path, "done", result.seconds, result.inserted, message)
    return result


def summary(imported: list[FileImported], seconds: float, odd: Sequence[Hold]) -> str:
    """One line on the whole import. `odd`: what is not plausible of it."""
    inserted, read = sum(one.inserted for one in imported), sum(one.parsed for one in imported)
    would = [one for one in odd if one.reason.startswith(WOULD_BE_HELD)]
    text = f"{len(imported)} files, {read:,} rows read, {inserted:,} new, in {seconds:.0f} s"
    if not odd:
        return text
    first = ", ".join(f"{one.entity} {one.obs_date} {one.value:g}" for one in would[:MOST_NAMED])
    more = f" (and {len(would) - MOST_NAMED} more)" if len(would) > MOST_NAMED else ""
    names = f": {first}{more}" if would else ""
    return f"{text}; not plausible: {len(odd):,} (v_suspect), of which a fetch would hold {len(would):,}{names}"
