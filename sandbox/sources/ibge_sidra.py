"""SIDRA by its two routes: `values` (a header row, then rows of strings) and v3 (variables, results, series)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numpy as np

from sandbox.facts import Fact
from sandbox.source_http import SourceRequest, SourceResponse, not_found, texts
from sandbox.sources.metadata import sidra_table
from sandbox.world import SimulatedWorld

_VALUES = re.compile(r"values/t/(?P<table>\d+)(?P<rest>/.*)\Z")
_V3 = re.compile(r"api/v3/agregados/(?P<table>\d+)/periodos(?:/(?P<periods>[^/]+)/variaveis/(?P<variables>[^/]+))?\Z")
_METADATA = re.compile(r"api/v3/agregados/(?P<table>\d+)/metadados\Z")
_LIMIT = 50_000
_CLASS_NAME = "Geral, grupo, subgrupo, item e subitem"
_MONTHS = (
    "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro",
    "dezembro",
)  # fmt: skip
CATEGORIES = {
    "7169": ("headline", "Índice geral"), "7170": ("food", "1.Alimentação e bebidas"),
    "7445": ("housing", "2.Habitação"), "7486": ("household", "3.Artigos de residência"),
    "7558": ("clothing", "4.Vestuário"), "7625": ("transport", "5.Transportes"),
    "7660": ("health", "6.Saúde e cuidados pessoais"), "7712": ("personal", "7.Despesas pessoais"),
    "7766": ("education", "8.Educação"), "7786": ("communication", "9.Comunicação"),
}  # fmt: skip
_HEADLINE = "7169"
_VARIABLES = {
    "2266": ("IPCA - Número-índice (base: dezembro de 1993 = 100)", "30", "Número-índice"),
    "63": ("IPCA - Variação mensal", "2", "%"),
    "2265": ("IPCA - Variação acumulada em 12 meses", "2", "%"),
    "66": ("IPCA - Peso mensal", "2", "%"),
}
_SUFFIXES = {"63": "mom", "66": "weight", "2265": "12m"}
_TABLES = {"1737": ("200601", ("2266", "63", "2265")), "7060": ("202001", ("63", "66", "2265"))}

Column = dict[str, str]
"""Period (YYYYMM) -> text, for the months that are out; `...` where there is no value."""


@dataclass(frozen=True)
class _Query:
    table: str
    variables: list[str]
    periods: list[str]
    categories: list[str]
    header: bool = True


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to the `values` and v3 routes and to metadata."""
    if request.key == "values" and (match := _VALUES.match(request.path)):
        return _values(world, request, match["table"], match["rest"])
    if request.key == "v3" and (match := _METADATA.match(request.path)):
        return _metadata(world, request, match["table"])
    if request.key == "v3" and (match := _V3.match(request.path)):
        if match["table"] not in _TABLES:
            return SourceResponse(b'{"statusCode":500,"message":"Internal server error"}', 500)
        if match["periods"] is None:
            return _periods(world, request, match["table"])
        return _v3(world, request, match["table"], match["periods"], match["variables"])
    return not_found()


def _values(world: SimulatedWorld, request: SourceRequest, table: str, rest: str) -> SourceResponse:
    if table not in _TABLES:
        return _plain(f"Tabela {table}: Tabela inexistente")
    parts = rest.strip("/").split("/")
    named = dict(zip(parts[::2], parts[1::2], strict=False))
    variables = _chosen_variables(named.get("v", "allxp"), table)
    if variables is None:
        return _plain(f"Parâmetro V: {named.get('v')} não pertence à tabela {table}")
    months = _out(world, request, table)
    categories = _chosen_categories(named["c315"]) if "c315" in named else (["7169"] if table == "7060" else [""])
    query = _Query(
        table, variables, _chosen_periods(named.get("p", "last 1"), months), categories, named.get("h") != "n"
    )
    count = len(query.variables) * len(query.periods) * len(query.categories)
    if count > _LIMIT:
        return _plain(f"Quantidade de valores solicitados: {count} excedeu o limite: {_LIMIT}")
    rows = [_header("c315" in named)] if query.header else []
    for variable in query.variables:
        name, unit, unit_name = _VARIABLES[variable]
        for period in query.periods:
            for category in query.categories:
                text = _column(world, request, table, variable, category)[period]
                known = text != "..."
                row = {
                    "NC": "1",
                    "NN": "Brasil",
                    "MC": unit if known else "",
                    "MN": unit_name if known else "",
                    "V": text,
                }
                row |= {"D1C": "1", "D1N": "Brasil", "D2C": variable, "D2N": name, "D3C": period, "D3N": _month(period)}
                if "c315" in named:
                    row |= {"D4C": category, "D4N": CATEGORIES[category][1]}
                rows.append(row)
    return _json(rows)


def _header(classified: bool) -> dict[str, str]:
    row = {
        "NC": "Nível Territorial (Código)", "NN": "Nível Territorial", "MC": "Unidade de Medida (Código)",
        "MN": "Unidade de Medida", "V": "Valor", "D1C": "Brasil (Código)", "D1N": "Brasil",
        "D2C": "Variável (Código)", "D2N": "Variável", "D3C": "Mês (Código)", "D3N": "Mês",
    }  # fmt: skip
    return row | ({"D4C": f"{_CLASS_NAME} (Código)", "D4N": _CLASS_NAME} if classified else {})


