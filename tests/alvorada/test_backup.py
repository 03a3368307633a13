"""The drill: back up, lose everything, restore into a new home, and go on."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import migrations
from alvorada.cli.backup_commands import newest_backup
from alvorada.cli.daily import next_time
from alvorada.stack.data_dir import LastWorld
from alvorada.stack.local_stack import postgres_in_use
from alvorada.stack.postgres import Postgres
from desk.model import decision_time
from tasks.store import Report, open_store
from tests.alvorada.conftest import UsedDataDir

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.timeout(900)]
DAY = dt.date(2026, 11, 19)
PAGE = "<html>the page of a morning</html>"


async def keep_page(url: str, day: dt.date, page: str) -> None:
    async with open_store(url, "sandbox", pool_size=2) as store:
        now = decision_time(day)
        await store.save_report(Report(now, "en", uuid.uuid4(), now, "0" * 64, page))


def home_of(folder: Path) -> UsedDataDir:
    return UsedDataDir(folder, str(DAY), folder / "reports" / "sandbox" / f"{DAY}.html")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, guard: None) -> Iterator[UsedDataDir]:
    """A home whose sandbox world has one page."""
    made = home_of(tmp_path_factory.mktemp("backed-up"))
    with postgres_in_use(made.data_dir) as postgres:
        url = postgres.ensure_database("alvorada_sandbox")
        migrations.upgrade(url)
        asyncio.run(keep_page(url, DAY, PAGE))
    LastWorld("sandbox").write(made.data_dir)
    yield made
    Postgres(made.path).stop()


@pytest.fixture(scope="module")
def dump(home: UsedDataDir, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dumps") / "made" / "by backup"
    done = home.run("backup", "--to", str(folder))
    assert done.returncode == 0, done.stderr
    [path] = folder.iterdir()
    assert done.stdout.strip() == str(path)
    return path


def test_a_backup_is_restored_into_a_new_home_which_goes_on(dump: Path, tmp_path: Path, guard: None) -> None:
    new = home_of(tmp_path / "new")
    restored = new.run("restore", str(dump), "--world", "sandbox")
    assert (restored.returncode, restored.stdout.strip()) == (0, "restored: alvorada_sandbox"), restored.stderr
    assert new.run("report", "--as-of", new.day).returncode == 0
    assert new.page.read_text() == PAGE
    later = DAY + dt.timedelta(days=4)
    with postgres_in_use(new.data_dir) as postgres:
        asyncio.run(keep_page(postgres.url("alvorada_sandbox"), later, "<html>written after it</html>"))
    second = new.run("restore", str(dump), "--world", "sandbox")
    assert "restored: alvorada_sandbox; the one before it is kept as alvorada_sandbox_before_" in second.stdout
    assert new.run("report", "--as-of", str(later)).returncode == 2, "the backup does not have it"
    with postgres_in_use(new.data_dir) as postgres:
        kept = second.stdout.split()[-1]
        assert asyncio.run(count_pages(postgres.url(kept))) == 2, "and nothing is lost"


async def count_pages(url: str) -> int:
    async with open_store(url, "sandbox", pool_size=2) as store, store.connections.acquire() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM report")
    return count


def test_a_restore_that_fails_changes_nothing(home: UsedDataDir, dump: Path, tmp_path: Path) -> None:
    wrong = home.run("restore", str(dump), "--world", "live")
    assert wrong.returncode == 2, wrong.stderr
    assert "is a backup of the sandbox world: say --world sandbox" in wrong.stderr
    torn = tmp_path / "torn.dump"
    torn.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    broken = home.run("restore", str(torn), "--world", "sandbox")
    assert (broken.returncode, "Traceback" in broken.stderr) == (3, False), broken.stderr
    home.page.unlink(missing_ok=True)
    assert home.run("report", "--as-of", home.day, "--world", "sandbox").returncode == 0
    assert home.page.read_text() == PAGE


def test_old_backups_go_and_a_folder_that_cannot_be_written_is_named(home: UsedDataDir, tmp_path: Path) -> None:
    dumps = tmp_path / "dumps"
    for minute in (1, 2, 3):
        moment = f"2026-11-19T09:0{minute}:00+00:00"
        done = home.run("backup", "--to", str(dumps), "--keep", "2", "--world", "sandbox", ALVORADA_NOW=moment)
        assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in dumps.iterdir())
    assert names == ["sandbox-20261119T090200Z.dump", "sandbox-20261119T090300Z.dump"]
    (tmp_path / "file").touch()
    done = home.run("backup", "--to", str(tmp_path / "file"), "--world", "sandbox")
    assert (done.returncode, "cannot be written to" in done.stderr) == (3, True), done.stderr
    done = home_of(tmp_path / "none").run("backup")
    assert (done.returncode, "there is nothing to back up" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("newest", "due"),
    [
        (None, "2026-11-19T18:00"),
        ("2026-11-18T18:00", "2026-11-19T18:00"),  # a day old: at once
        ("2026-11-19T10:00", "2026-11-19T20:00"),
        ("2026-11-18T20:00", "2026-11-19T20:00"),  # made on the hour: the next evening
        ("2026-11-18T20:01", "2026-11-19T20:00"),
    ],
)
def test_the_daily_backup_is_due_at_its_hour_and_at_once_where_the_last_day_has_none(
    newest: str | None, due: str
) -> None:
    def brt(text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(f"{text}:00-03:00")

    found = next_time(brt(newest) if newest else None, dt.time(20), brt("2026-11-19T18:00"))
    assert found == brt(due)


def test_the_newest_backup_is_found_by_its_name(tmp_path: Path) -> None:
    assert newest_backup(tmp_path / "none", "live") is None
    for name in ("live-20261117T230000Z", "live-20261118T230000Z", "sandbox-20261119T230000Z"):
        (tmp_path / f"{name}.dump").touch()
    (tmp_path / "live-20261120T230000Z.part").touch()
    assert newest_backup(tmp_path, "live") == dt.datetime(2026, 11, 18, 23, tzinfo=dt.UTC)
