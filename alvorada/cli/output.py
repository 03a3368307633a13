"""What a command prints: results on stdout, as text or JSON; notes on stderr, which --quiet leaves out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

QUIET = "ALVORADA_QUIET"
AsJson = Annotated[bool, typer.Option("--json", help="One JSON list, for scripts.")]


def note(text: str) -> None:
    """A line for who watches. Errors and problems are no notes: they are printed in any case."""
    if not is_quiet():
        typer.echo(text, err=True)


def is_quiet() -> bool:
    """Whether --quiet was given."""
    return os.environ.get(QUIET) == "1"


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """The rows as one JSON list on stdout; dates and times as ISO 8601 text."""
    typer.echo(json.dumps([dict(row) for row in rows], default=_plain, ensure_ascii=False, indent=1))


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
