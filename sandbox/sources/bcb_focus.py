"""Focus on Olinda: rows by survey day and base, filtered, ordered and paged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from desk.arrays import FloatArray, IntArray
from sandbox.economy.draws import Draws
from sandbox.releases import expectations
from sandbox.releases.expectations import Survey
from sandbox.releases.released_series import business_days
from sandbox.source_http import SourceRequest, SourceResponse, iso_dates, not_found
from sandbox.sources import olinda
from sandbox.sources.metadata import olinda_metadata
from sandbox.sources.odata_filter import Row, bounds, matches, parse_filter
from sandbox.world import SimulatedWorld, instant

_YEARLY = ("IPCA", "PIB Total", "Câmbio", "Selic")
_RESPONDENTS = (150, 142, 128, 116, 104)
_NUMBERS = {
    "Media": "Decimal", "Mediana": "Decimal", "DesvioPadrao": "Decimal", "Minimo": "Decimal", "Maximo": "Decimal",
    "numeroRespondentes": "Int32", "baseCalculo": "Int32",
}  # fmt: skip
_SETS = {
    "ExpectativasMercadoAnuais": ("Indicador", "IndicadorDetalhe", "Data", "DataReferencia"),
    "ExpectativaMercadoMensais": ("Indicador", "Data", "DataReferencia"),
    "ExpectativasMercadoInflacao12Meses": ("Indicador", "Data", "Suavizada"),
    "ExpectativasMercadoSelic": ("Indicador", "Data", "Reuniao"),
}
Found = list[tuple[Row, str]]
"""Each row as the filter reads it, and its text."""
Maker = Callable[[SimulatedWorld, SourceRequest, IntArray, tuple[str, str]], Found]


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to the Focus entity sets and their metadata."""
    makers = {
        "ExpectativasMercadoAnuais": _annual,
        "ExpectativasMercadoInflacao12Meses": _twelve_months,
        "ExpectativasMercadoSelic": _selic,
        "ExpectativaMercadoMensais": _monthly,
    }
    if request.path == "$metadata":
        return olinda_metadata(
            "Expectativas", {name: dict.fromkeys(texts, "String") | _NUMBERS for name, texts in _SETS.items()}
        )
    if request.path not in makers:
        return not_found()
    query = request.query
    key = (query.get("$filter", ""), query.get("$orderby", ""), request.now)
    try:  # a client reads the pages of one query in sequence: the selection is computed once
        selected = world.cached_newest(
            f"focus.{request.path}", key, lambda: _selected(world, request, makers[request.path])
        )
        listed = olinda.paged(selected, query)  # type: ignore[arg-type]
    except ValueError:
        return olinda.failure()
    return olinda.body("Expectativas", request.path, listed)


def _selected(world: SimulatedWorld, request: SourceRequest, maker: Maker) -> list[str]:
    """Every row that the filter selects, in the requested order. Raises ValueError."""
    condition = parse_filter(request.query.get("$filter", ""))
    first, last = bounds(condition, "Data")
    rows = maker(world, request, _survey_days(world, request, first, last), bounds(condition, "Indicador"))
    kept = [(row, text) for row, text in rows if matches(condition, row)]
    for part in reversed(request.query.get("$orderby", "").split(",")):
        name, _, direction = part.strip().partition(" ")
        if name:
            kept.sort(key=lambda item: str(item[0].get(name, "")), reverse=direction.strip() == "desc")
    return [text for _, text in kept]


def _survey_days(world: SimulatedWorld, request: SourceRequest, first: str, last: str) -> IntArray:
    """Positions of the survey days that are out and inside ISO days `first`..`last`."""
    economy = world.economy(request.now)
    at = business_days(economy, "anbima")
    days = economy.timeline.days[at]
    out = world.known_times("focus", days) <= instant(request.now)
    texts = np.datetime_as_string(days, unit="D")
    return at[out & (texts >= first) & (texts <= last)]


def _annual(world: SimulatedWorld, request: SourceRequest, at: IntArray, names: tuple[str, str]) -> Found:
    if not len(at):
        return []
    economy = world.economy(request.now)
    days = economy.timeline.days[at]
    released = _released(world, request, at)
    years = days.astype("datetime64[Y]").astype(int) + 1970
    found: Found = []
    for indicator in (name for name in _YEARLY if names[0] <= name <= names[1]):
        for ahead in range(expectations.HORIZON_YEARS):
            survey = expectations.by_year(economy, indicator, at, released, ahead)
            targets = [str(year + ahead) for year in years.tolist()]
            heads = [f'"Indicador":"{indicator}","IndicadorDetalhe":null,"Data":"{day}","DataReferencia":"{target}"'
                     for day, target in zip(iso_dates(days), targets, strict=True)]  # fmt: skip
            keys: list[Row] = [{"Indicador": indicator, "DataReferencia": target} for target in targets]
            found += _written(world, request, f"{indicator}.{ahead}", survey, heads, keys, _RESPONDENTS[ahead])
    return found


