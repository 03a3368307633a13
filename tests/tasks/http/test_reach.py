"""A host that takes no connection is left alone for a while; one that answers badly is not."""

from __future__ import annotations

import httpx
import pytest

from desk.errors import Outage
from tests.tasks.http.setup import Setup, always, request


async def test_a_host_that_takes_no_connection_is_given_up_for_a_while_and_then_asked_again() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("All connection attempts failed")

    setup = Setup(refuse)
    for _ in range(3):
        with pytest.raises(Outage, match="cannot connect: All connection attempts failed"):
            await setup.client.send(request())
    for _ in range(50):
        with pytest.raises(Outage, match="3 times in a row") as raised:
            await setup.client.send(request())
        assert raised.value.retryable
    assert len(setup.requested) == 3
    await setup.time.sleep(61.0)
    with pytest.raises(Outage, match="cannot connect: All"):
        await setup.client.send(request())
    assert len(setup.requested) == 4


async def test_a_host_that_answers_badly_is_within_reach() -> None:
    setup = Setup(always(503, b""))
    for _ in range(5):
        with pytest.raises(Outage, match="HTTP 503"):
            await setup.client.send(request())
    assert len(setup.requested) == 5
