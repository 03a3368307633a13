"""Requests to a simulated source and its responses: a responder maps a request at a point in time to bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from sandbox.world import SimulatedWorld

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """One GET request: the key of the base URL, the path after it, the decoded query, and the time (UTC). `without`:
    the code of a curve that B3's swap files lack, by a fault."""

    key: str
    path: str
    query: Mapping[str, str]
    now: dt.datetime
    without: str | None = None

    @property
    def brasilia(self) -> dt.datetime:
        """The time of the request in São Paulo."""
        return self.now.astimezone(SAO_PAULO)


@dataclass(frozen=True, slots=True)
class SourceResponse:
    """Body, HTTP status and media type of a response."""

    body: bytes
    status: int = 200
    media: str = JSON


Responder = Callable[[SimulatedWorld, SourceRequest], SourceResponse]


class InvalidQuery(ValueError):
    """A query that the real source would reject too."""


def whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    """An integer of the query. Raises InvalidQuery when it is not a whole number."""
    try:
        return int(query.get(name, default))
    except ValueError as error:
        raise InvalidQuery(f"{name} is not a whole number: {query[name]!r}") from error


def not_found() -> SourceResponse:
    """The HTML page of a 404."""
    return SourceResponse(
        b"<html><head><title>404 Not Found</title></head><body>Not Found</body></html>", 404, "text/html"
    )


def texts(values: FloatArray, decimals: int) -> list[str]:
    """Numbers as text with a decimal point; zero has no sign."""
    return [f"{value:.{decimals}f}" for value in (np.round(values, decimals) + 0.0).tolist()]


def brazilian_dates(days: Days) -> list[str]:
    """Days as dd/mm/yyyy."""
    return [f"{text[8:10]}/{text[5:7]}/{text[:4]}" for text in np.datetime_as_string(days, unit="D").tolist()]


def iso_dates(days: Days) -> list[str]:
    """Days as yyyy-mm-dd."""
    return np.datetime_as_string(days, unit="D").tolist()  # type: ignore[no-any-return]
