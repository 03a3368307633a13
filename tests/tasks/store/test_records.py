"""Receipts and reports are read as they were stored."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid

import pytest

from desk.errors import StoreError
from desk.model import UTC, decision_time
from tasks.store import PayloadRow, Report, Store

pytestmark = pytest.mark.db

MONDAY = decision_time(dt.date(2026, 1, 12))
TUESDAY = decision_time(dt.date(2026, 1, 13))


def report(as_of: dt.datetime, html: str, rendered_at: dt.datetime = TUESDAY) -> Report:
    return Report(as_of, "en", uuid.uuid4(), rendered_at, hashlib.sha256(html.encode()).hexdigest(), html)


async def test_a_receipt_comes_back_whole(store: Store) -> None:
    row = PayloadRow(
        sha256="ab" * 32, source="fred", dataset="fred_daily", url="https://fred/x?id=DGS10", status=200,
        headers={"content-type": "text/csv; charset=\"utf-8\""}, fetched_at=dt.datetime(2026, 1, 12, 9, 1, tzinfo=UTC),
        bytes=12, path="fred/2026/01/12/abab.zst", run_id=uuid.uuid4(), origin="sandbox",
    )  # fmt: skip
    first, second = await store.add_payload(row), await store.add_payload(row)
    assert first != second
    assert await store.payload(first) == row
    assert await store.payload_path("fred", "ab" * 32) == row.path
    assert await store.payload_path("cftc_cot", "ab" * 32) is None
    receipts = await store.receipts([second, first, 999])
    assert receipts["payload_id"].to_list() == [first, second]
    assert receipts["sha256"].to_list() == ["ab" * 32] * 2
    with pytest.raises(StoreError, match="there is no payload 999"):
        await store.payload(999)


async def test_a_report_is_kept_once_and_the_latest_is_found(store: Store) -> None:
    first, later = report(MONDAY, "<html>Segunda, ação</html>"), report(TUESDAY, "<html>Tuesday</html>")
    assert await store.save_report(later)
    assert await store.save_report(first)
    assert not await store.save_report(report(MONDAY, first.html)), "the same content again writes nothing"
    assert await store.read_report("en") == later
    assert await store.read_report("en", MONDAY) == first
    assert await store.read_report("pt") is None
    changed = report(MONDAY, "<html>other</html>")
    assert await store.save_report(changed)
    assert await store.read_report("en", MONDAY) == changed
