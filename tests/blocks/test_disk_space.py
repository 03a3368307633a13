"""A full disk is named, and where it can be, before anything starts."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from blocks.database import connect_failure, named_errors
from blocks.disk_space import require_space
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
    told = rf"^no space left on the disk of the database at {place}: could not extend"
    with pytest.raises(StoreError, match=told), named_errors(URL):
        raise asyncpg.DiskFullError(words)


def test_an_error_of_the_disk_itself_is_told() -> None:
    error = OSError(errno.ENOSPC, "No space left on device")
    assert "No space left on device" in str(connect_failure(URL, error))
