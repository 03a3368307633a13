"""History import: the files of a map, in its order, into the live world; one row in pipeline_runs says how it ended."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from blocks.settings import load_settings
from desk.catalog import load_catalog
from tasks.history_import import FileImported, HistoryMap, find_files, import_file, load_map
from tasks.run.progress import Progress
from tasks.run.run import Run
from tasks.run.run_context import clock_of, open_run
from tasks.run.stages import Stopwatch
from tasks.store import ledger
from tasks.store.pipeline_runs import RunStart, begin_run, finish_run


@flow(name="import-history", validate_parameters=False)
async def import_history(map_file: Path, progress: Progress | None = None) -> State[list[FileImported]]:
    """Every file of the map. The first bad one ends the import; what was stored before it stays. Raises BadInput.

    The map and the presence of all its files are checked before anything is opened.
    """
    map_file = Path(map_file)
    history = load_map(map_file, load_catalog())
    files = find_files(history, map_file.resolve().parent)
    async with (
        open_run(clock_of(load_settings())(), "live", progress=progress) as run,
        run.store.run_lock("run", str(run.run_id)),
        run.store.run_lock("flow", "import-history"),
    ):
        own = flow_run.id
        await ledger.bury(run.store, run.clock())
        await begin_run(
            run.store,
            RunStart(
                run.run_id, "import", run.sources, run.clock(), run.code_version, None,
                {"map": map_file.name, "files": len(files)}, uuid.UUID(own) if own else None,
            ),
        )  # fmt: skip
        return await _files(run, history, files)


async def _files(run: Run, history: HistoryMap, files: list[Path]) -> State[list[FileImported]]:
    watch, brought, stages = Stopwatch(), list[FileImported](), list[dict[str, Any]]()
    try:
        for entry, file in zip(history.file, files, strict=True):
            began = Stopwatch()
            try:
                result = await import_file(run, entry, file)
            except BaseException as error:
                run.progress.event("source", entry.path, "failed", began.seconds, 0, str(error))
                raise
            brought.append(result)
            stages.append(result.as_stage())
            words = f"{result.parsed:,} read, {result.first} to {result.last}"
            run.progress.event("source", entry.path, "done", result.seconds, result.inserted, words)
    except BaseException as error:
        message = f"{type(error).__name__}: {error}"
        await finish_run(run.store, run.run_id, "failed", run.clock(), message=message, stages=stages)
        raise
    inserted, read = sum(one.inserted for one in brought), sum(one.parsed for one in brought)
    message = f"{len(brought)} files, {read:,} rows read, {inserted:,} new, in {watch.seconds:.0f} s"
    await finish_run(run.store, run.run_id, "completed", run.clock(), message=message, stages=stages)
    return Completed(message=message, data=brought)
