"""The Board's packages: columns by their identifier, ND is no data, and answers about something else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import BadPayload, BadRequest, HtmlPayload, NoData, Outage, RateLimited, SourceError
from tasks.connectors.exchange import FetchResult, Payload, Request
from tests.tasks.connectors.answers import LONG_AFTER, connector, parse, queries, window

SPAN = window("2026-08-28", "2026-09-08")
INDEXES, RATES = queries("fed_h10", SPAN)
(EURO,) = queries("fed_h10", SPAN, "h10_eurusd")
HEAD = (
    '"Series Description","SPOT EXCHANGE RATE - EURO AREA","SPOT EXCHANGE RATE - BRAZIL"\r\n'
    '"Unit:","Currency:_Per_EUR","Currency:_Per_USD"\r\n'
    '"Multiplier:","1","1"\r\n'
    '"Currency:","USD","BRL"\r\n'
    '"Unique Identifier: ","H10/H10/RXI$US_N.B.EU","H10/H10/RXI_N.B.BZ"\r\n'
    '"Time Period","RXI$US_N.B.EU","RXI_N.B.BZ"\r\n'
)
BODY = HEAD + "2026-09-04,1.1618,5.3938\r\n2026-09-07,ND,ND\r\n2026-09-08,1.1627,5.4000\r\n"

BALANCE = (
    '"Series Description","Assets: Total Assets: Total assets: Wednesday level"\r\n'
    '"Unit:","Currency"\r\n"Multiplier:","1000000"\r\n"Currency:","USD"\r\n'
    '"Unique Identifier: ","H41/H41/RESPPA_N.WW"\r\n"Time Period","RESPPA_N.WW"\r\n'
    "2026-09-02,6748567.0\r\n2026-09-09,6759955.0\r\n"
)
ASSETS, FACTORS = queries("fed_h41", window("2026-09-01", "2026-09-09"))


def test_one_request_a_package_for_the_whole_window() -> None:
    base = "https://www.federalreserve.gov/datadownload/Output.aspx?rel=H10&series="
    rest = "&lastobs=&from=08/28/2026&to=09/08/2026&filetype=csv&label=include&layout=seriescolumn&type=package"
    urls = [connector("fed_board").build_request(query).url for query in (INDEXES, RATES)]
    assert urls == [
        f"{base}122e3bcb627e8e53f1bf72a1a09cfb81{rest}", f"{base}60f32914ab61dfab590e0e470153e3ae{rest}",
    ]  # fmt: skip
    assert [len(query.series) for query in (INDEXES, RATES)] == [2, 5]
    assert len(queries("fed_h10", window("2008-01-01", "2026-09-08"))) == 2


@pytest.mark.parametrize("body", [BODY, BODY.removesuffix("\r\n"), BODY.replace("\r\n", "\n"), "\ufeff" + BODY])
def test_columns_by_identifier_and_no_data_is_no_row(body: str) -> None:
    rows = parse(RATES, body.encode())["observation"].sort("series_id", "obs_date")
    assert rows.select("series_id", "obs_date", "value").rows() == [
        ("h10_eurusd", dt.date(2026, 9, 4), 1.1618),
        ("h10_eurusd", dt.date(2026, 9, 8), 1.1627),
        ("h10_usdbrl", dt.date(2026, 9, 4), 5.3938),
        ("h10_usdbrl", dt.date(2026, 9, 8), 5.4),
    ]
    assert rows["knowledge_time"].null_count() == 4


@pytest.mark.parametrize("text", [BALANCE, BALANCE.removesuffix("\r\n")])
def test_the_balance_sheet_is_in_millions(text: str) -> None:
    rows = parse(ASSETS, text.encode())["observation"]
    assert rows.select("series_id", "obs_date", "value").rows() == [
        ("h41_fed_assets", dt.date(2026, 9, 2), 6748567.0),
        ("h41_fed_assets", dt.date(2026, 9, 9), 6759955.0),
    ]
    urls = [connector("fed_board").build_request(query).url for query in (ASSETS, FACTORS)]
    assert ["rel=H41&series=17398fbf71bc6a47df150bceebdea2bc" in urls[0], "2704b6bc" in urls[1]] == [True, True]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BALANCE.replace('"1000000"', '"1"'), "a multiplier of '1' for RESPPA_N.WW, not 1000000"),
        (BALANCE.removesuffix(".0\r\n"), "last line does not end"),
        (BALANCE.replace("RESPPA_N.WW", "RESPPMA_N.WW"), "none of its columns in answer to fed_h41"),
        (BODY, "over the column"),
    ],
)
def test_another_sheet_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadPayload, match=words):
        parse(ASSETS, text.encode())


async def test_a_series_that_left_its_package_is_a_finding_and_the_others_are_good() -> None:
    class Says:
        async def send(self, request: Request) -> Payload:
            return Payload(request, 200, {}, BODY.encode(), LONG_AFTER)

    (fetched,) = await connector("fed_board").fetch(Says(), RATES)
    assert isinstance(fetched, FetchResult)
    assert fetched.frames["observation"].height == 4
    assert fetched.unknown == {
        "h10_usdmxn": "RXI_N.B.MX: not in its package",
        "h10_usdjpy": "RXI_N.B.JA: not in its package",
        "h10_gbpusd": "RXI$US_N.B.UK: not in its package",
    }
    (whole,) = await connector("fed_board").fetch(Says(), EURO)
    assert not whole.unknown


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (200, HEAD, NoData, "nothing for"),
        (200, HEAD + "2026-09-07,ND,ND\r\n", NoData, "nothing for"),
        (200, "", Outage, "empty body"),
        (200, "<!DOCTYPE html><html><title>Board</title></html>", HtmlPayload, "a page in place"),
        (404, "no", BadRequest, "HTTP 404"),
        (403, "", Outage, "HTTP 403"),
        (429, "", RateLimited, "too many"),
        (503, "", Outage, "HTTP 503"),
        (200, BODY.replace("Time Period", "Date"), BadPayload, "not a package of the Board's"),
        (200, BODY.replace("H10/H10/RXI$US_N.B.EU", "H10/H10/RXI$US_N.B.UK"), BadPayload, "over the column"),
        (200, BODY.replace("H10/H10", "H15/H15"), BadPayload, "over the column"),
        (200, BODY.replace('"Multiplier:","1"', '"Multiplier:","1e+06"'), BadPayload, "multiplier|not a"),
        (200, BODY.replace('"Multiplier:","1"', '"Multiplier:","1000"'), BadPayload, "a multiplier of '1000'"),
        (200, BODY.replace("RXI_N.B.BZ", "RXI$US_N.B.EU"), BadPayload, "comes twice"),
        (200, BODY.replace("RXI$US_N.B.EU", "RXI$US_N.B.NZ"), BadPayload, "none of its columns"),
        (200, BODY.replace("1.1618", "NaN"), BadPayload, "not a"),
        (200, BODY.replace("2026-09-04,1.1618,", "2026-09-04,1.1618"), BadPayload, "2 fields under 3 columns"),
        (200, BODY.replace("2026-09-04", "09/04/2026"), BadPayload, "not a yyyy-mm-dd date"),
        (200, BODY.replace("2026-09-0", "2025-09-0"), BadPayload, "in answer to 2026-08-28"),
        (200, BODY.removesuffix("00\r\n"), BadPayload, "last line does not end"),
        (200, BODY + "2026-09-08,1.1700,5.4000\r\n", BadPayload, "two different values for h10_eurusd"),
    ],
)
def test_an_answer_means_one_thing(status: int, body: str, error: type[SourceError], words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        parse(EURO, body.encode(), status=status)
    assert type(caught.value) is error


@given(st.decimals(min_value=0, max_value=9999, places=4))
def test_a_rate_is_the_decimal_that_is_written(rate: Decimal) -> None:
    body = HEAD + f"2026-09-04,{rate},5.3938\r\n"
    assert parse(EURO, body.encode())["observation"]["value"].to_list() == [float(rate)]
