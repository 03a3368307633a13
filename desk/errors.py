"""Every error that Alvorada raises by name.

AlvoradaError                 one clear line for a person; `exit_code` for the command line
├── BadInput                  what a person gave is wrong (date, file, option, setting)
│   ├── BadCatalog            a catalogue file names something that does not exist
│   └── UnknownCalendar
├── MissingInput              a computation lacks a declared input: it names it and does not guess
├── StoreError                the database cannot be reached, or refuses
│   ├── WrongWorld            the database holds another world's data (sandbox against live)
│   ├── DamagedBody           a body in the lake is not the bytes that its name says
│   ├── RowsRefused           the rows themselves cannot be stored: whoever brought them is at fault
│   └── Busy                  another process is at this work
├── StageFailed               a stage of the run made nothing
└── SourceError               one source, one request; `retryable` says whether trying again can help
    ├── NoData                the source answered: nothing in this window (holiday, weekend, empty)
    │   └── NotYet            nothing yet: published later
    ├── UnknownSeries         the source does not know the code that we asked for
    ├── BadRequest            the source says that our request is wrong: a bug of ours
    ├── MissingKey            the source wants a key and none is set
    ├── BadPayload            the body is not in the source's format
    │   └── HtmlPayload       an HTML page under a status that promises data (retryable)
    └── Outage                time-out, connection, 5xx, cut body, challenge page (retryable)
        ├── RateLimited       429; `retry_after` in seconds where the source said so
        ├── BudgetSpent       the source's total time budget ran out
        └── NotRecorded       a replayed recording has no answer to this request
"""

from __future__ import annotations

from desk.text import washed


class AlvoradaError(Exception):
    exit_code = 1


class BadInput(AlvoradaError):
    exit_code = 2


class BadCatalog(BadInput):
    pass


class UnknownCalendar(BadInput):
    pass


class MissingInput(AlvoradaError):
    pass


class StoreError(AlvoradaError):
    exit_code = 3


class WrongWorld(StoreError):
    exit_code = 2


class DamagedBody(StoreError):
    pass


class RowsRefused(StoreError):
    pass


class Busy(StoreError):
    pass


class StageFailed(AlvoradaError):
    pass


class SourceError(AlvoradaError):
    """One request to one source. `url` never holds a secret; the message is washed, as it may quote what came in."""

    retryable = False

    def __init__(self, source: str, message: str, *, url: str | None = None, status: int | None = None) -> None:
        self.source, self.message, self.url, self.status = source, washed(message), url, status
        place = f" [{url}]" if url else ""
        super().__init__(f"{source}: {self.message}{place}")


class NoData(SourceError):
    pass


class NotYet(NoData):
    pass


class UnknownSeries(SourceError):
    pass


class BadRequest(SourceError):
    pass


class MissingKey(SourceError):
    pass


class BadPayload(SourceError):
    pass


class HtmlPayload(BadPayload):
    retryable = True


class Outage(SourceError):
    retryable = True


class RateLimited(Outage):
    def __init__(self, source: str, message: str, *, retry_after: float | None = None, url: str | None = None) -> None:
        super().__init__(source, message, url=url, status=429)
        self.retry_after = retry_after


class BudgetSpent(Outage):
    retryable = False


class NotRecorded(Outage):
    retryable = False
