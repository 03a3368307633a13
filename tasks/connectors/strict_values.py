"""The one way in which a source's texts become values: JSON, numbers, dates and tables. Every reader raises ValueError.

What a source promises is demanded: a number that is null, a boolean or of another type is another format, and so is a
date of two digits, a row of another width, or a last line that does not end. Work is linear in the body's length.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn
from xml.etree import ElementTree

import polars as pl

from desk.units import bounded, decimal_point

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2200, 12, 31)
DEEPEST_XML = 50
MOST_DIGITS_OF_AN_INTEGER = 15

_DATE_FORMS = {
    "yyyy-mm-dd": re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII),
    "yyyy-mm-dd hh:mm": re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?\Z", re.ASCII),
    "dd/mm/yyyy": re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})\Z", re.ASCII),
    "mm/dd/yyyy": re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})\Z", re.ASCII),
    "yyyymmdd": re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)\Z", re.ASCII),
}
_COMMA_NUMBER = r"^[+-]?(\d{1,3}(\.\d{3}){1,4}|\d{1,15})?(,\d{0,15})?$"
_DIGIT = r"[0-9]"


def json_value(text: str) -> Any:
    """`text` as JSON, numbers as Decimals as written. NaN, a key that comes twice in one object, and a nesting beyond
    the interpreter's own limit are refused."""
    try:
        return json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant, object_pairs_hook=_one_of_each
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _one_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r:.60} comes twice")
    return found


def number(value: object) -> Decimal:
    """A JSON number, bounded. Null, booleans and texts are none."""
    if type(value) is not Decimal:
        raise ValueError(f"not a number: {value!r:.60}")
    return bounded(value)


def number_in_text(value: object) -> Decimal:
    """A point-decimal number that the source writes as a JSON text."""
    return decimal_point(text(value))


def whole(value: object) -> int:
    """A JSON number without a fraction, of at most fifteen digits."""
    exact = number(value)
    if exact != exact.to_integral_value() or exact.adjusted() >= MOST_DIGITS_OF_AN_INTEGER:
        raise ValueError(f"not a whole number: {value!r:.60}")
    return int(exact)


def field(row: Mapping[str, Any], name: str) -> Any:
    """A field that the source always writes, null or not: one that is not there is another format."""
    if name not in row:
        raise ValueError(f"a row without {name}: {row!r:.80}")
    return row[name]


def text(value: object) -> str:
    """A JSON text."""
    if not isinstance(value, str):
        raise ValueError(f"not a text: {value!r:.60}")
    return value


def record(value: object) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f"not an object: {value!r:.60}")
    return value


def records(value: object) -> list[dict[str, Any]]:
    """A JSON list of objects."""
    return [record(one) for one in listed(value)]


def listed(value: object) -> list[Any]:
    """A JSON list."""
    if not isinstance(value, list):
        raise ValueError(f"not a list: {value!r:.60}")
    return value


def day_of(value: object, form: str = "yyyy-mm-dd") -> dt.date:
    """The day that `value` writes in `form`, one of `_DATE_FORMS`, from 1900 to 2200. A time of day after it has no
    zone, and is not read."""
    match = _DATE_FORMS[form].match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"not a {form} date: {value!r:.60}")
    try:
        if form.startswith("yyyy-mm-dd"):
            return believable(dt.date.fromisoformat(match.string[:10]))
        year, month, day = match.group("y", "m", "d")
        return believable(dt.date(int(year), int(month), int(day)))
    except ValueError as error:
        raise ValueError(f"not a {form} date: {value!r:.60} ({error})") from None


def believable(day: dt.date) -> dt.date:
    """`day` itself where it lies within 1900-2200."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"not a year from {FIRST_DAY.year} to {LAST_DAY.year}: {day}")
    return day


def csv_rows(body: str, *, last_line_may_be_open: bool = False) -> list[list[str]]:
    """The rows of a table, blank lines left out, all of one width. The last line ends with a line feed unless its
    caller has another proof that it is whole (`last_line_may_be_open`)."""
    rows = ragged_rows(body, last_line_may_be_open=last_line_may_be_open)
    for row in rows:
        if len(row) != len(rows[0]):
            raise ValueError(f"{row[0]!r:.60}: {len(row)} fields under {len(rows[0])} columns")
    return rows


def ragged_rows(body: str, *, last_line_may_be_open: bool = False) -> list[list[str]]:
    """As `csv_rows`, for a format in which a row's width means something else."""
    if body and not body.endswith("\n") and not last_line_may_be_open:
        raise ValueError(f"the last line does not end: {body[-60:]!r}")
    try:
        return [row for row in csv.reader(io.StringIO(body, newline=""), strict=True) if row]
    except csv.Error as error:
        raise ValueError(f"not a table: {error}") from None


def day_column(texts: pl.Series, form: str) -> pl.Series:
    """`day_of` of a whole column of texts, no null among them."""
    strptime = {"dd/mm/yyyy": "%d/%m/%Y"}[form]
    days = texts.str.to_date(strptime, strict=False)
    bad = texts.filter(~days.is_between(FIRST_DAY, LAST_DAY).fill_null(False))
    if bad.len():
        raise ValueError(f"{texts.name} is not a {form} date from {FIRST_DAY.year} to {LAST_DAY.year}: {bad[0]!r:.60}")
    return days


def comma_column(texts: pl.Series, exponent: int = 0) -> pl.Series:
    """A whole column of comma-decimal texts (`1.008,65`) as floats times ten to the `exponent`; blank is null."""
    stripped = texts.str.strip_chars().replace("", None)
    well_formed = stripped.str.contains(_COMMA_NUMBER) & stripped.str.contains(_DIGIT)
    bad = stripped.filter(~well_formed.fill_null(True))
    if bad.len():
        raise ValueError(f"{texts.name} is not a comma-decimal number: {bad[0]!r:.60}")
    plain = stripped.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return (plain + f"e{exponent}").cast(pl.Float64)


class _ShallowTree(ElementTree.TreeBuilder):
    """Builds a tree of at most `DEEPEST_XML` levels; a document type, with which entities come, is refused."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ElementTree.Element:
        self._depth += 1
        if self._depth > DEEPEST_XML:
            raise ValueError("nested too deep")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, name: str, pubid: str, system: str) -> NoReturn:
        raise ValueError("a document type")


def xml_root(body: bytes) -> ElementTree.Element:
    """The root of an XML document without a document type."""
    parser = ElementTree.XMLParser(target=_ShallowTree())
    try:
        parser.feed(body)
        root = parser.close()
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError(f"not XML: {error}") from None
    if not isinstance(root, ElementTree.Element):
        raise ValueError("not XML: no element")
    return root
