"""The rendered report on disk, and its content without the time of rendering."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from blocks.atomic_write import write_atomically
from desk.errors import BadInput
from tasks.run.run import Run


def write_page(run: Run, html: str) -> Path:
    """Writes `{home}/reports/{world}/{day}.html`, whole or not at all. Raises BadInput when it cannot be written."""
    folder = run.settings.home.absolute() / "reports" / run.store.world
    path = folder / f"{run.day}.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, html)
    except OSError as error:
        raise BadInput(f"cannot write the report to {path} ({error.strerror})") from error
    return path


def content_sha256(html: str) -> str:
    """SHA-256 of the page without its time of rendering: equal for equal data."""
    return hashlib.sha256(without_render_time(html).encode()).hexdigest()


def without_render_time(html: str) -> str:
    """The page without the one element that shows when it was rendered."""
    return re.sub(r'<time id="rendered-at".*?</time>', "", html, flags=re.DOTALL)
