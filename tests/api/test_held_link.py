"""held/word/: the link that an alert brings; opening it decides nothing, its form does, and it ends."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator

import pytest

from tasks.alerts.outbox import queue
from tasks.channels.message import Message
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
        address = await held_link(store, "https://desk.example", NOW)
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


async def test_a_form_that_is_sent_again_undoes_no_later_word(linked: Api) -> None:
    """Released by the link by mistake, rejected by a colleague: the browser's `send again` must not release it anew."""
    async with open_store(linked.url, "sandbox", pool_size=1) as store:
        path = (await held_link(store, "https://desk.example", NOW)).removeprefix("https://desk.example/api/v1")
        (hold_id,) = [row["hold_id"] for row in await linked.rows("SELECT hold_id FROM v_hold")]
        form = {"hold_id": str(hold_id), "decision": "release", "by": "Ana", "reason": "looks right"}
        assert (await linked.client(None).post(path, data=form)).status_code == 200
        await store.decide_hold(hold_id, "rejected", "Bea", "a slipped decimal", NOW, NOW)
    for decision in ("release", "reject"):
        again = await linked.client(None).post(path, data=form | {"decision": decision})
        assert (again.status_code, "decided already" in again.text) == (422, True)
    assert [row["state"] for row in await linked.rows("SELECT state FROM v_hold")] == ["rejected"]
    assert (await linked.rows("SELECT count(*) AS n FROM hold_decision"))[0]["n"] == 2


async def test_a_link_decides_nothing_that_was_held_after_it(linked: Api) -> None:
    """A mail that is forwarded is no key to what comes later."""
    async with open_store(linked.url, "sandbox", pool_size=1) as store:
        early = await held_link(store, "https://desk.example", NOW - dt.timedelta(hours=5))
    path = early.removeprefix("https://desk.example/api/v1")
    (hold_id,) = [row["hold_id"] for row in await linked.rows("SELECT hold_id FROM v_hold")]
    page = await linked.client(None).get(path)
    assert (page.status_code, "Nothing is held." in page.text) == (200, True)
    form = {"hold_id": str(hold_id), "decision": "release", "by": "Ana", "reason": "looks right"}
    assert (await linked.client(None).post(path, data=form)).status_code == 422
    assert [row["state"] for row in await linked.rows("SELECT state FROM v_hold")] == ["open"]


async def test_no_view_shows_a_link(linked: Api) -> None:
    """Whoever may read every view, and no more, must not be able to decide."""
    async with open_store(linked.url, "sandbox", pool_size=1) as store:
        address = await held_link(store, "https://desk.example", NOW)
        message = Message(kind="alert", title="held", at=NOW, link="https://desk.example/page", decide=address)
        async with store.connections.acquire() as connection:
            await queue(connection, "mail", message)
    path = address.removeprefix("https://desk.example/api/v1")
    form = {"hold_id": "1", "decision": "release", "by": "Ana", "reason": "looks right"}
    for status, sent in ((200, form), (422, form), (422, {})):
        assert (await linked.client(None).post(path, data=sent)).status_code == status
    signature, views = path.rsplit("/", 1)[1], await linked.rows("SELECT viewname FROM pg_views WHERE viewname ~ '^v_'")
    assert len(views) > 40
    for (view,) in views:
        shown = await linked.rows(f"SELECT t::text AS row FROM {view} AS t")
        assert not [row for row in shown if signature in row["row"]], view
    kept = await linked.rows("SELECT payload ->> 'decide' AS decide FROM outbox")
    assert [row["decide"] for row in kept] == [address], "the sender has it"
    payload = json.loads((await linked.rows("SELECT payload::text AS p FROM v_outbox"))[0]["p"])
    assert payload == {name: value for name, value in message.to_json().items() if name != "decide"}
