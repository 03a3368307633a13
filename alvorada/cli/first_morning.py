"""The supervised hour, first part: one request of each dataset, what came, a verdict, and the setting that mends it."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from alvorada.cli.first_morning_hours import by_rule, overdue
from alvorada.cli.first_morning_labels import both_names, described
from desk import calendars
from desk.catalog import Catalog
from desk.errors import (
    BadPayload,
    BadRequest,
    HtmlPayload,
    MissingKey,
    NoData,
    NotYet,
    Outage,
    RateLimited,
    SourceError,
    UnknownSeries,
)
from desk.model import SAO_PAULO, SILVER, Dataset, Window
from desk.point_in_time.publication_rules import publication_times
from tasks.connectors import CONNECTORS
from tasks.connectors.base import Connector
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request, SourceConfig

LOOK_DAYS = {"day": 12, "week": 40, "month": 120}
"""Calendar days of the window that is asked for, by the dataset's cells."""
REMEDIES: tuple[tuple[type[SourceError], str], ...] = (
    (
        RateLimited,
        "wait for minutes, ask nothing meanwhile; then a lower rate_per_second or longer shut_seconds in sources.toml",
    ),
    (UnknownSeries, "look the code up at the source; its new `code`, or `retired = DATE`, in series.toml"),
    (
        BadRequest,
        "the request itself is refused: a moved address goes into ALVORADA_BASE_URLS, else mend build_request",
    ),
    (MissingKey, "set the source's key (README, Live use), or ALVORADA_LICENSED; or leave it off"),
    (NotYet, "ask again after the hour of its publication rule"),
    (NoData, "ask for another day; when none answers, the code or the rule's hour in publication_rules.toml is wrong"),
    (
        HtmlPayload,
        "a page for people: open its address in a browser; when it stays, another address in ALVORADA_BASE_URLS",
    ),
    (
        BadPayload,
        "keep the body with --record, hold it against docs/sources.md, mend the connector's parse; or max_body_mb",
    ),
    (Outage, "ask again in minutes; when it stays, another address in ALVORADA_BASE_URLS, or longer timeout_seconds"),
    (SourceError, "see docs/sources.md"),
)


RULES = "publication_rules.toml"
INCOMPLETE = "its code in the dataset's params (datasets.toml), as the source's own list has it"
DIFFERS = (
    "no number of it is used before somebody has looked at both: `code`, `unit`, `scale` or `name` in series.toml, or"
    " words that the check does not know (desk/catalog/provider_metadata.py)"
)


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What one dataset's request came to. `verdict`: fine, early, late, incomplete, differs, or the kind of error.

    `ours`: the series that was asked for, its name and unit by the catalogue; `theirs`: what its source says of it;
    `hour`: when the newest number was known, and the next one will be, by the rule.
    """

    dataset: str
    source: str
    url: str
    status: int | None
    size: int
    seconds: float
    rows: int
    first: str
    last: str
    verdict: str
    message: str
    remedy: str
    ours: str = ""
    theirs: str = ""
    hour: str = ""


class Watching:
    """A client that keeps the last answer of the one that it stands before."""

    def __init__(self, client: Client) -> None:
        self.client, self.last = client, None

    last: Payload | None

    async def send(self, request: Request) -> Payload:
        """The answer, kept."""
        self.last = await self.client.send(request)
        return self.last


async def look_at_all(
    catalog: Catalog, configs: Mapping[str, SourceConfig], client: Client, now: dt.datetime
) -> list[FirstAnswer]:
    """Every dataset of the catalogue, a source's one after another and the sources at once."""

    async def of_source(source: str) -> list[FirstAnswer]:
        connector = CONNECTORS[source](configs[source])
        return [await look(catalog, connector, client, dataset, now) for dataset in catalog.datasets_of(source)]

    found = await asyncio.gather(*(of_source(source) for source in catalog.sources))
    return [one for part in found for one in part]


async def look(
    catalog: Catalog, connector: Connector, client: Client, dataset: Dataset, now: dt.datetime
) -> FirstAnswer:
    """One request: the newest query of the dataset for its first series.

    A page from a source that answers unknown codes with one (SGS) is told apart by a second request, for the next
    series: where that answers, the first code is unknown.
    """
    first = await _look(catalog, connector, client, dataset, now, 0)
    if first.verdict != HtmlPayload.__name__ or not connector.html_means_unknown:
        return first
    if len(catalog.series_of(dataset.id)) < 2:
        return first
    second = await _look(catalog, connector, client, dataset, now, 1)
    if second.verdict == HtmlPayload.__name__ or not second.rows:
        return first
    message = f"{first.message}, while {catalog.series_of(dataset.id)[1].id} answers: the source does not know the code"
    return replace(first, verdict=UnknownSeries.__name__, message=message, remedy=remedy_for(UnknownSeries))


