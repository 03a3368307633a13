"""Bodies as each source sends them, and bodies as none should: for the fuzz test and for bench/fuzz.py.

A sample is one query of one dataset with the answer that the sandbox's wire gives. A mutation takes the body's text
(out of its archive, where it comes in one), spoils it in one way, and puts it back.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from desk.catalog import load_catalog
from desk.errors import NoData
from desk.model import SILVER, Frames, Window
from sandbox import base_urls
from sandbox.published import World
from sandbox.server import query_of
from sandbox.wire import Asked
from sandbox.wires import WIRES
from tasks.connectors import CONNECTORS, border
from tasks.connectors.base import Connector, Fetched, Payload, Query, Request, SourceConfig

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

    def ask(self, body: bytes) -> list[Fetched]:
        """What the connector makes of `body` in answer to its query. Raises SourceError, if the border holds."""

        class Says:
            async def send(self, request: Request) -> Payload:
                return Payload(request, 200, {"content-type": "x"}, body, NOW)

        return asyncio.run(border.ask(self.connector, Says(), self.query))


def samples(world: World) -> list[Sample]:
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
                body = _asked(world, Request(query, xml))
                found.append(Sample(f"{dataset.id} xml", connector, query, body))
    return found


def _first_answer(world: World, connector: Connector, queries: list[Query]) -> tuple[Query, bytes]:
    """The first query with rows, and its body cut down to a size that a fuzz can afford."""
    for query in queries:
        body = _shortened(_asked(world, connector.build_request(query)), query)
        try:
            connector.read(Payload(connector.build_request(query), 200, {}, body, NOW))
        except NoData:
            continue
        return query, body
    raise AssertionError(f"{connector.source}: no query of {len(queries)} has an answer")


def _asked(world: World, request: Request) -> bytes:
    address = urlsplit(request.url)
    _, source, key, path = address.path.split("/", 3)
    query = {**query_of(address.query), **request.secret_params}
    return WIRES[source](world, Asked(key, unquote(path), query, NOW)).body


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


Mutation = Callable[[bytes, random.Random], bytes]
NUMBER = re.compile(rb"(?<![\w/.:-])-?\d+(?:[.,]\d+)?(?![\w/.:-])")
DATE = re.compile(rb"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}|(?<=01)20\d{6}")
ODD_NUMBERS = (
    b"1E1000000", b"-1e999", b"9" * 5000, b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b'""', b"", b'"x"',
    b"0x1F", b"1_000", b"1.2.3", "\u0665".encode(), b"[]", b"{}", b"1e-400", b"\x00", b"--1", b'"\\u0000"',
    b'"\\ud800"',
)  # fmt: skip
ODD_DATES = (
    b"01/03/29", b"0029-03-01", b"9999-12-31", b"2026-02-30", b"", b"null", b"99999999", b"20269999", b"31/31/2026",
    b"2026-11-03T00:00:00+14:00", b"\xff\xfe",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, [], {}, "", "x", 0, -1, 1.5, 10**40, [[]], {"a": 1}, "\0", "\ud800", "1" * 3000, ["x"] * 3, 10**18,
)  # fmt: skip


def cut(text: bytes, rng: random.Random) -> bytes:
    """Never at the end of a line: what is left then is a smaller table, and no format of lines can tell."""
    places = [rng.randrange(1, max(2, len(text))) for _ in range(20)]
    fit = (at for at in places if text[at - 1 : at] not in b"\r\n" and text[at : at + 1] not in (b"\r", b"\n", b""))
    return text[: next(fit, len(text) // 2)]


def doubled(text: bytes, rng: random.Random) -> bytes:
    """The whole again, or one line of it again with another number."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 3 or rng.random() < 0.3:
        return text + text
    at = rng.randrange(1, len(lines))
    other = NUMBER.sub(b"7", lines[at], count=1) if rng.random() < 0.5 else lines[at]
    return b"".join([*lines[: at + 1], other, *lines[at + 1 :]])


def odd_number(text: bytes, rng: random.Random) -> bytes:
    return _with(text, rng, NUMBER, ODD_NUMBERS)


def odd_date(text: bytes, rng: random.Random) -> bytes:
    return _with(text, rng, DATE, ODD_DATES)


def _with(text: bytes, rng: random.Random, pattern: re.Pattern[bytes], odd: tuple[bytes, ...]) -> bytes:
    found = list(pattern.finditer(text))
    if not found:
        return text + rng.choice(odd)
    one = rng.choice(found)
    return text[: one.start()] + rng.choice(odd) + text[one.end() :]


def retyped(text: bytes, rng: random.Random) -> bytes:
    """A value of a JSON document of another type; elsewhere a field of a line."""
    return _changed(text, rng, lambda holder, key: holder.__setitem__(key, rng.choice(ODD_VALUES)))


