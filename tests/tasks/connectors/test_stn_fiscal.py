"""Tesouro Nacional: one file of every bond, and auctions year by year."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import BadCatalog, BadPayload, BadRequest, HtmlPayload, NoData, Outage
from tests.tasks.connectors.answers import connector, parse, payload_for, queries, window
from tests.tasks.connectors.paged import Answers

HEADER = (
    "Tipo Titulo;Data Vencimento;Data Base;Taxa Compra Manha;Taxa Venda Manha;"
    "PU Compra Manha;PU Venda Manha;PU Base Manha\n"
)
(FILE,) = queries("stn_tesouro_direto", window("2026-11-16", "2026-11-20"))
(AUCTION,) = queries("stn_auctions", window("2025-10-23"))
STN, ANSWER = connector("stn_fiscal"), payload_for(FILE, b"")


def file(*lines: str) -> bytes:
    return (HEADER + "".join(f"{line}\n" for line in lines)).encode()


def test_the_file_is_one_request_and_auctions_one_per_year() -> None:
    assert STN.build_request(FILE).url == (
        "https://www.tesourotransparente.gov.br/ckan/dataset/df56aa42-484a-4a59-8184-7676580c81e3"
        "/resource/796d2059-14e9-44e3-80c9-2d9e30b405c1/download/precotaxatesourodireto.csv"
    )
    assert STN.build_request(AUCTION).url == (
        "https://apiapex.tesouro.gov.br/aria/v1/api-leiloes-pub/custom/resultados?anoinicial=2025"
    )
    requested = [(q.window.start, q.window.end) for q in queries("stn_auctions", window("2025-12-20", "2026-01-09"))]
    assert requested == [
        (dt.date(2025, 12, 20), dt.date(2025, 12, 31)),
        (dt.date(2026, 1, 1), dt.date(2026, 1, 9)),
    ]
    with pytest.raises(BadCatalog, match="other"):
        STN.build_request(replace(FILE, dataset=replace(FILE.dataset, id="other")))


def test_bonds_by_their_own_names_rows_in_any_order_window_only() -> None:
    body = file(
        "Tesouro IPCA+ com Juros Semestrais;15/05/2045;19/11/2026;6,37;6,47;1617,98;1595,98;1.595,39",
        "Tesouro Prefixado;01/01/2029;13/11/2026;13,1;13,2;700,00;699,00;698,00",
        "Tesouro Selic;01/03/2029;17/11/2026;0,0561;0,0599;18.897,34;18.890,00;18.890,01",
        "Tesouro Prefixado;01/01/2029;16/11/2026;13,1;13,22;700,00;699,00;698,5",
        "Tesouro Educa+;15/12/2030;19/11/2026;7,1;7,22;2700,00;2699,00;2698,5",
        "Tesouro Prefixado;01/01/2029;21/11/2026;13,1;13,2;700,00;699,00;698,00",
    )
    frame = parse(FILE, b"\xef\xbb\xbf" + body)["settlement"]
    assert frame.select("contract_id", "obs_date", "price", "rate").rows() == [
        ("TD:LFT_2029-03-01", dt.date(2026, 11, 17), 18890.01, 0.000599),
        ("TD:LTN_2029-01-01", dt.date(2026, 11, 16), 698.5, 0.1322),
        ("TD:NTN-B_2045-05-15", dt.date(2026, 11, 19), 1595.39, 0.0647),
        ("TD:Tesouro Educa+_2030-12-15", dt.date(2026, 11, 19), 2698.5, 0.0722),
    ]
    assert frame["open_interest"].null_count() == frame["volume"].null_count() == frame.height


def test_what_is_not_for_sale_has_no_price_and_is_no_row() -> None:
    lines = ["Tesouro Prefixado;01/01/2029;16/11/2026;0,00;0,00;0,00;0,00;0,00"]
    with pytest.raises(NoData):
        parse(FILE, file(*lines))
    with pytest.raises(NoData):
        parse(FILE, file("Tesouro Prefixado;01/01/2029;16/11/2026;;;;;"))
    frame = parse(FILE, file(*lines, "Tesouro Prefixado;01/01/2030;16/11/2026;13,1;;700,00;;698,5"))["settlement"]
    assert frame.select("price", "rate").rows() == [(698.5, None)]


def test_a_mean_price_of_zero_is_computed_from_what_was_accepted() -> None:
    """`pu_medio` 0 means "to be computed"; the money and the bonds are those of the real row of 23 October 2025."""
    money = {"financeiro_aceito": 1768943151, "quantidade_aceita": 2000000, "pu_medio": 0}
    frame = parse(AUCTION, json.dumps([sale(**money)]).encode())["settlement"]
    assert frame["price"].to_list() == [pytest.approx(884.471576, abs=1e-6)]
    unsaid = [sale(pu_medio=0)]
    assert parse(AUCTION, json.dumps(unsaid).encode())["settlement"]["price"].to_list() == [None]


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (HEADER.encode(), NoData, "no bond in 2026-11-16"),
        (file("Tesouro Selic;01/03/2029;2026-11-17;1;1;1;1;1"), BadPayload, "Data Base"),
        (file("Tesouro Selic;2029;17/11/2026;1;1;1;1;1"), BadPayload, "Data Vencimento"),
        (file("Tesouro Selic;01/03/2029;17/11/2026;1;1.5;1;1;1"), BadPayload, "Taxa Venda Manha"),
        (file("Tesouro Selic;01/03/2029;17/11/2026;1;1;1;1;R$ 1"), BadPayload, "PU Base Manha"),
        (file(*[f"Tesouro Selic;01/03/2029;17/11/2026;1;1;1;1;{pu}" for pu in (1, 2)]), BadPayload, "two different"),
        (b"Titulo;Preco\nTesouro Selic;1\n", BadPayload, "columns are missing"),
        (b"\n", Outage, "an empty body"),
        (b"Tipo Titulo\nA;B;C\n", BadPayload, "not a CSV"),
        (b"<!doctype html><title>x</title>", HtmlPayload, "HTML"),
    ],
)
def test_what_the_files_answers_mean(body: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        parse(FILE, body)


def test_a_file_that_moved_is_named() -> None:
    with pytest.raises(BadRequest, match="404"):
        parse(FILE, b"not found", status=404)


@given(st.decimals(min_value=Decimal("0.01"), max_value=10**5, places=2), st.decimals(-50, 50, places=4))
def test_comma_numbers_are_the_nearest_floats(price: Decimal, rate: Decimal) -> None:
    def comma(number: Decimal, thousands: bool) -> str:
        text = f"{number:,f}" if thousands else f"{number:f}"
        return text.translate(str.maketrans(",.", ".,"))

    for thousands in (False, True):
        line = f"Tesouro Selic;01/03/2029;17/11/2026;1;{comma(rate, thousands)};1;1;{comma(price, thousands)}"
        frame = STN.parse(replace(ANSWER, body=file(line)))["settlement"]
        assert frame.select("price", "rate").rows() == [(float(price), float(rate / 100))]


async def test_the_file_is_fetched_and_parsed_whole() -> None:
    body = file("Tesouro Selic;01/03/2029;17/11/2026;1;1;1;1;1")
    (fetched,) = await STN.fetch(Answers(lambda url: body), FILE)
    assert fetched.frames["settlement"].height == 1


def sale(**changes: Any) -> dict[str, Any]:
    return {
        "data_leilao": "23/10/2025", "titulo": "LTN", "vencimento": "01/10/2026", "tipo_leilao": "Venda",
        "quantidade_aceita": 2000000, "pu_medio": 884.471576, "taxa_media": 14.1346,
    } | changes  # fmt: skip


@pytest.mark.parametrize("wrap", [lambda rows: {"registros": rows}, lambda rows: rows])
def test_an_auction_is_its_mean_price_mean_rate_and_bonds_accepted(wrap: Any) -> None:
    body = json.dumps(wrap([sale(), sale(titulo="NTN-F", vencimento="01/01/2035", taxa_media=13.8551)])).encode()
    frame = parse(AUCTION, body)["settlement"]
    assert frame.select("contract_id", "obs_date", "price", "rate", "volume").rows() == [
        ("AUCTION:LTN_2026-10-01", dt.date(2025, 10, 23), 884.471576, 0.141346, 2_000_000.0),
        ("AUCTION:NTN-F_2035-01-01", dt.date(2025, 10, 23), 884.471576, 0.138551, 2_000_000.0),
    ]


def test_an_unsold_bond_has_no_price_and_purchases_are_not_sales() -> None:
    rows = [
        sale(quantidade_aceita=0, pu_medio=0, taxa_media=0),
        sale(tipo_leilao="Compra", vencimento="01/01/2027"),
        sale(data_leilao="24/10/2025", vencimento="01/01/2028"),
    ]
    frame = parse(AUCTION, json.dumps(rows).encode())["settlement"]
    assert frame.select("contract_id", "price", "rate", "volume").rows() == [
        ("AUCTION:LTN_2026-10-01", None, None, 0.0)
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data_leilao": "24/10/2025"}, "an auction of 2025-10-24 in"),
        ({"quantidade_aceita": None}, "not a number: None"),
    ],
)
def test_another_days_auctions_and_a_quantity_of_null_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadPayload, match=words):
        parse(AUCTION, json.dumps([sale(**change)]).encode())


@pytest.mark.parametrize("body", [b"[]", b'{"registros":[]}'])
def test_a_day_without_auction_is_no_data(body: bytes) -> None:
    with pytest.raises(NoData):
        parse(AUCTION, body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"itens":[]}',
        b"[1]",
        json.dumps([sale(data_leilao="2025-10-23")]).encode(),
        json.dumps([sale(pu_medio="884,47")]).encode(),
        json.dumps([{key: value for key, value in sale().items() if key != "taxa_media"}]).encode(),
    ],
)
def test_another_format_of_auctions_is_named(body: bytes) -> None:
    with pytest.raises(BadPayload):
        parse(AUCTION, body)


def test_a_sale_without_a_price_is_null() -> None:
    frame = parse(AUCTION, json.dumps([sale(taxa_media=None)]).encode())["settlement"]
    assert frame["rate"].to_list() == [None]
