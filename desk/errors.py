"""The tree of named errors. An error's message names the thing and the place.

AlvoradaError                 one clear line for a person; `exit_code` for the command line
├── BadInput                  input from a person is wrong (date, file, option, setting)
│   ├── BadCatalog            a catalogue file names something that does not exist
│   └── UnknownCalendar
├── MissingInput              a computation misses a declared input, which the message names
├── StoreError                the database cannot be reached, or rejects a statement
│   ├── WrongWorld            the database holds another environment's data (sandbox or live)
│   ├── DamagedBody           a body in the lake differs from the bytes that its hash names
│   ├── RowsRefused           the database refuses the values themselves: their source is at fault
│   └── Busy                  another process is already doing this work
├── StageFailed               a stage of the run produced no output
└── SourceError               one source, one request; `retryable` says whether a retry can help
    ├── NoData                the source has nothing in this window (holiday, weekend, empty)
    │   └── NotYet            no data yet: published later
    ├── UnknownSeries         the source does not know the requested code
    ├── BadRequest            the source rejects our request as invalid: our error
    ├── MissingKey            the source requires a key and none is set
    ├── BadPayload            the body is not in the source's format
    │   ├── Incomplete        its rows are good, and something that is wanted is not among them
    │   └── HtmlPayload       an HTML page under a status that promises data (retryable)
    ├── OurFault              our own code failed on the rows of a good answer
    └── Outage                time-out, connection, 5xx, truncated body, challenge page (retryable)
        ├── RateLimited       429; `retry_after` in seconds where the source states it
        ├── BudgetSpent       the source's total time budget is used up
        └── NotRecorded       a replayed recording has no response to this request
"""

from __future__ import annotations

from desk.text import washed


class AlvoradaError(Exception):
    """Base of all named errors: one clear line for a person. `exit_code` is that of the command line."""

    exit_code = 1


class BadInput(AlvoradaError):
    """Input from a person is wrong: a date, file, option or setting."""

    exit_code = 2


class BadCatalog(BadInput):
    """A catalogue file is invalid, or names something that does not exist."""


class UnknownCalendar(BadInput):
    """No business-day calendar has this name."""


class MissingInput(AlvoradaError):
    """A computation misses a declared input; the message names it."""


class StoreError(AlvoradaError):
    """The database cannot be reached, or rejects a statement."""

    exit_code = 3


class WrongWorld(StoreError):
    """The database holds another environment's data, such as sandbox data in a live run."""

    exit_code = 2


class DamagedBody(StoreError):
    """A body in the lake differs from the bytes that its hash names. Fetching it again repairs it."""


class RowsRefused(StoreError):
    """The database refuses the values themselves, so their source is at fault and not the database."""


class Busy(StoreError):
    """Another process is already doing this work."""


class StageFailed(AlvoradaError):
    """A stage of the run produced no output."""


class SourceError(AlvoradaError):
    """One request to one source. `url` never holds a secret; the message is washed, as it may quote what came in."""

    retryable = False

    def __init__(self, source: str, message: str, *, url: str | None = None, status: int | None = None) -> None:
        self.source, self.message, self.url, self.status = source, washed(message), url, status
        place = f" [{url}]" if url else ""
        super().__init__(f"{source}: {self.message}{place}")


class NoData(SourceError):
    """The source answered that it has nothing in this window (holiday, weekend, empty)."""


class NotYet(NoData):
    """The source has no data yet: they are published later."""


class OurFault(SourceError):
    """Our own code failed on the rows of an answer that was read: the source is not at fault. The query counts as
    failed, and the run goes on without it."""


class UnknownSeries(SourceError):
    """The source does not know the requested code."""


class BadRequest(SourceError):
    """The source rejects our request as invalid: an error in our code."""


class MissingKey(SourceError):
    """The source requires an API key and none is set."""


class BadPayload(SourceError):
    """The body is not in the format of the source."""


class Incomplete(BadPayload):
    """The answer's rows are good, and something that is wanted is not among them: a curve, a tenor, a contract."""


class HtmlPayload(BadPayload):
    """An HTML page under a status that promises data."""

    retryable = True


class Outage(SourceError):
    """Time-out, connection error, 5xx, truncated body or challenge page."""

    retryable = True


class RateLimited(Outage):
    """Status 429. `retry_after`: seconds, where the source states them."""

    def __init__(self, source: str, message: str, *, retry_after: float | None = None, url: str | None = None) -> None:
        super().__init__(source, message, url=url, status=429)
        self.retry_after = retry_after


class BudgetSpent(Outage):
    """The source's time budget for this try is used up."""

    retryable = False


class NotRecorded(Outage):
    """A replayed recording has no response to this request."""

    retryable = False
