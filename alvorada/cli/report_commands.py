"""`alvorada report --diff D1 D2` and `--png DIR`: what the stored reports were made of, read from the database."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from alvorada.cli.decision_days import decision_day
from alvorada.cli.stored_reports import database, in_use
from alvorada.stack.data_dir import Home, LastWorld
from desk.errors import BadInput, WrongWorld

if TYPE_CHECKING:
    from reports.elements.report_data import ReportData


def read_report(
    world: str | None, diff: tuple[str, str] | None, png: str | None, as_of: str | None, now: dt.datetime
) -> None:
    """The command's options: a difference, pictures, or both."""
    home = Home.from_environment()
    last = LastWorld.asked(home, world)
    if diff is not None:
        show_difference(home, last, *diff, now)
    if png is not None:
        draw_pictures(home, last, decision_day(as_of, now) if as_of else None, Path(png))


def show_difference(home: Home, last: LastWorld, first: str, second: str, now: dt.datetime) -> None:
    """Prints what changed from one report to a later one. Raises BadInput for a day without a report."""
    from reports.page.diff import differences

    before, after = stored(home, last, [decision_day(first, now), decision_day(second, now)])
    typer.echo(differences(before, after))


def draw_pictures(home: Home, last: LastWorld, day: dt.date | None, folder: Path) -> None:
    """Writes every figure of a report as FOLDER/DAY-FIGURE.png and prints where. Raises BadInput without a report, a
    browser or a folder that can be written."""
    from blocks.settings import load_settings
    from reports.page.png_export import export_png
    from reports.page.render import figure_specs

    [data] = stored(home, last, [day])
    drawn = export_png(figure_specs(data, load_settings().report_language))
    if not drawn:
        raise BadInput(drawn.reason or "the report has no figures")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, png in drawn.items():
            place = folder / f"{data.day}-{name.removeprefix('fig-')}.png"
            place.write_bytes(png)
            typer.echo(place)
    except OSError as error:
        raise BadInput(f"cannot write pictures to {folder} ({error.strerror})") from error
    if drawn.reason:
        typer.echo(f"alvorada: {drawn.reason}", err=True)


def stored(home: Home, last: LastWorld, days: Sequence[dt.date | None]) -> list[ReportData]:
    """What a report of each day (None: that of the latest report) reads, as the database has it now. Raises BadInput
    for a day that was never decided."""
    with database(home, last) as url:
        found = asyncio.run(_read(url, last.world, days)) if url is not None else None
    if found is None:
        raise BadInput(f"no report yet in the {last.world} world: nothing was ever run there")
    return found


async def _read(url: str, world: str, days: Sequence[dt.date | None]) -> list[ReportData] | None:
    if not await in_use(url):
        return None
    from blocks.settings import load_settings
    from desk.model import decision_time
    from tasks.run.report_gold import read_report_gold
    from tasks.store import open_store

    settings = load_settings()
    async with open_store(url, None, pool_size=2) as store:
        if store.world != world:
            raise WrongWorld(f"the database holds {store.world!r} data: ask for it with --world {store.world}")
        decided = set(await store.gold_days("portfolio_state"))
        found = []
        for day in days:
            as_of = decision_time(day) if day is not None else max(decided, default=None)
            if as_of is None or as_of not in decided:
                raise BadInput(f"there is no decision of {day}" if day else "there is no decision yet")
            found.append(await read_report_gold(store, settings, as_of))
    return found
