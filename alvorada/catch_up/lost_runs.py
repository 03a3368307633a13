"""Runs that Prefect believes to be at work and whose process is gone.

Nobody tells Prefect 2 of a process that died with its worker: its run stays `Running`, and holds the one place of its
queue, so that no later run starts. This finds such runs and puts them to `Crashed` (or `Cancelled`).
"""

from __future__ import annotations

import datetime as dt
import socket
from pathlib import Path

from alvorada.catch_up.prefect_api import FlowRun, PrefectApi

LONGEST = dt.timedelta(hours=2)
"""No run of ours lasts as long, but a backfill: past it a run whose process cannot be seen from here is lost."""
UNBOUNDED = ("backfill",)
"""Words in the tags of the runs that have no time-out."""
START_LIMIT = dt.timedelta(minutes=10)
"""From the worker's word that it starts a run to the run's process."""
LOST = "its process is gone"


async def settle_lost_runs(api: PrefectApi, now: dt.datetime) -> list[str]:
    """Ends the lost runs. Returns a line for each. Raises AlvoradaError."""
    settled = []
    for run in await api.open_runs():
        if not is_lost(run, now):
            continue
        # Its process has ended, so its state does not change any more: what it reported last is read here.
        latest = await api.run(run.id)
        if latest.state_type != run.state_type:
            continue
        kind = "CANCELLED" if run.state_type == "CANCELLING" else "CRASHED"
        await api.set_state(run.id, kind, LOST)
        settled.append(f"{run.name} was {run.state_name.lower()}, and {LOST}: {kind.lower()}")
    return settled


def is_lost(run: FlowRun, now: dt.datetime) -> bool:
    """Whether the process of an open run is gone, as far as this machine shows at `now`."""
    age = now - run.since
    host, _, pid = (run.process or "").rpartition(":")
    if host == socket.gethostname() and pid.isdigit():
        return not _is_alive(int(pid), run.id)
    if not host:
        return age > START_LIMIT and run.state_type != "RUNNING"
    return age > LONGEST and not any(word in run.tags for word in UNBOUNDED)


def _is_alive(pid: int, run_id: str) -> bool:
    """Whether this pid is the process of this run: pids are used again, also by another container's first processes."""
    try:
        environment = (Path("/proc") / str(pid) / "environ").read_bytes()
        state = (Path("/proc") / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    except PermissionError:
        return True  # another account's: it cannot be seen whose run it is
    return state.rpartition(")")[2].split()[0] != "Z" and run_id.encode() in environment
