"""Manners towards a host: a 429 ends the try, sources that share a host take turns, a later try has a new budget."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from desk.errors import BudgetSpent, Outage, RateLimited
from tests.tasks.http.setup import BASE, Setup, always, config, request


@pytest.mark.parametrize(("header", "shut"), [({"retry_after": "3600"}, 3600), ({}, 300), ({"retry_after": "5"}, 300)])
async def test_a_429_shuts_the_host_for_minutes_and_ends_the_try(header: dict[str, str], shut: int) -> None:
    """No further request prolongs it: those that wait are told so at once."""
    setup = Setup(
        always(429, b"", **header), config(rate_per_second=1.0, concurrency=1, shut_seconds=300.0, budget_seconds=1e4)
    )
    ended = await asyncio.gather(*(setup.client.send(request()) for _ in range(61)), return_exceptions=True)
    assert {type(error) for error in ended} == {RateLimited}
    assert len(setup.requested) == 1
    setup.time.seconds += shut - 31
    setup.client.renew_budget("alpha", 1e4)
    with pytest.raises(RateLimited, match="left alone for 31 s more") as raised:
        await setup.client.send(request())
    assert raised.value.retryable
    assert len(setup.requested) == 1
    setup.time.seconds += 31
    setup.client.renew_budget("alpha", 1e4)
    with pytest.raises(RateLimited):
        await setup.client.send(request())
    assert len(setup.requested) == 2


async def test_a_host_is_shut_before_the_answer_is_kept() -> None:
    """Keeping a body takes time; the next in line was sent meanwhile."""
    setup = Setup(always(429, b""), config(rate_per_second=1e6, concurrency=1, shut_seconds=300.0))

    async def slow(payload: object) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    setup.client._sink = slow
    await asyncio.gather(*(setup.client.send(request()) for _ in range(9)), return_exceptions=True)
    assert len(setup.requested) == 1


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b"{}", "HTTP 401"),
        (403, b"no", "HTTP 403"),
        (200, b" ", "an empty body"),
        (200, b"Too Many Requests", "too many requests"),
    ],
)
async def test_one_refusal_shuts_a_host_that_every_further_request_offends(
    status: int, body: bytes, words: str
) -> None:
    """Yahoo: 61 symbols were each refused for themselves."""
    yahoo = config(rate_per_second=1.0, concurrency=1, shut_seconds=300.0, budget_seconds=1e4, refusals_shut=1)
    setup = Setup(always(status, body), yahoo)
    ended = await asyncio.gather(*(setup.client.send(request()) for _ in range(61)), return_exceptions=True)
    assert len(setup.requested) == 1
    waiting = [error for error in ended if isinstance(error, Outage)]
    assert len(waiting) == 60
    assert all(f"not asked: {words}, and the host is left alone" in str(error) for error in waiting)
    assert setup.client.opens_in("alpha") == pytest.approx(300.0)
    setup.time.seconds += 301
    setup.client.renew_budget("alpha", 1e4)
    assert setup.client.opens_in("alpha") == 0.0
    await setup.client.send(request())
    assert len(setup.requested) == 2


async def test_elsewhere_three_refusals_in_a_row_shut_the_host_and_an_answer_between_them_counts_anew() -> None:
    statuses = iter([403, 403, 200, 403, 403, 403])
    setup = Setup(lambda outgoing: httpx.Response(next(statuses), content=b"[]"), config(shut_seconds=60.0))
    for sent in range(1, 7):
        await setup.client.send(request())
        assert len(setup.requested) == sent
    with pytest.raises(Outage, match="not asked: HTTP 403"):
        await setup.client.send(request())
    assert len(setup.requested) == 6
    empty = Setup(always(200, b""), config(shut_seconds=60.0))
    for _ in range(5):
        await empty.client.send(request())
    assert empty.client.opens_in("alpha") == 0.0, "a file of a new year may be empty"


async def test_sources_on_one_host_take_turns_however_many_one_has_waiting() -> None:
    """Behind 81 requests of another source, six of ours took 21 s and ran out of budget."""
    setup = Setup(always(), config(rate_per_second=4.0, concurrency=3), config("beta", rate_per_second=4.0))
    many = [asyncio.ensure_future(setup.client.send(request(f"{BASE}/a{n}"))) for n in range(81)]
    await asyncio.sleep(0)
    few = [asyncio.ensure_future(setup.client.send(request(f"{BASE}/b{n}", "beta"))) for n in range(6)]
    await asyncio.gather(*many, *few)
    order = [str(requested.url.path)[1] for requested in setup.requested]
    assert len(order) == 87
    assert max(place for place, source in enumerate(order) if source == "b") <= 3 + 2 * 6


async def test_a_request_given_up_while_it_waits_leaves_its_place_to_the_next() -> None:
    release = asyncio.Event()

    async def slow(outgoing: httpx.Request) -> httpx.Response:
        await release.wait()
        return httpx.Response(200, content=b"[]")

    setup = Setup(slow, config(concurrency=1))
    sends = [asyncio.ensure_future(setup.client.send(request(f"{BASE}/{n}"))) for n in range(4)]
    await asyncio.sleep(0)
    sends[1].cancel()
    sends[2].cancel()
    release.set()
    await asyncio.gather(*sends, return_exceptions=True)
    assert [requested.url.path for requested in setup.requested] == ["/0", "/3"]


async def test_a_renewed_budget_begins_anew() -> None:
    setup = Setup(always(), config(budget_seconds=60.0))
    await setup.client.send(request())
    setup.time.seconds += 300.0
    with pytest.raises(BudgetSpent):
        await setup.client.send(request())
    setup.client.renew_budget("alpha", 1e4)
    await setup.client.send(request())
    assert len(setup.requested) == 2


async def test_a_renewed_budget_ends_with_the_time_that_is_left() -> None:
    """A later try of a source with a large budget must not eat the time of the report."""
    setup = Setup(always(), config(budget_seconds=900.0))
    setup.client.renew_budget("alpha", 300.0)
    setup.time.seconds += 299.0
    await setup.client.send(request())
    setup.time.seconds += 2.0
    with pytest.raises(BudgetSpent):
        await setup.client.send(request())
