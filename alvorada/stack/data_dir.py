"""The data directory: where the local stack keeps its files (`.alvorada/` in the project, or ALVORADA_HOME)."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from blocks.atomic_write import write_atomically
from desk.errors import BadInput
from desk.worlds import DEFAULT_SEED, WORLDS


def project_root() -> Path:
    """The checkout that this code runs from; the current folder where the package was installed without one."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else Path.cwd()


@dataclass(frozen=True, slots=True)
class DataDir:
    """One data directory. `path` is absolute; it need not exist before `create`."""

    path: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> DataDir:
        """ALVORADA_HOME where it is set, else `.alvorada` in the project."""
        given = environ.get("ALVORADA_HOME")
        return cls(Path(given).expanduser().absolute() if given else project_root() / ".alvorada")

    @property
    def postgres(self) -> Path:
        """Folder of the embedded PostgreSQL: cluster, password, log."""
        return self.path / "postgres"

    @property
    def has_postgres(self) -> bool:
        """Whether an embedded PostgreSQL was ever made here."""
        return (self.postgres / "password").exists()

    @property
    def prefect(self) -> Path:
        """PREFECT_HOME of the processes that we start."""
        return self.path / "prefect"

    @property
    def logs(self) -> Path:
        """Folder of the logs of the processes that `alvorada up` starts."""
        return self.path / "logs"

    @property
    def reports(self) -> Path:
        """Folder of the reports: `WORLD/DAY.html`."""
        return self.path / "reports"

    @property
    def postgres_users_lock(self) -> Path:
        """Each process that uses the embedded PostgreSQL holds a shared lock on this file."""
        return self.path / "in-use.lock"

    @property
    def stack_lock(self) -> Path:
        """`alvorada up` holds an exclusive lock on this file."""
        return self.path / "up.lock"

    @property
    def stack_file(self) -> Path:
        """What `alvorada up` runs: process ids, ports, URLs."""
        return self.path / "stack.json"

    @property
    def last_world_file(self) -> Path:
        """Which world was used last, and with which seed."""
        return self.path / "last-world.json"

    @property
    def watchdog_file(self) -> Path:
        """Which problems the watchdog has reported."""
        return self.path / "watchdog.json"

    @property
    def watchdog_beat(self) -> Path:
        """Touched by the watchdog at each of its rounds."""
        return self.path / "watchdog.beat"

    @property
    def tidy_beat(self) -> Path:
        """Touched when `tidy` has done its work."""
        return self.path / "tidy.beat"

    @property
    def stopped_file(self) -> Path:
        """When `alvorada up` was stopped by hand; not there while it runs, nor after it was killed."""
        return self.path / "stopped"

    def stopped_at(self) -> dt.datetime | None:
        """The time in `stopped_file`; None without one that can be read."""
        try:
            return dt.datetime.fromisoformat(self.stopped_file.read_text(encoding="utf-8").strip())
        except (OSError, ValueError):
            return None

    def create(self) -> DataDir:
        """Creates the folder and checks that it can be written. Raises BadInput."""
        try:
            for folder in (self.path, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".write-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise BadInput(
                f"cannot write to the data folder {self.path} ({error.strerror}): set ALVORADA_HOME to another one"
            ) from error
        return self


@dataclass(frozen=True, slots=True)
class LastWorld:
    """The world that the last run or `up` of a data directory used: the default of `url` and `report`."""

    world: str = "live"
    seed: int = DEFAULT_SEED

    def write(self, data_dir: DataDir) -> None:
        """Stores this world as the last one. Raises OSError."""
        write_atomically(data_dir.last_world_file, json.dumps({"world": self.world, "seed": self.seed}))

    @classmethod
    def read(cls, data_dir: DataDir) -> LastWorld:
        """The live world where nothing was run yet. Raises BadInput for a file that cannot be read."""
        try:
            record = json.loads(data_dir.last_world_file.read_text(encoding="utf-8"))
            found = cls(str(record["world"]), int(record["seed"]))
            database_name(found.world)
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except (ValueError, KeyError, TypeError, BadInput) as error:
            raise BadInput(f"{data_dir.last_world_file} cannot be read ({error}): delete it") from error
        return found

    @classmethod
    def select(cls, data_dir: DataDir, world: str | None) -> LastWorld:
        """`world` with the seed it was last used with; the last world where `world` is None. Raises BadInput."""
        last = cls.read(data_dir)
        if world is None or world == last.world:
            return last
        database_name(world)  # raises for an unknown world
        return cls(world)


def database_name(world: str, seed: int = DEFAULT_SEED) -> str:
    """The local database of a world; each sandbox seed is another economy with its own. Raises BadInput."""
    if world not in WORLDS:
        raise BadInput(f"unknown world {world!r}; known: {', '.join(WORLDS)}")
    if world == "live":
        return "alvorada"
    if world == "sandbox" and seed != DEFAULT_SEED:
        return f"alvorada_sandbox_{seed}"
    return f"alvorada_{world}"
