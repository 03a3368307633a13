"""One address of the report: by token, by login, by a signed link; and what does not open it."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from itertools import product
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from blocks.settings import load_settings
from desk.errors import BadInput
from desk.model import decision_time
from reports.elements.locale import LANGUAGES
from tasks.run.report_page import content_sha256
from tasks.store import Report, open_store
from tasks.store.api_tokens import SCOPES, create_token, revoke_token
from tasks.store.signed_links import HELD, REPORT_VALID, report_link, sign
from tests.api.conftest import NOW, Api, opened
from tests.fixtures.flows import FILLED_DAY

pytestmark = pytest.mark.db
DESK = "https://desk.example"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
REPORT = f"/api/v1/reports/daily/{FILLED_DAY}"


DAYS = (FILLED_DAY, FILLED_DAY - dt.timedelta(days=1))


@pytest.fixture
async def desk(database_url: str) -> Api:
    """A database with two days' pages and a token of each scope; no application yet."""
    async with open_store(database_url, "sandbox", pool_size=1) as store:
        for day, language in product(DAYS, LANGUAGES):
            page = f"<!DOCTYPE html><html lang={language}>the report of {day}"
            as_of, run_id = decision_time(day), uuid.uuid4()
            await store.save_report(Report(as_of, language, run_id, as_of, content_sha256(page), page))
        async with store.connections.acquire() as connection:
            secrets: dict[str, str] = {
                scope: await create_token(connection, f"{scope} desk", scope, NOW) for scope in SCOPES
            }
    return Api(FastAPI(), database_url, {**secrets}, [NOW])


@pytest.fixture
async def public(desk: Api) -> AsyncIterator[Api]:
    """That desk behind a public address."""
    async with opened(desk.url, desk.secrets, public_url=DESK) as made:
        yield made


def browser(api: Api, root: str = DESK) -> httpx.AsyncClient:
    """Keeps cookies, follows nothing by itself, shows no token."""
    transport = httpx.ASGITransport(api.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=root, headers=BROWSER, timeout=30)


async def signed(api: Api, now: dt.datetime = NOW, day: dt.date = FILLED_DAY) -> str:
    async with open_store(api.url, "sandbox", pool_size=1) as store:
        return await report_link(store, DESK, day, "en", now)


async def test_a_login_leads_to_the_page_and_its_cookie_only_reads(public: Api) -> None:
    at_desk = browser(public)
    refused = await at_desk.get(f"{REPORT}?language=pt")
    assert refused.status_code == 303
    login = refused.headers["location"]
    assert parse_qs(urlsplit(login).query) == {"next": [f"{REPORT}?language=pt"]}
    form = fields((await at_desk.get(login)).text)
    wrong = await at_desk.post("/api/v1/login", data=form | {"token": "alv_wrong"})
    assert (wrong.status_code, "set-cookie" in wrong.headers, "alv_wrong" in wrong.text) == (401, False, False)
    good = await at_desk.post("/api/v1/login", data=form | {"token": public.secrets["admin"]})
    assert (good.status_code, good.headers["location"]) == (303, f"{REPORT}?language=pt")
    cookie = good.headers["set-cookie"]
    assert cookie.startswith("__Host-alvorada=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax", "Max-Age=43200"} <= set(cookie.split("; "))
    assert public.secrets["admin"] not in cookie
    page = await at_desk.get(good.headers["location"])
    assert (page.status_code, page.text) == (200, f"<!DOCTYPE html><html lang=pt>the report of {FILLED_DAY}")
    assert (await at_desk.get("/api/v1/monitoring/alerts", headers={"Accept": "*/*"})).status_code == 200
    for method, path in (("POST", "reports/daily/send"), ("POST", "runs"), ("PATCH", "alerts/rules/VAR_BREACH")):
        refused = await at_desk.request(method, f"/api/v1/{path}", json={})
        assert refused.status_code == 401, f"{method} {path}: a cookie changes nothing, even of an admin"
    audit = await public.rows("SELECT token_name, status FROM v_api_audit WHERE path = '/api/v1/login'")
    assert ("admin desk", 303) in [tuple(row) for row in audit]
    assert (await at_desk.post("/api/v1/logout")).status_code == 303
    assert (await at_desk.get(REPORT)).status_code == 303


