"""What a command of ours stands on: PostgreSQL, the database of its world, Prefect's API, the sandbox.

A command enters the stack, works, and leaves nothing running that it started itself. While `alvorada up` runs, its
PostgreSQL, its Prefect server and its sandbox are used. DATABASE_URL and PREFECT_API_URL of the environment win.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from alvorada.stack.data_dir import DEFAULT_SEED, Home, database_name, project_root
from alvorada.stack.postgres import Postgres
from alvorada.stack.processes import Child, Mark
from desk.errors import BadInput

PREFECT_DATABASE = "prefect"
SANDBOX_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Stack:
    """`database_url`: our data; `api_url`: Prefect's server, None for the API inside the flow's own process."""

    home: Home
    world: str
    database_url: str
    api_url: str | None
    prefect_database_url: str | None

    def environment(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """What a flow's process must have in its environment before Prefect is imported."""
        env = {**base, "DATABASE_URL": self.database_url, "ALVORADA_HOME": str(self.home.path)}
        env.setdefault("PREFECT_HOME", str(self.home.prefect))
        env["PREFECT_EXPERIMENTAL_EVENTS"] = "false"  # the server emits the state events; here they double the cost
        env.setdefault(
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL"
        )  # the progress speaks; the log is in Prefect
        env.setdefault("PREFECT_LOGGING_INTERNAL_LEVEL", "CRITICAL")  # "APILogWorker failed": after Ctrl-C, say
        if self.api_url:
            env["PREFECT_API_URL"] = self.api_url
        elif self.prefect_database_url:
            env["PREFECT_API_DATABASE_CONNECTION_URL"] = self.prefect_database_url
        return env


@dataclass(frozen=True, slots=True)
class Running:
    """A stack of `alvorada up`, as its file tells."""

    supervisor: Mark
    children: tuple[Mark, ...]
    api_url: str
    ui_url: str
    world: str
    sandbox_url: str | None = None
    sandbox_seed: int | None = None
    ready: bool = False

    def write(self, home: Home) -> None:
        fresh = home.stack_file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        fresh.replace(home.stack_file)

    @classmethod
    def read(cls, home: Home) -> Running | None:
        """What the file says, alive or not. Raises BadInput for a file that is not ours."""
        try:
            record = json.loads(home.stack_file.read_text(encoding="utf-8"))
            marks = [Mark(**child) for child in record.pop("children")]
            return cls(supervisor=Mark(**record.pop("supervisor")), children=tuple(marks), **record)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{home.stack_file} cannot be read ({error}): delete it") from error


def running(home: Home) -> Running | None:
    """The stack that runs now and is ready for work, if there is one."""
    found = Running.read(home)
    return found if found and found.ready and found.supervisor.alive else None


@contextmanager
def postgres_in_use(home: Home) -> Iterator[Postgres]:
    """The embedded PostgreSQL, started; stopped by the last of our processes that uses it.

    Each user holds a shared lock, which the kernel drops even after kill -9.
    """
    home.make()
    postgres = embedded(home)
    with (home.path / "in-use.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            postgres.start()
            yield postgres
        finally:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still needs it
            else:
                postgres.stop()


def embedded(home: Home) -> Postgres:
    given = os.environ.get("ALVORADA_PG_BIN")
    return Postgres(home.path, Path(given) if given else None)


@contextmanager
def stack(home: Home, world: str, seed: int = DEFAULT_SEED, environ: Mapping[str, str] = os.environ) -> Iterator[Stack]:
    """The stack for one command, its database at the newest schema. Raises StoreError, BadInput."""
    own = environ.get("DATABASE_URL")
    if own:
        prepare(own)
    up = running(home)
    api_url = environ.get("PREFECT_API_URL") or (up.api_url if up else None)
    prefect_own = environ.get("PREFECT_API_DATABASE_CONNECTION_URL")
    if own and (api_url or prefect_own):
        yield Stack(home.make(), world, own, api_url, prefect_own)
        return
    with postgres_in_use(home) as postgres:
        url = own or prepare(postgres.ensure_database(database_name(world, seed)))
        inner = prefect_own or asyncpg_url(postgres.ensure_database(PREFECT_DATABASE))
        yield Stack(home, world, url, api_url, inner)


def prepare(url: str) -> str:
    """Brings a database to the newest schema; one query when it is there. Raises BadInput, StoreError."""
    import migrations

    for note in migrations.upgrade(url):
        print(f"alvorada: {note}", file=sys.stderr)
    return url


def asyncpg_url(url: str) -> str:
    return re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", url)


@contextmanager
def sandbox(home: Home, seed: int = DEFAULT_SEED) -> Iterator[Callable[[], str]]:
    """The root URL of a sandbox: the one that `up` runs with this seed, or one for this command alone.

    It starts at once; the call that yields the URL waits until it answers. Raises ChildFailed.
    """
    given = os.environ.get("ALVORADA_SANDBOX_URL")
    up = running(home)
    if not given and up and up.sandbox_seed == seed:
        given = up.sandbox_url
    if given:
        root = given.rstrip("/")
        yield lambda: root
        return
    child = start_sandbox(home, seed, home.logs / f"sandbox-{os.getpid()}.log")
    try:
        yield lambda: sandbox_url(child)
    except KeyboardInterrupt:
        child.stop()
        child.log.unlink(missing_ok=True)
        raise
    finally:
        child.stop()
    child.log.unlink(missing_ok=True)  # after an error it stays, and the error names it


def start_sandbox(home: Home, seed: int, log: Path) -> Child:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--seed", str(seed)]
    return Child.start("the sandbox", command, log, dict(os.environ), project_root())


def sandbox_url(child: Child) -> str:
    """Waits for the ready line and returns the URL in it. Raises ChildFailed."""

    def ready() -> str | None:
        found = re.search(r"https?://[^\s'\"<>]+(?=\s)", child.text())
        return found.group().rstrip("/.,") if found else None

    return child.wait_for(ready, SANDBOX_SECONDS)


def adopt(env: Mapping[str, str], into: MutableMapping[str, str] = os.environ) -> None:
    """Puts a stack's environment into this process, before Prefect is imported."""
    into.update(env)
