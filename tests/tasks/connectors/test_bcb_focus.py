"""Focus: four sets, two bases, smoothing, meetings, nulls, units."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from desk.errors import BadCatalog, BadPayload, NoData, Outage
from tasks.connectors.exchange import Query
from tests.tasks.connectors.answers import connector, parse, queries, window
from tests.tasks.connectors.paged import Answers

SPAN = window("2026-06-01", "2026-06-30")
ANNUAL = {query.extra["indicator"]: query for query in queries("bcb_focus_annual", SPAN)}
(TWELVE,) = queries("bcb_focus_12m", SPAN)
(SELIC,) = queries("bcb_focus_selic", SPAN)
(MONTHLY,) = queries("bcb_focus_monthly", SPAN)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "Indicador": "IPCA", "IndicadorDetalhe": None, "Data": "2026-06-26", "DataReferencia": "2026",
        "Media": 5.3116, "Mediana": 5.3268, "DesvioPadrao": 0.2318, "Minimo": 4.3, "Maximo": 5.8646,
        "numeroRespondentes": 148, "baseCalculo": 0,
    } | changes  # fmt: skip


def page(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"value": list(rows)}).encode()


def parsed(query: Query, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return parse(query, page(*rows))["expectation"].to_dicts()


def test_one_query_per_indicator_written_out_with_blanks_as_percent_20() -> None:
    assert list(ANNUAL) == ["IPCA", "PIB Total", "Câmbio", "Selic"]
    url = connector("bcb_focus").build_request(ANNUAL["PIB Total"]).url
    assert url == (
        "https://olinda.bcb.gov.br/olinda/servico/Expectativas/versao/v1/odata/ExpectativasMercadoAnuais"
        "?$filter=Indicador%20eq%20'PIB%20Total'%20and%20Data%20ge%20'2026-06-01'%20and%20Data%20le%20'2026-06-30'%20and%20baseCalculo%20eq%200"
        "&$orderby=Data%20asc,DataReferencia%20asc,IndicadorDetalhe%20asc,baseCalculo%20asc&$top=10000&$skip=0&$format=json"
    )
    currency = connector("bcb_focus").build_request(ANNUAL["Câmbio"]).url
    assert "C%C3%A2mbio" in currency
    assert "Indicador eq 'Câmbio' and" in unquote(currency)


IN_PERCENT = (0.053268, 0.053116, 0.002318, 0.043, 0.058646)
AS_WRITTEN = (5.3268, 5.3116, 0.2318, 4.3, 5.8646)


@pytest.mark.parametrize(
    ("indicator", "statistics"),
    [("IPCA", IN_PERCENT), ("PIB Total", IN_PERCENT), ("Selic", IN_PERCENT), ("Câmbio", AS_WRITTEN)],
)
def test_every_statistic_is_in_the_unit_of_its_indicator(indicator: str, statistics: tuple[float, ...]) -> None:
    frame = parse(ANNUAL[indicator], page(row(Indicador=indicator)))["expectation"]
    assert frame.drop("knowledge_time").rows() == [
        (indicator, "2026", 0, dt.date(2026, 6, 26), *statistics, 148),
    ]
    assert frame["knowledge_time"].to_list() == [None]


def test_the_two_bases_are_two_rows_and_a_missing_one_is_minus_one() -> None:
    missing = row(Data="2026-06-25")
    del missing["baseCalculo"], missing["numeroRespondentes"]
    rows = parsed(ANNUAL["IPCA"], row(baseCalculo=1, numeroRespondentes=48), row(numeroRespondentes=66), missing)
    assert [(one["base"], one["respondents"]) for one in rows] == [(-1, None), (0, 66), (1, 48)]


def test_smoothing_is_part_of_the_reference() -> None:
    plain, smoothed = row(Suavizada="N"), row(Suavizada="S", Mediana=4.0)
    for one in (plain, smoothed):
        del one["DataReferencia"], one["IndicadorDetalhe"]
    rows = parsed(TWELVE, plain, smoothed)
    assert [(one["reference"], one["median"]) for one in rows] == [("12m", 0.053268), ("12m_smoothed", 0.04)]
    with pytest.raises(BadPayload, match="Suavizada"):
        parse(TWELVE, page(plain | {"Suavizada": "X"}))


def test_selic_is_by_meeting() -> None:
    meeting = row(Indicador="Selic", Reuniao="R4/2028", Mediana=10.5)
    del meeting["DataReferencia"]
    (one,) = parsed(SELIC, meeting)
    assert (one["reference"], one["median"]) == ("R4/2028", 0.105)


def test_nulls_stay_null_and_a_row_of_nulls_is_no_row() -> None:
    nothing = dict.fromkeys(("Media", "Mediana", "DesvioPadrao", "Minimo", "Maximo"))
    rows = parsed(ANNUAL["IPCA"], row(Mediana=None, DesvioPadrao=None), row(DataReferencia="2027", **nothing))
    assert [(one["reference"], one["median"], one["std_dev"]) for one in rows] == [("2026", None, None)]
    assert rows[0]["mean"] == 0.053116


def test_other_indicators_details_and_days_are_left_out() -> None:
    rows = (row(Indicador="IGP-M"), row(IndicadorDetalhe="Exportações"), row(Data="2026-07-01"))
    assert len(parsed(ANNUAL["IPCA"], *rows, row())) == 1
    with pytest.raises(NoData):
        parse(ANNUAL["IPCA"], page(row(IndicadorDetalhe="Exportações")))


def test_zero_rows_is_no_data_and_an_apache_page_an_outage() -> None:
    with pytest.raises(NoData, match="IPCA in ExpectativasMercadoAnuais"):
        parse(ANNUAL["IPCA"], page())
    with pytest.raises(Outage):
        parse(ANNUAL["IPCA"], b"<!DOCTYPE HTML><title>500 Internal Server Error</title>", status=500)


@pytest.mark.parametrize(
    "broken",
    [
        {"Data": "26/06/2026"},
        {"Data": None},
        {"DataReferencia": None},
        {"Mediana": "5,32"},
        {"numeroRespondentes": 1.5},
        {"baseCalculo": "0"},
    ],
)
def test_another_format_is_named(broken: dict[str, Any]) -> None:
    with pytest.raises(BadPayload):
        parse(ANNUAL["IPCA"], page(row(**broken)))


def test_a_statistic_that_is_not_there_is_another_format() -> None:
    short = row()
    del short["Mediana"]
    with pytest.raises(BadPayload, match="Mediana"):
        parse(ANNUAL["IPCA"], page(short))


def test_units_and_sets_are_declared_and_not_guessed() -> None:
    with pytest.raises(BadCatalog, match="IGP-M"):
        parse(replace(ANNUAL["IPCA"], extra={"indicator": "IGP-M"}), page(row()))
    other = replace(ANNUAL["IPCA"].dataset, params={"set": "Top5", "indicators": ["IPCA"]})
    with pytest.raises(BadCatalog, match="Top5"):
        parse(replace(ANNUAL["IPCA"], dataset=other), page(row()))


async def test_a_short_first_page_is_the_only_one() -> None:
    client = Answers(lambda url: page(row()))
    (fetched,) = await connector("bcb_focus").fetch(client, ANNUAL["IPCA"])
    assert fetched.frames["expectation"].height == 1
    assert len(client.urls) == 1


def test_a_month_keeps_its_own_text() -> None:
    (one,) = parsed(MONTHLY, row(DataReferencia="07/2026", Mediana=0.21))
    assert (one["reference"], one["median"]) == ("07/2026", pytest.approx(0.0021))


@pytest.mark.parametrize("text", ["2026", "13/2026", "7/2026", "07-2026"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(BadPayload, match="not a month"):
        parsed(MONTHLY, row(DataReferencia=text))
