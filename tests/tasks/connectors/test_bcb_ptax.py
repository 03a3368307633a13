"""PTAX: the closing bulletin and no other, both sides, US-order dates, pages."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import BadCatalog, BadPayload, BadRequest, NoData, Outage, SourceError
from tasks.connectors.bcb_ptax import BcbPtax
from tests.tasks.connectors.answers import connector, parse, payload_for, queries, window
from tests.tasks.connectors.paged import Answers

SPAN = window("2026-09-01", "2026-09-30")
EURO, DOLLAR = sorted(queries("bcb_ptax", SPAN), key=lambda query: query.series[0].code)
PTAX, ANSWER = connector("bcb_ptax"), payload_for(DOLLAR, b"")
BASE = "https://olinda.bcb.gov.br/olinda/servico/PTAX/versao/v1/odata"


def page(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"@odata.context": "https://was-p.bcnet.bcb.gov.br/x", "value": list(rows)}).encode()


def quote(stamp: str, sell: Any, buy: Any = 5.1, bulletin: str | None = None) -> dict[str, Any]:
    row = {"cotacaoCompra": buy, "cotacaoVenda": sell, "dataHoraCotacao": stamp}
    return row if bulletin is None else {**row, "tipoBoletim": bulletin}


def test_asks_with_literal_marks_and_no_plus() -> None:
    assert connector("bcb_ptax").build_request(DOLLAR).url == (
        f"{BASE}/CotacaoDolarPeriodo(dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
        "?@dataInicial='09-01-2026'&@dataFinalCotacao='09-30-2026'"
        "&$orderby=dataHoraCotacao%20asc&$top=10000&$skip=0&$format=json"
    )
    assert "CotacaoMoedaPeriodo(moeda=@moeda," in connector("bcb_ptax").build_request(EURO).url
    assert "?@moeda='EUR'&" in connector("bcb_ptax").build_request(EURO).url


def test_one_query_brings_both_sides_of_a_currency() -> None:
    assert sorted(s.id for s in DOLLAR.series) == ["usdbrl_ptax_buy", "usdbrl_ptax_sell"]
    body = (
        b'/* {"value":[{"cotacaoCompra":5.15690,"cotacaoVenda":5.15750,"dataHoraCotacao":"2026-09-18 13:03:34.7"}]} */'
    )
    assert parse(DOLLAR, body)["observation"].select("series_id", "obs_date", "value").rows() == [
        ("usdbrl_ptax_buy", dt.date(2026, 9, 18), 5.1569),
        ("usdbrl_ptax_sell", dt.date(2026, 9, 18), 5.1575),
    ]


@pytest.mark.parametrize("label", ["Fechamento", "Fechamento PTAX"])
def test_only_the_closing_bulletin_counts(label: str) -> None:
    body = page(
        quote("2026-09-18 13:03:34.528962", 5.9175, bulletin="Intermediário"),
        quote("2026-09-18 13:03:34.742036", 5.9126, bulletin=label),
        quote("2026-09-21 10:02:17.0", 5.95, bulletin="Abertura"),
    )
    assert parse(EURO, body)["observation"].select("obs_date", "value").rows() == [(dt.date(2026, 9, 18), 5.9126)]


def test_before_the_closing_there_is_no_data() -> None:
    with pytest.raises(NoData):
        parse(EURO, page(quote("2026-09-18 12:07:11.9", 5.9, bulletin="Intermediário")))


def test_rows_outside_the_window_and_nulls_are_dropped_and_the_later_of_two_closings_stands() -> None:
    body = page(
        quote("2026-08-31 13:05:00", 5.0),
        quote("2026-09-01 18:00:00", 5.2),
        quote("2026-09-01 13:05:00", 5.1),
        quote("2026-09-02 13:05:00", None),
        quote("2026-10-01 13:05:00", 5.3),
    )
    frame = parse(DOLLAR, body)["observation"]
    assert frame.select("series_id", "obs_date", "value").rows() == [
        ("usdbrl_ptax_buy", dt.date(2026, 9, 1), 5.1),
        ("usdbrl_ptax_buy", dt.date(2026, 9, 2), 5.1),
        ("usdbrl_ptax_sell", dt.date(2026, 9, 1), 5.2),
    ]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, page(), NoData),
        (400, b'{"codigo":400,"mensagem":"erro"}', BadRequest),
        (404, b"", BadRequest),
        (500, b"<html>", Outage),
        (403, b"firewall", Outage),
        (200, b'{"values":[]}', BadPayload),
        (200, b"[]", BadPayload),
        (200, b'{"value":[1]}', BadPayload),
        (200, page({"cotacaoVenda": 5.1, "dataHoraCotacao": "2026-09-18 13:00:00"}), BadPayload),
        (200, page(quote("18/09/2026", 5.1)), BadPayload),
        (200, page(quote("2026-09-18 13:00:00", "5,1")), BadPayload),
    ],
)
def test_what_its_answers_mean(status: int, body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error) as raised:
        parse(DOLLAR, body, status=status)
    assert type(raised.value) is error


def test_a_currency_without_bulletin_labels_cannot_be_told_apart() -> None:
    with pytest.raises(BadPayload, match="tipoBoletim"):
        parse(EURO, page(quote("2026-09-18 13:03:34", 5.9)))


def test_a_series_must_say_its_side() -> None:
    query = replace(DOLLAR, series=(replace(DOLLAR.series[0], params={}),))
    with pytest.raises(BadCatalog, match="side"):
        parse(query, page(quote("2026-09-18 13:03:34", 5.9)))


class SmallPages(BcbPtax):
    page_rows = 2


def small_pages() -> BcbPtax:
    return SmallPages(connector("bcb_ptax").config)


async def test_pages_are_fetched_until_one_is_short() -> None:
    rows = [quote(f"2026-09-{day:02d} 13:05:00", 5 + day / 100) for day in (1, 2, 3, 4)]

    def answer(url: str) -> bytes:
        match = re.search(r"\$top=2&\$skip=(\d+)&", url)
        assert match
        return page(*rows[int(match[1]) :][:2])

    client = Answers(answer)
    fetched = await small_pages().fetch(client, DOLLAR)
    assert [re.search(r"skip=(\d+)", url)[1] for url in client.urls] == ["0", "2", "4"]  # type: ignore[index]
    assert [one.frames["observation"]["obs_date"].n_unique() for one in fetched] == [2, 2]


async def test_nothing_on_any_page_is_no_data() -> None:
    with pytest.raises(NoData):
        await small_pages().fetch(Answers(lambda url: page()), DOLLAR)


@given(st.decimals(min_value=Decimal("0.00001"), max_value=3000, places=5))
def test_five_decimals_and_trailing_zeros_are_kept_exactly(number: Decimal) -> None:
    body = (
        f'{{"value":[{{"cotacaoCompra":1,"cotacaoVenda":{number:f},"dataHoraCotacao":"2026-09-18 13:03:34.05066"}}]}}'
    )
    frame = PTAX.parse(replace(ANSWER, body=body.encode()))["observation"]
    assert frame.rows_by_key("series_id", named=True)["usdbrl_ptax_sell"][0]["value"] == float(number)
