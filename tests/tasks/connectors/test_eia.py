"""EIA's spot prices: rows of the shape of a body of October 2026, prices as texts, and answers about something else."""

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
from tasks.connectors import border
from tasks.connectors.eia import Eia
from tests.tasks.connectors.answers import connector, parse, queries, window
from tests.tasks.connectors.paged import Answer, Answers

SPAN = window("2026-09-24", "2026-09-29")
BRENT, WTI = queries("eia_spot", SPAN)
KEY = "a-key-of-forty-characters"
ROW = {
    "period": "2026-09-28", "duoarea": "ZEU", "area-name": "NA", "product": "EPCBRENT",
    "product-name": "UK Brent Crude Oil", "process": "PF4", "process-name": "Spot Price FOB", "series": "RBRTE",
    "series-description": "Europe Brent Spot Price FOB (Dollars per Barrel)", "value": "112.6", "units": "$/BBL",
}  # fmt: skip


def body(*rows: dict[str, Any], **response: Any) -> bytes:
    """As EIA writes it, with its escaped slash, a count as text and keys that nobody needs."""
    inner = {"total": "9988", "dateFormat": "YYYY-MM-DD", "frequency": "daily", "data": list(rows), **response}
    answer = {"response": inner, "request": {"command": "/v2/petroleum/pri/spt/data/"}, "apiVersion": "2.1.13"}
    return json.dumps(answer).replace("$/BBL", "$\\/BBL").encode()


BODY = body(ROW, {**ROW, "period": "2026-09-29", "value": "113.96"})


def test_one_request_a_series_and_the_key_is_not_in_the_url() -> None:
    request = connector("eia", KEY).build_request(BRENT)
    assert request.url == (
        "https://api.eia.gov/v2/petroleum/pri/spt/data/?frequency=daily&data[0]=value&facets[series][]=RBRTE"
        "&start=2026-09-24&end=2026-09-29&sort[0][column]=period&sort[0][direction]=asc&offset=0&length=5000"
    )
    assert request.secret_params == {"api_key": KEY}
    assert (BRENT.series[0].code, WTI.series[0].code) == ("RBRTE", "RWTC")


def test_a_window_fits_into_one_answer() -> None:
    span = window("1987-05-20", "2026-09-29")
    parts = queries("eia_spot", span, "eia_brent")
    assert all((part.window.end - part.window.start).days < 5_000 for part in parts)
    assert (parts[0].window.start, parts[-1].window.end) == (span.start, span.end)


def test_off_without_a_key() -> None:
    with pytest.raises(MissingKey, match=r"off: .*EIA_API_KEY"):
        Eia(replace(connector("eia").config, is_off=True)).build_request(BRENT)


@pytest.mark.parametrize("more", [{}, {"warnings": [{"warning": "incomplete return"}]}])
def test_rows(more: dict[str, Any]) -> None:
    rows = parse(BRENT, body(ROW, {**ROW, "period": "2026-09-29", "value": "113.96"}, **more))["observation"]
    assert rows.select("series_id", "obs_date", "value").rows() == [
        ("eia_brent", dt.date(2026, 9, 28), 112.6),
        ("eia_brent", dt.date(2026, 9, 29), 113.96),
    ]
    assert rows["knowledge_time"].null_count() == 2


def test_a_price_below_zero_and_one_that_is_missing() -> None:
    april = window("2020-04-17", "2020-04-21")
    (query,) = queries("eia_spot", april, "eia_wti")
    row = {**ROW, "series": "RWTC"}
    answer = body({**row, "period": "2020-04-20", "value": "-36.98"}, {**row, "period": "2020-04-21", "value": None})
    rows = parse(query, answer)["observation"]
    assert rows.select("obs_date", "value").rows() == [(dt.date(2020, 4, 20), -36.98)]


