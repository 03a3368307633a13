"""BEA's lines of NIPA tables: whole tables of which one line is read, and errors in the place of the data."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
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
from tasks.connectors.bea import Bea
from tests.tasks.connectors.answers import connector, parse, queries, window

SPAN = window("2025-11-01", "2026-07-31")
(PCE,) = queries("bea_macro", SPAN, "bea_pce")
(REAL,) = queries("bea_macro", SPAN, "bea_real_consumption")
(GDP,) = queries("bea_macro", SPAN, "bea_gdp")
KEY = "AB12cd34-0000-4000-8000-ABCDEFabcdef"


def row(period: str, value: str, code: str = "DPCERG", table: str = "T20804", **more: Any) -> dict[str, Any]:
    fields = {
        "TableName": table, "SeriesCode": code, "LineNumber": "1", "LineDescription": "PCE",
        "TimePeriod": period, "METRIC_NAME": "Fisher Price Index", "CL_UNIT": "Level", "UNIT_MULT": "0",
        "DataValue": value, "NoteRef": table,
    }  # fmt: skip
    return {**fields, **more}


def dollars(period: str, value: str, code: str, table: str, power: str = "6") -> dict[str, Any]:
    return row(period, value, code, table, METRIC_NAME="Chained Dollars", UNIT_MULT=power)


ROWS = (
    row("2025M01", "126.1"),
    row("2026M01", "129.010"),
    row("2026M02", "129.449"),
    row("2026M03", "---"),
    row("2026M02", "130.871", "DPCCRG", LineNumber="25"),
)
"""As public programs of 2026 keep them: the months of whole years, and the table's other lines."""


def body(*rows: dict[str, Any], **more: Any) -> bytes:
    echo = {"RequestParam": [{"ParameterName": "USERID", "ParameterValue": "0"}]}
    results = {"Statistic": "NIPA Table", "Data": list(rows), **more}
    return json.dumps({"BEAAPI": {"Request": echo, "Results": results}}).encode()


def refused(code: str, words: str, *, beside: bool = False) -> bytes:
    error = {"Error": {"APIErrorCode": code, "APIErrorDescription": words}}
    return json.dumps({"BEAAPI": {"Request": {}, **(error if beside else {"Results": error})}}).encode()


def test_one_request_a_line_of_whole_years_and_the_key_is_not_in_the_url() -> None:
    url = (
        "https://apps.bea.gov/api/data?method=GetData&datasetname=NIPA&TableName=T20804&Frequency=M&Year=2025,2026"
        "&ResultFormat=JSON"
    )
    request = connector("bea", KEY).build_request(PCE)
    assert (request.url, request.secret_params) == (url, {"UserID": KEY})
    assert "TableName=T10106&Frequency=Q" in connector("bea", KEY).build_request(GDP).url
    with pytest.raises(MissingKey, match=r"off: .*BEA_API_KEY"):
        Bea(replace(connector("bea").config, is_off=True)).build_request(PCE)
    assert len(queries("bea_macro", window("2011-11-01", "2026-11-18"))) == 4


def test_rows_of_the_line_and_the_window_alone() -> None:
    rows = parse(PCE, body(*ROWS))["observation"].sort("obs_date")
    assert rows.select("series_id", "obs_date", "value").rows() == [
        ("bea_pce", dt.date(2026, 1, 1), 129.010),
        ("bea_pce", dt.date(2026, 2, 1), 129.449),
    ]
    assert rows["knowledge_time"].null_count() == 2


@pytest.mark.parametrize(("value", "power"), [("16,612,345", "6"), ("16,612.345", "9"), ("16612345000", "3")])
def test_dollars_are_billions_by_the_power_that_the_row_names(value: str, power: str) -> None:
    rows = parse(REAL, body(dollars("2026M02", value, "DPCERX", "T20806", power)))["observation"]
    assert rows["value"].to_list() == [16_612.345]


