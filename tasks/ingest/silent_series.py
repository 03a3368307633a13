"""After the last try: series that were asked for and have been silent while those published with them went on.

A source that answers several series at once says nothing of one that it has dropped. The stored numbers do.
"""

from __future__ import annotations

from desk.errors import UnknownSeries
from desk.point_in_time.silent_series import companions, is_gone, may_be_gone
from tasks.ingest.dataset_fetch import DatasetFetch
from tasks.run.run import Run
from tasks.store.series_looks import Silence, numbers_of_others

NEWEST_DAYS = 7
"""Calendar days before the run that a look must reach: one into the past tells nothing of today."""


async def find_silent_series(run: Run, fetch: DatasetFetch) -> None:
    """Turns the answered looks at series that are gone into looks at series that their source does not know."""
    if not fetch.is_by_series:
        return
    every = run.catalog.series_of(fetch.dataset.id)
    by_id = {one.id: one for one in every}
    silent = {
        look.series_id: look
        for look in fetch.looks.values()
        if look.state == "answered"
        and (run.day - look.window.end).days <= NEWEST_DAYS
        and may_be_gone(by_id[look.series_id], fetch.newest.get(look.series_id), run.day)
    }
    silences = [
        Silence(name, look.window.start, look.window.end, tuple(companions(by_id[name], every)))
        for name, look in silent.items()
    ]
    for found in await numbers_of_others(run.store, fetch.dataset.tables[0], [one for one in silences if one.others]):
        if is_gone(by_id[found.series_id], found.numbers):
            window, code = silent[found.series_id].window, by_id[found.series_id].code
            since = f"after {found.last}" if found.last is not None else f"from {window.start} on"
            words = f"{code}: no number of {found.series_id} {since}, while {found.other} has {found.numbers}"
            fetch.note_gone(found.series_id, window, UnknownSeries(fetch.dataset.source, words))
