"""What the API changes: rules, silences, tests, reports to send, runs requested from Prefect."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.server.api.server import create_app

from alvorada.stack.postgres import Postgres
from tests.api.conftest import DATABASE, NOW, Api, copy_tokens, opened
from tests.fixtures.flows import FILLED, FILLED_DAY, drop_database

pytestmark = [pytest.mark.db, pytest.mark.flow]
HOUR = dt.timedelta(hours=1)


@pytest.fixture
async def writable(postgres: Postgres, api: Api) -> AsyncIterator[Api]:
    """A database of the test's own, with the same tokens, and one Slack and two mail addresses to tell."""
    name = f"{DATABASE}_writable"
    url = await postgres.ensure_database_async(name, FILLED)
    await copy_tokens(api.url, url)
    channels = {
        "slack_webhook_url": "http://127.0.0.1:9/hook",
        "smtp_host": "127.0.0.1",
        "smtp_recipients": ("pm@example.com", "risk@example.com"),
    }
    async with opened(url, api.secrets, **channels) as made:
        yield made
    await drop_database(postgres, name)


async def test_a_changed_rule_is_stored_audited_and_survives_a_restart(writable: Api) -> None:
    admin = writable.client("admin")
    answer = await admin.patch("/alerts/rules/VAR_BREACH", json={"threshold": 0.025, "severity": "critical"})
    assert answer.status_code == 200
    assert (answer.json()["threshold"], answer.json()["severity"]) == (0.025, "critical")
    changes = await writable.rows("SELECT field, value_from, value_to, changed_by FROM v_alert_rule_change")
    assert {tuple(row.values()) for row in changes} == {
        ("threshold", "0.03", "0.025", "admin desk"),
        ("severity", "warning", "critical", "admin desk"),
    }
    async with opened(writable.url, writable.secrets) as restarted:
        again = (await restarted.client().get("/alerts/rules/VAR_BREACH")).json()
    assert (again["threshold"], again["severity"], again["changed_by"]) == (0.025, "critical", "admin desk")


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": "high"},
        {"threshold": 1e400},
        {"severity": "fatal"},
        {"enabled": "perhaps"},
        {"cooldown_seconds": -1},
        {"cooldown_seconds": 1.5},
        {"colour": "red"},
        ["threshold"],
    ],
)
async def test_an_invalid_change_is_refused_and_changes_nothing(writable: Api, change: object) -> None:
    before = (await writable.client().get("/alerts/rules/VAR_BREACH")).json()
    text = json.dumps(change)
    answer = await writable.client("admin").patch("/alerts/rules/VAR_BREACH", content=text)
    assert answer.status_code == 422, answer.text
    assert (await writable.client().get("/alerts/rules/VAR_BREACH")).json() == before


async def test_a_silence_begins_is_listed_and_ends_once(writable: Api) -> None:
    operator = writable.client("operate")
    body = {
        "rule_pattern": "STALE_*",
        "subject_pattern": "ibge_*",
        "comment": "moving",
        "ends_at": (NOW + HOUR).isoformat(),
    }
    made = await operator.post("/alerts/silences", json=body)
    assert made.status_code == 201
    assert made.json()["author"] == "operate desk"
    number = made.json()["silence_id"]
    assert [s["silence_id"] for s in (await operator.get("/alerts/silences")).json()] == [number]
    assert (await operator.delete(f"/alerts/silences/{number}")).status_code == 204
    assert (await operator.delete(f"/alerts/silences/{number}")).status_code == 404
    assert (await operator.get("/alerts/silences")).json() == []
    ended = (await operator.get("/alerts/silences", params={"active": False})).json()
    assert ended[0]["ended_by"] == "operate desk"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": (NOW - HOUR).isoformat()},
        {"ends_at": "2026-11-19T12:00:00"},
        {"ends_at": (NOW + 400 * 24 * HOUR).isoformat()},
        {"comment": "  "},
        {"rule_pattern": ""},
    ],
)
async def test_a_silence_that_cannot_be_is_refused(writable: Api, wrong: dict[str, str]) -> None:
    body = {"rule_pattern": "*", "comment": "x", "ends_at": (NOW + HOUR).isoformat()} | wrong
    answer = await writable.client("operate").post("/alerts/silences", json=body)
    assert answer.status_code == 422, answer.text


