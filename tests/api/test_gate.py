"""gate/: what a person who is not at the machine sees of the gate, and the release of the very orders that stand."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator

import pytest

from alvorada.stack.postgres import Postgres
from desk.model import decision_time
from tests.api.conftest import DATABASE, Api, copy_tokens, opened
from tests.fixtures.flows import FILLED, FILLED_DAY, drop_database

pytestmark = [pytest.mark.db, pytest.mark.flow]
CODE = "3f9a1c2b0d4e"
WORD = {"as_of": str(FILLED_DAY), "proposal": CODE, "reason": "confirmed on the phone"}


@pytest.fixture
async def stopped(postgres: Postgres, api: Api) -> AsyncIterator[Api]:
    """A database of the test's own whose last day's orders were stopped."""
    name = f"{DATABASE}_gate"
    url = await postgres.ensure_database_async(name, FILLED)
    await copy_tokens(api.url, url)
    async with opened(url, api.secrets) as made:
        moment, run = decision_time(FILLED_DAY), uuid.uuid4()
        await made.rows("DELETE FROM action WHERE as_of = $1", moment)
        await made.rows("UPDATE action_gate SET state = 'failed' WHERE as_of = $1 AND check_id = 'limits'", moment)
        await made.rows("UPDATE gate_verdict SET state = 'stopped', proposal = $2 WHERE as_of = $1", moment, CODE)
        await made.rows(
            "INSERT INTO gated_order (as_of, seq, instrument_id, contract_id, order_contracts, sentence, run_id)"
            " VALUES ($1, 1, 'DOL', 'DOLZ26', 4711, 'buy 4711 DOLZ26', $2)", moment, run,
        )  # fmt: skip
        yield made
    await drop_database(postgres, name)


async def test_the_gate_names_its_proposal_and_no_order(stopped: Api) -> None:
    answer = await stopped.client().get("/gate", params={"as_of": str(FILLED_DAY)})
    found = answer.json()
    assert (found["issued"], found["proposal"], found["releases"]) == (False, CODE, [])
    for path in ("gate", "positions", "tickets", "risk", "signals"):
        text = (await stopped.client().get(f"/{path}")).text
        assert "buy 4711" not in text, path
        assert ":4711," not in text, path


async def test_a_release_names_the_orders_that_stand(stopped: Api) -> None:
    operator = stopped.client("operate")
    assert (await stopped.client().post("/gate/release", json=WORD)).status_code == 403
    for other in ("000000000000", "", "3F9A1C2B0D4E", CODE + "\n", None):
        answer = await operator.post("/gate/release", json=WORD | {"proposal": other})
        assert answer.status_code in (400, 422), (other, answer.text)
    missing = {name: text for name, text in WORD.items() if name != "proposal"}
    assert (await operator.post("/gate/release", json=missing)).status_code in (400, 422)
    earlier = WORD | {"as_of": str(FILLED_DAY - dt.timedelta(days=1))}
    assert (await operator.post("/gate/release", json=earlier)).status_code in (400, 422)
    assert await stopped.rows("SELECT 1 FROM action_release") == []
    await operator.post("/gate/release", json=WORD)  # Prefect does not answer here: the word is recorded all the same
    (kept,) = await stopped.rows("SELECT proposal, released_by, reason FROM v_action_release")
    assert tuple(kept) == (CODE, "operate desk", "confirmed on the phone")
    assert (await operator.post("/gate/release", json=WORD)).status_code == 422
    shown = (await stopped.client().get("/gate", params={"as_of": str(FILLED_DAY)})).json()
    assert [one["proposal"] for one in shown["releases"]] == [CODE]
    assert shown["issued"] is False, "the day is not restated yet"
