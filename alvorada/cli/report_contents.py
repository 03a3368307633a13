"""`alvorada report --diff D1 D2`, `--png DIR` and `alvorada tickets`: from stored decisions, read from the database."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import typer

from alvorada.cli.output import note
from alvorada.cli.stored_reports import is_used, open_world
from alvorada.stack.data_dir import DataDir, LastWorld
from alvorada.stack.local_stack import world_database
from blocks.settings import load_settings
from desk.errors import BadInput
from desk.model import decision_time
from reports.elements.locale import use_locale
from reports.elements.report_data import ReportData
from reports.page import ticket_files
from reports.page.diff import differences
from reports.page.png_export import export_png
from reports.page.render import figure_specs
from tasks.run.report_gold import read_report_gold


def show_difference(data_dir: DataDir, last: LastWorld, first: dt.date, second: dt.date) -> None:
    """Prints what changed from one report to a later one. Raises BadInput for a day without a report."""
    before, after = read_report_data(data_dir, last, [first, second])
    typer.echo(differences(before, after))


def draw_pictures(data_dir: DataDir, last: LastWorld, day: dt.date | None, folder: Path) -> None:
    """Writes every figure of a report (None: the latest) as FOLDER/DAY-FIGURE.png and prints the paths.

    Raises BadInput without a report, a browser, or a folder that can be written.
    """
    [data] = read_report_data(data_dir, last, [day])
    drawn = export_png(figure_specs(data, load_settings().report_language))
    if not drawn:
        raise BadInput(drawn.reason or "the report has no figures")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, png in drawn.items():
            path = folder / f"{data.day}-{name.removeprefix('fig-')}.png"
            path.write_bytes(png)
            typer.echo(path)
    except OSError as error:
        raise BadInput(f"cannot write pictures to {folder} ({error.strerror})") from error
    if drawn.reason:
        note(f"alvorada: {drawn.reason}")


TICKET_FORMS: Mapping[str, Callable[[ReportData], str]] = {
    "text": ticket_files.as_text,
    "csv": ticket_files.as_csv,
    "json": ticket_files.as_json,
}


def ticket_text(data_dir: DataDir, last: LastWorld, day: dt.date | None, form: str) -> tuple[str, list[str]]:
    """The dealing tickets of a decision (None: the latest), and those that must not be sent, with the reason.

    Raises BadInput for an unknown form or day.
    """
    if form not in TICKET_FORMS:
        raise BadInput(f"--format is one of {', '.join(TICKET_FORMS)}, not {form!r}")
    [data] = read_report_data(data_dir, last, [day])
    with use_locale(load_settings().report_language):
        return TICKET_FORMS[form](data), ticket_files.refusals(data)


def read_report_data(data_dir: DataDir, last: LastWorld, days: Sequence[dt.date | None]) -> list[ReportData]:
    """The data of the report of each day (None: the latest), as the database has them now.

    Raises BadInput for a day without a decision, StoreError, WrongWorld.
    """
    with world_database(data_dir, last) as url:
        found = asyncio.run(read_report_data_from(url, last.world, days)) if url is not None else None
    if found is None:
        raise BadInput(f"no report yet in the {last.world} world: nothing was ever run there")
    return found


async def read_report_data_from(url: str, world: str, days: Sequence[dt.date | None]) -> list[ReportData] | None:
    """As `read_report_data`, from the database at `url`; None where nothing was ever run in it.

    Raises BadInput for a day without a decision.
    """
    if not await is_used(url):
        return None
    settings = load_settings()
    async with open_world(url, world) as store:
        decided = set(await store.gold_days("portfolio_state"))
        found = []
        for day in days:
            as_of = decision_time(day) if day is not None else max(decided, default=None)
            if as_of is None or as_of not in decided:
                raise BadInput(f"there is no decision of {day}" if day else "there is no decision yet")
            found.append(await read_report_gold(store, settings, as_of))
    return found
