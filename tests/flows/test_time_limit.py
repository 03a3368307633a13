"""A run that takes too long fails by name; a time-out of something inside it is its own."""

from __future__ import annotations

import asyncio

import pytest

from desk.errors import StageFailed
from flows.daily import time_limit


async def test_a_run_that_takes_too_long_fails_by_name() -> None:
    with pytest.raises(StageFailed, match="the run was ended after 0 minutes"):
        async with time_limit(0.05):
            await asyncio.sleep(60)


async def test_another_time_out_stays_what_it_is() -> None:
    with pytest.raises(TimeoutError, match="the socket"):
        async with time_limit(60):
            raise TimeoutError("the socket")