async def test_a_test_alert_waits_in_the_outbox_for_every_channel(writable: Api) -> None:
    answer = await writable.client("operate").post("/monitoring/test-alert")
    assert answer.status_code == 202
    assert answer.json()["channels"] == ["mail", "slack"]
    queued = await writable.rows("SELECT channel, kind, sent_at FROM v_outbox WHERE kind = 'test' ORDER BY channel")
    assert [tuple(row.values()) for row in queued] == [("mail", "test", None), ("slack", "test", None)]


async def test_a_report_is_queued_once_for_each_that_should_have_it(writable: Api) -> None:
    operator = writable.client("operate")
    for _ in range(2):
        answer = await operator.post("/reports/daily/send", json={"day": str(FILLED_DAY)})
        assert answer.status_code == 202, answer.text
        assert answer.json()["rows"] == 3
    queued = await writable.rows("SELECT channel, recipients FROM v_outbox WHERE kind = 'report' ORDER BY outbox_id")
    assert [(row["channel"], row["recipients"]) for row in queued] == [
        ("slack", None),
        ("mail", ["pm@example.com"]),
        ("mail", ["risk@example.com"]),
    ]
    nothing = await operator.post("/reports/daily/send", json={"day": "2026-11-15"})
    assert nothing.status_code in (404, 422)


async def test_a_run_is_requested_from_prefect_and_not_run_here(writable: Api, prefect_api: None) -> None:
    @flow(name="daily")
    def daily(as_of: str | None = None, sources: str = "live") -> None:
        raise AssertionError("nothing runs in the API's process")

    async with get_client() as client:
        flow_id = await client.create_flow(daily)
        await client.create_deployment(flow_id, "daily", parameters={"sources": "live"})
    prefect = httpx.ASGITransport(create_app(ephemeral=True))
    writable.app.state.prefect = httpx.AsyncClient(transport=prefect, base_url="http://prefect/api")
    operator = writable.client("operate")
    answer = await operator.post("/runs", json={"kind": "daily", "as_of": str(FILLED_DAY)})
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "scheduled"
    async with get_client() as client:
        made = await client.read_flow_run(answer.json()["prefect_run_id"])
    assert made.parameters == {"sources": "live", "as_of": str(FILLED_DAY)}
    missing = await operator.post("/runs", json={"kind": "backfill", "start": "2026-11-02", "end": "2026-11-13"})
    assert missing.status_code == 503
    assert "alvorada deploy" in missing.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "weekly"},
        {"kind": "daily", "start": "2026-11-02"},
        {"kind": "backfill"},
        {"kind": "backfill", "start": "2026-11-13", "end": "2026-11-02"},
        {"kind": "daily", "as_of": "2026-11-15"},
        {"kind": "daily", "as_of": "2030-01-02"},
        {"kind": "daily", "as_of": "1900-01-02"},
    ],
)
async def test_an_invalid_run_is_refused(api: Api, body: dict[str, str]) -> None:
    answer = await api.client("operate").post("/runs", json=body)
    assert answer.status_code == 422, answer.text


async def test_without_prefect_a_run_cannot_be_requested(api: Api) -> None:
    answer = await api.client("operate").post("/runs", json={"kind": "daily"})
    assert answer.status_code == 503
    assert "PREFECT_API_URL" in answer.json()["detail"]


async def test_a_text_that_postgresql_cannot_hold_is_refused(api: Api) -> None:
    silence = {"rule_pattern": "STALE_DATA", "ends_at": (NOW + HOUR).isoformat()}
    answers = [
        await api.client().get("/monitoring/alerts", params={"rule": "a\0b"}),
        await api.client().get("/monitoring/alerts", params={"subject": "\0"}),
        await api.client().get("/runs", params={"kind": "\0"}),
        await api.client().get("/series", params={"source": "\0"}),
        await api.client().get("/alerts/rules/a%00b"),
        await api.client("operate").post("/alerts/silences", json=silence | {"comment": "a\0b"}),
        await api.client("operate").post("/alerts/silences", json=silence | {"comment": "a", "subject_pattern": "\0"}),
    ]
    assert [answer.status_code for answer in answers] == [422] * len(answers)
