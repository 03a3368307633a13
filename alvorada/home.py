"""Where the local stack keeps its things: the home folder (`.alvorada/` in the project, or ALVORADA_HOME)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desk.errors import BadInput

WORLDS = ("live", "sandbox", "recorded")
DEFAULT_SEED = 7


def project_root() -> Path:
    """The checkout that this code runs from; the current folder where the package was installed without one."""
    root = Path(__file__).resolve().parent.parent
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


def database_name(world: str, seed: int = DEFAULT_SEED) -> str:
    """The local database of a world. Each sandbox seed is another economy, so it gets its own."""
    if world not in WORLDS:
        raise BadInput(f"unknown world {world!r}; known: {', '.join(WORLDS)}")
    if world == "live":
        return "alvorada"
    if world == "sandbox" and seed != DEFAULT_SEED:
        return f"alvorada_sandbox_{seed}"
    return f"alvorada_{world}"
