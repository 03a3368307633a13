"""`alvorada backup` and `alvorada restore`."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Annotated

import typer

from alvorada.cli.clock import now
from alvorada.cli.daily import DailyAt, each_day
from alvorada.cli.options import LastWorldName
from alvorada.cli.output import note
from alvorada.stack.data_dir import DataDir, LastWorld, database_name
from desk.errors import BadInput


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(backup)
    app.command()(restore)


def backup(
    to: Annotated[
        str | None, typer.Option("--to", metavar="DIR", help="Default: `backups` in the data folder.")
    ] = None,
    keep: Annotated[int, typer.Option("--keep", min=1, help="How many of this world stay there.")] = 14,
    world: LastWorldName = None,
    daily_at: DailyAt = None,
) -> None:
    """Dump a world's database into a file, check it, and print its path. Runs may go on meanwhile.

    With --daily-at one is made at once where none is there of the last day.
    """
    if daily_at is None:
        back_up_once(to, keep, world)
        return
    each_day(daily_at, lambda: newest_backup(backup_folder(to), world), lambda: back_up_once(to, keep, world))


def backup_folder(to: str | None) -> Path:
    """Where the dumps lie."""
    return Path(to).expanduser().absolute() if to else DataDir.from_environment().path / "backups"


def newest_backup(folder: Path, world: str | None) -> dt.datetime | None:
    """When the newest dump of a world (None: of any) was made, by its name; None without one."""
    from alvorada.stack.backup import STAMP

    stamps = sorted(path.stem.rpartition("-")[2] for path in folder.glob(f"{world or '*'}-*.dump"))
    return dt.datetime.strptime(stamps[-1], STAMP).replace(tzinfo=dt.UTC) if stamps else None


def back_up_once(to: str | None, keep: int, world: str | None) -> None:
    """One dump. Raises BadInput, StoreError."""
    from alvorada.stack.backup import back_up
    from alvorada.stack.local_stack import world_database

    data_dir = DataDir.from_environment()
    last = LastWorld.select(data_dir, world)
    with world_database(data_dir, last) as url:
        if url is None:
            raise BadInput(f"no database yet under {data_dir.path}: there is nothing to back up")
        path = back_up(url, backup_folder(to), last.world, now(), keep)
    typer.echo(path)
    note(f"alvorada: {path.stat().st_size / 1e6:.1f} MB; the raw payloads are not in it")


def restore(
    dump: Annotated[str, typer.Argument(metavar="FILE", help="What `backup` has written.")],
    world: LastWorldName = None,
) -> None:
    """Put a backup in the place of a world's database. The one before it is kept under another name."""
    from alvorada.stack.backup import restore_embedded, restore_empty
    from alvorada.stack.local_stack import postgres_in_use
    from alvorada.stack.running_stack import find_running_stack

    data_dir = DataDir.from_environment()
    last = LastWorld.select(data_dir, world)
    file = Path(dump).expanduser().absolute()
    if not file.is_file():
        raise BadInput(f"no file {dump}")
    given = os.environ.get("DATABASE_URL")
    if given:
        restore_empty(given, file, last.world)
        typer.echo("restored into the database of DATABASE_URL")
        return
    if find_running_stack(data_dir):
        raise BadInput("`alvorada up` runs here: stop it with `alvorada down`, then restore")
    name = database_name(last.world, last.seed)
    with postgres_in_use(data_dir) as postgres:
        kept = restore_embedded(postgres, name, file, last.world, now())
    last.write(data_dir)
    typer.echo(f"restored: {name}" + (f"; the one before it is kept as {kept}" if kept else ""))