async def test_a_login_ends_after_twelve_hours_and_with_its_token(public: Api) -> None:
    secret = await public.token("to be taken back", "read")
    at_desk = browser(public)
    await at_desk.post("/api/v1/login", data={"token": secret})
    assert (await at_desk.get(REPORT)).status_code == 200
    public.moment[0] = NOW + dt.timedelta(hours=12)
    assert (await at_desk.get(REPORT)).status_code == 303
    public.moment[0] = NOW
    connection = await asyncpg.connect(public.url)
    await revoke_token(connection, "to be taken back", NOW)
    await connection.close()
    public.app.state.tokens._cache.clear()  # five seconds later
    assert (await at_desk.get(REPORT)).status_code == 303


async def test_no_cookie_that_was_made_up_or_altered_is_a_login(public: Api) -> None:
    at_desk = browser(public)
    await at_desk.post("/api/v1/login", data={"token": public.secrets["read"]})
    (good,) = at_desk.cookies.values()
    expires, signature, name = good.split(".")
    other = await sign(public.app.state.pool, HELD, int(expires))
    forged = [
        "", ".", "..", "a.b.c", f"{int(expires) + 1}.{signature}.{name}", f"{expires}.{other}.{name}",
        f"{expires}.{signature}.YWRtaW4gZGVzaw", f"{expires}.{signature[:-1]}.{name}", f"{expires}..{name}",
        f"{expires}.{signature}.{name}.", f"-1.{signature}.{name}", f"{expires}.{signature}.%%%", "9" * 4000,
    ]  # fmt: skip
    for value in forged:
        answer = await browser(public).get(REPORT, headers={"Cookie": f"__Host-alvorada={value}"})
        assert answer.status_code == 303, value
    assert (await browser(public).get(REPORT, headers={"Cookie": f"__Host-alvorada={good}"})).status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/api/v1//evil.example", "/api/v1/../../evil",
     "/api/v1/a\r\nSet-Cookie: a=b", "javascript:alert(1)", "/api/v1/a#@evil.example", "/api/v1@evil.example",
     "x" * 900],
)  # fmt: skip
async def test_a_login_leads_to_no_other_site(public: Api, target: str) -> None:
    page = await browser(public).get("/api/v1/login", params={"next": target})
    assert fields(page.text)["next"] == "/api/v1/reports/daily/latest"
    done = await browser(public).post("/api/v1/login", data={"token": public.secrets["read"], "next": target})
    assert (done.status_code, done.headers["location"]) == (303, "/api/v1/reports/daily/latest")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403), ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403), ({"Origin": DESK}, 303), ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({}, 303),
    ],
)  # fmt: skip
async def test_the_forms_of_another_site_are_refused(public: Api, headers: dict[str, str], status: int) -> None:
    for path in ("login", "logout"):
        sent = await browser(public).post(
            f"/api/v1/{path}", data={"token": public.secrets["read"]}, headers=BROWSER | headers
        )
        assert (sent.status_code, "set-cookie" in sent.headers) == (status, status == 303)


async def test_guessing_tokens_on_the_login_page_is_limited(desk: Api) -> None:
    async with opened(desk.url, desk.secrets, api_strangers_per_minute=5) as slow:
        codes = [(await browser(slow).post("/api/v1/login", data={"token": f"alv_{n}"})).status_code for n in range(7)]
    assert codes == [401] * 5 + [429] * 2


