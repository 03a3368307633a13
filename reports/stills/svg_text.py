"""SVG text: escaped, with line breaks, and how wide it will be."""

from __future__ import annotations

import html
from collections.abc import Sequence

from markupsafe import escape

LINE = 1.2
"""Height of a line, in units of the font size."""
LEAST_SIZE = 11.0
"""Of a label: 7 pt on the sheet, at the widths of the pictures (WIDTH, WIDE and SMALL of reports.stills.drawing)."""
_NARROW, _WIDE = frozenset("ijlrtfI.,:;|'! ()[]/-"), frozenset("mwMW%@—")
_WIDTHS = {"narrow": 0.38, "plain": 0.62, "capital": 0.72, "wide": 0.95}


def text_lines(label: str) -> list[str]:
    """The lines of a Plotly label: `<br>` breaks, entities are characters again."""
    return [html.unescape(part) for part in label.split("<br>")]


def text_width(label: str, size: float) -> float:
    """About the widest line's width, px at the font size, of an unknown sans serif font: rather too wide."""
    return max(sum(_WIDTHS[_kind(c)] for c in line) for line in text_lines(label)) * size


def _kind(character: str) -> str:
    if character in _NARROW:
        return "narrow"
    if character in _WIDE:
        return "wide"
    return "capital" if character.isupper() else "plain"


def widest(labels: Sequence[str], size: float) -> float:
    """Width of the widest label, px; 0 for none."""
    return max((text_width(label, size) for label in labels), default=0.0)


def text(
    label: str,
    x: float,
    y: float,
    size: float,
    color: str,
    anchor: str = "start",
    base: str = "middle",
    turn: float = 0,
) -> str:
    """A text element at (x, y), px. `anchor`: start, middle or end; `base`: the point's place on the text's height,
    top, middle or bottom; `turn`: degrees, clockwise. Drawn no smaller than LEAST_SIZE."""
    size = max(size, LEAST_SIZE)
    lines = text_lines(label)
    height = size * LINE * (len(lines) - 1)
    shift = {"top": size * 0.8, "middle": size * 0.36 - height / 2, "bottom": -size * 0.2 - height}[base]
    place = f'x="{x:.1f}" y="{y + shift:.1f}"'
    if turn:
        place = f'x="0" y="{shift:.1f}" transform="translate({x:.1f} {y:.1f})rotate({turn:g})"'
    start = "" if anchor == "start" else f' text-anchor="{anchor}"'
    head = f'<text {place} font-size="{size:g}" fill="{color}"{start}>'
    if len(lines) == 1:
        return f"{head}{escape(lines[0])}</text>"
    left = 0 if turn else x
    rest = "".join(f'<tspan x="{left:.1f}" dy="{size * LINE:.1f}">{escape(line)}</tspan>' for line in lines[1:])
    return f"{head}{escape(lines[0])}{rest}</text>"
