"""The one HTTP client: manners, budgets, what is kept, and the few answers that mean the same at every source.

One call of `send` is one attempt: retries belong to the Prefect task. Bodies are opened here, under the source's cap
and to their own end; what was cut, or opens to too much, is no response. A redirect is followed to the same host only.
A response goes to the sink (bronze) before anything about it is judged. Time-outs, broken connections, cut bodies and
5xx are Outages, 429 is RateLimited, an HTML page under a status that promises data is HtmlPayload, a body too large or
another host's is BadPayload; every other status comes back for the connector to judge.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from desk.errors import BadInput, BadPayload, BudgetSpent, HtmlPayload, Outage, RateLimited, SourceError
from desk.text import washed
from tasks.connectors import encodings
from tasks.connectors.bodies import is_challenge, looks_like_html
from tasks.connectors.exchange import UNDATED, Payload, Request, SourceConfig
from tasks.http.query_secrets import SECRETS, Secrets, scrub
from tasks.http.rate_limit import GIVE_UP_AFTER, HostGate, HostShut, OutOfReach, PastDeadline
from tasks.http.redirects import next_address
from tasks.http.refusals import refusal_of
from tasks.http.session import SOURCE, open_session

Sink = Callable[[Payload], Awaitable[None]]

USER_AGENT = "alvorada/{version} (Brazil macro research desk; contact: {contact})"
KEPT_HEADERS = (
    "cf-mitigated", "content-disposition", "content-encoding", "content-length", "content-type", "date", "etag",
    "last-modified", "retry-after", "server",
)  # fmt: skip
MOST_REDIRECTS = 5
LONGEST_HEADER = 500


class HttpClient:
    """Implements `tasks.connectors.base.Client`; an async context manager.

    configs    one per source, by id
    clock      the UTC time, for `fetched_at` and for a Retry-After that names a date
    sink       awaited with every whole response, whatever its status
    contact    an address that a source's operator can write to, part of the User-Agent
    transport  in place of the network: recordings, tests
    proxies    scheme ("http", "https") -> proxy URL; the loopback is always reached directly
    monotonic, sleep   seconds for pauses and budgets
    """

    def __init__(
        self,
        configs: Mapping[str, SourceConfig],
        *,
        clock: Callable[[], dt.datetime],
        sink: Sink,
        contact: str = "data@alvorada.invalid",
        transport: httpx.AsyncBaseTransport | None = None,
        proxies: Mapping[str, str] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._configs = dict(configs)
        self._clock, self._sink, self._monotonic, self._sleep = clock, sink, monotonic, sleep
        self._gates: dict[str, HostGate] = {}
        self._started: dict[str, float] = {}
        self._failures: dict[str, str] = {}
        self._http = open_session(
            USER_AGENT.format(version=version("alvorada"), contact=contact), transport, proxies or {}
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def send(self, request: Request) -> Payload:
        """One attempt. Raises Outage, RateLimited, HtmlPayload, BadPayload, and BudgetSpent, which says what went wrong
        before it."""
        try:
            payload = await self._attempt(request)
        except BudgetSpent:
            raise
        except SourceError as error:
            self._failures[request.source] = error.message
            raise
        self._failures.pop(request.source, None)
        return payload

    async def _attempt(self, request: Request) -> Payload:
        config = self._configs.get(request.source)
        if config is None:
            raise BadInput(f"source {request.source!r} has no configuration in this run")
        gate = self._gate(request, config)
        began = self._monotonic()
        deadline = self._started.setdefault(config.source, began) + config.budget_seconds
        if began >= deadline:
            raise self._spent(request, config)
        try:
            async with asyncio.timeout(deadline - began), gate.slot(deadline, config.source):
                payload = await self._receive(request, config, gate)
                self._keep_manners(payload, gate, config)  # inside the slot: the next request is not sent before it
        except HostShut as shut:
            if shut.refusal is not None:
                words = f"not asked: {shut.refusal}, and the host is left alone for {shut.seconds:.0f} s more"
                raise Outage(config.source, words, url=request.url) from None
            words = f"not asked: the host wants to be left alone for {shut.seconds:.0f} s more"
            raise RateLimited(config.source, words, retry_after=shut.seconds, url=request.url) from None
        except PastDeadline as past:
            if past.pause is None:
                raise self._spent(request, config) from None
            words = f"the host asks for a pause of {past.pause:.0f} s, and its budget is {config.budget_seconds:g} s"
            raise BudgetSpent(config.source, words, url=request.url) from None
        except TimeoutError:
            raise self._spent(request, config) from None
        except OutOfReach:
            words = f"cannot connect, {GIVE_UP_AFTER} times in a row: not asked again for now"
            raise Outage(config.source, words, url=request.url) from None
        await self._sink(payload)
        self._judge(payload, config)
        return payload

    def renew_budget(self, source: str, longest: float) -> None:
        """The source's time budget begins anew, with at most `longest` seconds from now: for a try that comes minutes
        after the others and must leave time for the report."""
        budget = self._configs[source].budget_seconds
        self._started[source] = self._monotonic() + min(0.0, longest - budget)

    def opens_in(self, source: str) -> float:
        """Seconds until the hosts of `source` that are shut may be asked again; 0 where none is."""
        keys = {gate_key(url, self._configs[source]) for url in self._configs[source].base_urls.values()}
        return max((self._gates[key].opens_in() for key in keys if key in self._gates), default=0.0)

    def _spent(self, request: Request, config: SourceConfig) -> BudgetSpent:
        """With the last failure, which is the reason that a person looks for."""
        last = self._failures.get(config.source)
        words = f"its time budget of {config.budget_seconds:g} s is spent" + (f"; before that: {last}" if last else "")
        return BudgetSpent(config.source, words, url=request.url)

    async def _receive(self, request: Request, config: SourceConfig, gate: HostGate) -> Payload:
        failure: SourceError | None = None
        try:
            response, body = await self._exchange(request, config)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise BadInput(f"{config.source}: not a valid address: {request.url}") from None
        except httpx.TimeoutException as error:
            failure = Outage(config.source, f"{_words(error)} after {config.timeout_seconds:g} s", url=request.url)
            _note_reach(gate, error)
        except httpx.TransportError as error:
            failure = Outage(config.source, f"{_words(error)}: {error}", url=request.url)
            _note_reach(gate, error)
        except encodings.BrokenEncoding as error:
            failure = Outage(config.source, str(error), url=request.url)
        except (encodings.TooLarge, encodings.UnknownEncoding) as error:
            failure = BadPayload(config.source, str(error), url=request.url)
        if failure is not None:
            raise failure  # out here, so that it carries no httpx error (which holds the request) as its context
        gate.reached()
        body = scrub(body, request.secret_params)
        headers = {
            name: washed(response.headers[name], LONGEST_HEADER) for name in KEPT_HEADERS if name in response.headers
        }
        is_dated = UNDATED not in response.extensions
        return Payload(request, response.status_code, headers, body, self._clock(), is_dated)

    async def _exchange(self, request: Request, config: SourceConfig) -> tuple[httpx.Response, bytes]:
        """The response behind the redirects, its body opened. Raises httpx's errors, the encodings' and our own."""
        secrets = Secrets(urlsplit(request.url).netloc, dict(request.secret_params))
        url = httpx.URL(request.url)
        for _ in range(MOST_REDIRECTS + 1):
            outgoing = self._http.build_request(
                request.method,
                url,
                headers=dict(request.headers),
                content=request.body,
                timeout=config.timeout_seconds,
                extensions={SECRETS: secrets, SOURCE: config.source},
            )
            response = await self._http.send(outgoing, stream=True)
            try:
                if not response.has_redirect_location:
                    return response, await _opened(response, request, config)
                url = next_address(url, response, request)
            finally:
                await response.aclose()
        raise Outage(config.source, "redirected in circles", url=request.url)

    def _pause(self, payload: Payload, config: SourceConfig) -> float | None:
        """Seconds for which the host wants to be left alone; None where it says nothing of it."""
        status = payload.status
        wait = retry_after_seconds(payload.headers.get("retry-after"), self._clock()) if status >= 400 else None
        return max(wait or 0.0, config.shut_seconds) if status == 429 else wait

    def _keep_manners(self, payload: Payload, gate: HostGate, config: SourceConfig) -> None:
        wait = self._pause(payload, config)
        if wait is not None:
            gate.close_for(wait)
        refusal = refusal_of(payload, config)
        if refusal is not None:
            gate.refused(refusal, config.refusals_shut, config.shut_seconds)
        elif payload.status < 400:
            gate.served()

    def _judge(self, payload: Payload, config: SourceConfig) -> None:
        source, url, status = payload.request.source, payload.request.url, payload.status
        if status == 429:
            raise RateLimited(source, "too many requests", retry_after=self._pause(payload, config), url=url)
        if status >= 500 or status == 408:
            raise Outage(source, f"HTTP {status}", url=url, status=status)
        challenge = is_challenge(payload.headers, payload.body)
        page = "a challenge page for browsers (Cloudflare)" if challenge else "an HTML page"
        if 200 <= status < 300 and not payload.request.html_is_data and looks_like_html(payload.body):
            raise HtmlPayload(source, f"{page} under HTTP {status}", url=url, status=status)
        if challenge:
            raise Outage(source, f"{page} under HTTP {status}", url=url, status=status)

    def _gate(self, request: Request, config: SourceConfig) -> HostGate:
        key = gate_key(request.url, config)
        if key not in self._gates:
            sharers = [
                other for other in self._configs.values()
                if any(gate_key(url, other) == key for url in other.base_urls.values())
            ] or [config]  # fmt: skip
            self._gates[key] = HostGate(
                min(other.rate_per_second for other in sharers),
                min(other.concurrency for other in sharers),
                self._monotonic,
                self._sleep,
            )
        return self._gates[key]


def gate_key(url: str, config: SourceConfig) -> str:
    """What the manners hold for: the host. Sources on one host share its gate, the strictest manners winning.

    A server that stands for many hosts with a folder for each (`{root}/{source}/{base URL's name}`, the sandbox) has a
    gate per folder, as the hosts that it stands for have.
    """
    parts = urlsplit(url)
    source, _, rest = parts.path.removeprefix("/").partition("/")
    return f"{parts.netloc}/{source}/{rest.partition('/')[0]}" if source == config.source else parts.netloc


def retry_after_seconds(value: str | None, now: dt.datetime) -> float | None:
    """Retry-After as seconds or as an HTTP date; None when absent or not readable."""
    if value is None:
        return None
    text = value.strip()
    if text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return max(0.0, (aware - now).total_seconds())


async def _opened(response: httpx.Response, request: Request, config: SourceConfig) -> bytes:
    """The body, its encoding opened and its end seen. Raises Outage, and what the encodings and httpx raise."""
    opener = encodings.Opener(response.headers.get("content-encoding"), config.max_body_bytes)
    # The stream itself: `aiter_raw` refuses a response that was made from bytes (a recording, a test).
    async for raw in response.stream:  # type: ignore[union-attr]
        opener.feed(raw)
    promised = response.headers.get("content-length", "")
    if promised.isdecimal() and request.method != "HEAD" and opener.raw_bytes != int(promised[:20]):
        words = f"cut body: {opener.raw_bytes} of {promised[:20]} bytes"
        raise Outage(request.source, words, url=request.url, status=response.status_code)
    return opener.close()


def _note_reach(gate: HostGate, error: httpx.RequestError) -> None:
    """A connection that could not be made, or anything else: then the host was there."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        gate.unreachable()
    else:
        gate.reached()


def _words(error: httpx.TransportError) -> str:
    return {
        httpx.ConnectTimeout: "no connection",
        httpx.ReadTimeout: "no answer",
        httpx.ConnectError: "cannot connect",
        httpx.RemoteProtocolError: "broken answer",
    }.get(type(error), type(error).__name__)