def test_a_quarter_is_known_by_its_first_day() -> None:
    quarters = [dollars(f"2026Q{at}", "23,770,976", "A191RX", "T10106") for at in (1, 2, 3)]
    rows = parse(GDP, body(*quarters))["observation"].sort("obs_date")
    assert rows["obs_date"].to_list() == [dt.date(2026, 1, 1), dt.date(2026, 4, 1), dt.date(2026, 7, 1)]
    assert rows["value"].to_list() == [23_770.976] * 3


@pytest.mark.parametrize(
    ("status", "answer", "error", "words"),
    [
        (200, body(), NoData, "nothing for"),
        (200, body(row("2026M03", "---"), row("2025M01", "126.1")), NoData, "nothing for"),
        (200, body(row("2026M02", "130.871", "DPCCRG")), UnknownSeries, "DPCERG is no line of T20804"),
        (200, refused("1", "Invalid Request - Invalid API UserId."), MissingKey, "Invalid API UserId"),
        (200, refused("1", "Invalid Request - Invalid API UserId.", beside=True), MissingKey, "Invalid API UserId"),
        (200, refused("4", "This UserId is not active. Please activate it and try again."), MissingKey, "not active"),
        (200, refused("201", "Error retrieving NIPA data."), Outage, "201 Error retrieving"),
        (200, refused("9", "Unknown error."), Outage, "Unknown error"),
        (200, refused("8", "The request rate limit is exceeded"), RateLimited, "limit is exceeded"),
        (200, refused("40", "Invalid Value for Parameter TableName"), BadRequest, "40 Invalid Value"),
        (200, refused("", ""), BadRequest, "an error without words"),
        (200, b"", Outage, "empty body"),
        (200, b"<!DOCTYPE html><html></html>", HtmlPayload, "page|HTML"),
        (403, b"", Outage, "HTTP 403"),
        (404, b"{}", BadRequest, "HTTP 404"),
        (429, b"", RateLimited, "too many"),
        (503, b"", Outage, "HTTP 503"),
        (200, b"{}", BadPayload, "BEAAPI"),
        (200, b'{"BEAAPI": {"Results": []}}', BadPayload, "not an object"),
        (200, b'{"BEAAPI": {"Results": {"Error": "no"}}}', BadPayload, "not an object"),
        (200, b'{"BEAAPI": {}}', BadPayload, "Data"),
        (200, body(Data={}), BadPayload, "not a list"),
        (200, body(row("2026M02", "1", table="T20304")), BadPayload, "'T20304' in answer to T20804"),
        (200, body(row("2026M02", "1", "DPCERX", "T20806")), BadPayload, "'T20806' in answer to T20804"),
        (200, body(row("2024M12", "121.1")), BadPayload, "2024-12 in answer to 2025 to 2026"),
        (200, body(row("2026Q1", "129.4")), BadPayload, "not a period of frequency M"),
        (200, body(row("2026", "129.4")), BadPayload, "not a period"),
        (200, body(row("2026M13", "129.4")), BadPayload, "not a period"),
        (200, body(row("2026M02", "NaN")), BadPayload, "not a number"),
        (200, body(row("2026M02", "1,29.4")), BadPayload, "not a number"),
        (200, body(row("2026M02", "129.4", UNIT_MULT="5")), BadPayload, "times ten to '5'"),
        (200, body(row("2026M02", "0.3", CL_UNIT="Percent change")), BadPayload, "'Percent change'"),
        (200, body(dollars("2026M02", "16,612,345", "DPCERG", "T20804")), BadPayload, "not Fisher Price Index"),
        (200, body(row("2026M01", "129.0"), row("2026M01", "129.1")), BadPayload, "two different values"),
        (200, body(*ROWS)[:-30], BadPayload, "JSON"),
    ],
)
def test_an_answer_means_one_thing(status: int, answer: bytes, error: type[SourceError], words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        parse(PCE, answer, status=status)
    assert type(caught.value) is error


@given(st.decimals(min_value=0, max_value=999, places=3))
def test_an_index_is_the_decimal_that_is_written(level: Decimal) -> None:
    rows = parse(PCE, body(row("2026M01", str(level))))["observation"]
    assert rows["value"].to_list() == [float(level)]
