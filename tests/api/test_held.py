"""held/: what is stored and not believed, and a person's decision on it, with scope and audit."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator

import pytest

from alvorada.stack.postgres import Postgres
from tasks.store import open_store
from tasks.store.holds import Hold
from tests.api.conftest import DATABASE, NOW, Api, copy_tokens, opened
from tests.fixtures.flows import FILLED, FILLED_DAY, drop_database
from tests.tasks.store.test_store import observations

pytestmark = [pytest.mark.db, pytest.mark.flow]
REASON = {"reason": "confirmed on the phone"}


@pytest.fixture
async def holding(postgres: Postgres, api: Api) -> AsyncIterator[Api]:
    """A database of the test's own with one held value."""
    name = f"{DATABASE}_held"
    url = await postgres.ensure_database_async(name, FILLED)
    await copy_tokens(api.url, url)
    known = NOW - dt.timedelta(hours=2)
    hold = Hold(
        "observation", "value", "made_series", FILLED_DAY, known, "bcb_ptax", 409.36, "slip", 4.09, None, None, "off"
    )  # fmt: skip
    async with open_store(url, "sandbox", pool_size=1) as store:
        rows = observations(("made_series", FILLED_DAY, known, 409.36))
        await store.write_judged("observation", rows, [hold], uuid.uuid4(), known)
    async with opened(url, api.secrets) as made:
        yield made
    await drop_database(postgres, name)


async def test_a_person_releases_once_and_is_named(holding: Api) -> None:
    found = (await holding.client().get("/held", params={"state": "open"})).json()
    assert [(one["entity"], one["value"], one["expected"]) for one in found] == [("made_series", 409.36, 4.09)]
    path = f"/held/{found[0]['hold_id']}"
    assert (await holding.client().post(f"{path}/release", json=REASON)).status_code == 403
    operator = holding.client("operate")
    assert (await operator.post(f"{path}/release", json={"reason": "\0"})).status_code in (400, 422)
    released = await operator.post(f"{path}/release", json=REASON)
    assert released.status_code == 200, released.text
    assert (released.json()["state"], released.json()["decided_by"]) == ("released", "operate desk")
    assert (await operator.post(f"{path}/release", json=REASON)).status_code == 422
    assert (await operator.post(f"{path}/reject", json=REASON)).json()["state"] == "rejected"
    assert (await operator.post("/held/4711/reject", json=REASON)).status_code == 404
    audit = await holding.rows("SELECT path, detail FROM v_api_audit WHERE token_name = 'operate desk'")
    details = [json.loads(row["detail"]) for row in audit if path in row["path"]]
    assert [one for one in details if one.get("reason") == REASON["reason"]], "who decided, and why"
