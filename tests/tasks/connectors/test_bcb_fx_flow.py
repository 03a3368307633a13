"""Contracted FX flow: its ten series, over the wire of SGS."""

from __future__ import annotations

import datetime as dt

import pytest

from desk.errors import NoData
from tests.tasks.connectors.answers import connector, parse, queries, window

SPAN = window("2026-10-01", "2026-11-13")


def test_table_13_and_not_the_balance_of_payments() -> None:
    planned = queries("bcb_fx_flow", SPAN)
    assert sorted(q.series[0].code for q in planned) == [str(code) for code in range(13961, 13971)]
    assert {q.dataset.source for q in planned} == {"bcb_fx_flow"}
    assert (
        connector("bcb_fx_flow")
        .build_request(planned[0])
        .url.startswith("https://api.bcb.gov.br/dados/serie/bcdata.sgs.13961/")
    )


def test_millions_of_dollars_with_their_sign() -> None:
    (query,) = queries("bcb_fx_flow", SPAN, "fx_flow_financial")
    frame = parse(query, b'[{"data":"06/11/2026","valor":"-1234"},{"data":"09/11/2026","valor":"310.5"}]')[
        "observation"
    ]
    assert frame.select("series_id", "obs_date", "value").rows() == [
        ("fx_flow_financial", dt.date(2026, 11, 6), -1234.0),
        ("fx_flow_financial", dt.date(2026, 11, 9), 310.5),
    ]


def test_a_week_that_is_not_released_yet_is_no_data() -> None:
    (query,) = queries("bcb_fx_flow", window("2026-11-16", "2026-11-19"), "fx_flow_total")
    with pytest.raises(NoData):
        parse(query, b'{"erro":{"statusCode":404,"detail":"SGSNegocioException: Value(s) not found"}}', status=404)
