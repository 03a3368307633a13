"""Cboe's file of the VIX: off without a licence, whole at each request, and answers about something else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.settings import load_settings
from desk.catalog import load_catalog
from desk.errors import BadPayload, BadRequest, HtmlPayload, MissingKey, NoData, Outage, RateLimited, SourceError
from tasks.connectors.cboe_vix import CboeVix
from tasks.run.source_configs import source_configs
from tests.flows.real_folders import real_folder
from tests.tasks.connectors.answers import connector, parse, queries, window

SPAN = window("2026-07-20", "2026-07-24")
(VIX,) = queries("cboe_vix", SPAN)
HEAD = "DATE,OPEN,HIGH,LOW,CLOSE\n"
BODY = (
    HEAD + "01/02/1990,17.240000,17.240000,17.240000,17.240000\n"
    "07/22/2026,17.420000,19.490000,16.640000,16.640000\n07/23/2026,17.670000,20.310000,17.320000,18.700000\n"
)


def test_the_whole_file_is_asked_for_whatever_the_window() -> None:
    url = "https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv"
    assert connector("cboe_vix").build_request(VIX).url == url
    assert len(queries("cboe_vix", window("2010-01-01", "2026-07-24"))) == 1


def test_nothing_is_asked_live_without_a_licence() -> None:
    catalog = load_catalog()
    off = source_configs(load_settings(), catalog, "live")["cboe_vix"]
    with pytest.raises(MissingKey, match="ALVORADA_LICENSED"):
        CboeVix(off).build_request(VIX)
    on = source_configs(load_settings(licensed=("cboe_vix",)), catalog, "live")["cboe_vix"]
    assert CboeVix(on).build_request(VIX).url.endswith("VIX_History.csv")
    assert not source_configs(load_settings(sandbox_url="http://sandbox"), catalog, "sandbox")["cboe_vix"].is_off


@pytest.mark.parametrize("body", [BODY, BODY.removesuffix("\n"), BODY.replace("\n", "\r\n"), "\ufeff" + BODY])
def test_closes_of_the_window(body: str) -> None:
    rows = parse(VIX, body.encode())["observation"]
    assert rows.select("series_id", "obs_date", "value").rows() == [
        ("cboe_vix", dt.date(2026, 7, 22), 16.64),
        ("cboe_vix", dt.date(2026, 7, 23), 18.7),
    ]


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (200, HEAD, NoData, "nothing for"),
        (200, "", Outage, "empty body"),
        (200, "<html><title>Cboe</title></html>", HtmlPayload, "a page in place"),
        (404, "no", BadRequest, "HTTP 404"),
        (403, "", Outage, "HTTP 403"),
        (429, "", RateLimited, "too many"),
        (503, "", Outage, "HTTP 503"),
        (200, "DATE,OVX\n07/22/2026,27.120000\n", BadPayload, "not a history of the VIX"),
        (200, BODY.replace("CLOSE", "LAST"), BadPayload, "not a history of the VIX"),
        (200, BODY.replace("18.700000", "NaN"), BadPayload, "not a"),
        (200, BODY.replace("07/23/2026", "07/23/26"), BadPayload, "not a mm/dd/yyyy date"),
        (200, BODY.removesuffix("0000\n"), BadPayload, "last line does not end"),
        (200, BODY.removesuffix(",18.700000\n"), BadPayload, "4 fields under 5 columns"),
        (200, BODY.replace("07/22", "07/23"), BadPayload, "two different values for cboe_vix"),
    ],
)
def test_an_answer_means_one_thing(status: int, body: str, error: type[SourceError], words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        parse(VIX, body.encode(), status=status)
    assert type(caught.value) is error


@given(st.decimals(min_value=5, max_value=150, places=6))
def test_a_close_is_the_decimal_that_is_written(close: Decimal) -> None:
    body = HEAD + f"07/22/2026,17.0,19.0,16.0,{close}\n"
    assert parse(VIX, body.encode())["observation"]["value"].to_list() == [float(close)]


@pytest.mark.real
def test_the_collected_copy_is_read_whole() -> None:
    body = (real_folder("ALVORADA_REAL_PAYLOADS", "real-payloads") / "vix" / "vix-daily.csv").read_bytes()
    (whole,) = queries("cboe_vix", window("1990-01-01", "2026-12-31"))
    rows = parse(whole, body)["observation"].sort("obs_date")
    assert rows.height == 9235
    assert rows.row(0)[1] == dt.date(1990, 1, 2)
    assert rows.filter(pl.col("obs_date") == dt.date(2020, 3, 16))["value"].to_list() == [82.69]
    assert rows.row(-1)[-1] == 18.7
