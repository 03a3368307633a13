"""SGS: its window limit, its rows, and its own ways to say no."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import BadPayload, BadRequest, HtmlPayload, NoData, Outage, RateLimited, SourceError, UnknownSeries
from tests.tasks.connectors.answers import connector, parse, payload_for, queries, window

(USD,) = queries("bcb_sgs_daily", window("2026-01-01", "2026-01-31"), "usdbrl_sgs_sell")
(TARGET,) = queries("bcb_sgs_daily", window("2026-01-01", "2026-01-05"), "selic_target")

SGS, ANSWER = connector("bcb_sgs"), payload_for(TARGET, b"")


def envelope(status: int, detail: str) -> bytes:
    text = f"br.gov.bcb.pec.sgs.comum.excecoes.SGSNegocioException: {detail}"
    return json.dumps({"erro": {"statusCode": status, "detail": text}}).encode()


def test_asks_one_series_by_days_first_dates() -> None:
    assert connector("bcb_sgs").build_request(USD).url == (
        "https://api.bcb.gov.br/dados/serie/bcdata.sgs.1/dados?formato=json&dataInicial=01/01/2026&dataFinal=31/01/2026"
    )


def test_a_daily_series_is_split_under_ten_years_and_a_monthly_one_is_not() -> None:
    span = window("1995-01-01", "2026-11-20")
    daily = queries("bcb_sgs_daily", span, "selic_daily")
    assert max((q.window.end - q.window.start).days + 1 for q in daily) == 3600
    assert (daily[0].window.start, daily[-1].window.end) == (span.start, span.end)
    gaps = {(b.window.start - a.window.end).days for a, b in itertools.pairwise(daily)}
    assert gaps == {1}
    assert [q.window for q in queries("bcb_sgs_monthly", span, "ipca_mom")] == [span]


def test_one_query_per_series_of_the_dataset() -> None:
    planned = queries("bcb_sgs_daily", window("2026-01-01", "2026-01-31"))
    assert [len(q.series) for q in planned] == [1] * len(planned)
    assert {q.series[0].code for q in planned} >= {"1", "10813", "11", "12", "432", "1178", "4389", "13621"}


def test_rows_become_values_in_our_unit() -> None:
    body = (
        b'\xef\xbb\xbf[{"data":"05/01/2026","valor":"15.00","dataFim":"06/01/2026"},'
        b'{"data":"02/01/2026","valor":"-0.25"}]'
    )
    frame = parse(TARGET, body)["observation"]
    assert frame.select("series_id", "obs_date", "value").rows() == [
        ("selic_target", dt.date(2026, 1, 2), -0.0025),
        ("selic_target", dt.date(2026, 1, 5), 0.15),
    ]
    assert frame["knowledge_time"].null_count() == 2


def test_future_rows_past_rows_and_blanks_are_no_rows() -> None:
    body = json.dumps(
        [
            {"data": "31/12/2025", "valor": "15.00"},
            {"data": "02/01/2026", "valor": ""},
            {"data": "03/01/2026", "valor": None},
            {"data": "05/01/2026", "valor": "15.00"},
            {"data": "06/01/2026", "valor": "15.00"},
        ]
    ).encode()
    assert parse(TARGET, body)["observation"]["obs_date"].to_list() == [dt.date(2026, 1, 5)]


def test_only_the_last_value_before_the_window_is_no_data() -> None:
    with pytest.raises(NoData):
        parse(TARGET, b'[{"data":"31/12/2025","valor":"15.00"}]')


def test_an_exact_repeat_is_one_row_and_a_contradiction_is_refused() -> None:
    row = b'{"data":"05/01/2026","valor":"15.00"}'
    assert parse(TARGET, b"[" + row + b"," + row + b"]")["observation"].height == 1
    with pytest.raises(BadPayload, match="two different values for selic_target, 2026-01-05"):
        parse(TARGET, b"[" + row + b',{"data":"05/01/2026","valor":"14.75"}]')


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, envelope(404, "Value(s) not found"), NoData),
        (200, b"[]", NoData),
        (404, envelope(404, "Series not found"), UnknownSeries),
        (400, envelope(400, "Invalid initial date"), BadRequest),
        (406, '{"error":"janela de consulta de, no máximo, 10 anos","message":"x"}'.encode(), BadRequest),
        (404, b"<html>Not Found</html>", BadRequest),
        (404, b"{not json", BadRequest),
        (400, b'{"other":1}', BadRequest),
        (503, envelope(503, "busy"), Outage),
        (504, b"", Outage),
        (403, b"<html>blocked</html>", Outage),
        (429, b"slow down", RateLimited),
        (200, '<?xml version="1.0"?><html><title>Requisição inválida!</title>'.encode(), HtmlPayload),
        (200, b"", Outage),
        (200, b'[{"data":"05/01/2026","val', BadPayload),
        (200, b'{"value":[]}', BadPayload),
        (200, b'[{"date":"05/01/2026","value":"15"}]', BadPayload),
        (200, b'[{"data":"05/01/2026"}]', BadPayload),
        (200, b'[{"data":"2026-01-05","valor":"15"}]', BadPayload),
        (200, b'[{"data":"05/01/2026","valor":15.0}]', BadPayload),
        (200, b'[{"data":"05/01/2026","valor":"15,00"}]', BadPayload),
        (200, b'[{"data":"05/01/2026","valor":"NaN"}]', BadPayload),
        (200, b"[NaN]", BadPayload),
        (200, b'[{"data":"05/01/2026","valor":"1\xff"}]', BadPayload),
    ],
)
def test_what_its_answers_mean(status: int, body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error) as raised:
        parse(TARGET, body, status=status)
    assert type(raised.value) is error


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=6))
def test_percent_text_is_the_nearest_float_of_its_hundredth(number: Decimal) -> None:
    body = json.dumps([{"data": "05/01/2026", "valor": f"{number:f}"}]).encode()
    frame = SGS.parse(replace(ANSWER, body=body))["observation"]
    assert frame["value"][0] == float(number / 100)
