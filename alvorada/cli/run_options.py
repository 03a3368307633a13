"""Where a run's data comes from: what `--sources`, `--manifest` and `--record` say, checked before anything starts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from alvorada.stack.data_dir import WORLDS
from desk.errors import BadInput

Kind = Literal["live", "sandbox", "recorded", "stored"]
MANIFEST = "manifest.json"
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Origin:
    """live: the sources; sandbox: simulated ones; recorded: the files of `folder`; stored: nothing is fetched."""

    kind: Kind
    folder: Path | None = None
    manifest: Path | None = None
    record: Path | None = None
    world: str = "live"
    """The database that the run reads and writes."""

    @property
    def label(self) -> str:
        if self.kind == "recorded":
            return f"recorded in {self.folder}"
        return {"live": "live", "sandbox": "sandbox (simulated)", "stored": "stored: nothing is fetched"}[self.kind]


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a run as they were typed."""

    as_of: str | None = None
    sources: str | None = None
    folder: str | None = None
    manifest: str | None = None
    record: str | None = None
    world: str = "live"
    reason: str | None = None
    """Why a decided day is restated; None in all other runs."""


def reason_of(restate: bool, reason: str | None) -> str | None:
    """The reason of a restatement; None without --restate. Raises BadInput for one of the two options alone."""
    text = " ".join((reason or "").split())
    if restate != bool(text):
        raise BadInput("--restate and --reason go together: --restate --reason 'settlements of 12 Jan were corrected'")
    return text or None


def origin(asked: Asked, *, day: dt.date, latest: dt.date) -> Origin:
    """The origin that the options name. No --sources: live for the latest day, stored for one in the past.

    Raises BadInput.
    """
    sources = asked.sources or ("live" if day == latest else "stored")
    kind, colon, tail = sources.partition(":")
    if kind not in KINDS:
        raise BadInput(f"unknown --sources {sources!r}; known: live, sandbox, recorded DIR, stored")
    if colon and asked.folder:
        raise BadInput(f"unexpected argument {asked.folder!r}")
    folder = tail if colon else asked.folder
    if asked.world not in WORLDS:
        raise BadInput(f"unknown world {asked.world!r}; known: {', '.join(WORLDS)}")
    if asked.world != "live" and kind != "stored":
        raise BadInput("--world goes with --sources stored: other runs have the world of their sources")
    if kind == "recorded":
        return _recorded(folder, asked)
    if folder or colon:
        raise BadInput(f"--sources {kind} takes no folder: unexpected {folder!r}")
    if asked.manifest:
        raise BadInput("--manifest goes with --sources recorded DIR")
    if kind == "stored":
        if asked.record:
            raise BadInput("--record goes with --sources live or sandbox: a stored run fetches nothing")
        return Origin("stored", world=asked.world)
    record = _writable_folder(asked.record) if asked.record else None
    return Origin("sandbox" if kind == "sandbox" else "live", record=record, world=kind)


def _recorded(folder: str | None, asked: Asked) -> Origin:
    if not folder:
        raise BadInput("--sources recorded needs the folder of the recording: --sources recorded DIR")
    if asked.record:
        raise BadInput("--record goes with --sources live or sandbox: a recording is there already")
    place = _existing_folder(folder)
    if not asked.manifest and not (place / MANIFEST).is_file():
        raise BadInput(f"no {MANIFEST} in {folder}: name the one that goes with this recording by --manifest FILE")
    manifest = _existing_file(asked.manifest) if asked.manifest else None
    return Origin("recorded", place, manifest, world="recorded")


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
