"""Bodies as each source sends them, and bodies as none should: for the fuzz test and for bench/fuzz.py.

A sample is one query of one dataset with the answer that the sandbox's wire gives. A mutation (mutations.py) spoils its
text, which then goes back into its archive where it comes in one.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import random
import re
import zipfile
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from desk.catalog import load_catalog
from desk.errors import NoData
from desk.model import SILVER, Frames, Window
from sandbox import base_urls
from sandbox.server import query_of
from sandbox.source_http import SourceRequest
from sandbox.sources import RESPONDERS
from sandbox.world import SimulatedWorld
from tasks.connectors import CONNECTORS, border
from tasks.connectors.base import Connector
from tasks.connectors.exchange import FetchResult, Payload, Query, Request, SourceConfig
from tests.tasks.connectors.mutations import MUTATIONS

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
WINDOW = Window(dt.date(2026, 11, 3), dt.date(2026, 11, 18))
MONTHLY = Window(dt.date(2026, 1, 1), dt.date(2026, 11, 18))
FEW_SERIES = 6
MOST_LINES = 150
MOST_REPORTS = 40
TREASURY_XML = (
    "resource-center/data-chart-center/interest-rates/pages/xml?data=daily_treasury_yield_curve"
    "&field_tdr_date_value_month=202611"
)


@dataclass(frozen=True)
class Sample:
    """`archived` is the name of the file in the zip that carries the body; None: the body comes bare."""

    name: str
    connector: Connector
    query: Query
    text: bytes
    archived: str | None = None

    def body(self, text: bytes) -> bytes:
        if self.archived is None:
            return text
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(self.archived, text)
        return packed.getvalue()

    def ask(self, body: bytes) -> list[FetchResult]:
        """What the connector makes of `body` in answer to its query. Raises SourceError, if the border holds."""

        class Says:
            async def send(self, request: Request) -> Payload:
                return Payload(request, 200, {"content-type": "x"}, body, NOW)

        return asyncio.run(border.fetch(self.connector, Says(), self.query))


def samples(world: SimulatedWorld) -> list[Sample]:
    """One for each dataset and each shape: FRED with and without a key, Treasury in CSV and in XML."""
    found = []
    catalog = load_catalog()
    for dataset in catalog.datasets.values():
        for key in (None, "a-key") if dataset.source == "fred" else (None,):
            urls = base_urls("http://sandbox", catalog)[dataset.source]
            config = SourceConfig.from_spec(catalog.sources[dataset.source], base_urls=urls, api_key=key)
            connector = CONNECTORS[dataset.source](config)
            window, series = WINDOW if dataset.cell == "day" else MONTHLY, catalog.series_of(dataset.id)[:FEW_SERIES]
            query, body = _first_answer(world, connector, connector.plan(dataset, series, window))
            text, archived = _bare(body)
            text = _few_reports(text) if dataset.id == "b3_settlements" else text
            found.append(Sample(f"{dataset.id}{'+key' if key else ''}", connector, query, text, archived))
            if dataset.id == "treasury_nominal":
                xml = f"http://sandbox/treasury_gov/site/{TREASURY_XML}"
                body = _requested(world, Request(query, xml))
                found.append(Sample(f"{dataset.id} xml", connector, query, body))
    return found


def _first_answer(world: SimulatedWorld, connector: Connector, queries: list[Query]) -> tuple[Query, bytes]:
    """The first query with rows, and its body cut down to a size that a fuzz can afford."""
    for query in queries:
        body = _shortened(_requested(world, connector.build_request(query)), query)
        try:
            connector.read(Payload(connector.build_request(query), 200, {}, body, NOW))
        except NoData:
            continue
        return query, body
    raise AssertionError(f"{connector.source}: no query of {len(queries)} has an answer")


def _requested(world: SimulatedWorld, request: Request) -> bytes:
    address = urlsplit(request.url)
    _, source, key, path = address.path.split("/", 3)
    query = {**query_of(address.query), **request.secret_params}
    return RESPONDERS[source](world, SourceRequest(key, unquote(path), query, NOW)).body


def _shortened(body: bytes, query: Query) -> bytes:
    """Of a table of all bonds and days, the header and lines of the window."""
    if query.dataset.id != "stn_tesouro_direto":
        return body
    header, *lines = body.splitlines(keepends=True)
    month = f"/{query.window.end:%m/%Y};".encode()
    return b"".join([header, *[line for line in lines if month in line.split(b";", 2)[2]][:MOST_LINES]])


def _few_reports(xml: bytes) -> bytes:
    """A price report of the first futures only, with the count that its header promises."""
    reports = re.findall(rb"<PricRpt>.*?</PricRpt>", xml, re.DOTALL)
    few = [one for one in reports if re.search(rb"<TckrSymb>[A-Z0-9]{3}[A-Z]\d\d</TckrSymb>", one)][:MOST_REPORTS]
    head, tail = xml[: xml.index(reports[0])], xml[xml.index(reports[-1]) + len(reports[-1]) :]
    return re.sub(rb"(?<=<TtlNbOfMsg>)\d+", str(len(few)).encode(), head) + b"".join(few) + tail


def _bare(body: bytes) -> tuple[bytes, str | None]:
    """The text in the innermost archive, and its name there."""
    name = None
    while (place := body.find(b"PK\x03\x04")) >= 0:
        with zipfile.ZipFile(io.BytesIO(body[place:] if body[:2] != b"MZ" else body)) as archive:
            entry = archive.infolist()[-1]
            name, body = entry.filename, archive.read(entry)
    return body, name


def frames_of(fetched: list[FetchResult]) -> Frames:
    """The rows by table, of an answer of one page."""
    return {name: frame for one in fetched for name, frame in one.frames.items()}


def spoiled(sample: Sample, mutation: str, rng: random.Random) -> bytes:
    """The body after `mutation`; of an archived one, now and then the archive itself is spoiled."""
    change = MUTATIONS[mutation]
    if sample.archived is not None and rng.random() < 0.3:
        return change(sample.body(sample.text), rng)
    return sample.body(change(sample.text, rng))


def held_promises(sample: Sample, mutation: str, fetched: list[FetchResult]) -> list[str]:
    """What is wrong with rows that came through; empty where nothing is.

    Numbers are finite, days lie in the query's window, names are names, one key has one value, ids are those of the
    question; and a body that was cut inside a line gives the rows of the whole one.
    """
    wrong = []
    for name, frame in frames_of(fetched).items():
        table, window = SILVER[name], sample.query.window
        if dict(frame.schema) != table.parsed_schema:
            wrong.append(f"{name}: another schema")
        floats = [column for column, dtype in frame.schema.items() if dtype.is_float()]
        if any(not frame[column].is_finite().fill_null(True).all() for column in floats):
            wrong.append(f"{name}: a number that is not finite")
        if not frame["obs_date"].is_between(window.start, window.end).all():
            wrong.append(f"{name}: a day outside of the window")
        if frame.select(table.key).is_duplicated().any():
            wrong.append(f"{name}: a key twice")
        if any(not text.isprintable() or not text for text in frame[table.entity[0]].unique()):
            wrong.append(f"{name}: a name that is none")
        if sample.query.series and not set(frame[table.entity[0]]) <= {series.id for series in sample.query.series}:
            wrong.append(f"{name}: an id that was not asked for")
    if mutation == "cut" and any(
        not frame.equals(frames_of(sample.ask(sample.body(sample.text)))[name])
        for name, frame in frames_of(fetched).items()
    ):
        wrong.append("fewer rows of a cut body")
    return wrong
