"""How long one source keeps the event loop from the others: in an ordinary morning, and with answers of 50 MB.

Measured is the processor's time of each callback on the loop's own thread (what other processes take of the machine
does not count), and the longest wait of a task that only sleeps. The large answers are the sources' own shapes, grown
to 50 MB, through the real client and lake. Writes bench/results/loop.md, and fails where one callback of a large answer
takes longer than an ordinary morning's or the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from asyncio import events
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
from prefect.testing.utilities import prefect_test_harness

from bench._desk import morning_desk
from bench._page import machine
from desk.catalog import load_catalog
from desk.errors import SourceError
from sandbox.world import SimulatedWorld
from tasks.connectors import border
from tasks.connectors.exchange import SourceConfig
from tasks.http.client import HttpClient
from tasks.store.lake import Bronze, Lake
from tests.fixtures.flows import NEXT_DAY, RunningDesk
from tests.tasks.connectors.fuzzing import NOW, Sample, samples

LARGE = 50_000_000
LIMIT_SECONDS = 0.5
TICK_SECONDS = 0.005
SHAPES = ("bcb_sgs_daily", "bcb_ptax", "bcb_focus_annual", "ibge_ipca_index", "stn_auctions", "fred_daily",
          "fred_daily+key", "treasury_nominal", "treasury_nominal xml", "yahoo_daily", "cftc_tff", "b3_settlements",
          "stn_tesouro_direto")  # fmt: skip
RESULT = Path(__file__).with_name("results") / "loop.md"


@dataclass
class Held:
    """The longest callback on the loop (seconds of its thread's processor, whose it was) and the longest wait."""

    seconds: float = 0.0
    where: str = ""
    waited: float = 0.0
    callbacks: int = 0
    ended: str = ""
    wall: float = 0.0
    _began: float = field(default=0.0, repr=False)


@contextmanager
def watched_loop() -> Iterator[Held]:
    """Measures every callback of the event loops in this process while the context is open."""
    held, original = Held(), events.Handle._run

    def run(handle: events.Handle) -> None:
        began = time.thread_time()
        try:
            original(handle)
        finally:
            spent = time.thread_time() - began
            held.callbacks += 1
            if spent > held.seconds:
                held.seconds, held.where = spent, named(handle)

    events.Handle._run = run  # type: ignore[method-assign, assignment]
    try:
        yield held
    finally:
        events.Handle._run = original  # type: ignore[method-assign]


def named(handle: events.Handle) -> str:
    """The coroutine of a task's step, else the callback."""
    callback = handle._callback  # type: ignore[attr-defined]
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        coroutine = task.get_coro()
        return str(getattr(coroutine, "__qualname__", coroutine))
    return str(getattr(callback, "__qualname__", callback))


async def ticking(held: Held) -> None:
    """A task that only sleeps: what it waits beyond that, the loop was not there."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(TICK_SECONDS)
        held.waited = max(held.waited, time.monotonic() - began - TICK_SECONDS)


def grown(sample: Sample, size: int) -> bytes:
    """The sample's rows again and again, `size` bytes of them: the form holds, the rows repeat."""
    text = sample.text
    if text.lstrip()[:1] in (b"[", b"{"):
        begin, end = text.rfind(b"[{"), text.rfind(b"}]")
        if b'"chart"' in text[:40]:
            begin, end = text.index(b'"timestamp":[') + 12, text.index(b"]", text.index(b'"timestamp":['))
            part = b"," + text[begin + 1 : end]
            return text[:end] + part * (size // len(part)) + text[end:]
        part = b"," + text[begin + 1 : end + 1]
        return text[: end + 1] + part * (size // len(part)) + text[end + 1 :]
    if text.lstrip()[:1] == b"<":
        tag = b"PricRpt>" if b"<PricRpt>" in text else b"entry>"
        begin, end = text.index(b"<" + tag), text.rindex(b"</" + tag) + len(tag) + 2
        return text[:end] + text[begin:end] * (size // (end - begin)) + text[end:]
    head, _, rows = text.partition(b"\n")
    return head + b"\n" + (rows if rows.endswith(b"\n") else rows + b"\n") * (size // max(1, len(rows)))


class Whole(httpx.AsyncByteStream):
    """A body in parts of 64 kB, as a socket gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for place in range(0, len(self._body), 1 << 16):
            yield self._body[place : place + (1 << 16)]


class Says(httpx.AsyncBaseTransport):
    """Answers everything with one body."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The body, whatever the request."""
        return httpx.Response(200, headers={"content-length": str(len(self._body))}, stream=Whole(self._body))


async def large_answer(desk: RunningDesk, folder: Path, sample: Sample, body: bytes) -> Held:
    """One query answered with `body`, through client, lake and border."""
    source = sample.connector.source
    config: SourceConfig = replace(sample.connector.config, max_body_bytes=4 * LARGE)
    connector = replace(sample.connector, config=config)
    with watched_loop() as held:
        async with desk.store() as store:
            bronze = Bronze(Lake.open(str(folder)), store, None, "sandbox")
            client = HttpClient({source: config}, clock=lambda: NOW, sink=bronze.keep, transport=Says(body))
            ticker, began = asyncio.create_task(ticking(held)), time.monotonic()
            try:
                async with client:
                    fetched = await border.fetch(connector, client, sample.query)
                held.ended = f"{sum(frame.height for one in fetched for frame in one.frames.values()):,} rows"
            except SourceError as error:
                held.ended = f"{type(error).__name__}: {error.message[:60]}"
            finally:
                ticker.cancel()
            held.wall = time.monotonic() - began
    return held


async def measure(names: tuple[str, ...]) -> list[tuple[str, str, Held]]:
    """The ordinary morning, and every large answer: (name, size, what was measured)."""
    found: list[tuple[str, str, Held]] = []
    async with morning_desk() as desk, desk.morning() as morning:
        with watched_loop() as held:
            ticker, began = asyncio.create_task(ticking(held)), time.monotonic()
            ran = await morning.run(NEXT_DAY)
            ticker.cancel()
            held.ended, held.wall = str(ran.state.name), time.monotonic() - began
        found.append(("an ordinary morning", "", held))
        for sample in samples(SimulatedWorld(7, load_catalog())):
            if sample.name in names:
                body = sample.body(grown(sample, LARGE))
                with tempfile.TemporaryDirectory() as folder:
                    held = await large_answer(morning, Path(folder), sample, body)
                found.append((sample.name, f"{len(body) / 1e6:.0f} MB", held))
                print(*row(*found[-1]), file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Measures, writes the page, and returns 0 where no callback of a large answer passes the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", default=",".join(SHAPES))
    arguments = parser.parse_args()
    with prefect_test_harness():
        found = asyncio.run(measure(tuple(arguments.shapes.split(","))))
    page = "\n".join(lines(found)) + "\n"
    if len(found) == len(SHAPES) + 1:
        RESULT.write_text(page, encoding="utf-8")
    print(page)
    return 0 if all(held.seconds <= LIMIT_SECONDS for _, _, held in found[1:]) else 1


def row(name: str, size: str, held: Held) -> tuple[str, ...]:
    """A row of the table."""
    return (
        name, size, f"{held.seconds * 1000:.0f}", held.where, f"{held.waited * 1000:.0f}", f"{held.wall:.1f}",
        held.ended.replace("|", "/"),
    )  # fmt: skip


def lines(found: list[tuple[str, str, Held]]) -> Iterator[str]:
    """The page's lines."""
    large = max((held.seconds for _, _, held in found[1:]), default=0.0)
    yield "# How long one source keeps the event loop"
    yield ""
    yield f"`python -m bench.loop`, {machine()}. Longest callback: processor's time of one step on the loop's thread,"
    yield "and whose it was. Longest wait: of a task beside it that only sleeps; other processes of the machine and the"
    yield "interpreter's lock are in it. Large answers: the sources' own shapes with rows repeated."
    yield ""
    yield f"**Longest callback of a large answer {large * 1000:.0f} ms** (limit {LIMIT_SECONDS * 1000:.0f});"
    yield f"of an ordinary morning {found[0][2].seconds * 1000:.0f} ms."
    yield ""
    yield "| answer | size | longest callback ms | whose | longest wait ms | all s | ended |"
    yield "|---|--:|--:|---|--:|--:|---|"
    for one in found:
        yield f"| {' | '.join(row(*one))} |"


if __name__ == "__main__":
    sys.exit(main())
