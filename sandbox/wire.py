"""What a wire is: a function from what was asked of a source, at a moment, to the bytes that the source would send."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from sandbox.economy.draws import Floats
from sandbox.economy.timeline import Days
from sandbox.published import World

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Asked:
    """One GET: the base URL's key, the path after it, the decoded query, and the moment (UTC)."""

    key: str
    path: str
    query: Mapping[str, str]
    now: dt.datetime

    @property
    def brasilia(self) -> dt.datetime:
        return self.now.astimezone(SAO_PAULO)


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    status: int = 200
    media: str = JSON


Wire = Callable[[World, Asked], Answer]


class BadQuery(ValueError):
    """A query that the source could not read either."""


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of the query. Raises BadQuery."""
    try:
        return int(query.get(name, default))
    except ValueError as error:
        raise BadQuery(f"{name} is not a whole number: {query[name]!r}") from error


def not_found() -> Answer:
    return Answer(b"<html><head><title>404 Not Found</title></head><body>Not Found</body></html>", 404, "text/html")


def texts(values: Floats, decimals: int) -> list[str]:
    """Numbers as text with a decimal point; a zero is never negative."""
    return [f"{value:.{decimals}f}" for value in (np.round(values, decimals) + 0.0).tolist()]


def brazilian_dates(days: Days) -> list[str]:
    """dd/mm/yyyy."""
    return [f"{text[8:10]}/{text[5:7]}/{text[:4]}" for text in np.datetime_as_string(days, unit="D").tolist()]


def iso_dates(days: Days) -> list[str]:
    return np.datetime_as_string(days, unit="D").tolist()  # type: ignore[no-any-return]
