"""Exceptions at the border: which are the query's failure, and which are our own."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from desk.errors import BadCatalog, BadPayload, SourceError, StoreError
from tasks.connectors import border
from tasks.connectors.exchange import Query
from tests.tasks.connectors.answers import connector, queries, window
from tests.tasks.connectors.paged import Answers

NOVEMBER = window("2026-11-03", "2026-11-18")
(DGS10,) = queries("fred_daily", NOVEMBER, "dgs10")


@pytest.mark.parametrize(
    ("raised", "comes_out"),
    [
        (KeyError("x"), "KeyError: 'x'"),
        (RecursionError("deep"), "RecursionError: deep"),
        (pl.exceptions.PanicException("rust"), "PanicException: rust"),
        (ValueError("our words"), "our words"),
    ],
    ids=repr,
)
async def test_an_exception_of_a_connector_is_that_querys_failure(
    raised: BaseException, comes_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fred = connector("fred")

    async def fetch(self: object, client: object, query: Query) -> Any:
        raise raised

    monkeypatch.setattr(type(fred), "fetch", fetch)
    with pytest.raises(BadPayload) as caught:
        await border.fetch(fred, Answers(lambda url: b""), DGS10)
    assert caught.value.message == f"fred_daily DGS10 2026-11-03..2026-11-18: {comes_out}"


@pytest.mark.parametrize("ours", [StoreError("the database has gone"), OSError("no space left"), BadCatalog("no unit")])
async def test_what_the_client_raises_and_what_the_catalogue_lacks_is_ours(ours: Exception) -> None:
    with pytest.raises(type(ours)) as caught:
        await border.fetch(connector("fred"), Answers(lambda url: ours), DGS10)
    assert caught.value is ours
    assert not isinstance(caught.value, SourceError)
