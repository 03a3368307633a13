"""Where the local stack keeps its things: the home folder (`.alvorada/` in the project, or ALVORADA_HOME)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desk.errors import BadInput

WORLDS = ("live", "sandbox", "recorded")
DEFAULT_SEED = 7


def project_root() -> Path:
    """The checkout that this code runs from; the current folder where the package was installed without one."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else Path.cwd()


@dataclass(frozen=True, slots=True)
class Home:
    path: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Home:
        given = environ.get("ALVORADA_HOME")
        return cls(Path(given).expanduser().absolute() if given else project_root() / ".alvorada")

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def prefect(self) -> Path:
        return self.path / "prefect"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def reports(self) -> Path:
        return self.path / "reports"

    @property
    def stack_file(self) -> Path:
        """What `alvorada up` is running: process ids, ports, URLs."""
        return self.path / "stack.json"

    @property
    def last_file(self) -> Path:
        """Which world was used last, and with which seed."""
        return self.path / "last-world.json"

    def make(self) -> Home:
        """Creates the folder and proves that it can be written. Raises BadInput."""
        try:
            for folder in (self.path, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".write-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise BadInput(
                f"cannot write to the home folder {self.path} ({error.strerror}): set ALVORADA_HOME to another one"
            ) from error
        return self


@dataclass(frozen=True, slots=True)
class LastWorld:
    """The world that a run or `up` of this home used last: what `url` and `report` mean without --world."""

    world: str = "live"
    seed: int = DEFAULT_SEED

    def write(self, home: Home) -> None:
        fresh = home.last_file.with_name(f"{home.last_file.name}.{os.getpid()}")
        fresh.write_text(json.dumps({"world": self.world, "seed": self.seed}), encoding="utf-8")
        fresh.replace(home.last_file)

    @classmethod
    def read(cls, home: Home) -> LastWorld:
        """Live where nothing was run yet. Raises BadInput for a file that is not ours."""
        try:
            record = json.loads(home.last_file.read_text(encoding="utf-8"))
            found = cls(str(record["world"]), int(record["seed"]))
            database_name(found.world)
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except (ValueError, KeyError, TypeError, BadInput) as error:
            raise BadInput(f"{home.last_file} cannot be read ({error}): delete it") from error
        return found

    @classmethod
    def asked(cls, home: Home, world: str | None) -> LastWorld:
        """The world that `--world` names, with the seed it was last used with; without one, the last world."""
        last = cls.read(home)
        if world is None or world == last.world:
            return last
        database_name(world)  # it must be one
        return cls(world)


def database_name(world: str, seed: int = DEFAULT_SEED) -> str:
    """The local database of a world. Each sandbox seed is another economy, so it gets its own."""
    if world not in WORLDS:
        raise BadInput(f"unknown world {world!r}; known: {', '.join(WORLDS)}")
    if world == "live":
        return "alvorada"
    if world == "sandbox" and seed != DEFAULT_SEED:
        return f"alvorada_sandbox_{seed}"
    return f"alvorada_{world}"
