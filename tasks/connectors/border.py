"""The border between a source and the run: whatever a source sends, the worst is one failed query.

`read` holds a parser, `ask` a whole fetch. Every exception of theirs that is no SourceError is the answer's doing and
becomes a BadPayload that names query and reason. Ours stay what they are and end the run: an error of this house
(catalogue, store), and everything that the client itself raises (the lake, the database, the disk).
What comes through has only finite numbers, days of 1900-2200, clean names, and one value for one key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import ClassVar, Protocol, TypeVar

import polars as pl
from polars import selectors as cs

from desk.errors import AlvoradaError, BadPayload
from desk.model import OBSERVATION, SILVER, Frames, SilverTable
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request, SourceConfig
from tasks.connectors.strict_values import FIRST_DAY, LAST_DAY

SHORTEST_PAGE = 64
REPEATED = "a key stands twice"
ORDERED = "its rows stand in key order"
T = TypeVar("T")
LONGEST_NAME = 100
PAGES_OF_BYTES = 4
"""All pages of one answer together may be this many times the source's largest body."""
PERIOD_MONTHS = {"M": 1, "Q": 3}
_UNFIT = r"[\x00-\x1f\x7f-\x9f]"
CONTAINED = (Exception, pl.exceptions.PanicException)
"""A panic of Polars' is no Exception in Python's tree."""


def read(parse: Callable[[Payload], Frames], payload: Payload) -> Frames:
    """What `parse` makes of `payload`, checked. Raises SourceError."""

    def checked() -> Frames:
        frames = {name: _checked(SILVER[name], frame) for name, frame in parse(payload).items()}
        if OBSERVATION.name in frames:
            _require_periods(frames[OBSERVATION.name], payload.query)
        return frames

    return held(checked, payload)


def held(work: Callable[[], T], payload: Payload) -> T:
    """What `work` makes of `payload`. Raises SourceError."""
    try:
        return work()
    except AlvoradaError:
        raise
    except CONTAINED as error:
        raise BadPayload(
            payload.request.source, reason(error), url=payload.request.url, status=payload.status
        ) from error


class Fetching(Protocol):
    """The part of a connector that a fetch needs."""

    source: ClassVar[str]

    @property
    def config(self) -> SourceConfig:
        """The source as this run sees it."""
        ...

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        """Everything that answers `query`."""
        ...


async def fetch(connector: Fetching, client: Client, query: Query) -> list[FetchResult]:
    """All that answers `query`. Raises SourceError; what the client raises besides goes through as it is."""
    guard = _Guard(client, PAGES_OF_BYTES * connector.config.max_body_bytes)
    try:
        fetched = await connector.fetch(guard, query)
        _require_one_value(fetched)
    except AlvoradaError:
        raise
    except CONTAINED as error:
        if error is guard.failure:
            raise
        raise BadPayload(connector.source, f"{query.label}: {reason(error)}") from error
    return fetched


class _Guard:
    """The client, the last error of its own that a connector cannot be blamed for, and the bytes that are left."""

    def __init__(self, client: Client, bytes_left: int) -> None:
        self._client, self._bytes_left, self._last = client, bytes_left, b""
        self.failure: BaseException | None = None

    async def send(self, request: Request) -> Payload:
        try:
            payload = await self._client.send(request)
        except Exception as error:
            self.failure = error
            raise
        self._bytes_left -= len(payload.body)
        is_page = payload.body[:1] in (b"[", b"{") and len(payload.body) >= SHORTEST_PAGE
        is_repeated = is_page and payload.body == self._last
        if self._bytes_left < 0 or is_repeated:
            words = "the same page again" if is_repeated else "its pages do not end"
            raise BadPayload(request.source, words, url=request.url, status=payload.status)
        self._last = payload.body
        return payload


def reason(error: BaseException) -> str:
    """The error's own words where a reader of ours wrote them (ValueError), else with its kind before them."""
    words = str(error).strip().partition("\n")[0]
    return words if type(error) is ValueError and words else f"{type(error).__name__}: {words}"


