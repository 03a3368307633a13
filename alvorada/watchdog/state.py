"""What the watchdog has told, in a small file: day -> problem -> channel -> `told` or `over`.

Fails open: a file that cannot be read or written makes it tell again, never keep silent.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path

KEPT_DAYS = 7
Days = dict[str, dict[str, dict[str, str]]]


class Memory:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._days = _read(path)

    def knows(self, day: dt.date, key: str, channel: str) -> bool:
        """Whether this channel was told of the problem on this day; also when it was over in between."""
        return channel in self._days.get(str(day), {}).get(key, {})

    def open(self, day: dt.date, channel: str) -> list[str]:
        """The problems that this channel was told of today, and not yet that they are over."""
        return [key for key, said in self._days.get(str(day), {}).items() if said.get(channel) == "told"]

    def told(self, day: dt.date, key: str, channel: str, *, over: bool = False) -> None:
        self._days.setdefault(str(day), {}).setdefault(key, {})[channel] = "over" if over else "told"
        oldest = str(day - dt.timedelta(days=KEPT_DAYS))
        self._days = {name: said for name, said in self._days.items() if name >= oldest}
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            fresh.write_text(json.dumps(self._days, indent=1), encoding="utf-8")
            fresh.replace(self._path)
        except OSError as error:
            _warn(f"cannot write {self._path} ({error.strerror}): the same will be told again")


def _read(path: Path) -> Days:
    try:
        days = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(day): {str(key): {str(c): str(s) for c, s in said.items()} for key, said in keys.items()}
            for day, keys in days.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        _warn(f"cannot read {path} ({type(error).__name__}): what was told before may be told again")
        return {}


def _warn(words: str) -> None:
    print(f"alvorada: {words}", file=sys.stderr)
