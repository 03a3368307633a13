"""The New York Fed's rates: one request each, rows by name, and answers about something else."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import BadPayload, BadRequest, HtmlPayload, NoData, Outage, RateLimited, SourceError, UnknownSeries
from tests.tasks.connectors.answers import connector, parse, queries, window

OCTOBER = window("2026-09-28", "2026-10-07")
EFFR, SOFR = queries("nyfed_rates", OCTOBER, "nyfed_effr", "nyfed_sofr")
BODY = b"""{
 "refRates": [
  {"effectiveDate": "2026-10-01", "type": "EFFR", "percentRate": 3.88, "percentPercentile1": 3.85,
   "percentPercentile25": 3.87, "percentPercentile75": 3.88, "percentPercentile99": 3.89, "targetRateFrom": 3.75,
   "targetRateTo": 4.00, "volumeInBillions": 120, "revisionIndicator": ""},
  {"effectiveDate": "2026-09-30", "type": "EFFR", "percentRate": 3.9, "targetRateFrom": 3.75, "targetRateTo": 4.00,
   "volumeInBillions": 83, "revisionIndicator": "r"}
 ]
}"""


def row(**more: Any) -> dict[str, Any]:
    return {"effectiveDate": "2026-10-01", "type": "SOFR", "percentRate": 3.88, "revisionIndicator": "", **more}


def body(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"refRates": list(rows)}).encode()


def test_one_request_a_rate_for_the_whole_window() -> None:
    url = connector("nyfed_rates").build_request
    assert url(EFFR).url == (
        "https://markets.newyorkfed.org/api/rates/unsecured/effr/search.json?startDate=2026-09-28&endDate=2026-10-07"
    )
    assert url(SOFR).url == (
        "https://markets.newyorkfed.org/api/rates/secured/sofr/search.json?startDate=2026-09-28&endDate=2026-10-07"
    )
    assert len(queries("nyfed_rates", window("2018-04-03", "2026-10-07"))) == 2


def test_rows_are_fractions_of_their_days() -> None:
    frame = parse(EFFR, BODY)["observation"].sort("obs_date")
    assert frame["series_id"].unique().to_list() == ["nyfed_effr"]
    assert frame["obs_date"].to_list() == [dt.date(2026, 9, 30), dt.date(2026, 10, 1)]
    assert frame["value"].to_list() == [0.039, 0.0388]
    assert frame["knowledge_time"].null_count() == 2


def test_days_outside_of_the_window_are_left_out_and_a_rate_may_be_negative() -> None:
    frame = parse(SOFR, body(row(percentRate=-0.01), row(effectiveDate="2026-09-25")))["observation"]
    assert frame.select("obs_date", "value").rows() == [(dt.date(2026, 10, 1), -0.0001)]


@pytest.mark.parametrize(
    ("status", "answer", "error", "words"),
    [
        (200, body(), NoData, "nothing for"),
        (200, b"", Outage, "empty body"),
        (200, b"<html><title>Maintenance</title></html>", HtmlPayload, "HTML page"),
        (404, b"<html></html>", UnknownSeries, "SOFR is not known"),
        (400, b'"Bad Request"', BadRequest, "HTTP 400"),
        (403, b"", Outage, "HTTP 403"),
        (429, b"", RateLimited, "too many"),
        (503, b"", Outage, "HTTP 503"),
        (200, b"[]", BadPayload, "not an object"),
        (200, b"{}", BadPayload, "without refRates"),
        (200, b'{"refRates":null}', BadPayload, "not a list"),
        (200, body(row(type="EFFR")), BadPayload, "'EFFR' in answer to SOFR"),
        (200, body(row(), row(type="SOFRAI", percentRate=None)), BadPayload, "'SOFRAI' in answer to SOFR"),
        (200, body(row(percentRate=None)), BadPayload, "not a number: None"),
        (200, body(row(percentRate="3.88")), BadPayload, "not a number: '3.88'"),
        (200, body({"effectiveDate": "2026-10-01", "type": "SOFR"}), BadPayload, "without percentRate"),
        (200, body({"type": "SOFR", "percentRate": 3.9}), BadPayload, "without effectiveDate"),
        (200, body(row(effectiveDate="10/01/2026")), BadPayload, "not a yyyy-mm-dd date"),
        (200, body(row(effectiveDate="2025-10-01")), BadPayload, "in answer to 2026-09-28"),
        (200, body(row(), row(percentRate=3.89)), BadPayload, "two different values for nyfed_sofr"),
        (200, body(row()).replace(b"3.88", b"NaN"), BadPayload, "NaN is not a number"),
        (200, body(row())[:-2], BadPayload, "not JSON"),
    ],
)
def test_an_answer_means_one_thing(status: int, answer: bytes, error: type[SourceError], words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        parse(SOFR, answer, status=status)
    assert type(caught.value) is error


@given(st.decimals(min_value=-2, max_value=25, places=2))
def test_a_rate_is_the_decimal_that_is_written(rate: Decimal) -> None:
    answer = body(row()).replace(b"3.88", str(rate).encode())
    assert parse(SOFR, answer)["observation"]["value"].to_list() == [float(rate / 100)]
