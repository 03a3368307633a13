"""Runs a command that receives SIGTERM when the process that started it dies.

Usage: python parent_death_signal.py PARENT_PID COMMAND... A script of its own, and not a `preexec_fn`, which may
deadlock where the parent has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def main(parent: int, command: list[str]) -> None:
    """Sets the signal for this process, then becomes `command`. Exits with 1 where the parent is dead already."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before the signal was set
        sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
