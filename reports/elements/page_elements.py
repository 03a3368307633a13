"""The elements of a section: tables, figures, cards. Plain records; the template turns them into HTML.

Titles, captions, column heads, units and cell texts may be English: the template translates them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reports.elements.formats import finite_or_none

Tone = Literal["", "gain", "loss", "ok", "amber", "red", "breach", "muted"]
"""A cell's colour. The text carries the same meaning, in words or by its sign."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell. `href` is a link inside the page."""

    text: str
    title: str = ""
    """The receipt or explanation, shown on hover and read by a screen reader."""
    tone: Tone = ""
    href: str = ""
    svg: str = ""
    """Path data of a sparkline, drawn in place of the text."""


@dataclass(frozen=True, slots=True)
class Column:
    """Head of a table column; `align` also decides how the cells are set."""

    head: str
    align: Literal["text", "number"] = "number"
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption and source note. Raises ValueError for a row whose length is not that of `columns`."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str
    total: tuple[Cell, ...] = ()
    wide: bool = True
    tall: bool = False
    """Spans two rows of the page's grid."""

    def __post_init__(self) -> None:
        for row in (*self.rows, *((self.total,) if self.total else ())):
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.id}: a row of {len(row)} cells under {len(self.columns)} heads")


@dataclass(frozen=True, slots=True)
class Figure:
    """A Plotly figure: `spec` holds `data` and `layout` as plain JSON values; `alt` is its text alternative."""

    id: str
    title: str
    alt: str
    spec: Mapping[str, Any]
    source: str
    wide: bool = False
    tall: bool = False
    """Spans three rows of the page's grid."""


@dataclass(frozen=True, slots=True)
class Card:
    """A box with one value, a note below it, a sentence and, where there is one, a small figure."""

    title: str
    value: str
    note: str
    sentence: str
    tone: Tone = ""
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards side by side."""

    items: tuple[Card, ...]


Block = Table | Figure | Cards


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the report. `missing`: one sentence for each input or result that is not available."""

    id: str
    title: str
    sentences: tuple[str, ...]
    missing: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures among the blocks, then those of the cards."""
        cards = [card.figure for block in self.blocks if isinstance(block, Cards) for card in block.items]
        return (*(block for block in self.blocks if isinstance(block, Figure)), *(f for f in cards if f is not None))


def signed_tone(value: float | None) -> Tone:
    """`gain` above zero, `loss` below; no tone for zero and for None."""
    if value is None or value == 0.0:
        return ""
    return "gain" if value > 0 else "loss"


def signed_cell(value: float | None, text: str, title: str = "") -> Cell:
    """A number with the tone of its sign; without one where the printed text is a zero."""
    return Cell(text, title, signed_tone(value) if any(c in "123456789" for c in text) else "")


def cell_or_dash(value: float | None, text: str, reason: str) -> Cell:
    """The text, or a dash with the reason where the value is zero, null or NaN: the instrument does not have it."""
    return Cell(text) if finite_or_none(value) else Cell("–", reason, "muted")


def sparkline(values: Sequence[float], width: float = 96.0, height: float = 22.0) -> str:
    """SVG path data of a line through `values`, oldest at the left; empty for fewer than two points. Sizes in px."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = width / (len(values) - 1)
    points = (f"{i * step:.1f} {height - 1.5 - (v - low) / span * (height - 3):.1f}" for i, v in enumerate(values))
    return "M" + "L".join(points)
