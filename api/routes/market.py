"""series, levels and curves: the data that were known at a decision."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from api.access import Reader
from api.problems import NotStored
from api.reading import NO_NUL, AsOf, Limit, decision, moment_of, rows
from api.redistribution import require_decision_may_leave, require_may_leave
from desk.catalog import Catalog
from desk.model import desk_day

router = APIRouter(tags=["market"])
SeriesId = Annotated[str, Path(max_length=100, pattern=r"^[A-Za-z0-9_]+$", examples=["ipca_mom"])]
CurveId = Annotated[str, Path(max_length=20, pattern=r"^[A-Z_]+$", examples=["PRE"])]
Day = Annotated[dt.date | None, Query()]
# What was known at a moment: of each observation the newest version that the world had by then.
_KNOWN = """
SELECT * FROM (
    SELECT DISTINCT ON (obs_date) obs_date, value, knowledge_time, stamp, sha256 FROM (
        SELECT obs_date, knowledge_time, value, stamp, payload_id FROM v_observation WHERE series_id = $1
        UNION ALL
        SELECT obs_date, knowledge_time, close, stamp, payload_id FROM v_price_bar WHERE instrument_id = $1
    ) AS versions LEFT JOIN v_payload USING (payload_id)
    WHERE knowledge_time <= $2 AND obs_date >= $3 AND obs_date <= $4
    ORDER BY obs_date, knowledge_time DESC
) AS known ORDER BY obs_date DESC LIMIT $5
"""


class SeriesFacts(BaseModel):
    """A series of the catalogue."""

    series_id: str = Field(examples=["ipca_mom"])
    name: str
    source: str
    dataset: str
    unit: str
    frequency: str


class Observation(BaseModel):
    """One value of a series, with the time at which it was public and the payload that it came from."""

    obs_date: dt.date
    value: float | None
    knowledge_time: dt.datetime = Field(description="When the world could know it.")
    stamp: str = Field(description="How the knowledge time came about: source, rule, sight, imported.")
    sha256: str | None = Field(description="Of the payload that it was read from.")


class SeriesValues(SeriesFacts):
    """A series with its values as they were known at `as_of`."""

    as_of: dt.datetime
    values: list[Observation] = Field(description="Newest first.")


class Level(BaseModel):
    """One level of the desk as a decision used it: `value` in the unit that the report's receipts name.

    `source` and `sha256` are of the one payload that it was read from; null where it rests on several.
    """

    level_id: str = Field(examples=["usdbrl"])
    as_of: dt.datetime
    value: float | None
    obs_date: dt.date | None = Field(description="The day that the number is of.")
    origin: str | None = Field(description="The input, or inputs, that it was read off, as in the report's receipts.")
    knowledge_time: dt.datetime | None = Field(description="When the newest of its inputs was known.")
    source: str | None
    sha256: str | None


class CurvePoint(BaseModel):
    """One vertex of a curve. `obs_date`: the day that the curve is of."""

    tenor_bd: int = Field(description="Business days.")
    rate: float | None = Field(description="Fraction a year.")
    obs_date: dt.date
    origin: str | None = Field(description="The input that the curve was read off, as in the report's receipts.")
    knowledge_time: dt.datetime | None = Field(description="When the newest of its points was known.")
    sha256: str | None = Field(description="Of the payload that it was read from.")


class Curve(BaseModel):
    """A curve as the decision of `as_of` used it."""

    curve_id: str
    as_of: dt.datetime
    points: list[CurvePoint]


@router.get("/series", summary="The catalogue of series")
async def series(
    request: Request, _: Reader, source: Annotated[str | None, Query(max_length=50, pattern=NO_NUL)] = None
) -> list[SeriesFacts]:
    """In the catalogue's order."""
    return [facts for facts in facts_of(request.app.state.catalog).values() if source in (None, facts.source)]


@router.get("/series/{series_id}", summary="A series as it was known at a decision, newest first")
async def one_series(
    request: Request,
    _: Reader,
    series_id: SeriesId,
    as_of: AsOf = None,
    start: Day = None,
    end: Day = None,
    limit: Limit = 250,
) -> SeriesValues:
    """Without `as_of`: as it is known now. `start` and `end`: observation dates, both included."""
    facts = facts_of(request.app.state.catalog).get(series_id)
    if facts is None:
        raise NotStored(f"there is no series {series_id!r}")
    require_may_leave(request, [facts.source])
    moment = moment_of(as_of) if as_of else request.app.state.clock()
    first, last = start or dt.date(1900, 1, 1), end or dt.date(2200, 1, 1)
    found = await rows(request, _KNOWN, series_id, moment, first, last, limit)
    return SeriesValues(**facts.model_dump(), as_of=moment, values=[Observation(**row) for row in found])


def facts_of(catalog: Catalog) -> dict[str, SeriesFacts]:
    """Series id -> facts, of every series in the catalogue."""
    return {
        name: SeriesFacts(
            series_id=name,
            name=spec.name,
            source=catalog.datasets[spec.dataset].source,
            dataset=spec.dataset,
            unit=spec.unit,
            frequency=spec.frequency,
        )
        for name, spec in catalog.series.items()
    }


@router.get("/levels/{level_id}", summary="A level as a decision used it, with the input that it was read off")
async def level(request: Request, _: Reader, level_id: SeriesId, as_of: AsOf = None) -> Level:
    """A level is a chosen number such as usdbrl or vix, a vertex of a curve such as pre_252, or a feature. 404 for
    others, for one that was unknown, and for a day without a decision."""
    moment = await decision(request, "v_feature", as_of)
    await require_decision_may_leave(request, moment)
    found = await rows(
        request,
        "SELECT feature_id AS level_id, as_of, value, obs_date, origin, knowledge_time, source, sha256 FROM v_feature"
        " WHERE as_of = $1 AND feature_id = $2",
        moment,
        level_id,
    )
    if not found:
        raise NotStored(f"the decision of {desk_day(moment)} has no level {level_id!r}")
    return Level(**found[0])


@router.get("/curves/{curve_id}", summary="A curve at the desk's vertices, as a decision saw it")
async def curve(request: Request, _: Reader, curve_id: CurveId, as_of: AsOf = None) -> Curve:
    """Curves are PRE, REAL, CUPOM and UST. 404 for others, and for a day without a decision."""
    moment = await decision(request, "v_feature", as_of)
    await require_decision_may_leave(request, moment)
    found = await rows(
        request,
        "SELECT substring(feature_id FROM '[0-9]+$')::int AS tenor_bd, value AS rate, obs_date, origin,"
        " knowledge_time, sha256 FROM v_feature"
        " WHERE as_of = $1 AND feature_id ~ ('^' || lower($2) || '_[0-9]+$') ORDER BY 1",
        moment,
        curve_id,
    )
    if not found:
        raise NotStored(f"there is no curve {curve_id!r}; there are PRE, REAL, CUPOM, UST")
    return Curve(curve_id=curve_id, as_of=moment, points=[CurvePoint(**row) for row in found])