async def test_a_signed_link_opens_its_own_day_until_its_end_and_nothing_else(public: Api) -> None:
    link = (await signed(public)).removeprefix(DESK)
    stranger = browser(public)
    page = await stranger.get(link)
    assert (page.status_code, page.headers["content-type"], len(page.cookies)) == (200, "text/html; charset=utf-8", 0)
    assert page.text == f"<!DOCTYPE html><html lang=en>the report of {FILLED_DAY}"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    expires, signature = (parse_qs(urlsplit(link).query)[part][0] for part in ("expires", "signature"))
    held = await sign(public.app.state.pool, HELD, int(expires))
    other_day = (await signed(public, day=FILLED_DAY - dt.timedelta(days=1))).removeprefix(DESK)
    altered = {
        "another day": link.replace(str(FILLED_DAY), str(FILLED_DAY - dt.timedelta(days=1))),
        "the signature of another day": f"{REPORT}?{urlsplit(other_day).query}",
        "of another purpose": f"{REPORT}?expires={expires}&signature={held}",
        "longer": f"{REPORT}?expires={int(expires) + 1}&signature={signature}",
        "cut": link[:-1],
        "not ASCII": f"{REPORT}?expires={expires}&signature=é",
        "no number": f"{REPORT}?expires=²&signature={signature}",
        "no signature": f"{REPORT}?expires={expires}",
        "the newest": f"/api/v1/reports/daily/latest?expires={expires}&signature={signature}",
        "another page": f"/api/v1/risk?expires={expires}&signature={signature}",
    }
    for label, path in altered.items():
        answer = await stranger.get(path)
        assert answer.status_code == 303, label
        assert "signature" not in answer.headers["location"], label
        assert (await stranger.get(path, headers={"Accept": "*/*"})).status_code == 401, label
    public.moment[0] = NOW + REPORT_VALID
    assert (await stranger.get(link)).headers["location"].startswith("/api/v1/login?next=")
    public.moment[0] = NOW + REPORT_VALID - dt.timedelta(seconds=1)
    assert (await stranger.get(link)).status_code == 200


async def test_openapi_is_a_page_behind_the_same_login_that_loads_nothing(public: Api) -> None:
    at_desk = browser(public)
    assert (await at_desk.get("/api/v1/docs")).headers["location"] == "/api/v1/login?next=%2Fapi%2Fv1%2Fdocs"
    assert (await at_desk.get("/api/v1/docs", headers={"Accept": "*/*"})).status_code == 401
    await at_desk.post("/api/v1/login", data={"token": public.secrets["read"]})
    page = await at_desk.get("/api/v1/docs")
    document = (await at_desk.get("/api/v1/openapi.json")).json()
    assert page.status_code == 200
    assert all(path in page.text for path in document["paths"])
    assert re.findall(r'(?:src|href)="(?!/api/v1/)', page.text) == []
    assert "script" not in page.headers["Content-Security-Policy"]


async def test_without_tls_the_cookie_has_a_plain_name_and_the_page_speaks_portuguese(desk: Api) -> None:
    async with opened(desk.url, desk.secrets) as plain:
        at_desk = browser(plain, "http://127.0.0.1:8000")
        done = await at_desk.post("/api/v1/login", data={"token": desk.secrets["read"]})
        assert done.headers["set-cookie"].startswith("alvorada=")
        assert "Secure" not in done.headers["set-cookie"]
        assert (await at_desk.get(REPORT)).status_code == 200
        page = await at_desk.get("/api/v1/login", headers={"Accept-Language": "pt-BR,en;q=0.5"})
    assert ('lang="pt"' in page.text, "Token da API da mesa" in page.text) == (True, True)


@pytest.mark.parametrize("address", ["desk.example.com", "ftp://desk", "https://", "https://a/?b=c", "https://a/ b"])
def test_a_public_address_that_no_path_can_follow_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match=r"ALVORADA_PUBLIC_URL: .*write it as https://desk\.example\.com"):
        load_settings(public_url=address)
    assert load_settings(public_url="https://desk.example.com/").public_url == "https://desk.example.com"
    assert load_settings(public_url=" ").public_url is None


class Fields(HTMLParser):
    """The named inputs of a page's form."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.found[str(given["name"])] = given.get("value") or ""


def fields(page: str) -> dict[str, str]:
    parser = Fields()
    parser.feed(page)
    return parser.found
