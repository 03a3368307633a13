"""What the files of sources without series say of themselves: curves with their names, roots, columns.

One request a dataset, of its newest day. What must be there is named below; the rest (a new tenor, another name) is
told by the check's baseline, since the list of names is kept from one check to the next.
"""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from desk import calendars
from desk.catalog.provider_metadata import Difference, Metadata, Verdict
from desk.errors import RateLimited, SourceError
from desk.model import Dataset, Window
from tasks.connectors import CONNECTORS
from tasks.connectors.b3_archive import unpacked
from tasks.connectors.b3_price_report import read_price_report
from tasks.connectors.b3_swap_file import curve_names
from tasks.connectors.exchange import FetchResult, Payload
from tasks.connectors.stn_tesouro_direto import COLUMNS
from tasks.provider_metadata.request import Provider, retried

CURVE_NAMES = {"PRE": "DIxPRE", "DOC": "DIxXDOL Cupom l", "DPL": "Cupom Limpo de"}
"""Code in B3's swap file -> the name that it has there, cut to 15 characters. Source: the file of 25 September 2026."""
AUCTION_FIELDS = (
    "data_leilao", "tipo_leilao", "titulo", "vencimento", "quantidade_aceita", "taxa_media", "pu_medio",
    "financeiro_aceito",
)  # fmt: skip
TENORS = {
    "treasury_nominal": ("1 Mo", "3 Mo", "6 Mo", "1 Yr", "2 Yr", "3 Yr", "5 Yr", "7 Yr", "10 Yr", "20 Yr", "30 Yr"),
    "treasury_real": ("5 Yr", "7 Yr", "10 Yr", "20 Yr", "30 Yr"),
}
LOOK_DAYS = 12


@dataclass(frozen=True, slots=True)
class FileContent:
    """`names`: what the file lists; `wrong`: (what, the catalogue's, the file's)."""

    names: tuple[str, ...]
    wrong: tuple[Difference, ...] = ()


Reader = Callable[[Dataset, Payload], FileContent]


def swap_curves(dataset: Dataset, payload: Payload) -> FileContent:
    """Each curve of the file that the catalogue reads, with its own name; what is missing or has another is wrong."""
    _, text = unpacked(payload.body, ".txt", len(payload.body) << 10)[-1]
    found = curve_names(text)
    curves: Mapping[str, str] = dataset.params["curves"]
    expected = {code for code, curve in curves.items() if curve in dataset.params["wanted"]}
    wrong = [Difference("curve", code, "not in the file") for code in sorted(expected - found.keys())]
    wrong += [
        Difference(f"name of {code}", CURVE_NAMES[code], found[code])
        for code in curves
        if code in found and code in CURVE_NAMES and found[code] != CURVE_NAMES[code]
    ]
    return FileContent(tuple(f"{code} {found[code]}" for code in curves if code in found), tuple(wrong))


def settlements(dataset: Dataset, payload: Payload) -> FileContent:
    """The roots of which the report has a settlement."""
    _, xml = unpacked(payload.body, ".xml", len(payload.body) << 10)[-1]
    roots: list[str] = dataset.params["roots"]
    contracts = [one.contract for one in read_price_report(xml, roots)]
    there = [root for root in roots if any(contract.startswith(root) for contract in contracts)]
    return _expected(roots, there, "settlement")


def tesouro_direto(dataset: Dataset, payload: Payload) -> FileContent:
    """The header of the history file."""
    header = payload.body.split(b"\n", 1)[0].decode("utf-8-sig").strip().split(";")
    return _expected(COLUMNS, header, "column")


def auctions(dataset: Dataset, payload: Payload) -> FileContent:
    """The fields of an auction's row."""
    body = json.loads(payload.body)
    rows = body["registros"] if isinstance(body, dict) else body
    return _expected(AUCTION_FIELDS, sorted(rows[0]) if rows else (), "field")


def treasury(dataset: Dataset, payload: Payload) -> FileContent:
    """The tenors of the year's file."""
    header = next(csv.reader(io.StringIO(payload.body.decode("utf-8-sig"))))
    return _expected(TENORS[dataset.id], header[1:], "tenor")


def _expected(expected: Iterable[str], found: Iterable[str], what: str) -> FileContent:
    there = tuple(found)
    known = {name.casefold() for name in there}  # the Treasury's two curves write their years Yr and YR
    missing = (name for name in expected if name.casefold() not in known)
    return FileContent(there, tuple(Difference(what, name, "not in the file") for name in missing))


READERS: Mapping[str, Reader] = {
    "b3_swap_curves": swap_curves,
    "b3_settlements": settlements,
    "stn_tesouro_direto": tesouro_direto,
    "stn_auctions": auctions,
    "treasury_nominal": treasury,
    "treasury_real": treasury,
}


async def files(provider: Provider) -> list[Verdict]:
    """One verdict for each dataset of the source, each with an end of its own."""
    return list(await asyncio.gather(*(_verdict(provider, dataset) for dataset in provider.datasets())))


async def _verdict(provider: Provider, dataset: Dataset) -> Verdict:
    try:
        answer = await _newest(provider, dataset)
    except SourceError as error:
        return Verdict(dataset.id, provider.source, "unreachable", note=str(error))
    return file_verdict(dataset, answer)


def file_verdict(dataset: Dataset, answer: FetchResult) -> Verdict:
    """What the file says of itself, against what must be there."""
    try:
        file = READERS[dataset.id](dataset, answer.payload)
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        wrong = (Difference("format", "as in docs/sources.md", f"{type(error).__name__}: {error}"),)
        return Verdict(dataset.id, dataset.source, "differs", wrong)
    last = max((day for frame in answer.frames.values() for day in frame["obs_date"]), default=None)
    described = Metadata("; ".join(file.names), last=last)
    return Verdict(dataset.id, dataset.source, "differs" if file.wrong else "agrees", file.wrong, found=described)


async def _newest(provider: Provider, dataset: Dataset) -> FetchResult:
    """The newest answer of the dataset; a day without a file gives way to the session before it. Raises SourceError."""
    connector = CONNECTORS[provider.source](provider.config)
    calendar = calendars.by_name(dataset.calendar)
    last = calendar.offset(provider.today, -1)
    window = Window(calendar.offset(last, -2) if dataset.per_day else last - dt.timedelta(days=LOOK_DAYS), last)
    queries = connector.plan(dataset, (), window)
    queries = queries if dataset.per_day else queries[-1:]  # days come newest first, years last
    error: SourceError | None = None
    for query in queries:
        try:
            return (await retried(provider, partial(connector.fetch, provider.client, query)))[-1]
        except SourceError as raised:
            if isinstance(raised, RateLimited):
                raise
            error = raised
    assert error is not None  # a window has a query
    raise error