def _checked(table: SilverTable, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` without exact repeats, in key order, and its zeros without a sign. Raises ValueError."""
    if frame.is_empty():
        return frame
    plain = frame.with_columns(cs.float() + 0.0)
    # One query: most frames have a few rows, and what they cost is the queries. Most come in order, too.
    found = plain.select(_checks(table.key, tuple(frame.schema.items()))).row(0, named=True)
    is_ordered, is_repeated = found.pop(ORDERED), found.pop(REPEATED)
    for name, is_bad in found.items():
        if is_bad:
            raise ValueError(f"{name} holds {_misfit(frame.schema[name])}")
    if not is_ordered:
        return one_row_per_key(plain, table)
    return _without_repeats(plain, table) if is_repeated else plain


@cache
def _checks(key: tuple[str, ...], schema: tuple[tuple[str, pl.DataType], ...]) -> list[pl.Expr]:
    """Whether a column holds what it may not, by its name; as ORDERED, whether the rows stand in key order, and as
    REPEATED, whether one key then stands twice."""
    found = []
    for name, dtype in schema:
        column = pl.col(name)
        if dtype.is_float():
            found.append((~column.is_finite()).any())
        elif dtype == pl.String:
            names = column.unique()
            found.append((names.is_null() | (names.str.len_chars() > LONGEST_NAME) | names.str.contains(_UNFIT)).any())
        elif name == "obs_date":
            found.append((~column.is_between(FIRST_DAY, LAST_DAY).fill_null(False)).any())
    return [*found, _ordered(key).all().alias(ORDERED), _repeats(key).any().alias(REPEATED)]


def _ordered(key: tuple[str, ...]) -> pl.Expr:
    """Of rows: whether the row has the key of the row before it or one that sorts after it, nulls first."""
    found = pl.lit(value=True)
    for name in reversed(key):
        column, before = pl.col(name), pl.col(name).shift()
        found = (column > before).fill_null(before.is_null() & column.is_not_null()) | (
            column.eq_missing(before) & found
        )
    return found | (pl.int_range(pl.len()) == 0)


def _repeats(key: tuple[str, ...]) -> pl.Expr:
    """Of rows in key order: whether the row has the key of the row before it."""
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in key)
    return same & (pl.int_range(pl.len()) > 0)


def _misfit(dtype: pl.DataType) -> str:
    if dtype.is_float():
        return "a number that is not finite"
    return "a text that is no name" if dtype == pl.String else f"a day outside {FIRST_DAY.year}-{LAST_DAY.year}"


def _require_periods(frame: pl.DataFrame, query: Query) -> None:
    """A monthly series is dated on the first of its months, a quarterly one of its quarters: days between them are
    another series, where an answer does not name its own. Raises ValueError."""
    for series in query.series:
        if series.frequency not in PERIOD_MONTHS:
            continue
        days = frame.filter(series_id=series.id)["obs_date"]
        odd = days.filter((days.dt.day() != 1) | ((days.dt.month() - 1) % PERIOD_MONTHS[series.frequency] != 0))
        if odd.len():
            raise ValueError(f"{odd[0]} in answer to {series.id}, a series of frequency {series.frequency}")


def one_row_per_key(frame: pl.DataFrame, table: SilverTable) -> pl.DataFrame:
    """`frame` without exact repeats, in key order. Raises ValueError where one key has two values."""
    ordered = frame.sort(table.key, maintain_order=True)
    return _without_repeats(ordered, table) if ordered.select(_repeats(table.key).any()).item() else ordered


def _without_repeats(ordered: pl.DataFrame, table: SilverTable) -> pl.DataFrame:
    """`ordered` by the key, without exact repeats. Raises ValueError where one key has two values."""
    unique = ordered.unique(maintain_order=True)
    doubled = unique.filter(_repeats(table.key))
    if doubled.height:
        where = ", ".join(str(value) for value in doubled.select(table.key[:-1]).row(0))
        raise ValueError(f"two different values for {where}")
    return unique


def _require_one_value(fetched: Sequence[FetchResult]) -> None:
    """The pages of one answer together have one value for one key as well."""
    for name in {name for one in fetched for name in one.frames}:
        pages = [one.frames[name] for one in fetched if name in one.frames]
        if len(pages) > 1:
            one_row_per_key(pl.concat(pages), SILVER[name])
