"""BLS's series: months of whole years, a month that was never collected, and answers judged by their words."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import (
    BadPayload,
    BadRequest,
    HtmlPayload,
    MissingKey,
    NoData,
    Outage,
    RateLimited,
    SourceError,
    UnknownSeries,
)
from tests.tasks.connectors.answers import connector, parse, queries, window

SPAN = window("2025-09-01", "2026-07-31")
(RATE,) = queries("bls_macro", SPAN, "bls_unemployment")
(CPI,) = queries("bls_macro", SPAN, "bls_cpi")
USED_UP = (
    "Request could not be serviced, as the daily threshold for total number of requests allocated to the user with "
    "registration key  has been reached."
)
WRONG_KEY = (
    "The key:INVALID provided by the User is invalid. Please provide a proper key for the operation to be successful"
)


def row(year: str, period: str, value: str) -> dict[str, Any]:
    return {"year": year, "period": period, "periodName": "Month", "value": value, "footnotes": [{}]}


ROWS = (
    {**row("2026", "M07", "4.2"), "latest": "true"},
    row("2025", "M13", "4.3"),
    row("2025", "M11", "4.5"),
    {**row("2025", "M10", "-"), "footnotes": [{"code": "X", "text": "Data unavailable due to the 2025 lapse"}]},
    row("2025", "M09", "4.4"),
    row("2025", "M01", "4.0"),
)
"""The shape of answers quoted in 2026: newest first, a year's mean, October 2025 without a value."""


def body(*rows: dict[str, Any], code: str = "LNS14000000", message: tuple[str, ...] = (), **more: Any) -> bytes:
    results = {"series": [{"seriesID": code, "data": list(rows)}]}
    answer = {"status": "REQUEST_SUCCEEDED", "responseTime": 78, "message": list(message), "Results": results, **more}
    return json.dumps(answer).encode()


def refused(words: str, status: str = "REQUEST_NOT_PROCESSED") -> bytes:
    return body(message=(words,), status=status, Results={})


def test_one_request_a_series_of_whole_years_and_the_key_is_not_in_the_url() -> None:
    url = "https://api.bls.gov/publicAPI/v2/timeseries/data/LNS14000000?startyear=2025&endyear=2026"
    assert connector("bls").build_request(RATE).url == url
    assert connector("bls").build_request(RATE).secret_params == {}
    keyed = connector("bls", "k" * 32).build_request(RATE)
    assert (keyed.url, keyed.secret_params) == (url, {"registrationkey": "k" * 32})


def test_a_request_spans_ten_years_at_most() -> None:
    parts = queries("bls_macro", window("1990-01-01", "2026-11-18"), "bls_cpi")
    assert max(part.window.end.year - part.window.start.year + 1 for part in parts) == 10
    assert (parts[0].window.start.year, parts[-1].window.end.year) == (1990, 2026)


def test_rows() -> None:
    rows = parse(RATE, body(*ROWS))["observation"].sort("obs_date")
    assert rows.select("series_id", "obs_date", "value").rows() == [
        ("bls_unemployment", dt.date(2025, 9, 1), 0.044),
        ("bls_unemployment", dt.date(2025, 11, 1), 0.045),
        ("bls_unemployment", dt.date(2026, 7, 1), 0.042),
    ]
    assert rows["knowledge_time"].null_count() == 3
    message = ("No Data Available for Series LNS14000000 Year: 2027",)
    assert parse(RATE, body(*ROWS, message=message))["observation"].height == 3


@pytest.mark.parametrize(
    ("status", "answer", "error", "words"),
    [
        (200, body(), NoData, "nothing for"),
        (200, body(row("2025", "M10", "-")), NoData, "nothing for"),
        (200, body(message=("Series does not exist for Series LNS14000000",)), UnknownSeries, "does not exist"),
        (200, refused("Series does not exist for Series LNS14000000"), UnknownSeries, "does not exist"),
        (200, refused(USED_UP), RateLimited, "daily allowance is used up"),
        (200, refused(WRONG_KEY), MissingKey, "is invalid"),
        (200, refused("", "REQUEST_FAILED_OVER_CAPACITY"), Outage, "OVER_CAPACITY"),
        (200, refused("Invalid parameters: startyear"), BadRequest, "Invalid parameters"),
        (200, b"", Outage, "empty body"),
        (200, b"<!DOCTYPE html><html></html>", HtmlPayload, "page|HTML"),
        (403, b"", Outage, "HTTP 403"),
        (404, b"{}", BadRequest, "HTTP 404"),
        (429, b"", RateLimited, "too many"),
        (503, b"", Outage, "HTTP 503"),
        (200, b"{}", BadPayload, "status"),
        (200, body(*ROWS, Results=[{"series": []}]), BadPayload, "not a"),
        (200, body(*ROWS, Results={"series": []}), BadPayload, "unpack"),
        (200, body(*ROWS, code="CUSR0000SA0"), BadPayload, "'CUSR0000SA0' in answer to LNS14000000"),
        (200, body(row("2024", "M12", "4.1")), BadPayload, "2024-12 in answer to 2025 to 2026"),
        (200, body(row("2026", "Q01", "4.1")), BadPayload, "not a month"),
        (200, body(row("NaN", "M01", "4.1")), BadPayload, "not a month"),
        (200, body(row("2026", "M01", "NaN")), BadPayload, "not a"),
        (200, body(row("2026", "M01", "")), BadPayload, "not a"),
        (200, body(row("2026", "M01", "4.1"), row("2026", "M01", "4.2")), BadPayload, "two different values"),
        (200, body(*ROWS)[:-30], BadPayload, "JSON"),
    ],
)
def test_an_answer_means_one_thing(status: int, answer: bytes, error: type[SourceError], words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        parse(RATE, answer, status=status)
    assert type(caught.value) is error


@given(st.decimals(min_value=0, max_value=999, places=3))
def test_an_index_is_the_decimal_that_is_written(level: Decimal) -> None:
    rows = parse(CPI, body(row("2026", "M01", str(level)), code="CUSR0000SA0"))["observation"]
    assert rows["value"].to_list() == [float(level)]