def _twelve_months(world: SimulatedWorld, request: SourceRequest, at: IntArray, names: tuple[str, str]) -> Found:
    if not len(at):
        return []
    economy = world.economy(request.now)
    median = expectations.inflation_12m(economy)[at]
    found: Found = []
    for flag, shift in (("N", 0.0), ("S", 0.012)):
        survey = Survey(at, np.round(median + shift, 4), np.full(len(at), 0.2841))
        heads = [
            f'"Indicador":"IPCA","Data":"{day}","Suavizada":"{flag}"'
            for day in iso_dates(economy.timeline.days[at])
        ]  # fmt: skip
        keys: list[Row] = [{"Indicador": "IPCA", "Suavizada": flag}] * len(at)
        found += _written(world, request, f"12m.{flag}", survey, heads, keys, 140)
    return found


def _selic(world: SimulatedWorld, request: SourceRequest, at: IntArray, names: tuple[str, str]) -> Found:
    if not len(at):
        return []
    economy = world.economy(request.now)
    found: Found = []
    for name, survey in expectations.by_meeting(economy, at):
        days = iso_dates(economy.timeline.days[survey.at])
        heads = [f'"Indicador":"Selic","Data":"{day}","Reuniao":"{name}"' for day in days]
        keys: list[Row] = [{"Indicador": "Selic", "Reuniao": name}] * len(days)
        found += _written(world, request, f"meeting.{name}", survey, heads, keys, 118)
    return found


def _monthly(world: SimulatedWorld, request: SourceRequest, at: IntArray, names: tuple[str, str]) -> Found:
    if not len(at) or not names[0] <= "IPCA" <= names[1]:
        return []
    economy = world.economy(request.now)
    found: Found = []
    for month, survey in expectations.by_month(economy, at, _released(world, request, at)):
        target = f"{str(month)[5:]}/{str(month)[:4]}"
        days = iso_dates(economy.timeline.days[survey.at])
        heads = [f'"Indicador":"IPCA","Data":"{day}","DataReferencia":"{target}"' for day in days]
        keys: list[Row] = [{"Indicador": "IPCA", "DataReferencia": target}] * len(days)
        found += _written(world, request, f"month.{target}", survey, heads, keys, 138)
    return found


def _released(world: SimulatedWorld, request: SourceRequest, at: IntArray) -> IntArray:
    """The last month of the IPCA that was out by the end of each survey day."""
    economy = world.economy(request.now)
    months = economy.timeline.months.astype("datetime64[D]")
    known = world.known_times("ibge_ipca", months)
    evening = (economy.timeline.days[at] + 1).astype("datetime64[us]").astype(np.int64)
    return np.searchsorted(known, evening, side="left").astype(np.int64) - 1


def _written(
    world: SimulatedWorld,
    request: SourceRequest,
    stream: str,
    survey: Survey,
    heads: list[str],
    keys: list[Row],
    respondents: int,
) -> Found:
    """Each row twice: base 0 (thirty days, more answers) and base 1 (five business days)."""
    economy = world.economy(request.now)
    noise = Draws(world.seed).normal(f"focus.{stream}", len(economy.timeline.days))[survey.at]
    days = iso_dates(economy.timeline.days[survey.at])
    found: Found = []
    for base, share, shift in ((0, 1.0, 0.0), (1, 0.62, 0.15)):
        mean = survey.median + (0.06 + shift) * survey.spread * noise
        median = survey.median if base == 0 else np.round(survey.median + 0.05 * survey.spread * noise, 4)
        count = np.maximum(np.round(respondents * share + 4.0 * noise), 1.0).astype(np.int64).tolist()
        numbers = _numbers(mean, median, survey.spread)
        for place, (day, head) in enumerate(zip(days, heads, strict=True)):
            text = f'{{{head},{numbers[place]},"numeroRespondentes":{count[place]},"baseCalculo":{base}}}'
            found.append(({**keys[place], "Data": day, "baseCalculo": base}, text))
    return found


def _numbers(mean: FloatArray, median: FloatArray, spread: FloatArray) -> list[str]:
    rows = zip(mean.tolist(), median.tolist(), spread.tolist(), strict=True)
    return [
        f'"Media":{a:.4f},"Mediana":{m:.4f},"DesvioPadrao":{s:.4f},'
        f'"Minimo":{m - 2.1 * s:.4f},"Maximo":{m + 2.4 * s:.4f}'
        for a, m, s in rows
    ]
