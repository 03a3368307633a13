"""Colours of figures and mail, distinct for colour-blind readers, each with its counterpart for dark pages.

Figures carry the light colour; on a dark page the script replaces it by `DARK`. Plus is blue, minus is orange;
states differ in their text too.
"""

from __future__ import annotations

INK, MUTED, GRID, ZERO, NEUTRAL = "#1d2430", "#5b6472", "#e4e7eb", "#9aa3af", "#f3f2ee"
BLUE, ORANGE, GREEN, PURPLE, GOLD, SKY, GREY = (
    "#0a5f9e", "#c2540a", "#0b7359", "#84489a", "#a87900", "#4f9fcf", "#8a93a0",
)  # fmt: skip
AMBER, RED = "#b07800", "#b3261e"
BLUE_SOFT, ORANGE_SOFT, GOLD_SOFT, PURPLE_SOFT, GREEN_SOFT, GREY_SOFT = (
    "#a9cbe6", "#efc29f", "#e6d49c", "#d8c3e1", "#a9d5c7", "#d3d7dd",
)  # fmt: skip

DARK: dict[str, str] = {
    INK: "#e7ebf1", MUTED: "#a3adba", GRID: "#2b333f", ZERO: "#667180", NEUTRAL: "#222a35",
    BLUE: "#5caee8", ORANGE: "#f0914a", GREEN: "#3fc49c", PURPLE: "#c79adb", GOLD: "#e2bc45", SKY: "#93cdf0",
    GREY: "#8f99a7", AMBER: "#e2b13c", RED: "#ff8a7f", BLUE_SOFT: "#2f587a", ORANGE_SOFT: "#7a4a26",
    GOLD_SOFT: "#66561f", PURPLE_SOFT: "#5a4168", GREEN_SOFT: "#25584a", GREY_SOFT: "#444d59",
}  # fmt: skip

CYCLE = (BLUE, ORANGE, GREEN, PURPLE, GOLD, SKY, GREY)
DIVERGING: tuple[tuple[float, str], ...] = (
    (0.0, ORANGE), (0.25, ORANGE_SOFT), (0.5, NEUTRAL), (0.75, BLUE_SOFT), (1.0, BLUE),
)  # fmt: skip


def by_sign(values: list[float]) -> list[str]:
    """Blue for zero and above, orange below."""
    return [BLUE if value >= 0 else ORANGE for value in values]


def cycle(index: int) -> str:
    """The colour of the trace at `index`; repeats after the last one."""
    return CYCLE[index % len(CYCLE)]
