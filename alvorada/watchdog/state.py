"""What the watchdog has reported, in a small file: day -> problem -> channel -> `reported` or `resolved`.

Fails open: where the file cannot be read or written, a problem is reported again rather than not at all.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

from blocks.atomic_write import write_atomically

REPORTED, RESOLVED = "reported", "resolved"
KEPT_DAYS = 7
Days = dict[str, dict[str, dict[str, str]]]


class WatchdogState:
    """The reports of the last KEPT_DAYS days. Each change is written to `path` at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._days = _read(path)

    def is_reported(self, day: dt.date, key: str, channel: str) -> bool:
        """Whether the problem was sent to this channel on this day, also when it was resolved since."""
        return channel in self._days.get(str(day), {}).get(key, {})

    def unresolved(self, day: dt.date, channel: str) -> list[str]:
        """Keys of the problems that were sent to this channel on this day, without a message yet that they are over."""
        return [key for key, states in self._days.get(str(day), {}).items() if states.get(channel) == REPORTED]

    def record(self, day: dt.date, key: str, channel: str, *, resolved: bool = False) -> None:
        """Stores that a message was sent. A file that cannot be written is a warning on stderr."""
        self._days.setdefault(str(day), {}).setdefault(key, {})[channel] = RESOLVED if resolved else REPORTED
        oldest = str(day - dt.timedelta(days=KEPT_DAYS))
        self._days = {name: problems for name, problems in self._days.items() if name >= oldest}
        try:
            write_atomically(self._path, json.dumps(self._days, indent=1))
        except OSError as error:
            _warn(f"cannot write {self._path} ({error.strerror}): the same will be reported again")


def _read(path: Path) -> Days:
    try:
        days = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(day): {str(key): {str(c): str(s) for c, s in states.items()} for key, states in problems.items()}
            for day, problems in days.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        _warn(f"cannot read {path} ({type(error).__name__}): earlier reports may be sent again")
        return {}


def _warn(message: str) -> None:
    print(f"alvorada: {message}", file=sys.stderr)
