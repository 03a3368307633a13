"""A full disk is named, and where it can be, before anything starts."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from blocks.atomic_write import write_atomically
from blocks.database import connect_failure, named_errors
from blocks.disk_space import cannot_be_written, full_disk_line, require_space
from desk.errors import StoreError
from tests.alvorada.conftest import ROOT, environment

URL = "postgresql://alvorada:secret@127.0.0.1:5/desk"


def test_a_disk_with_room_is_no_error_and_one_without_is_named(tmp_path: Path) -> None:
    require_space(tmp_path / "not" / "made" / "yet", 1, "raw payloads")
    with pytest.raises(StoreError, match=rf"no space left for raw payloads in {tmp_path}/lake: \d+ MB are free"):
        require_space(tmp_path / "lake", 10**9, "raw payloads")


def test_a_run_is_refused_before_it_starts(tmp_path: Path) -> None:
    env = environment(tmp_path, {"ALVORADA_MIN_FREE_MB": "9000000"})
    command = [sys.executable, "-m", "alvorada", "run", "--sources", "live"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 3, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"alvorada: no space left for raw payloads in {tmp_path}/lake: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "postgres").exists(), "nothing was started"


def test_the_first_error_is_told_and_not_that_of_the_clean_up_after_it() -> None:
    def lost() -> None:
        try:
            raise asyncpg.DiskFullError('could not extend file "base/5/16384": No space left on device')
        except asyncpg.PostgresError:
            raise asyncpg.InterfaceError("cannot call Transaction.__aexit__(): the connection is closed")  # noqa: B904

    with pytest.raises(asyncpg.InterfaceError) as caught:
        lost()
    assert "No space left on device" in str(connect_failure(URL, caught.value))
    assert "secret" not in str(connect_failure(URL, caught.value))


def test_a_write_that_was_cut_short_is_told_as_a_full_disk() -> None:
    """PostgreSQL's words on a tmpfs with a page left, which do not name the reason."""
    words = 'could not extend file "base/19431/12604": wrote only 4096 of 8192 bytes at block 7'
    place = "postgresql://alvorada@127.0.0.1:5/desk"
    expected = rf"^no space left on the disk of the database at {place}: could not extend"
    with pytest.raises(StoreError, match=expected), named_errors(URL):
        raise asyncpg.DiskFullError(words)


def test_an_error_of_the_disk_itself_is_told() -> None:
    error = OSError(errno.ENOSPC, "No space left on device")
    assert "No space left on device" in str(connect_failure(URL, error))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('initdb: error: could not write file "x": No space left on device', 'could not write file "x": No space'),
        (
            'UTC [5] ERROR:  could not extend file "base/5/7": wrote only 4096 of 8192 bytes at block 7',
            "could not extend",
        ),
        ("UTC [5] PANIC:  could not write to log: Disk quota exceeded", "could not write to log: Disk quota exceeded"),
        ("cp: cannot create regular file 'x': Read-only file system", "cp: cannot create regular file"),
        ("UTC [5] FATAL:  the database system is shutting down", None),
    ],
)
def test_what_programs_say_of_a_full_disk_is_found(text: str, expected: str | None) -> None:
    found = full_disk_line(f"an earlier line\n{text}\nUTC [5] HINT:  Check free disk space.")
    assert found is expected is None or (found is not None and expected is not None and expected in found)


def test_a_file_that_finds_no_room_is_named_and_the_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_atomically(path, "before", 0o600)
    (tmp_path / f"state.json.{os.getpid()}.new").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(path, "after")
    assert cannot_be_written(caught.value) == f"No space left on device: {path} cannot be written"
    assert path.read_text() == "before"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["state.json"]


def test_a_quota_and_a_read_only_disk_are_told_and_another_error_is_not() -> None:
    quota = OSError(errno.EDQUOT, "Disk quota exceeded", "/home/lake")
    assert cannot_be_written(quota) == "Disk quota exceeded: /home/lake cannot be written"
    assert cannot_be_written(OSError(errno.EROFS, "Read-only file system", "/x")) is not None
    assert cannot_be_written(OSError(errno.EACCES, "Permission denied", "/x")) is None
