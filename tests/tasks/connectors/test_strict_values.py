"""The readers of texts, numbers, dates, tables and archives: what they refuse, and that nothing else is refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import BadPayload
from desk.text import LONGEST, washed
from tasks.connectors.b3_archive import unpacked
from tasks.connectors.strict_values import (
    comma_column,
    csv_rows,
    day_column,
    day_of,
    json_value,
    number,
    whole,
    xml_root,
)


def zipped(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


def test_an_archive_is_capped_over_all_its_entries_and_depths_while_it_opens() -> None:
    part = b"0" * 400_000
    eight = zipped(*((f"{n}.xml", part) for n in range(8)))
    assert len(unpacked(eight, ".xml", 8 * len(part))) == 8
    with pytest.raises(ValueError, match=r"'7.xml' opens to more than the 3 MB of the source"):
        unpacked(eight, ".xml", 8 * len(part) - 1)
    with pytest.raises(ValueError, match="opens to more"):
        unpacked(zipped(("a.zip", eight), ("b.zip", eight)), ".xml", 12 * len(part))
    with pytest.raises(ValueError, match="more than 1000 entries"):
        unpacked(zipped(*((f"{n}", b"") for n in range(1001))), ".xml", 1 << 20)
    lying = bytearray(zipped(("a.xml", part)))  # the stated size is not believed, and its end is checked
    lying[22:26] = (10).to_bytes(4, "little")
    place = lying.rindex(b"PK\x01\x02")
    lying[place + 24 : place + 28] = (10).to_bytes(4, "little")
    with pytest.raises(ValueError, match="broken archive"):
        unpacked(bytes(lying), ".xml", 1 << 20)


def test_two_files_of_one_name_are_two_answers() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        body = zipped(("a.xml", b"1"), ("a.xml", b"2"))
    with pytest.raises(ValueError, match="two different files of one name"):
        unpacked(body, ".xml", 100)


@given(st.text())
def test_washed_text_can_be_stored_and_shown(text: str) -> None:
    clean = washed(text + "\0\x1b[2J\ud800\u202e")
    assert clean.encode("utf-8")
    assert not set(clean) & set("\0\x1b\n\r\u202e")
    assert len(clean) <= LONGEST


def test_every_source_error_is_washed_once_where_it_is_made() -> None:
    error = BadPayload("fred", "no \0 such\ncolumn \ud800" + "x" * 5000)
    assert str(error) == f"fred: {error.message}"
    assert error.message.startswith("no   such column  x")
    assert len(error.message) == LONGEST


@given(st.one_of(st.none(), st.booleans(), st.text(), st.floats(), st.integers(), st.lists(st.integers())))
def test_only_a_json_number_is_a_number(value: Any) -> None:
    with pytest.raises(ValueError, match="not a number"):
        number(value)


@given(st.decimals())
def test_a_number_is_finite_and_bounded(value: Decimal) -> None:
    if value.is_finite() and abs(value.adjusted()) <= 40:
        assert number(value) == value
    else:
        with pytest.raises(ValueError, match="not a number that a source gives"):
            number(value)


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d"]))
def test_a_day_is_one_of_1900_to_2200_in_the_form_that_was_declared(day: dt.date, form: str) -> None:
    name = {"%Y-%m-%d": "yyyy-mm-dd", "%d/%m/%Y": "dd/mm/yyyy", "%m/%d/%Y": "mm/dd/yyyy", "%Y%m%d": "yyyymmdd"}[form]
    text = day.strftime(form).replace(f"{day.year}", f"{day.year:04}", 1)
    text = f"{day.year:04}-{day:%m-%d}" if form == "%Y-%m-%d" else text
    if 1900 <= day.year <= 2200:
        assert day_of(text, name) == day
    else:
        with pytest.raises(ValueError, match="not a"):
            day_of(text, name)


@pytest.mark.parametrize(
    ("read", "bad"),
    [
        (day_of, "26-11-03"),
        (day_of, "20261103"),
        (day_of, "2026-W45-2"),
        (day_of, "\u0662026-11-03"),
        (day_of, "2026-02-30"),
        (lambda text: day_of(text, "yyyy-mm-dd hh:mm"), "2026-11-03T00:00:00+14:00"),
        (json_value, "NaN"),
        (json_value, '{"a":1,"a":2}'),
        (json_value, "[1,]"),
        (lambda text: whole(json_value(text)), "1E1000000"),
        (lambda text: whole(json_value(text)), "1.5"),
        (csv_rows, "a,b\n1,2"),
        (csv_rows, 'a,b\n"1,2\n'),
        (csv_rows, "a,b\n1,2,3\n"),
        (lambda text: xml_root(text.encode()), "<a>" * 100),
        (lambda text: xml_root(text.encode()), "<a><b></a>"),
        (lambda text: comma_column(pl.Series("x", [text])), "1" * 400),
        (lambda text: comma_column(pl.Series("x", [text])), "1.00,5"),
        (lambda text: day_column(pl.Series("x", [text]), "dd/mm/yyyy"), "01/03/29"),
    ],
)
def test_the_readers_refuse(read: Callable[[str], object], bad: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read(bad)
