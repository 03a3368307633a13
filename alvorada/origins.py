"""Where a run's data comes from: what `--sources`, `--manifest` and `--record` say, checked before anything starts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from desk.errors import BadInput

Kind = Literal["live", "sandbox", "recorded", "stored"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Origin:
    """live: the sources; sandbox: simulated ones; recorded: the files of `folder`; stored: nothing is fetched."""

    kind: Kind
    folder: Path | None = None
    manifest: Path | None = None
    record: Path | None = None

    @property
    def world(self) -> str:
        """The database that the run reads and writes. A stored run reads the live one."""
        return self.kind if self.kind in ("sandbox", "recorded") else "live"

    @property
    def label(self) -> str:
        if self.kind == "recorded":
            return f"recorded in {self.folder}"
        return {"live": "live", "sandbox": "sandbox (simulated)", "stored": "stored: nothing is fetched"}[self.kind]


def origin(
    sources: str | None,
    folder: str | None,
    manifest: str | None,
    record: str | None,
    *,
    day: dt.date,
    latest: dt.date,
) -> Origin:
    """The origin that the options name. None: live for the latest day, stored for one in the past. Raises BadInput."""
    if sources is None:
        sources = "live" if day == latest else "stored"
    kind, colon, tail = sources.partition(":")
    if kind not in KINDS:
        raise BadInput(f"unknown --sources {sources!r}; known: live, sandbox, recorded DIR, stored")
    if colon and folder:
        raise BadInput(f"unexpected argument {folder!r}")
    folder = tail if colon else folder
    if kind == "recorded":
        if not folder:
            raise BadInput("--sources recorded needs the folder of the recording: --sources recorded DIR")
        return Origin("recorded", _existing_folder(folder), _existing_file(manifest) if manifest else None)
    if folder or colon:
        raise BadInput(f"--sources {kind} takes no folder: unexpected {folder!r}")
    if manifest:
        raise BadInput("--manifest goes with --sources recorded DIR")
    if record and kind == "stored":
        raise BadInput("--record goes with --sources live or sandbox: a stored run fetches nothing")
    return Origin(kind, record=_writable_folder(record) if record else None)  # type: ignore[arg-type]


def _existing_folder(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_dir():
        raise BadInput(f"no folder {text}")
    return path.resolve()


def _existing_file(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_file():
        raise BadInput(f"no file {text}")
    return path.resolve()


def _writable_folder(text: str) -> Path:
    path = Path(text).expanduser()
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".write"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadInput(f"cannot write to {text} ({error.strerror})") from error
    return path.resolve()
