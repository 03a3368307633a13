"""The rendered report on disk, and its content without the time of rendering."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from pathlib import Path

from blocks.atomic_write import write_atomically
from desk.errors import BadInput
from tasks.run.run import Run


def write_page(run: Run, html: str, day: dt.date | None = None, mark: str = "") -> Path:
    """Writes `{home}/reports/{world}/{day}{mark}.html`, whole or not at all; `day` None: the run's.

    Raises BadInput when it cannot be written.
    """
    folder = run.settings.home.absolute() / "reports" / run.store.world
    path = folder / f"{day or run.day}{mark}.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, html)
    except OSError as error:
        raise BadInput(f"cannot write the report to {path} ({error.strerror})") from error
    return path


def remove_page(run: Run, day: dt.date, mark: str) -> None:
    """Takes `{home}/reports/{world}/{day}{mark}.html` away, where it is."""
    (run.settings.home.absolute() / "reports" / run.store.world / f"{day}{mark}.html").unlink(missing_ok=True)


def content_sha256(html: str) -> str:
    """SHA-256 of the page without its time of rendering: equal for equal data."""
    return hashlib.sha256(without_render_time(html).encode()).hexdigest()


def without_render_time(html: str) -> str:
    """The page without the one element that shows when it was rendered."""
    return re.sub(r'<time id="rendered-at".*?</time>', "", html, flags=re.DOTALL)
