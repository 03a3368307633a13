"""A disk that fills up while a first start makes its folders, its cluster, its databases and its tables: one line that
names what took no more, and with room the same command goes on from there. The disks are small tmpfs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.server.database.dependencies import temporary_database_config
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, PREFECT_API_URL, temporary_settings

from alvorada.stack.local_stack import asyncpg_url
from alvorada.stack.postgres import Postgres
from alvorada.stack.prefect_start import make_tables
from desk.errors import StoreError
from tests.alvorada.conftest import ROOT, environment

pytestmark = [pytest.mark.process, pytest.mark.db]


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of the size that the test names."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted: {done.stderr.strip()}")
    yield place
    subprocess.run(["mount", "-o", "remount,rw", str(place)], check=True)
    Postgres(place / "home").stop()
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def migrate(home: Path) -> subprocess.CompletedProcess[str]:
    """The stack is opened, its database brought to the newest schema, and everything stopped."""
    command = [sys.executable, "-m", "alvorada", "migrate"]
    env = environment(home, {})
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize(
    ("disk", "place"),
    [
        ("4k", "/home"),
        ("40k", "/home/postgres/data.making"),
        ("40m", "@127.0.0.1:"),
        ("44m", "@127.0.0.1:"),
        ("52m", "/home/postgres/log"),
    ],
    indirect=["disk"],
    ids=["folders", "cluster", "database", "tables", "journal"],
)
def test_a_start_that_finds_no_room_is_one_line_and_with_room_goes_on(disk: Path, place: str) -> None:
    home = disk / "home"
    done = migrate(home)
    assert done.returncode in (2, 3), done.stderr
    (line,) = done.stderr.splitlines()
    assert "no space left" in line.lower(), line
    assert place in line
    subprocess.run(["mount", "-o", "remount,size=1g", str(disk)], check=True)
    again = migrate(home)
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.parametrize("disk", ["1m"], indirect=True)
def test_a_disk_that_is_read_only_is_one_line(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = migrate(disk / "home")
    assert done.returncode == 2
    assert done.stderr.startswith(f"alvorada: cannot write to the data folder {disk}/home (Read-only file system)")
    assert len(done.stderr.splitlines()) == 1


async def test_tables_of_prefect_that_cannot_be_made_are_one_line(postgres: Postgres) -> None:
    """SQLAlchemy's words are several lines, the last of them an address of its own."""
    url = asyncpg_url(postgres.url("there_is_none"))
    with (
        temporary_settings({PREFECT_API_URL: None, PREFECT_API_DATABASE_CONNECTION_URL: url}),
        temporary_database_config(None),  # type: ignore[arg-type]  # none yet: Prefect keeps the first that it makes
        pytest.raises(StoreError, match=r"^the database 'there_is_none' does not exist at postgresql.*@127") as caught,
    ):
        await make_tables()
    assert "\n" not in str(caught.value)
