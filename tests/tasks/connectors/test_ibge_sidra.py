"""SIDRA: two routes to the same numbers, columns by label, special values, when to change the route."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest

from desk.errors import BadPayload, BadRequest, BudgetSpent, HtmlPayload, NoData, Outage
from tasks.connectors.exchange import Query
from tasks.connectors.sidra_periods import first_day, period_range
from tests.tasks.connectors.answers import connector, parse, queries, window
from tests.tasks.connectors.paged import Answer, Answers

SPAN = window("2026-03-01", "2026-05-31")
(GROUPS,) = queries("ibge_ipca_groups", SPAN, "ibge_ipca_food_mom", "ibge_ipca_food_weight")
(INDEX,) = queries("ibge_ipca_index", SPAN)

LABELS = {
    "variable": ("Variável (Código)", "Variável"),
    "period": ("Mês (Código)", "Mês"),
    "category": ("Geral, grupo, subgrupo, item e subitem (Código)", "Geral, grupo, subgrupo, item e subitem"),
}


def table(*rows: tuple[str, str, str, str], order: tuple[str, ...] = ("variable", "period", "category")) -> bytes:
    """A body of the values route; rows are (variable, period, category, value)."""
    header = {"NC": "Nível Territorial (Código)", "NN": "Nível Territorial", "V": "Valor", "D1C": "Brasil (Código)"}
    for number, part in enumerate(order, 2):
        header[f"D{number}C"], header[f"D{number}N"] = LABELS[part]
    body: list[dict[str, str]] = [header]
    for variable, period, category, value in rows:
        codes = {"variable": variable, "period": period, "category": category}
        row = {"NC": "1", "NN": "Brasil", "V": value, "D1C": "1", "D1N": "Brasil"}
        body.append(row | {f"D{number}C": codes[part] for number, part in enumerate(order, 2)})
    return json.dumps(body).encode()


def v3(*rows: tuple[str, str, str, str]) -> bytes:
    body = [
        {
            "id": variable,
            "resultados": [
                {
                    "classificacoes": [{"id": "315", "categoria": {category: "x"}}] if category else [],
                    "series": [{"localidade": {"id": "1"}, "serie": {period: value}}],
                }
            ],
        }
        for variable, period, category, value in rows
    ]
    return json.dumps(body).encode()


FOOD = [("63", "202605", "7170", "1.33"), ("66", "202605", "7170", "21.5939"), ("63", "202604", "7170", "-0.46")]
FOOD_VALUES = [
    ("ibge_ipca_food_mom", dt.date(2026, 4, 1), -0.0046),
    ("ibge_ipca_food_mom", dt.date(2026, 5, 1), 0.0133),
    ("ibge_ipca_food_weight", dt.date(2026, 5, 1), 0.215939),
]


def values(query: Query, body: bytes) -> list[tuple[Any, ...]]:
    return parse(query, body)["observation"].select("series_id", "obs_date", "value").rows()


def test_both_routes_ask_for_the_same_cells() -> None:
    sidra = connector("ibge_sidra")
    assert sidra.build_request(replace(GROUPS, extra={"route": "values"})).url == (
        "https://apisidra.ibge.gov.br/values/t/7060/n1/all/v/63,66/p/202603-202605/c315/7170?formato=json"
    )
    assert sidra.build_request(GROUPS).url == (
        "https://servicodados.ibge.gov.br/api/v3/agregados/7060/periodos/202603-202605/variaveis/63%7C66"
        "?localidades=N1[all]&classificacao=315[7170]"
    )
    by_values = replace(INDEX, extra={"route": "values"})
    assert sidra.build_request(by_values).url.endswith("/values/t/1737/n1/all/v/2266/p/202603-202605?formato=json")
    assert sidra.build_request(INDEX).url.endswith("2266?localidades=N1[all]")


@pytest.mark.parametrize("order", [("variable", "period", "category"), ("category", "period", "variable")])
def test_columns_are_found_by_label_whatever_their_order(order: tuple[str, ...]) -> None:
    assert values(GROUPS, table(*FOOD, order=order)) == FOOD_VALUES


def test_v3_gives_the_same_values() -> None:
    assert values(GROUPS, v3(*FOOD)) == FOOD_VALUES


def test_a_table_without_classification() -> None:
    rows = [("2266", "202605", "", "7500.1230000000000")]
    expected = [("ipca_index", dt.date(2026, 5, 1), 7500.123)]
    assert values(INDEX, table(*rows, order=("variable", "period"))) == expected
    assert values(INDEX, v3(*rows)) == expected


@pytest.mark.parametrize("body", [table, v3])
def test_a_dash_is_zero_and_dots_and_x_are_no_rows(body: Any) -> None:
    rows = [("63", "202603", "7170", "-"), ("63", "202604", "7170", "..."), ("63", "202605", "7170", "X")]
    rows += [("66", "202603", "7170", "..")]
    assert values(GROUPS, body(*rows)) == [("ibge_ipca_food_mom", dt.date(2026, 3, 1), 0.0)]


def test_only_what_was_asked_for_and_inside_the_window() -> None:
    others = [("63", "202605", "7169", "0.58"), ("2265", "202605", "7170", "4.0"), ("63", "202602", "7170", "0.9")]
    with pytest.raises(NoData, match="table 7060"):
        parse(GROUPS, table(*others))
    assert values(GROUPS, table(*others, *FOOD)) == FOOD_VALUES


@pytest.mark.parametrize("body", [b"[]", table()])
def test_an_unpublished_period_is_left_out_without_a_word(body: bytes) -> None:
    with pytest.raises(NoData):
        parse(GROUPS, body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1}',
        b"[1]",
        b'[{"NC":"1","V":"0.58"}]',
        table(("63", "2026-05", "7170", "0.58")),
        table(("63", "202613", "7170", "0.58")),
        table(("63", "202605", "7170", "0,58")),
        table(("63", "202605", "7170", "")),
        table(("63", "202605", "7170", "0.58"), ("63", "202605", "7170", "0.59")),
        table(*FOOD).replace(b'"V": "1.33", ', b""),
        v3(*FOOD).replace(b'"serie"', b'"valores"'),
        v3(*FOOD).replace(b'{"7170": "x"}', b'{"7170": "x", "7171": "y"}'),
    ],
)
def test_another_format_is_named(body: bytes) -> None:
    with pytest.raises(BadPayload):
        parse(GROUPS, body)


def test_two_classifications_in_one_table_are_refused() -> None:
    body = json.loads(table(*FOOD))
    for row in body:
        row["D5C"] = "x" if row is not body[0] else "Sexo (Código)"
    with pytest.raises(BadPayload, match="more than one classification"):
        parse(GROUPS, json.dumps(body).encode())


def test_too_many_values_is_our_mistake_and_planned_around() -> None:
    with pytest.raises(BadRequest, match="83550"):
        parse(GROUPS, b"Quantidade de valores solicitados: 83550 excedeu o limite: 50000", status=400)
    planned = queries("ibge_ipca_groups", window("1700-01-01", "2026-11-20"))
    months = [(q.window.end.year - q.window.start.year) * 12 + 12 for q in planned]
    assert len(planned) > 1
    assert max(months) * 2 * 10 < 50_000


def by_route(first: Answer, second: Answer) -> Answers:
    return Answers(lambda url: first if "/api/v3/" in url else second)


@pytest.mark.parametrize(
    "first", [Outage("ibge_sidra", "a challenge page"), HtmlPayload("ibge_sidra", "html"), (403, b"<html>")]
)
async def test_when_the_first_route_is_out_the_second_answers_at_once(first: Answer) -> None:
    client = by_route(first, table(*FOOD))
    (fetched,) = await connector("ibge_sidra").fetch(client, GROUPS)
    assert fetched.frames["observation"].height == 3
    assert fetched.payload.query.extra == {"route": "values"}
    assert len(client.urls) == 2


@pytest.mark.parametrize(
    ("first", "error"),
    [
        (v3(), NoData),
        ((400, b"Quantidade"), BadRequest),
        (b"[1]", BadPayload),
        (BudgetSpent("ibge_sidra", "its time budget is spent"), BudgetSpent),
    ],
)
async def test_an_answer_is_an_answer_and_keeps_the_first_route(first: Answer, error: type[Exception]) -> None:
    client = by_route(first, table(*FOOD))
    with pytest.raises(error):
        await connector("ibge_sidra").fetch(client, GROUPS)
    assert len(client.urls) == 1


async def test_both_routes_out_says_so() -> None:
    client = by_route(Outage("ibge_sidra", "a challenge page"), Outage("ibge_sidra", "HTTP 500", status=500))
    with pytest.raises(Outage, match="both routes are out: a challenge page; HTTP 500") as raised:
        await connector("ibge_sidra").fetch(client, GROUPS)
    assert raised.value.retryable


async def test_an_end_that_no_retry_heals_stays_one() -> None:
    client = by_route(Outage("ibge_sidra", "HTTP 503"), BudgetSpent("ibge_sidra", "its time budget is spent"))
    with pytest.raises(BudgetSpent):
        await connector("ibge_sidra").fetch(client, GROUPS)


def test_periods() -> None:
    assert first_day("2026", "M") == dt.date(2026, 1, 1)
    assert first_day("202605", "M") == dt.date(2026, 5, 1)
    assert first_day("202602", "Q") == dt.date(2026, 4, 1)
    assert [first_day(text, "M") for text in ("", "20260", "20265x", "202600")] == [None] * 4
    assert period_range(window("2025-11-30", "2026-05-01"), "M") == "202511-202605"
    assert period_range(window("2025-11-30", "2026-05-01"), "Q") == "202504-202602"