@pytest.mark.parametrize(
    ("status", "answer", "error", "words"),
    [
        (200, body(total="0"), NoData, "nothing for"),
        (200, b"", Outage, "empty body"),
        (200, b"<!DOCTYPE html><html></html>", HtmlPayload, "page|HTML"),
        (403, b'{"error":{"code":"API_KEY_MISSING","message":"No api_key was supplied."}}', MissingKey, "No api_key"),
        (403, b'{"error":{"code":"API_KEY_INVALID","message":"An invalid api_key"}}', MissingKey, "An invalid api_key"),
        (403, b"<html><title>403 Forbidden</title></html>", Outage, "HTTP 403"),
        (429, b'{"error":{"code":"OVER_RATE_LIMIT"}}', RateLimited, "too many"),
        (400, b'{"error":"Invalid frequency provided.","code":400}', BadRequest, "Invalid frequency"),
        (404, b'{"error":"Not found.","code":404}', BadRequest, "Not found"),
        (404, b"gone", BadRequest, "HTTP 404"),
        (503, b"", Outage, "HTTP 503"),
        (200, b'{"response":{}}', BadPayload, "frequency"),
        (200, body(ROW, frequency="weekly"), BadPayload, "'weekly' in answer to daily prices"),
        (200, body({**ROW, "series": "RWTC"}), BadPayload, "'RWTC' in answer to RBRTE"),
        (200, body({**ROW, "units": "$/GAL"}), BadPayload, r"in '\$/GAL', not \$/BBL"),
        (200, body({**ROW, "period": "2026-09-23"}), BadPayload, "2026-09-23 in answer to 2026-09-24"),
        (200, body({**ROW, "period": "2026-09"}), BadPayload, "not a yyyy-mm-dd date"),
        (200, body({**ROW, "value": "NaN"}), BadPayload, "not a"),
        (200, body({**ROW, "value": 112.6}), BadPayload, "not a"),
        (200, body({**ROW, "value": None}), BadPayload, "no number in 1 rows"),
        (200, body({key: cell for key, cell in ROW.items() if key != "value"}), BadPayload, "value"),
        (200, body(ROW, {**ROW, "value": "112.7"}), BadPayload, "two different values for eia_brent"),
        (200, body(*[ROW] * 5000), BadPayload, "the answer is full"),
        (200, BODY[:-40], BadPayload, "JSON"),
    ],
)
def test_an_answer_means_one_thing(status: int, answer: bytes, error: type[SourceError], words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        parse(BRENT, answer, status=status)
    assert type(caught.value) is error


def listed(*codes: str) -> bytes:
    facets = [{"id": code, "name": "Spot Price FOB"} for code in codes]
    return json.dumps({"response": {"totalFacets": len(facets), "facets": facets}}).encode()


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (listed("RBRTE", "RWTC"), NoData, "nothing for"),
        (listed("RWTC", "EER_EPMRU_PF4_RGC_DPG"), UnknownSeries, "RBRTE is not among the series of petroleum/pri/spt"),
        (listed(), BadPayload, "a list of no series"),
        (b'{"response":{"facets":{}}}', BadPayload, "not a list"),
        ((403, b'{"error":{"code":"API_KEY_INVALID","message":"An invalid api_key"}}'), MissingKey, "An invalid"),
        ((503, b""), Outage, "HTTP 503"),
    ],
)
async def test_after_an_empty_answer_the_list_of_series_tells_a_dead_code(
    answer: Answer, error: type[SourceError], words: str
) -> None:
    client = Answers(lambda url: answer if "facet" in url.split("?")[0] else body(total="0"))
    with pytest.raises(SourceError, match=words) as caught:
        await border.fetch(connector("eia", KEY), client, BRENT)
    assert type(caught.value) is error
    assert client.urls[1:] == ["https://api.eia.gov/v2/petroleum/pri/spt/facet/series/"]


async def test_an_answer_with_prices_is_one_request() -> None:
    client = Answers(lambda url: BODY)
    assert len(await border.fetch(connector("eia", KEY), client, BRENT)) == 1
    assert len(client.urls) == 1


@given(st.decimals(min_value=-100, max_value=9999, places=2))
def test_a_price_is_the_decimal_that_is_written(price: Decimal) -> None:
    assert parse(BRENT, body({**ROW, "value": str(price)}))["observation"]["value"].to_list() == [float(price)]