def _v3(world: SimulatedWorld, request: SourceRequest, table: str, periods: str, variables: str) -> SourceResponse:
    chosen = _chosen_variables(variables.replace("|", ","), table)
    if chosen is None:
        return SourceResponse(b'{"statusCode":500,"message":"Internal server error"}', 500)
    months = _chosen_periods(periods, _out(world, request, table))
    match = re.match(r"315\[([^\]]*)\]", request.query.get("classificacao", ""))
    categories = _chosen_categories(match.group(1)) if match else (["7169"] if table == "7060" else [""])
    body = []
    for variable in chosen if months else []:
        name, _, unit_name = _VARIABLES[variable]
        results = []
        for category in categories:
            column = _column(world, request, table, variable, category)
            place = {"id": "1", "nivel": {"id": "N1", "nome": "Brasil"}, "nome": "Brasil"}
            classified = (
                {"id": "315", "nome": _CLASS_NAME, "categoria": {category: CATEGORIES[category][1]}}
                if category
                else None
            )
            series = [{"localidade": place, "serie": {month: column[month] for month in months}}]
            results.append({"classificacoes": [classified] if classified else [], "series": series})
        body.append({"id": variable, "variavel": name, "unidade": unit_name, "resultados": results})
    return _json(body)


def _metadata(world: SimulatedWorld, request: SourceRequest, table: str) -> SourceResponse:
    if table not in _TABLES:
        return SourceResponse(b'{"statusCode":500,"message":"Internal server error"}', 500)
    variables = {code: (_VARIABLES[code][0], _VARIABLES[code][2]) for code in _TABLES[table][1]}
    categories = {code: name for code, (_, name) in CATEGORIES.items()} if table == "7060" else {}
    return sidra_table(table, variables, categories, _out(world, request, table))


def _periods(world: SimulatedWorld, request: SourceRequest, table: str) -> SourceResponse:
    """`modificacao` is the day of the release; the sentinel stands where IBGE never changed the first load."""
    rows = [
        {
            "id": month,
            "literals": [_month(month), month],
            "modificacao": "01/01/0001" if month < "2012" else f"12/{month[4:]}/{month[:4]}",
        }
        for month in _out(world, request, table)
    ]
    return _json(rows)


def _out(world: SimulatedWorld, request: SourceRequest, table: str) -> list[str]:
    """The table's months that are published."""
    published = world.published(_fact("ibge_ipca_headline_mom"), request.now)
    days = published.released.days[published.visible(request.now)]
    months = [text.replace("-", "") for text in np.datetime_as_string(days, unit="M").tolist()]
    return [month for month in months if month >= _TABLES[table][0]]


def _fact(quantity: str) -> Fact:
    return Fact("ibge_sidra", quantity, quantity, "M", "ibge_ipca", "")


def fact_of(variable: str, category: str) -> Fact:
    """What a variable and a category of the classification (empty for none) measure. Raises KeyError."""
    group = CATEGORIES[category][0] if category else "headline"
    return _fact(
        {"2266": "ipca_index", **{code: f"ibge_ipca_{group}_{name}" for code, name in _SUFFIXES.items()}}[variable]
    )


def _column(world: SimulatedWorld, request: SourceRequest, table: str, variable: str, category: str) -> Column:
    key = ("sidra", table, variable, category, request.now.year)
    return world.cached(key, lambda: _make_column(world, request, variable, category))  # type: ignore[return-value]


def _make_column(world: SimulatedWorld, request: SourceRequest, variable: str, category: str) -> Column:
    economy = world.economy(request.now)
    months = [text.replace("-", "") for text in np.datetime_as_string(economy.timeline.months, unit="M").tolist()]
    if variable == "2265":
        numbers = world.published(fact_of(variable, category), request.now).released
        written = ["..."] * (len(months) - len(numbers.days)) + texts(numbers.values, numbers.decimals)
    else:
        if variable == "66" and category in ("", _HEADLINE):
            written = ["100.0000"] * len(months)
        else:
            numbers = world.published(fact_of(variable, category), request.now).released
            written = texts(numbers.values, numbers.decimals)
            if variable == "2266":  # two decimals that matter, written with thirteen
                written = [f"{text}00000000000" for text in written]
    return dict(zip(months, written, strict=True))


def _chosen_variables(text: str, table: str) -> list[str] | None:
    known = _TABLES[table][1]
    chosen = list(known) if text in ("all", "allxp") else text.split(",")
    return chosen if all(variable in known for variable in chosen) else None


def _chosen_categories(text: str) -> list[str]:
    """Categories that the table does not have are dropped silently."""
    return [code for code in (CATEGORIES if text in ("all", "allxt") else text.split(",")) if code in CATEGORIES]


def _chosen_periods(text: str, months: list[str]) -> list[str]:
    """`all`, `last 12`, `-12`, `202401-202412`, or a list; months that are not out are dropped silently."""
    if text == "all":
        return months
    if match := re.fullmatch(r"(?:last ?|-)(\d+)", text):
        return months[-int(match.group(1)) :]
    chosen: list[str] = []
    for part in re.split(r"[,|]", text):
        first, _, last = part.partition("-")
        chosen += [month for month in months if first <= month <= (last or first)]
    return chosen


def _month(period: str) -> str:
    return f"{_MONTHS[int(period[4:]) - 1]} {period[:4]}"


def _json(rows: object) -> SourceResponse:
    return SourceResponse(
        json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), media="application/json; charset=utf-8"
    )


def _plain(text: str) -> SourceResponse:
    return SourceResponse(text.encode(), 400, "text/plain; charset=utf-8")
