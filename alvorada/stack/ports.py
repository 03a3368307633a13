"""Which process listens on a port. Reads /proc, so it names the process only where this user may see it."""

from __future__ import annotations

import os
from pathlib import Path

from alvorada.stack.postgres_account import port_is_free
from desk.errors import BadInput

LISTEN = "0A"
"""State of a listening socket in /proc/net/tcp."""


def require_free(port: int, use: str, option: str) -> None:
    """Raises BadInput where the port is taken: names it, its process where known, and the option for another one."""
    if port_is_free(port):
        return
    process = listener(port)
    by = f" by {process}" if process else ""
    raise BadInput(f"port {port} for {use} is taken{by}: stop it, or choose another with {option}")


def listener(port: int) -> str | None:
    """`command (pid N)` of the process that listens on a TCP port of this machine; None where it cannot be seen."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for folder in Path("/proc").glob("[0-9]*") if sockets else ():
        try:
            if any(os.readlink(fd) in sockets for fd in (folder / "fd").iterdir()):
                command = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                return f"{' '.join(command).strip()[:80]} (pid {folder.name})"
        except OSError:  # it ended meanwhile, or belongs to another user
            continue
    return None


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except FileNotFoundError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found
