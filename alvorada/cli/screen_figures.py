"""The supervised hour, second part: ten figures of a run against what is read off a screen that is not ours."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Verdict = Literal["open", "agrees", "differs", "missing"]
"""`open`: nothing was read off; `missing`: the run has no such figure."""

_COMMA = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})*,\d+|[+-]?\d+,\d+")
_POINT = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3})+")
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
    """One question. `ours` in `unit` (None: the run has none), `about` the day or month that it is about; `screen`
    where to read it; `tolerance` in `unit`; `remedy` where to look when the two differ; `theirs` what was read."""

    key: str
    question: str
    screen: str
    unit: str
    decimals: int
    tolerance: float
    remedy: str
    ours: float | None = None
    about: str = ""
    theirs: float | None = None

    @property
    def verdict(self) -> Verdict:
        """Whether the two agree, within the tolerance."""
        if self.ours is None or not math.isfinite(self.ours):
            return "missing"
        if self.theirs is None:
            return "open"
        return "agrees" if abs(self.ours - self.theirs) <= self.tolerance + _ROUNDING else "differs"

    def answered(self, text: str) -> Figure:
        """The figure with what was read; blank leaves it open. Raises ValueError for text that is no number."""
        return replace(self, theirs=screen_number(text, whole=self.decimals == 0) if text.strip() else None)

    def prompt(self) -> str:
        """The question as it is put, without our own number: whoever reads shall not be led."""
        return f"{self.question}{f', {self.about}' if self.about else ''}, in {self.unit} ({self.screen})"


def screen_number(text: str, *, whole: bool = False) -> float:
    """A number as screens show it: 5.4321, 5,4321, 128,345.10 or 128.345,10, with or without a percent sign.

    One sign alone is the decimal sign, but for a `whole` number whose only sign stands before three digits: there it
    parts thousands. Raises ValueError.
    """
    plain = text.strip().removesuffix("%").strip()
    if whole and _THOUSANDS.fullmatch(plain):
        return float(re.sub(r"[.,]", "", plain))
    if _COMMA.fullmatch(plain):
        return float(plain.replace(".", "").replace(",", "."))
    if _POINT.fullmatch(plain):
        return float(plain.replace(",", ""))
    raise ValueError(f"{text.strip()!r} is no number")


def shown(value: float | None, decimals: int) -> str:
    """A number with its decimals; a dash for none."""
    return "-" if value is None else f"{value:,.{decimals}f}"


def needs_a_hand(figures: Sequence[Figure]) -> list[Figure]:
    """What does not agree, or was not answered."""
    return [one for one in figures if one.verdict != "agrees"]


def figure_lines(figures: Sequence[Figure], home: str) -> Iterator[str]:
    """The table of the page, and below it what settles each that does not agree. `home`: the scratch run's folder."""
    yield "| | figure | about | ours | on the screen | tolerance | unit | verdict |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in figures:
        tick = "x" if one.verdict == "agrees" else " "
        yield (
            f"| [{tick}] | {one.question} | {one.about} | {shown(one.ours, one.decimals)} |"
            f" {shown(one.theirs, one.decimals)} | {one.tolerance:g} | {one.unit} | {one.verdict} |"
        )
    yield ""
    left = needs_a_hand(figures)
    if not left:
        yield "All ten agree."
        return
    yield "Nothing is decided on what does not agree until it is settled:"
    yield ""
    for one in left:
        yield f"- **{one.key}**, {one.verdict}: {_words(one)}."
    yield ""
    yield f"`ALVORADA_HOME={home} alvorada explain series.NAME` says which source, day and payload a column rests on."


def _words(one: Figure) -> str:
    if one.verdict == "open":
        return f"read it off {one.screen}, then `alvorada first-morning --ask-again`"
    if one.verdict == "missing":
        return f"the run has no such figure: {one.remedy}"
    return f"off by {shown((one.ours or 0.0) - (one.theirs or 0.0), one.decimals)} {one.unit}: {one.remedy}"
