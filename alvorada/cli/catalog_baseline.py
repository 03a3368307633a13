"""The providers' answers of the check before: a changed name, unit, frequency or last date is reported against them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from blocks.atomic_write import write_atomically
from desk.catalog.provider_metadata import Metadata, Verdict, changes
from desk.errors import BadInput


def compared_with(
    path: Path, verdicts: Sequence[Verdict], tell: Callable[[Sequence[Verdict]], object] | None = None
) -> list[Verdict]:
    """The verdicts, each with what its provider says otherwise than in the baseline at `path`; then the baseline is
    what they say now. A series that did not answer keeps its place in it. Raises BadInput for a file that is none.

    `tell` is called with them before the baseline moves: where it fails, the next check has the changes again.
    """
    before = read_baseline(path)
    compared = []
    for one in verdicts:
        known = before.get(one.subject)
        changed = changes(known, one.found) if known is not None and one.found is not None else ()
        compared.append(replace(one, state="differs", differences=(*one.differences, *changed)) if changed else one)
    if tell is not None:
        tell(compared)
    write_baseline(path, before | {one.subject: one.found for one in verdicts if one.found is not None})
    return compared


def read_baseline(path: Path) -> dict[str, Metadata]:
    """Series -> its provider's answer; empty before the first check. Raises BadInput for a file that is none."""
    if not path.exists():
        return {}
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Metadata(**{**one, "last": dt.date.fromisoformat(one["last"]) if one["last"] else None})
            for name, one in raw.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{path} is no baseline of a catalogue check: {error}; move it away") from error


def write_baseline(path: Path, found: dict[str, Metadata]) -> None:
    """Replaces the file as a whole."""
    rows = {
        name: asdict(one) | {"last": one.last.isoformat() if one.last else None} for name, one in sorted(found.items())
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
