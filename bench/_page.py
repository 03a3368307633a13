"""The page that the parts of a benchmark write, each its own section, and the machine that it ran on."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Section:
    """One part's page, and whether its claim held."""

    heading: str
    lines: tuple[str, ...]
    holds: bool


def with_section(page: str, section: Section, title: str) -> str:
    """The page with the section in the place of an older one of the same heading, or at its end."""
    body = "\n".join([f"## {section.heading}", "", *section.lines])
    kept = [part.strip() for part in re.split(r"(?m)^(?=## )", page) if part.startswith("## ")]
    names = [part.splitlines()[0] for part in kept]
    if f"## {section.heading}" in names:
        kept[names.index(f"## {section.heading}")] = body
    else:
        kept.append(body)
    return "\n\n".join([title, *kept]) + "\n"


def table_rows(page: str, width: int) -> list[tuple[str, ...]]:
    """The rows of a page's first table, without its head; none where it has another number of columns."""
    found = [
        tuple(cell.strip() for cell in line.strip("|").split("|")) for line in page.splitlines() if line[:1] == "|"
    ]
    return found[2:] if found and len(found[0]) == width else []


def today() -> str:
    """The day of a row, UTC."""
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"


def machine() -> str:
    """Date, cores and versions."""
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}; {os.cpu_count()} cores, {versions}"


def timed(work: Callable[[], object]) -> float:
    """Seconds by the clock of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
