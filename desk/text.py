"""Text from outside, made fit to store and to show: no control characters, no lone surrogates, a bounded length.

PostgreSQL refuses a NUL, a terminal obeys an escape sequence, UTF-8 has no lone surrogates, and a page can be turned
around by a direction mark.
"""

from __future__ import annotations

import re

LONGEST = 2000
"""Characters of the longest text that is kept of a message."""

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff0-\uffff]")
_CUT = "…"


def washed(text: str, longest: int = LONGEST) -> str:
    """`text` on one line, every unfit character a blank, cut with an ellipsis after `longest` characters."""
    return _UNFIT.sub(" ", clipped(text, longest))


def clipped(text: str, most: int) -> str:
    """The text, cut to `most` characters, the last one an ellipsis, where it is longer."""
    return text if len(text) <= most else text[: most - 1] + _CUT


def slug(heading: str) -> str:
    """The anchor of a heading, as Markdown's readers make it: `A run failed` -> `a-run-failed`."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")
