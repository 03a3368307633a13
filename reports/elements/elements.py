"""The pieces of a section: sentences, facts, tables, figures, cards. Plain records; the template draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Tone = Literal["", "gain", "loss", "ok", "amber", "red", "breach", "muted"]
"""How a cell is coloured; its text always says the same thing in words or by its sign."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    title: str = ""
    """The receipt or explanation shown on hover and read out by a screen reader."""
    tone: Tone = ""
    href: str = ""
    svg: str = ""
    """Path data of a sparkline, made by us from numbers alone."""


@dataclass(frozen=True, slots=True)
class Column:
    """`head` and `unit` are said in the page's language by the template, as captions and titles are."""

    head: str
    align: Literal["text", "number"] = "number"
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str
    total: tuple[Cell, ...] = ()
    wide: bool = True
    tall: bool = False

    def __post_init__(self) -> None:
        for row in (*self.rows, *((self.total,) if self.total else ())):
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.id}: a row of {len(row)} cells under {len(self.columns)} heads")


@dataclass(frozen=True, slots=True)
class Figure:
    """A Plotly figure: `spec` has `data` and `layout` as plain JSON values."""

    id: str
    title: str
    alt: str
    spec: Mapping[str, Any]
    source: str
    wide: bool = False
    tall: bool = False
    """Three rows beside others; a tall table takes two."""


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    value: str
    note: str
    sentence: str
    tone: Tone = ""
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Cards:
    items: tuple[Card, ...]


Block = Table | Figure | Cards


@dataclass(frozen=True, slots=True)
class Section:
    """One of the seven. `missing` says in words what is not there and what could not be computed for it."""

    id: str
    title: str
    sentences: tuple[str, ...]
    missing: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        cards = [card.figure for block in self.blocks if isinstance(block, Cards) for card in block.items]
        return (*(block for block in self.blocks if isinstance(block, Figure)), *(f for f in cards if f is not None))


def signed_tone(value: float | None) -> Tone:
    """Gain or loss by the sign of a number; nothing for zero and for what is not known."""
    if value is None or value == 0.0:
        return ""
    return "gain" if value > 0 else "loss"


def signed_cell(value: float | None, text: str, title: str = "") -> Cell:
    """A number coloured by its sign, unless what is printed is a zero."""
    return Cell(text, title, signed_tone(value) if any(c in "123456789" for c in text) else "")


def sparkline(values: Sequence[float], width: float = 96.0, height: float = 22.0) -> str:
    """SVG path data of a line through `values`, oldest left; empty for fewer than two points."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = width / (len(values) - 1)
    points = (f"{i * step:.1f} {height - 1.5 - (v - low) / span * (height - 3):.1f}" for i, v in enumerate(values))
    return "M" + "L".join(points)
