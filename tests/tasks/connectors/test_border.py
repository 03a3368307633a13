"""The border: inputs that went wrong, each with what is right, and what makes a fault ours and not a source's."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import BadPayload, NoData
from desk.model import CURVE_POINT
from tasks.connectors import border
from tasks.connectors.exchange import Payload, Query
from tests.tasks.connectors.answers import connector, parse, queries, window
from tests.tasks.connectors.paged import Answers

NOVEMBER = window("2026-11-03", "2026-11-18")
(DGS10,) = queries("fred_daily", NOVEMBER, "dgs10")
(KEYED,) = queries("fred_daily", NOVEMBER, "dgs10", api_key="k")
(NOMINAL,) = queries("treasury_nominal", NOVEMBER)
(REAL,) = queries("treasury_real", NOVEMBER)
(TESOURO,) = queries("stn_tesouro_direto", NOVEMBER)
(TFF,) = queries("cftc_tff", NOVEMBER, "cot_brl_lev_long", "cot_brl_oi")
(IBOVESPA,) = queries("yahoo_daily", NOVEMBER, "ibovespa")
(DOLLAR,) = queries("bcb_ptax", NOVEMBER, "usdbrl_ptax_sell")
(EURO,) = queries("bcb_ptax", NOVEMBER, "eurbrl_ptax_sell")
FOCUS = queries("bcb_focus_annual", NOVEMBER)[0]
(SIDRA,) = queries("ibge_ipca_index", window("2026-01-01", "2026-11-18"))
(SETTLED,) = queries("b3_settlements", window("2026-11-17"))

ANSWER = Payload(connector("fred").build_request(DGS10), 200, {}, b"", dt.datetime(2026, 11, 20, tzinfo=dt.UTC))

TESOURO_HEAD = "Tipo Titulo;Data Vencimento;Data Base;Taxa Compra Manha;Taxa Venda Manha;PU Compra Manha;PU Venda Manha;PU Base Manha\n"  # noqa: E501


def bond(day: str = "17/11/2026", maturity: str = "01/03/2029", price: str = "845,53") -> str:
    return f"Tesouro Selic;{maturity};{day};0,05;0,06;845,60;845,50;{price}\n"


def fred_csv(*lines: str, code: str = "DGS10", end: str = "\n") -> bytes:
    return ("\n".join([f"observation_date,{code}", *lines]) + end).encode()


def cot(**more: Any) -> dict[str, Any]:
    return {
        "report_date_as_yyyy_mm_dd": "2026-11-03T00:00:00.000", "cftc_contract_market_code": "102741",
        "lev_money_positions_long": "1000", **more,
    }  # fmt: skip


def chart(stamps: list[Any], meta: dict[str, Any] | None = None, **columns: list[Any]) -> bytes:
    close = [100.0 + n for n in range(len(stamps))]
    about = {"symbol": "^BVSP", "currency": "BRL", "instrumentType": "INDEX", "dataGranularity": "1d", "priceHint": 2}
    quote = {name: columns.get(name, close) for name in ("open", "high", "low", "close", "volume")}
    result = {
        "meta": about | {"exchangeTimezoneName": "America/Sao_Paulo"} | (meta or {}),
        "timestamp": stamps,
        "indicators": {"quote": [quote]},
    }
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


def at(day: int, hour: int = 13) -> int:
    return int(dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC).timestamp())


def focus_row(**more: Any) -> dict[str, Any]:
    return {
        "Indicador": "IPCA", "IndicadorDetalhe": None, "Data": "2026-11-13", "DataReferencia": "2026", "Media": 4.5,
        "Mediana": 4.5, "DesvioPadrao": 0.1, "Minimo": 4.0, "Maximo": 5.0, "numeroRespondentes": 100, "baseCalculo": 0,
        **more,
    }  # fmt: skip


def olinda(*rows: dict[str, Any], context: str = "ExpectativasMercadoAnuais") -> bytes:
    return json.dumps({"@odata.context": f"https://x/odata$metadata#{context}", "value": list(rows)}).encode()


def quote(stamp: str, sell: float) -> dict[str, Any]:
    return {"cotacaoCompra": 5.1, "cotacaoVenda": sell, "dataHoraCotacao": stamp, "tipoBoletim": "Fechamento"}


def sidra(**more: str) -> bytes:
    labels = {
        "NC": "Nível Territorial (Código)", "NN": "Nível Territorial", "MN": "Unidade de Medida", "V": "Valor",
        "D1C": "Brasil (Código)", "D2C": "Variável (Código)", "D3C": "Mês (Código)",
    }  # fmt: skip
    row = {
        "NC": "1", "NN": "Brasil", "MN": "Número-índice", "V": "7000.1", "D1C": "1",
        "D2C": str(SIDRA.series[0].params["variable"]), "D3C": "202610",
    }  # fmt: skip
    return json.dumps([labels, row | more]).encode()


def report(*contracts: str, currency: str = "BRL") -> bytes:
    reports = [
        f"<PricRpt><TradDt><Dt>2026-11-17</Dt></TradDt><SctyId><TckrSymb>{ticker}</TckrSymb></SctyId>"
        f'<AdjstdQt Ccy="{currency}">{price}</AdjstdQt></PricRpt>'
        for ticker, price in (contract.split() for contract in contracts)
    ]
    return f"<Document><TtlNbOfMsg>{len(reports)}</TtlNbOfMsg>{''.join(reports)}</Document>".encode()


REFUSED: dict[str, tuple[Query, bytes, str]] = {
    # row 3: a last line that does not end, a row of another width
    "fred cut in a number": (DGS10, fred_csv("2026-11-03,4.15", "2026-11-04,4", end=""), "last line does not end"),
    "fred cut row": (DGS10, fred_csv("2026-11-03,4.15", "2026-11-04"), "1 fields under 2 columns"),
    "treasury cut in a number": (NOMINAL, b'Date,"1 Mo","2 Yr"\n11/03/2026,4.15,4', "last line does not end"),
    "treasury cut before its last number": (
        NOMINAL, b'Date,"1 Mo","2 Yr"\n11/04/2026,4.15,4.01\n11/03/2026,4.15,', "last line does not end",
    ),
    "treasury short row": (NOMINAL, b'Date,"1 Mo","2 Yr"\n11/03/2026,4.15\n', "2 fields under 3 columns"),
    "tesouro cut in a number": (TESOURO, (TESOURO_HEAD + bond() + bond(price="845,5"))[:-1].encode(), "does not end"),
    "tesouro short row": (TESOURO, (TESOURO_HEAD + bond().rpartition(";")[0] + "\n").encode(), "8 fields on each"),
    # row 6, 7: null where a value is promised; a number where a text is usual
    "yahoo null stamp": (IBOVESPA, chart([None, at(17)]), "not a number: None"),
    "yahoo text price": (IBOVESPA, chart([at(17)], close=["1"]), "not a number: '1'"),
    "yahoo true price": (IBOVESPA, chart([at(17)], close=[True]), "not a number: True"),
    "cftc null": (TFF, json.dumps([cot(lev_money_positions_long=None)]).encode(), "not a text: None"),
    "cftc number": (TFF, json.dumps([cot(lev_money_positions_long=1000)]).encode(), r"not a text: Decimal\('1000'\)"),
    # row 9, 10: a number without bound, a nesting without end
    "focus respondents": (
        FOCUS, olinda(focus_row(numeroRespondentes=1)).replace(b'dentes": 1', b'dentes": 1E1000000'),
        "not a number that a source gives",
    ),
    "focus nesting": (FOCUS, b"[" * 100_000, "nested too deep"),
    "yahoo nesting": (IBOVESPA, b'{"chart":' * 100_000, "nested too deep"),
    "sgs number": (
        queries("bcb_sgs_daily", NOVEMBER, "usdbrl_sgs_sell")[0], b'[{"data":"17/11/2026","valor":"1E400"}]', "not a",
    ),
    # row 12: two digits of a year
    "tesouro maturity": (TESOURO, (TESOURO_HEAD + bond(maturity="01/03/29")).encode(), "Data Vencimento is not a dd"),
    "tesouro days": (TESOURO, (TESOURO_HEAD + bond(day="17/11/26")).encode(), "Data Base is not a dd/mm/yyyy date"),
    "treasury days": (NOMINAL, b'Date,"1 Mo"\n11/03/26,4.15\n', "not a mm/dd/yyyy date"),
    "fred days": (DGS10, fred_csv("0026-11-03,4.15"), "1900 to 2200"),
    # row 15: one key, two values
    "cftc twice": (
        TFF, json.dumps([cot(), cot(lev_money_positions_long="7")]).encode(),
        "two different values for cot_brl_lev_long, 2026-11-03",
    ),
    "fred twice": (DGS10, fred_csv("2026-11-03,4.15", "2026-11-03,4.16"), "two different values for dgs10, 2026-11-03"),
    "treasury twice": (
        NOMINAL, b'Date,"1 Mo"\n11/03/2026,4.15\n11/03/2026,4.16\n', "two different values for UST, 21, 2026-11-03",
    ),
    "b3 twice": (SETTLED, report("DI1F27 99000.1", "DI1F27 99000.2"), "two different values for DI1F27, 2026-11-17"),
    "ptax twice": (
        EURO,
        olinda(quote("2026-11-17 13:00:00", 5.9), quote("2026-11-17 13:00:00", 5.8), context="_CotacaoMoedaPeriodo"),
        "two different closing rates",
    ),
    "yahoo twice": (IBOVESPA, chart([at(17), at(17)]), "two different bars of 2026-11-17"),
    "json key twice": (FOCUS, b'{"value":[],"value":[]}', "the key 'value' comes twice"),
    # row 16: identity
    "yahoo symbol": (IBOVESPA, chart([at(17)], {"symbol": "^GSPC"}), "'\\^GSPC' in answer to '\\^BVSP'"),
    "yahoo currency": (
        queries("yahoo_daily", NOVEMBER, "yahoo_usdbrl")[0],
        chart([at(17)], {"symbol": "BRL=X", "currency": "MXN", "instrumentType": "CURRENCY"}),
        "'MXN per USD' in answer to 'BRL per USD'",
    ),
    "fred series": (DGS10, fred_csv("2026-11-03,4.15", code="DGS2"), "'DGS2' in answer to DGS10"),
    "cftc market": (TFF, json.dumps([cot(cftc_contract_market_code="099741")]).encode(), "market '099741' in"),
    "focus set": (FOCUS, olinda(focus_row(), context="ExpectativasMercadoSelic"), "Selic' in answer to"),
    "ptax function": (DOLLAR, olinda(quote("2026-11-17 13:00:00", 5.9), context="_CotacaoMoedaPeriodo"), "in answer"),
    "sidra territory": (SIDRA, sidra(NC="3", D1C="11"), "another territory than Brazil"),
    "sidra unit": (SIDRA, sidra(MN="%"), "unit '%' in answer to"),
    "treasury real for nominal": (NOMINAL, b'Date,"5 YR","10 YR"\n11/03/2026,1.15,1.20\n', "real rates in answer to"),
    "treasury nominal for real": (REAL, b'Date,"1 Mo","10 Yr"\n11/03/2026,4.15,4.20\n', "nominal rates in answer to"),
    "treasury year": (NOMINAL, b'Date,"1 Mo"\n11/03/2025,4.15\n', "rates of 2025 in answer to 2026"),
    "sgs days in a monthly series": (
        queries("bcb_sgs_monthly", window("2026-10-01", "2026-11-18"))[0],
        b'[{"data":"01/10/2026","valor":"0.5"},{"data":"02/10/2026","valor":"0.5"}]',
        "2026-10-02 in answer to ipca_mom",
    ),
    "fred months in a quarterly series": (
        queries("fred_macro", window("2026-01-01", "2026-11-18"), "us_gdp")[0],
        fred_csv("2026-01-01,1.0", "2026-02-01,1.0", code="GDPC1"), "2026-02-01 in answer to us_gdp",
    ),
    "focus indicator": (FOCUS, olinda(focus_row(Indicador="Selic")), "'Selic' in answer to 'IPCA'"),
    "focus days": (FOCUS, olinda(focus_row(Data="2025-11-13")), "rows of 2025-11-13 in answer to"),
    "ptax days": (DOLLAR, olinda(quote("2025-11-17 13:00:00", 5.9), context="_CotacaoDolarPeriodo"), "rates of 2025"),
    "sidra variable": (SIDRA, sidra(D2C="1"), "variable and category '1/' in answer to"),
    "cftc days": (
        TFF, json.dumps([cot(report_date_as_yyyy_mm_dd="2026-08-04T00:00:00.000")]).encode(), "a report of 2026-08-04",
    ),
    "b3 currency": (SETTLED, report("DI1F27 99000.1", currency="USD"), "settled in USD"),
    # a shape without its numbers is not absence
    "focus nulls": (
        FOCUS, olinda(focus_row(**dict.fromkeys(("Media", "Mediana", "DesvioPadrao", "Minimo", "Maximo")))),
        "1 rows of IPCA and no number in them",
    ),
    "ptax nulls": (
        DOLLAR, olinda({**quote("2026-11-17 13:00:00", 5.9), "cotacaoCompra": None, "cotacaoVenda": None},
        context="_CotacaoDolarPeriodo"), "without either side",
    ),
    # text
    "focus NUL": (FOCUS, olinda(focus_row(DataReferencia="2026\0")), "not a year"),
    "auction NUL": (
        queries("stn_auctions", window("2026-11-17"))[0],
        json.dumps([{
            "data_leilao": "17/11/2026", "tipo_leilao": "Venda", "titulo": "LTN\0", "vencimento": "01/07/2027",
            "quantidade_aceita": 1, "pu_medio": 900.1, "taxa_media": 14.1,
        }]).encode(),
        "contract_id holds a text that is no name",
    ),
    "treasury entities": (NOMINAL, b'<!DOCTYPE a [<!ENTITY b "c">]><feed>&b;</feed>', "a document type"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_true_to_its_source_is_refused_by_name(name: str) -> None:
    query, body, words = REFUSED[name]
    with pytest.raises(BadPayload, match=words) as caught:
        parse(query, body)
    assert type(caught.value) is BadPayload
    assert caught.value.source == query.dataset.source
    assert caught.value.url is not None


GOOD: dict[str, tuple[Query, bytes, int]] = {
    "fred": (DGS10, fred_csv("2026-11-03,4.15", "2026-11-04,."), 1),
    "treasury without an end": (NOMINAL, b'Date,"1 Mo","2 Yr"\n11/03/2026,4.15,4.01', 2),
    "treasury, a blank under a blank": (NOMINAL, b'Date,"1 Mo","2 Yr"\n11/04/2026,4.15,\n11/03/2026,4.15,', 2),
    "tesouro": (TESOURO, (TESOURO_HEAD + bond()).encode(), 1),
    "cftc": (TFF, json.dumps([cot(), cot()]).encode(), 1),
    "yahoo": (IBOVESPA, chart([at(17), at(18)]), 2),
    "focus": (FOCUS, olinda(focus_row()), 1),
    "sidra": (SIDRA, sidra(), 1),
    "ptax": (DOLLAR, olinda(quote("2026-11-17 13:00:00", 5.9), context="_CotacaoDolarPeriodo"), 1),
    "b3": (SETTLED, report("DI1F27 99000.1", "DI1F27 99000.1", "DI1F28 88000.1"), 2),
}


@pytest.mark.parametrize("name", GOOD)
def test_the_same_shapes_in_order_come_through(name: str) -> None:
    query, body, rows = GOOD[name]
    (frame,) = parse(query, body).values()
    assert frame.height == rows


def test_an_open_session_is_left_out_unless_the_time_of_the_answer_says_that_it_is_over() -> None:
    session = {"regular": {"start": at(18, 13), "end": at(18, 20)}}
    body = chart([at(17), at(18)], {"regularMarketTime": at(18, 15), "currentTradingPeriod": session})
    yahoo = connector("yahoo_finance")

    def days(is_dated: bool, headers: dict[str, str]) -> list[int]:
        request, received = yahoo.build_request(IBOVESPA), dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
        frame = yahoo.read(Payload(request, 200, headers, body, received, is_dated))["price_bar"]
        return [day.day for day in frame["obs_date"]]

    assert days(False, {}) == [17], "nobody knows when the answer was given"
    assert days(True, {}) == [17, 18]
    assert days(False, {"date": "Wed, 18 Nov 2026 15:10:00 GMT"}) == [17]
    assert days(False, {"date": "Wed, 18 Nov 2026 21:10:00 GMT"}) == [17, 18]


async def test_pages_without_end_end() -> None:
    page = {"units": "lin", "count": 10**12, "offset": 0, "limit": 1}
    page["observations"] = [{"date": "2026-11-03", "value": "4.15", "realtime_start": "2026-11-04"}]
    with pytest.raises(BadPayload, match="the same page again"):
        await border.fetch(connector("fred", "k"), Answers(lambda url: json.dumps(page).encode()), KEYED)


async def test_two_pages_have_one_value_for_one_key() -> None:
    def answer(url: str) -> bytes:
        is_first = "offset=0" in url
        one = {"date": "2026-11-03", "value": "4.15" if is_first else "4.99", "realtime_start": "2026-11-04"}
        offset = 0 if is_first else 100_000
        return json.dumps({"count": 100_001, "offset": offset, "limit": 1, "observations": [one]}).encode()

    with pytest.raises(BadPayload, match="two different values for dgs10, 2026-11-03"):
        await border.fetch(connector("fred", "k"), Answers(answer), KEYED)


def test_absence_stays_an_answer() -> None:
    with pytest.raises(NoData):
        parse(DGS10, fred_csv("2026-11-03,."))
    with pytest.raises(NoData):
        parse(IBOVESPA, chart([at(2)]))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "a", "b", "B"]),
            st.sampled_from([21, 252]),
            st.sampled_from([None, dt.date(2026, 1, 2), dt.date(2026, 1, 5)]),
            st.sampled_from([0.1, -0.0, 0.2]),
        ),
        max_size=6,
    )
)
def test_rows_in_order_pass_as_they_are_and_others_as_if_they_had_been_sorted(rows: list[tuple[Any, ...]]) -> None:
    """Order is a shortcut: with it and without it an answer is the same frame, or the same refusal."""
    schema = {name: CURVE_POINT.stored_schema[name] for name in ("curve_id", "tenor_bd", "obs_date", "rate")}
    frame = pl.DataFrame(rows, schema=schema, orient="row").filter(
        pl.col("curve_id").is_not_null() & pl.col("obs_date").is_not_null()
    )
    frame = frame.with_columns(knowledge_time=pl.lit(None, CURVE_POINT.stored_schema["knowledge_time"]))

    def outcome(one: pl.DataFrame) -> object:
        try:
            return border.read(lambda _: {"curve_point": one}, ANSWER)["curve_point"].rows()
        except BadPayload as error:
            return str(error)

    ordered = frame.sort(CURVE_POINT.key, maintain_order=True)
    assert outcome(frame) == outcome(ordered) == outcome(ordered[::-1])
    found = outcome(ordered)
    if isinstance(found, list):
        assert found == ordered.unique(maintain_order=True).rows()