async def _look(
    catalog: Catalog, connector: Connector, client: Client, dataset: Dataset, now: dt.datetime, place: int
) -> FirstAnswer:
    query = one_query(catalog, connector, dataset, now, place)
    watching, began = Watching(client), time.monotonic()
    fetched: Sequence[FetchResult] = ()
    error: SourceError | None = None
    try:
        fetched = await connector.fetch(watching, query)
    except SourceError as raised:
        error = raised
    seconds = time.monotonic() - began
    frame = pl.concat(
        [frame.select("obs_date") for one in fetched for frame in one.frames.values() if frame.height]
        or [pl.DataFrame(schema={"obs_date": pl.Date})]
    )
    payload = watching.last
    verdict, message, remedy = judged(catalog, dataset, query, frame["obs_date"].max(), error, now)
    finding = next((one.finding for one in fetched if one.finding), None)
    if finding is not None:
        verdict, message, remedy = "incomplete", finding, INCOMPLETE
    last = frame["obs_date"].max()
    ours = theirs = hour = ""
    if fetched and isinstance(last, dt.date):
        label = await described(catalog, connector.config, client, query, fetched[-1], now)
        ours, theirs = both_names(query, label)
        hour = by_rule(catalog, query, last)
        if label.differences and finding is None:
            words = "; ".join(f"{one.what}: {one.ours}, the source has {one.theirs}" for one in label.differences)
            verdict, message, remedy = "differs", "; ".join(filter(None, (words, message))), DIFFERS
    url = payload.request.url if payload is not None else (error.url or "") if error is not None else ""
    status = payload.status if payload is not None else error.status if error is not None else None
    size = len(payload.body) if payload is not None else 0
    return FirstAnswer(
        dataset.id, dataset.source, url, status, size, seconds, frame.height, _value(fetched, first=True),
        _value(fetched, first=False), verdict, message, remedy, ours, theirs, hour,
    )  # fmt: skip


def one_query(catalog: Catalog, connector: Connector, dataset: Dataset, now: dt.datetime, place: int = 0) -> Query:
    """A small window that ends with yesterday, for the series at `place` of the dataset; a file for each day: the last
    day whose file should be out."""
    today = now.astimezone(SAO_PAULO).date()
    last = calendars.by_name(dataset.calendar).offset(today, -1)
    start = last if dataset.per_day else last - dt.timedelta(days=LOOK_DAYS[dataset.cell])
    series = catalog.series_of(dataset.id)[place : place + 1] if not dataset.per_day else ()
    # Where years come in files of their own, the newest: in the first days of January there are two.
    return max(connector.plan(dataset, series, Window(start, last)), key=lambda query: query.window.end)


def judged(
    catalog: Catalog, dataset: Dataset, query: Query, last: object, error: SourceError | None, now: dt.datetime
) -> tuple[str, str, str]:
    """Verdict, message and remedy."""
    if error is not None:
        return _kind_of(error).__name__, error.message, remedy_for(type(error))
    if not isinstance(last, dt.date):
        return "NoData", "an answer without a row", remedy_for(NoData)
    rule = catalog.rules[query.series[0].rule if query.series else dataset.rule]
    at = publication_times(rule, pl.Series("obs_date", [last], dtype=pl.Date))[0]
    if at > now:
        words = f"{last} is there before its rule's hour, {at:%Y-%m-%d %H:%M} UTC"
        return (
            "early",
            words,
            f"the rule {rule.id!r} in {RULES} is later than the source: harmless, correct it",
        )
    due = overdue(catalog, query, last, now)
    if due is not None:
        words = f"{due[0]} was to be there from {due[1]:%Y-%m-%d %H:%M} UTC on by its rule, and the newest is of {last}"
        return (
            "late",
            words,
            f"unless a lapse or a holiday explains it, the rule {rule.id!r} in {RULES} is early: look-ahead",
        )
    age = calendars.by_name(dataset.calendar).count(last, now.astimezone(SAO_PAULO).date())
    if age > dataset.freshness_bd:
        words = f"the newest is of {last}, {age} business days old against a promise of {dataset.freshness_bd}"
        return "late", words, "the rule in publication_rules.toml, or freshness_bd in datasets.toml, promises too much"
    return "fine", "", ""


def _kind_of(error: SourceError) -> type[SourceError]:
    """The kind as the page's table has it; a connector's own kinds are finer."""
    known = next(kind for kind, _ in REMEDIES if isinstance(error, kind))
    return type(error) if known is SourceError else known


def remedy_for(kind: type[SourceError]) -> str:
    """The setting that mends an error of this kind."""
    return next(words for known, words in REMEDIES if issubclass(kind, known))


def _value(fetched: Sequence[FetchResult], *, first: bool) -> str:
    """The first or last row: its day and value, in our unit."""
    for one in fetched if first else reversed(fetched):
        for name, frame in one.frames.items():
            if frame.height:
                row = frame.sort("obs_date")[0 if first else -1].to_dicts()[0]
                column = next((c for c in SILVER[name].values if row[c] is not None), SILVER[name].values[0])
                return f"{row['obs_date']}: {column} {row[column]}"
    return ""
