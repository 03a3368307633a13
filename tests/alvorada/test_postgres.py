"""The embedded PostgreSQL comes up, goes down, and comes back, whoever runs it and however it ended."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from alvorada.stack.postgres import Postgres
from desk.errors import StoreError
from tests.alvorada.postgres_calls import kill, run

pytestmark = [pytest.mark.db, pytest.mark.process]


@pytest.fixture
def server(tmp_path: Path, guard: None) -> Iterator[Postgres]:
    made = Postgres(tmp_path)
    yield made
    made.stop()


def test_start_and_stop_can_be_called_twice(server: Postgres) -> None:
    first = server.start()
    assert first.running
    assert server.start() == first
    assert server.stop()
    assert not server.stop()
    assert not server.status().running


def test_it_listens_on_this_machine_only_and_needs_the_password(server: Postgres) -> None:
    server.start()
    url = server.ensure_database("alvorada")
    assert run(url, "SHOW listen_addresses") == "127.0.0.1"
    assert run(url, "SHOW fsync") == "on"
    assert run(url, "SHOW server_encoding") == "UTF8"
    assert (server.folder / "password").stat().st_mode & 0o077 == 0
    with pytest.raises(asyncpg.InvalidPasswordError):
        run(url.replace(url.split(":")[2].split("@")[0], "guess"), "SELECT 1")


def test_a_database_is_made_once(server: Postgres) -> None:
    server.start()
    url = server.ensure_database("alvorada")
    run(url, "CREATE TABLE kept (x int)")
    assert server.ensure_database("alvorada") == url
    assert run(url, "SELECT count(*) FROM kept") == 0


def test_every_committed_row_is_there_after_kill_9(server: Postgres) -> None:
    server.start()
    url = server.ensure_database("alvorada")
    run(url, "CREATE TABLE kept AS SELECT generate_series(1, 10000) AS x")
    kill(server)
    assert (server.data / "postmaster.pid").exists(), "the dead one's file is what this is about"
    assert server.start().running
    assert run(server.url("alvorada"), "SELECT count(*) FROM kept") == 10_000


def test_a_pid_file_that_names_another_process_is_not_believed(server: Postgres) -> None:
    server.start()
    kill(server)
    file = server.data / "postmaster.pid"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert not server.status().running
    assert server.start().running


def test_a_taken_port_is_left_for_another_and_the_url_follows(server: Postgres) -> None:
    first = server.start().port
    server.ensure_database("alvorada")
    server.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first or 0))
        other.listen()
        second = server.start().port
    assert second != first
    assert run(server.url("alvorada"), "SELECT 1") == 1


def test_the_port_stays_the_same_over_a_restart(server: Postgres) -> None:
    first = server.start().port
    server.stop()
    assert server.start().port == first


def test_several_starts_at_once_make_one_server(tmp_path: Path) -> None:
    servers = [Postgres(tmp_path) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda each: each.start(), servers))
    try:
        assert len({status.pid for status in found}) == 1
    finally:
        servers[0].stop()


def test_an_initdb_that_was_killed_is_begun_again(server: Postgres) -> None:
    for half_made in ("data", "data.making"):
        (server.folder / half_made).mkdir(parents=True)
        (server.folder / half_made / "rubbish").touch()
    assert server.start().running


def test_a_full_disk_that_ended_the_server_is_what_an_error_names(tmp_path: Path) -> None:
    """Its clients see a connection that was closed; the lines of the log are PostgreSQL 18's on a full tmpfs."""
    folder = tmp_path / "postgres"
    folder.mkdir()
    line = '2026-11-30 17:22:17.222 UTC [19215] PANIC:  could not write to file "pg_wal/xlogtemp.19215": No space left'
    panic = f"{line} on device\n2026-11-30 17:22:17.222 UTC [19215] STATEMENT:  COMMIT;\n"
    (folder / "log").write_text(panic)
    server = Postgres(tmp_path)
    earlier = server.log_size()
    assert server.full_disk(earlier) is None, "that was an earlier start's"
    with (folder / "log").open("a") as log:
        log.write(panic)
    assert server.full_disk(earlier) == 'could not write to file "pg_wal/xlogtemp.19215": No space left on device'


