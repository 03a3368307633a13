"""The report's languages. English stands in the code; what another language says for it stands in one file,
`reports/languages/<code>.toml`, by the English text.

The language is the context's (`with speaking(...)`), as decimal contexts are: it reaches every sentence and number of
one rendering and is gone after it. Outside of such a block everything is English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from desk.errors import BadInput

LANGUAGES = ("en", "pt")


@dataclass(frozen=True)
class Language:
    """`tag` is the page's `lang`. `text` has the catalogue's text by the English one, `{}` for what is put in."""

    code: str
    tag: str
    decimal: str
    thousands: str
    months: tuple[str, ...]
    text: Mapping[str, str] = field(default_factory=dict)

    @property
    def separators(self) -> str:
        """As Plotly takes them: the decimal mark, then the thousands'."""
        return self.decimal + self.thousands


ENGLISH = Language(
    "en", "en", ".", ",", ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
)
_SPOKEN: ContextVar[Language] = ContextVar("report_language", default=ENGLISH)


@cache
def language(code: str) -> Language:
    """Raises BadInput for a language that the report does not have."""
    if code not in LANGUAGES:
        raise BadInput(f"the report has no language {code!r}; known: {', '.join(LANGUAGES)}")
    if code == ENGLISH.code:
        return ENGLISH
    parsed = tomllib.loads((resources.files("reports.languages") / f"{code}.toml").read_text(encoding="utf-8"))
    how = parsed["numbers"]
    text = {english: other for group in parsed["text"].values() for english, other in group.items()}
    return Language(code, parsed["tag"], how["decimal"], how["thousands"], tuple(how["months"]), text)


def spoken() -> Language:
    return _SPOKEN.get()


@contextmanager
def speaking(tongue: Language | str) -> Iterator[Language]:
    """Everything said inside is said in this language. Raises BadInput for one that the report does not have."""
    chosen = language(tongue) if isinstance(tongue, str) else tongue
    token = _SPOKEN.set(chosen)
    try:
        yield chosen
    finally:
        _SPOKEN.reset(token)


def say(english: str, *parts: Any) -> str:
    """The text in the language spoken, `parts` put in for its `{}`. What the catalogue lacks stays English."""
    text = spoken().text.get(english, english)
    return text.format(*parts) if parts else text


def sourced(tables: str, day: str) -> str:
    """The footnote of a table or figure: which tables it is read from, and as of which decision day."""
    return say("{} · as of {}", tables, day)
