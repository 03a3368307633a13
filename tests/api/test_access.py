"""Access: every path but health refuses a token that is missing, wrong, expired, revoked or of too small a scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from api.app import described
from api.sessions import ROOT
from tasks.store.api_tokens import SCOPES, Scope, revoke_token
from tests.api.conftest import NOW, Api, opened

pytestmark = [pytest.mark.db, pytest.mark.flow]
OPERATE = {"POST /monitoring/test-alert", "POST /runs", "POST /alerts/silences", "DELETE /alerts/silences/{silence_id}"}
OPERATE |= {"POST /reports/daily/send"}
ADMIN = {"PATCH /alerts/rules/{rule_id}"}
ARGUMENTS = {
    "{rule_id}": "VAR_BREACH",
    "{silence_id}": "1",
    "{run_id}": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
    "{day}": "2026-11-18",
    "{series_id}": "ipca_mom",
    "{curve_id}": "PRE",
    "{level_id}": "pre_252",
    "{hold_id}": "1",
    "{key}": "gold/feature",
}


def operations(api: Api) -> list[tuple[str, str, Scope]]:
    """Method, path with arguments, and the scope that it needs."""
    found: list[tuple[str, str, Scope]] = [("GET", "/openapi.json", "read")]
    for path, methods in described(api.app)["paths"].items():
        for method in methods:
            name = f"{method.upper()} {path.removeprefix(ROOT)}"
            place = path.removeprefix(ROOT)
            for key, value in ARGUMENTS.items():
                place = place.replace(key, value)
            if place != "/health":
                found.append(
                    (method.upper(), place, "admin" if name in ADMIN else "operate" if name in OPERATE else "read")
                )
    return found


async def test_health_needs_no_token_and_returns_nothing_else(api: Api) -> None:
    answer = await api.client(None).get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_every_other_path_refuses_a_caller_without_a_valid_token(api: Api) -> None:
    expired = await api.token("gone by", "admin", dt.timedelta(minutes=1))
    revoked = await api.token("taken back", "admin")
    connection = await asyncpg.connect(api.url)
    await revoke_token(connection, "taken back", NOW)
    await connection.close()
    listed = operations(api)
    assert len(listed) >= 24
    async with opened(api.url, api.secrets) as fresh:
        fresh.moment[0] = NOW + dt.timedelta(minutes=2)
        for method, place, _ in listed:
            for label, headers in {
                "missing": {},
                "wrong": {"Authorization": "Bearer alv_wrong"},
                "not bearer": {"Authorization": f"Basic {api.secrets['admin']}"},
                "expired": {"Authorization": f"Bearer {expired}"},
                "revoked": {"Authorization": f"Bearer {revoked}"},
                "empty": {"Authorization": "Bearer "},
            }.items():
                answer = await fresh.client(None).request(method, place, headers=headers)
                assert answer.status_code == 401, f"{method} {place} with a token {label}: {answer.status_code}"
                assert answer.headers["WWW-Authenticate"] == "Bearer"
                assert answer.headers["content-type"] == "application/problem+json"


async def test_a_scope_gives_its_own_rights_and_no_more(api: Api) -> None:
    for method, place, needed in operations(api):
        for scope in SCOPES[: SCOPES.index(needed)]:
            answer = await api.client(scope).request(method, place, json={})
            assert answer.status_code == 403, f"{method} {place} by {scope}: {answer.status_code}"
            assert needed in answer.json()["detail"]
        if method == "GET":
            words = {"orders": "buy 5 DOL"} if place == "/what-if" else None
            answer = await api.client(needed).get(place, params=words)
            assert answer.status_code in (200, 404), f"{place}: {answer.text[:200]}"


async def test_a_token_is_stored_as_its_hash_and_listed_without_it(api: Api) -> None:
    stored = await api.rows("SELECT * FROM api_token")
    secrets = set(api.secrets.values())
    assert not any(str(value) in secrets for row in stored for value in row.values())
    assert all(len(row["token_hash"]) == 64 for row in stored)
    shown = await api.rows("SELECT * FROM v_api_token LIMIT 1")
    assert "token_hash" not in dict(shown[0])


async def test_too_many_requests_are_held_off_for_a_while(api: Api) -> None:
    async with opened(api.url, api.secrets, api_requests_per_minute=3) as slow:
        client = slow.client("read")
        answers = [(await client.get("/ready")).status_code for _ in range(3)]
        assert answers == [200, 200, 200]
        held = await client.get("/ready")
        assert held.status_code == 429
        assert 1 <= int(held.headers["Retry-After"]) <= 61
        assert (await slow.client("operate").get("/ready")).status_code == 200, "another token has a window of its own"
        assert (await slow.client(None).get("/health")).status_code == 200


async def test_guessing_tokens_is_limited(api: Api) -> None:
    async with opened(api.url, api.secrets, api_strangers_per_minute=60) as fresh:
        client = fresh.client(None, "alv_guess")
        codes = [(await client.get("/ready")).status_code for _ in range(62)]
    assert codes[:60] == [401] * 60
    assert codes[60:] == [429, 429]


async def test_changes_are_recorded_with_caller_request_and_result(api: Api) -> None:
    body = {"rule_pattern": "STALE_DATA", "comment": "audit", "ends_at": (NOW + dt.timedelta(hours=1)).isoformat()}
    made = await api.client("operate").post("/alerts/silences", json=body, headers={"X-Request-ID": "my-request.1"})
    assert made.status_code == 201
    assert made.headers["X-Request-ID"] == "my-request.1"
    refused = await api.client("read").post("/alerts/silences", json=body)
    assert refused.status_code == 403
    last = await api.rows("SELECT * FROM v_api_audit ORDER BY audit_id DESC LIMIT 2")
    denied, done = last
    assert (done["token_name"], done["request_id"], done["status"]) == ("operate desk", "my-request.1", 201)
    assert (done["method"], done["path"]) == ("POST", "/api/v1/alerts/silences")
    assert '"comment": "audit"' in done["detail"]
    assert (denied["token_name"], denied["status"]) == ("read desk", 403)
    reads = await api.rows("SELECT count(*) AS n FROM v_api_audit WHERE method = 'GET'")
    assert reads[0]["n"] == 0


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "é".encode().decode("latin-1")])
async def test_an_invalid_request_id_is_replaced(api: Api, given: str) -> None:
    answer = await api.client(None).get("/health", headers={b"X-Request-ID": given.encode("latin-1")})
    assert len(answer.headers["X-Request-ID"]) == 16


async def test_every_answer_has_the_security_headers_and_no_cors(api: Api) -> None:
    answers: list[httpx.Response] = [
        await api.client(None).get("/health", headers={"Origin": "https://elsewhere.example"}),
        await api.client(None).get("/ready"),
        await api.client().get("/no-such-path"),
        await api.client().delete("/ready"),
    ]
    assert [answer.status_code for answer in answers] == [200, 401, 404, 405]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers
    for answer in answers[1:]:
        body = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert body["status"] == answer.status_code
        assert body["request_id"] == answer.headers["X-Request-ID"]


async def test_a_body_that_is_too_long_is_refused_before_it_is_read(api: Api) -> None:
    answer = await api.client("operate").post("/alerts/silences", content=b" " * 70_000)
    assert answer.status_code == 413

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    dripped = await api.client("operate").post("/alerts/silences", content=drip())
    assert dripped.status_code == 413


async def test_what_breaks_inside_shows_an_id_and_nothing_else(api: Api) -> None:
    async with opened(api.url, api.secrets) as broken:
        broken.app.state.catalog = object()  # has no datasets
        answer = await broken.client().get("/series")
        assert answer.status_code in (500, 503)
        text = answer.text
        assert answer.json()["request_id"]
        assert "Traceback" not in text
        assert "asyncpg" not in text
        assert "SELECT" not in text
        await broken.app.state.reads.close()
        gone = await broken.client().get("/risk")
        assert gone.status_code == 503
        assert "postgres" not in gone.text.lower()
        broken.app.state.reads = type("Closed", (), {"close": staticmethod(_nothing)})()


async def _nothing() -> None:
    """The pool of the test above is closed already."""