def renamed(text: bytes, rng: random.Random) -> bytes:
    def rename(holder: Any, key: Any) -> None:
        value = holder.pop(key)
        if isinstance(holder, dict) and rng.random() < 0.7:
            holder[rng.choice((f"{key}_", str(key).upper(), "\0", "x"))] = value

    return _changed(text, rng, rename)


def repeated(text: bytes, rng: random.Random) -> bytes:
    """A row of a JSON list again, one of its values another."""

    def repeat(holder: Any, key: Any) -> None:
        if isinstance(holder, list):
            copy = json.loads(json.dumps(holder[key]))
            if isinstance(copy, dict) and copy:
                copy[rng.choice(sorted(copy))] = rng.choice(("7", 7, 7.5, None))
            holder.insert(key, copy)

    return _changed(text, rng, repeat)


def _changed(text: bytes, rng: random.Random, change: Callable[[Any, Any], None]) -> bytes:
    try:
        document = json.loads(text)
    except ValueError:
        return _with(text, rng, re.compile(rb"[^,;<>\r\n]+"), (*ODD_NUMBERS, *ODD_DATES))
    holder, key = rng.choice(list(_places([document])))
    change(holder, key)
    return json.dumps(document).encode()


def _places(holder: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    for key in keys:
        if depth:
            yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _places(holder[key], depth + 1)


def nested(text: bytes, rng: random.Random) -> bytes:
    deep = rng.choice((60, 2000, 100_000))
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>")))
    whole = opening * deep + (text if rng.random() < 0.5 else b"") + (closing * deep if rng.random() < 0.5 else b"")
    if rng.random() < 0.5:
        return whole
    found = list(NUMBER.finditer(text)) or [re.match(rb"", text)]
    one = rng.choice(found)
    return text[: one.start()] + whole + text[one.end() :] if one else whole


def other_encoding(text: bytes, rng: random.Random) -> bytes:
    words = text.decode("utf-8", "replace")
    kind = rng.choice(("utf-16", "utf-16-be", "utf-32", "latin-1", "utf-7", "cp037"))
    return words.encode(kind, "replace") if rng.random() < 0.8 else b"\xef\xbb\xbf" * 2 + text


def odd_bytes(text: bytes, rng: random.Random) -> bytes:
    """NUL, control characters, lone bytes of UTF-8, flipped bits."""
    spoiled = bytearray(text or b"x")
    for _ in range(rng.choice((1, 1, 3, 50))):
        at = rng.randrange(len(spoiled))
        odd = rng.choice((b"\0", b"\x1b", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\n", b'"', b"<", b";", b","))
        spoiled[at : at + rng.choice((0, 1))] = odd if rng.random() < 0.7 else bytes([rng.randrange(256)])
    return bytes(spoiled)


def other_width(text: bytes, rng: random.Random) -> bytes:
    """A line shorter or longer by a field, or of another separator; the last line without its end."""
    lines = text.splitlines(keepends=True) or [b""]
    at, roll = rng.randrange(len(lines)), rng.random()
    mark = b";" if b";" in lines[at] else b","
    if roll < 0.25:
        lines[-1] = lines[-1].rstrip(b"\r\n")[: -rng.choice((1, 2, 3))]
    elif roll < 0.5:
        lines[at] = lines[at].replace(mark, b"", 1)
    elif roll < 0.75:
        lines[at] = lines[at].replace(mark, mark * 2, 1)
    else:
        lines[at] = lines[at].replace(mark, b"|")
    return b"".join(lines)


def another_answer(text: bytes, rng: random.Random) -> bytes:
    """A page, an empty body, an error of a gateway, a document with entities, another archive."""
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">]><feed>' + b"&b;" * 10 + b"</feed>"
    return rng.choice(
        (b"", b" ", b"null", b"[]", b"{}", b"0", b'"x"', b"<html></html>", b"<a/>", bomb, b"PK\x03\x04", b"PK\x05\x06",
         b"MZ", b"\x1f\x8b\x08", b"\x00" * 5000, b"Too Many Requests", b'{"value": null}', b"[null]", b'{"chart": []}',
         text[::-1])
    )  # fmt: skip


MUTATIONS: Mapping[str, Mutation] = {
    one.__name__.replace("_", " "): one
    for one in (
        cut, doubled, odd_number, odd_date, retyped, renamed, repeated, nested, other_encoding, odd_bytes, other_width,
        another_answer,
    )
}  # fmt: skip


def frames_of(fetched: list[Fetched]) -> Frames:
    """The rows by table, of an answer of one page."""
    return {name: frame for one in fetched for name, frame in one.frames.items()}


def spoiled(sample: Sample, mutation: str, rng: random.Random) -> bytes:
    """The body after `mutation`; of an archived one, now and then the archive itself is spoiled."""
    change = MUTATIONS[mutation]
    if sample.archived is not None and rng.random() < 0.3:
        return change(sample.body(sample.text), rng)
    return sample.body(change(sample.text, rng))


def held_promises(sample: Sample, mutation: str, fetched: list[Fetched]) -> list[str]:
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
