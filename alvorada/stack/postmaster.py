"""The postmaster of one data folder, as its postmaster.pid and /proc show it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PID, PORT, STATE = 0, 3, 7
"""Lines of postmaster.pid (PostgreSQL's miscadmin.h counts them from 1)."""


@dataclass(frozen=True, slots=True)
class Status:
    """`pid`: of a live postmaster, also while it starts; `running` and `port`: once it accepts connections."""

    running: bool
    pid: int | None
    port: int | None
    data: Path


def status(data: Path) -> Status:
    """The state of the server on the data folder `data`."""
    lines = _pid_file_lines(data)
    pid = live_pid(data)
    ready = pid is not None and len(lines) > STATE and lines[STATE].strip() == "ready"
    return Status(ready, pid, int(lines[PORT]) if ready else None, data)


def live_pid(data: Path) -> int | None:
    """The pid of a live postgres on `data`. A stale file may name another process, and a copied home's file the
    original's server: then None. A server works in its data folder, also after that was moved."""
    lines = _pid_file_lines(data)
    if not lines or not lines[PID].strip().isdigit():
        return None
    pid = int(lines[PID])
    process = Path(f"/proc/{pid}")
    try:
        command = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        works_in = _target(process / "cwd")
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None
    is_ours = str(data) in command if works_in is None else works_in == data.resolve()
    return pid if is_ours and Path(command[0]).name.startswith("postgres") and state != "Z" else None


def _target(link: Path) -> Path | None:
    """Where a link of /proc leads; None where this account may not look."""
    try:
        return link.readlink()
    except PermissionError:
        return None


def remove_stale_pid_file(data: Path) -> None:
    """Removes the file that a killed postmaster left, which would keep the next one from starting."""
    if live_pid(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
