"""The embedded PostgreSQL: a small supervisor around initdb and pg_ctl.

One cluster under `<home>/postgres`: `data/` (the cluster), `password`, `server.json` (port, who it runs as), `log`.
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
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from alvorada.stack.postgres_account import Account, account_for, embedded_bin, free_port, port_is_free
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


@dataclass(frozen=True, slots=True)
class Status:
    running: bool
    pid: int | None
    port: int | None
    data: Path


class Postgres:
    """`start` and `stop` may be called at any time, by several processes: a file lock puts them in a row."""

    def __init__(self, home: Path, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.home = home.resolve() / "postgres"
        self.bin = bin_dir or embedded_bin()
        self.settings = {**SETTINGS, **(settings or {})}

    @property
    def log(self) -> Path:
        return self.data.parent / "log"

    @property
    def data(self) -> Path:
        return Path(str(self._remembered().get("data", self.home / "data")))

    def start(self) -> Status:
        """Make the cluster if there is none, recover it if it died, and return once it answers. Raises StoreError."""
        with self._locked():
            status = self.status()
            if status.running and self._answers(status):
                return status
            account = account_for(self.bin, self.home)
            if not (self.data / "PG_VERSION").exists():
                self._initialise(account)
            self._check_version()
            self._clear_stale_pid()
            self._launch(account)
            return self.status()

    def stop(self) -> bool:
        """Stop the cluster; False when it was not running."""
        with self._locked():
            pid = self._live_pid()
            if pid is None:
                return False
            os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast shutdown"
            deadline = time.monotonic() + START_SECONDS
            while self._live_pid() is not None:
                if time.monotonic() > deadline:
                    raise StoreError(f"PostgreSQL (pid {pid}) did not stop within {START_SECONDS} s; see {self.log}")
                time.sleep(0.02)
            return True

    def status(self) -> Status:
        lines = self._pid_lines()
        pid = self._live_pid()
        ready = pid is not None and len(lines) >= 8 and lines[7].strip() == "ready"
        return Status(ready, pid, int(lines[3]) if ready else None, self.data)

    def url(self, database: str) -> str:
        """`postgresql://...` for `database` of the running cluster (or of the last port, when it is down)."""
        port = self.status().port or self._remembered().get("port")
        if port is None or not self._password_file.exists():
            raise StoreError(f"there is no PostgreSQL under {self.home}: start it first")
        password = self._password_file.read_text(encoding="utf-8").strip()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}"

    def ensure_database(self, name: str, template: str = "template1") -> str:
        """The URL of database `name`, made if it is not there."""
        return asyncio.run(self.ensure_database_async(name, template))

    async def ensure_database_async(self, name: str, template: str = "template1") -> str:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                with suppress(asyncpg.DuplicateDatabaseError):
                    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        finally:
            await connection.close()
        return self.url(name)

    # -- inside

    @property
    def _password_file(self) -> Path:
        return self.home / "password"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            handle = (self.home / "lock").open("w")
        except OSError as error:
            raise StoreError(f"PostgreSQL's folder {self.home} cannot be written: {error.strerror}") from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _remembered(self) -> dict[str, object]:
        file = self.home / "server.json"
        try:
            record: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except json.JSONDecodeError as error:
            raise StoreError(f"{file} is not JSON: {error}") from error
        return record

    def _remember(self, **changes: object) -> None:
        record = {**self._remembered(), **changes}
        fresh = self.home / "server.json.new"
        fresh.write_text(json.dumps(record, indent=2), encoding="utf-8")
        fresh.replace(self.home / "server.json")

    def _initialise(self, account: Account) -> None:
        data = account.data_folder(self.home)
        self._remember(data=str(data), runs_as=account.name)
        half_made = data.exists() and not (data / "PG_VERSION").exists()
        if half_made:  # killed in the middle of initdb: nothing is in there yet
            shutil.rmtree(data)
        if not self._password_file.exists():
            self._password_file.touch(mode=0o600)
            self._password_file.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        making = data.with_name(data.name + ".making")
        if making.exists():
            shutil.rmtree(making)
        passwords = account.lend(self._password_file)
        try:
            done = account.run(
                [str(self.bin / "initdb"), "-D", str(making), "-U", SUPERUSER, "-E", "UTF8", "--locale=C"]
                + ["--auth=scram-sha-256", f"--pwfile={passwords}"]
                + ([] if self.settings["fsync"] == "on" else ["--no-sync"])
            )
        finally:
            account.give_back(passwords)
        if done.returncode:
            raise StoreError(f"initdb failed in {making}: {_last_line(done.stderr or done.stdout)}")
        making.rename(data)

    def _launch(self, account: Account) -> None:
        remembered = self._remembered().get("port")
        port = remembered if isinstance(remembered, int) and port_is_free(remembered) else free_port()
        self._remember(port=port)
        options = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        command = [str(self.bin / "pg_ctl"), "-D", str(self.data), "-l", str(self.log), "-w"]
        command += ["-t", str(START_SECONDS), "-o", f"-p {port} {options}", "start"]
        for attempt in range(20):
            done = account.run(command)
            if done.returncode == 0:
                return
            # After kill -9 of the postmaster its children need a moment to see it and go.
            if "shared memory block" not in self._log_tail() or attempt == 19:
                break
            time.sleep(0.25)
        raise StoreError(f"PostgreSQL did not start on port {port}: {_last_line(self._log_tail())} (log: {self.log})")

    def _answers(self, status: Status) -> bool:
        """A postmaster in its last moments still has a process; one that hangs must not be started a second time."""
        asked = [str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(status.port), "-t", "5"]
        if subprocess.run(asked, check=False).returncode == 0:
            return True
        for _ in range(100):
            if self._live_pid() is None:
                return False
            time.sleep(0.05)
        raise StoreError(
            f"PostgreSQL (pid {status.pid}) lives but does not answer on port {status.port}; see {self.log}"
        )

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        asked = subprocess.run([str(self.bin / "postgres"), "--version"], capture_output=True, text=True, check=True)
        major = asked.stdout.split()[2].split(".")[0]
        if made_by != major:
            raise StoreError(
                f"{self.data} was made by PostgreSQL {made_by}, and {self.bin} is {major}:"
                f" point ALVORADA_PG_BIN at a {made_by}"
            )

    def _pid_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _live_pid(self) -> int | None:
        """The postmaster's pid when that process lives and is a postgres on our data; a stale file names another's."""
        lines = self._pid_lines()
        if not lines or not lines[0].strip().isdigit():
            return None
        pid = int(lines[0])
        process = Path(f"/proc/{pid}")
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return None
        return pid if "postgres" in command and str(self.data) in command and state != "Z" else None

    def _clear_stale_pid(self) -> None:
        if self._live_pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _log_tail(self) -> str:
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        except FileNotFoundError:
            return ""


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line]
    return (telling or lines or ["no output"])[-1]
