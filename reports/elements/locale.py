"""The report's locales: translated text, decimal marks and month names.

The code holds the English text. Each other language has one file, `reports/languages/<code>.toml`, which maps the
English text to its translation.

The locale belongs to the execution context (`with use_locale("pt")`), as the context of the `decimal` module does: it
applies to every sentence and number of one rendering and ends with the block. Outside such a block it is English.
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
"""Language codes that a report can be rendered in."""


@dataclass(frozen=True)
class Locale:
    """`tag` is the page's `lang` attribute. `text` maps English text to its translation; `{}` takes an argument.

    `weekdays` begin with Monday. `date`, `day_of_week`, `month_of_year` and `clock` are formats of {day}, {month} (its
    name), {number} (of the month), {year}, {weekday}, {date}, {hour}, {minute} and {past} (minutes past the hour,
    empty on it)."""

    code: str
    tag: str
    decimal: str
    thousands: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    date: str
    day_of_week: str
    month_of_year: str
    clock: str
    millions: tuple[str, str]
    """The word behind an amount below two millions, and from there: Portuguese has a singular."""
    sign_first: bool
    """Whether a sign stands before the currency: `−R$ 18.400`."""
    text: Mapping[str, str] = field(default_factory=dict)

    @property
    def separators(self) -> str:
        """Plotly's `layout.separators`: the decimal mark, then the thousands mark."""
        return self.decimal + self.thousands


ENGLISH = Locale(
    "en", "en", ".", ",", ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    date="{day} {month} {year}", day_of_week="{weekday} {day} {month}", month_of_year="{month} {year}",
    clock="{date} {hour:02}:{minute:02} BRT", millions=("million", "million"), sign_first=False,
)  # fmt: skip
_LOCALE: ContextVar[Locale] = ContextVar("report_locale", default=ENGLISH)


@cache
def load_locale(code: str) -> Locale:
    """The locale of one of LANGUAGES, read from its TOML file. Raises BadInput for any other code."""
    if code not in LANGUAGES:
        raise BadInput(f"the report has no language {code!r}; known: {', '.join(LANGUAGES)}")
    if code == ENGLISH.code:
        return ENGLISH
    parsed = tomllib.loads((resources.files("reports.languages") / f"{code}.toml").read_text(encoding="utf-8"))
    marks = parsed["numbers"]
    text = merge_texts(code, parsed["text"])
    return Locale(
        code,
        parsed["tag"],
        marks["decimal"],
        marks["thousands"],
        tuple(marks["months"]),
        tuple(marks["weekdays"]),
        marks["date"],
        marks["day_of_week"],
        marks["month_of_year"],
        marks["clock"],
        (marks["millions"][0], marks["millions"][1]),
        marks["sign_first"],
        text,
    )


def merge_texts(code: str, groups: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The groups of texts as one. Raises BadInput for an English text with two translations: one would be lost."""
    text = dict[str, str]()
    for name, group in groups.items():
        for english, other in group.items():
            if text.setdefault(english, other) != other:
                raise BadInput(f"{code}.toml, text.{name}: {english!r} is {text[english]!r} before, and {other!r} here")
    return text


def current_locale() -> Locale:
    """The locale of the enclosing `use_locale` block; English outside one."""
    return _LOCALE.get()


@contextmanager
def use_locale(locale: Locale | str) -> Iterator[Locale]:
    """Render everything inside the block in this locale. Raises BadInput for a code that is not in LANGUAGES."""
    chosen = load_locale(locale) if isinstance(locale, str) else locale
    token = _LOCALE.set(chosen)
    try:
        yield chosen
    finally:
        _LOCALE.reset(token)


def translate(english: str, *parts: Any) -> str:
    """The text in the current locale, with `parts` in place of its `{}`; text without a translation stays English."""
    text = current_locale().text.get(english, english)
    return text.format(*parts) if parts else text


def source_note(tables: str, day: str) -> str:
    """The footnote of a table or figure: the gold tables that it is read from, and the decision day."""
    return translate("{} · as of {}", tables, day)
