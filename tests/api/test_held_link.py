"""held/word/: the link that an alert brings; opening it decides nothing, its form does, and it ends."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator

import pytest

from tasks.store import open_store
from tasks.store.holds import Hold
from tasks.store.signed_links import held_link
from tests.api.conftest import NOW, Api, opened
from tests.tasks.store.test_store import observations

pytestmark = pytest.mark.db


@pytest.fixture
async def linked(database_url: str) -> AsyncIterator[Api]:
    """An API on a database with one held value and nothing else."""
    day, known = dt.date(2026, 1, 9), NOW - dt.timedelta(hours=2)
    hold = Hold(
        "observation", "value", "made_series", day, known, "bcb_ptax", 409.36, "slip", 4.09, None, None, "off"
    )  # fmt: skip
    async with open_store(database_url, "sandbox", pool_size=1) as store:
        rows = observations(("made_series", day, known, 409.36))
        await store.write_judged("observation", rows, [hold], uuid.uuid4(), known)
    async with opened(database_url, {}) as made:
        yield made


async def test_the_link_of_an_alert_shows_a_page_and_its_form_decides(linked: Api) -> None:
    async with open_store(linked.url, "sandbox", pool_size=1) as store:
        address = await held_link(store, "https://desk.example/", NOW)
        late = await held_link(store, "https://desk.example", NOW - dt.timedelta(days=4))
    path = address.removeprefix("https://desk.example/api/v1")
    stranger = linked.client(None)
    (hold_id,) = [row["hold_id"] for row in await linked.rows("SELECT hold_id FROM v_hold")]
    for _ in range(2):  # whatever follows links in mail decides nothing
        page = await stranger.get(path)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "made_series of" in page.text
        assert "script-src" not in page.headers["content-security-policy"]
    assert [row["state"] for row in await linked.rows("SELECT state FROM v_hold")] == ["open"]
    form = {"hold_id": str(hold_id), "decision": "release", "by": "Ana <PM>", "reason": "confirmed on the phone"}
    forged = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert (await stranger.post(forged, data=form)).status_code == 403
    assert (await stranger.post(late.removeprefix("https://desk.example/api/v1"), data=form)).status_code == 410
    for gap in ({"reason": ""}, {"by": " "}, {"decision": "maybe"}, {"hold_id": "1 OR 1"}):
        assert (await stranger.post(path, data=form | gap)).status_code == 422
    done = await stranger.post(path, data=form)
    assert done.status_code == 200, done.text
    assert f"Held value {hold_id} is released." in done.text
    assert "Nothing is held." in done.text
    found = await linked.rows("SELECT state, decided_by FROM v_hold")
    assert [tuple(row) for row in found] == [("released", "Ana <PM> (by link)")]
    assert (await stranger.post(path, data=form)).status_code == 422, "once"
    audit = await linked.rows(
        "SELECT token_name, status, detail::text AS detail FROM v_api_audit WHERE token_name = 'link'"
    )
    assert any(row["status"] == 200 and "confirmed on the phone" in row["detail"] for row in audit)