def test_a_cluster_of_another_version_says_which(server: Postgres) -> None:
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(StoreError, match=r"made by PostgreSQL 12, and .* is 1\d: point ALVORADA_PG_BIN at a 12"):
        server.start()


def test_a_damaged_cluster_is_one_clear_line(server: Postgres) -> None:
    server.start()
    server.stop()
    (server.data / "postgresql.conf").write_text("no such line\n")
    with pytest.raises(StoreError, match="PostgreSQL did not start on port") as caught:
        server.start()
    assert "\n" not in str(caught.value)


def test_before_the_first_start_there_is_no_address(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="start it first"):
        Postgres(tmp_path).url("alvorada")


def test_a_data_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written: Not a directory"):
        Postgres(tmp_path / "file").start()


def test_it_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from alvorada.stack.postgres import Postgres; Postgres(pathlib.Path(sys.argv[1])).start()"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    server = Postgres(tmp_path)
    assert server.status().running
    assert server.stop()


def test_a_copied_home_has_a_server_of_its_own(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Copied while the original runs, with its server.json and postmaster.pid, and used beside it."""
    server.start()
    url = server.ensure_database("alvorada")
    run(url, "CREATE TABLE mark (home text)")
    run(url, "INSERT INTO mark VALUES ('original')")
    run(url, "CHECKPOINT")
    elsewhere = tmp_path_factory.mktemp("copy")
    shutil.copytree(server.folder.parent, elsewhere / "home", symlinks=True)
    copy = Postgres(elsewhere / "home")
    assert not copy.status().running, "the original's server is not the copy's"
    with pytest.raises(StoreError, match="there is no PostgreSQL under"):
        copy.url("alvorada")  # the port in its file is the original's
    try:
        copy.start()
        assert copy.status().port != server.status().port
        assert copy.data.is_relative_to(elsewhere)
        run(copy.url("alvorada"), "UPDATE mark SET home = 'copy'")
        assert run(url, "SELECT home FROM mark") == "original"
        copy.stop()
        assert run(url, "SELECT home FROM mark") == "original", "a copy that ends stops nobody else"
        copy.start()
        server.stop()
        assert run(copy.url("alvorada"), "SELECT home FROM mark") == "copy"
    finally:
        copy.stop()


@pytest.mark.parametrize("running", [False, True])
def test_a_moved_home_goes_on(tmp_path: Path, guard: None, running: bool) -> None:
    before = Postgres(tmp_path / "before")
    before.start()
    run(before.ensure_database("alvorada"), "CREATE TABLE mark AS SELECT 7 AS n")
    pid = before.status().pid
    if not running:
        before.stop()
    (tmp_path / "before").rename(tmp_path / "after")
    after = Postgres(tmp_path / "after")
    try:
        after.start()
        assert (after.status().pid == pid) == running, "never two servers on one folder"
        assert run(after.url("alvorada"), "SELECT n FROM mark") == 7
        assert not (tmp_path / "before").exists()
    finally:
        after.stop()


def test_a_home_of_the_version_that_named_its_folder_by_the_whole_path_is_read(tmp_path: Path, guard: None) -> None:
    first = Postgres(tmp_path / "first")
    first.start()
    first.stop()
    record = json.loads((first.folder / "server.json").read_text())
    assert record["data"] == "data"
    old = {"data": str(first.folder / "data"), "runs_as": record["runs_as"], "port": record["port"]}
    (first.folder / "server.json").write_text(json.dumps(old))
    assert first.data == first.folder / "data"
    (tmp_path / "first").rename(tmp_path / "second")
    assert Postgres(tmp_path / "second").data == tmp_path / "second" / "postgres" / "data"


def test_a_copied_home_whose_data_lie_outside_it_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "data"
    outside.mkdir(parents=True)
    for home in ("original", "copy"):
        folder = tmp_path / home / "postgres"
        folder.mkdir(parents=True)
        record = {"data": str(outside), "home": str(tmp_path / "original" / "postgres"), "port": 5}
        (folder / "server.json").write_text(json.dumps(record))
    with pytest.raises(StoreError, match=r"is a copy of .*original/postgres, whose database lies outside it"):
        Postgres(tmp_path / "copy").start()
    assert Postgres(tmp_path / "original").data == outside
    shutil.rmtree(tmp_path / "original")
    assert Postgres(tmp_path / "copy").data == outside, "moved: its data are still there"
