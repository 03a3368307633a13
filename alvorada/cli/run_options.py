"""The options of a run: where its data come from (--sources, --manifest, --record), checked before anything starts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from desk.errors import BadInput
from desk.worlds import SOURCES, WORLDS, Sources

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a run as a person wrote them. `folder`: the argument after `--sources recorded`."""

    as_of: str | None = None
    sources: str | None = None
    folder: str | None = None
    manifest: str | None = None
    record: str | None = None
    world: str = "live"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run's data come from, checked.

    kind      live: the public sources; sandbox: simulated ones; recorded: the files of `folder`; stored: no fetch
    manifest  which file of `folder` answers which request; None: the manifest inside `folder`
    record    the folder that keeps every response
    world     the database that the run reads and writes
    """

    kind: Sources
    folder: Path | None = None
    manifest: Path | None = None
    record: Path | None = None
    world: str = "live"

    @property
    def label(self) -> str:
        """The origin as the command line shows it."""
        if self.kind == "recorded":
            return f"recorded in {self.folder}"
        return {"live": "live", "sandbox": "sandbox (simulated)", "stored": "stored: nothing is fetched"}[self.kind]


def run_origin(options: RunOptions, *, day: dt.date, latest: dt.date) -> Origin:
    """The origin that the options name. Without --sources: live for the latest day, stored for an earlier one.

    Raises BadInput.
    """
    sources = options.sources or ("live" if day == latest else "stored")
    kind, colon, tail = sources.partition(":")
    if kind not in SOURCES:
        raise BadInput(f"unknown --sources {sources!r}; known: live, sandbox, recorded DIR, stored")
    if colon and options.folder:
        raise BadInput(f"unexpected argument {options.folder!r}")
    folder = tail if colon else options.folder
    if options.world not in WORLDS:
        raise BadInput(f"unknown world {options.world!r}; known: {', '.join(WORLDS)}")
    if options.world != "live" and kind != "stored":
        raise BadInput("--world goes with --sources stored: other runs have the world of their sources")
    if kind == "recorded":
        return _recorded_origin(folder, options)
    if folder or colon:
        raise BadInput(f"--sources {kind} takes no folder: unexpected {folder!r}")
    if options.manifest:
        raise BadInput("--manifest goes with --sources recorded DIR")
    if kind == "stored":
        if options.record:
            raise BadInput("--record goes with --sources live or sandbox: a stored run fetches nothing")
        return Origin("stored", world=options.world)
    record = _writable_folder(options.record) if options.record else None
    return Origin(kind, record=record, world=kind)


def _recorded_origin(folder: str | None, options: RunOptions) -> Origin:
    if not folder:
        raise BadInput("--sources recorded needs the folder of the recording: --sources recorded DIR")
    if options.record:
        raise BadInput("--record goes with --sources live or sandbox: a recording is there already")
    path = _existing_folder(folder)
    if not options.manifest and not (path / MANIFEST).is_file():
        raise BadInput(f"no {MANIFEST} in {folder}: name the one that goes with this recording by --manifest FILE")
    manifest = _existing_file(options.manifest) if options.manifest else None
    return Origin("recorded", path, manifest, world="recorded")


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
