"""The HTTP client: manners, budgets, bronze before judgement, secrets that stay on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from desk.errors import BadInput, BudgetSpent, HtmlPayload, Outage, RateLimited, SourceError
from tasks.connectors.exchange import Payload
from tasks.http.client import HttpClient, gate_key, retry_after_seconds
from tests.tasks.http.setup import BASE, NOW, Setup, always, config, request


async def test_sends_the_url_as_written_with_an_honest_name_and_keeps_the_answer() -> None:
    url = f"{BASE}/odata/Set(d=@d)?@d='01-02-2026'&$format=json&$filter=Indicador%20eq%20'C%C3%A2mbio'"
    setup = Setup(always(200, b'{"value":[]}', content_type="application/json", set_cookie="track=1"))
    payload = await setup.client.send(request(url))
    assert str(setup.requested[0].url) == url
    assert setup.requested[0].url.raw_path.decode() == url.removeprefix(BASE)
    assert setup.requested[0].headers["user-agent"].startswith("alvorada/")
    assert "desk@example.org" in setup.requested[0].headers["user-agent"]
    assert setup.kept == [payload]
    assert payload.body == b'{"value":[]}'
    assert payload.fetched_at == NOW
    assert payload.headers["content-type"] == "application/json"
    assert "set-cookie" not in payload.headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 422])
async def test_other_statuses_come_back_for_the_connector(status: int) -> None:
    setup = Setup(always(status, b'{"erro":{}}'))
    assert (await setup.client.send(request())).status == status


@pytest.mark.parametrize(
    ("status", "body", "headers", "error"),
    [
        (503, b"", {}, Outage),
        (500, b"<html>Internal Server Error</html>", {}, Outage),
        (429, b"Too Many Requests", {"retry_after": "7"}, RateLimited),
        (200, b"\xef\xbb\xbf \n<!DOCTYPE html><html></html>", {"content_type": "application/json"}, HtmlPayload),
        (200, b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">\n<html>', {}, HtmlPayload),
        (200, "<?xml version='1.0'?><title>Requisição inválida!</title>".encode(), {}, HtmlPayload),
        (403, b"<html><head><title>Just a moment...</title></head></html>", {}, Outage),
        (403, b"", {"cf_mitigated": "challenge"}, Outage),
        (200, b"<html><head><title>Just a moment...</title></head></html>", {}, HtmlPayload),
        (200, b"", {"cf_mitigated": "challenge"}, Outage),
    ],
)
async def test_answers_that_mean_the_same_at_every_source_are_kept_and_then_raised(
    status: int, body: bytes, headers: dict[str, str], error: type[SourceError]
) -> None:
    setup = Setup(always(status, body, **headers))
    with pytest.raises(error) as raised:
        await setup.client.send(request())
    assert type(raised.value) is error
    assert raised.value.retryable
    assert raised.value.status == status
    assert [(kept.status, kept.body) for kept in setup.kept] == [(status, body)]


@pytest.mark.parametrize(
    ("body", "html_is_data"),
    [
        (b'[{"data":"02/01/2026","valor":"5.1"}]', False),
        (b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title type="text">X</title></feed>', False),
        (b"<html><body><table></table></body></html>", True),
        (b"", False),
    ],
)
async def test_data_under_any_content_type_passes(body: bytes, html_is_data: bool) -> None:
    setup = Setup(always(200, body, content_type="text/html"))
    assert (await setup.client.send(request(html_is_data=html_is_data))).body == body


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection"),
        httpx.ReadError("reset"),
    ],
)
async def test_a_broken_connection_is_an_outage_without_the_library_error_behind_it(error: Exception) -> None:
    def fail(outgoing: httpx.Request) -> httpx.Response:
        raise error

    setup = Setup(fail)
    with pytest.raises(Outage) as raised:
        await setup.client.send(request())
    assert raised.value.retryable
    assert raised.value.__context__ is None
    assert setup.kept == []


async def test_one_attempt_only() -> None:
    setup = Setup(always(503))
    with pytest.raises(Outage):
        await setup.client.send(request())
    assert len(setup.requested) == 1


async def test_requests_to_one_host_start_apart_and_other_hosts_do_not_wait() -> None:
    setup = Setup(always(), config(rate_per_second=2.0), config("beta", "https://other.example"))
    for _ in range(3):
        await setup.client.send(request())
    assert setup.requested_at == [1000.0, 1000.5, 1001.0]
    await setup.client.send(request("https://other.example/a", "beta"))
    assert setup.requested_at[-1] == 1001.0


async def test_two_sources_on_one_host_share_the_stricter_manners() -> None:
    setup = Setup(always(), config(rate_per_second=10.0), config("beta", rate_per_second=1.0))
    await setup.client.send(request())
    await setup.client.send(request(source="beta"))
    await setup.client.send(request())
    assert setup.requested_at == [1000.0, 1001.0, 1002.0]


def test_a_server_with_a_folder_per_source_has_a_gate_per_folder() -> None:
    alpha = config(base="http://127.0.0.1:9000/alpha/api")
    beta = config("beta", base="http://127.0.0.1:9000/beta/api")
    root = "http://127.0.0.1:9000"
    keys = [gate_key(f"{root}/alpha/api/x", alpha), gate_key(f"{root}/beta/api/x", beta)]
    keys += [gate_key(f"{root}/alpha/graph", alpha)]
    assert len(set(keys)) == 3
    assert gate_key(f"{root}/alpha/api/x", alpha) == gate_key(f"{root}/alpha/api/y?z=1", alpha)
    assert gate_key(f"{BASE}/x", alpha) == gate_key(f"{BASE}/y", beta)


async def test_no_more_requests_in_flight_than_the_host_bears() -> None:
    in_flight, most, full, release = 0, 0, asyncio.Event(), asyncio.Event()

    async def slow(outgoing: httpx.Request) -> httpx.Response:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        if in_flight == 2:
            full.set()
        await release.wait()
        in_flight -= 1
        return httpx.Response(200, content=b"[]")

    setup = Setup(slow, config(concurrency=2))
    sends = [asyncio.ensure_future(setup.client.send(request())) for _ in range(5)]
    await full.wait()
    release.set()
    await asyncio.gather(*sends)
    assert (most, len(setup.requested)) == (2, 5)


@pytest.mark.parametrize(("status", "header"), [(429, "20"), (503, "Fri, 20 Nov 2026 09:00:20 GMT")])
async def test_retry_after_closes_the_host_for_everybody(status: int, header: str) -> None:
    answers = iter([httpx.Response(status, headers={"retry-after": header}), httpx.Response(200), httpx.Response(200)])
    setup = Setup(lambda outgoing: next(answers), config(), config("beta"))
    with pytest.raises(Outage) as raised:
        await setup.client.send(request())
    if isinstance(raised.value, RateLimited):
        assert raised.value.retry_after == 20.0
    await setup.client.send(request(source="beta"))
    assert setup.requested_at == [1000.0, 1020.0]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        ("Fri, 20 Nov 2026 09:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


async def test_the_budget_counts_from_the_first_request_of_the_source() -> None:
    setup = Setup(always(), config(budget_seconds=60.0), config("beta", "https://other.example"))
    await setup.client.send(request())
    setup.time.seconds += 59.0
    await setup.client.send(request())
    setup.time.seconds += 1.0
    with pytest.raises(BudgetSpent, match="60 s") as raised:
        await setup.client.send(request())
    assert not raised.value.retryable
    assert len(setup.requested) == 2
    await setup.client.send(request("https://other.example/a", "beta"))


async def test_a_host_closed_past_the_budget_is_not_waited_for() -> None:
    setup = Setup(always(429, retry_after="3600"), config(budget_seconds=60.0))
    with pytest.raises(RateLimited):
        await setup.client.send(request())
    with pytest.raises(BudgetSpent, match="the host asks for a pause of 3600 s, and its budget is 60 s"):
        await setup.client.send(request())
    assert setup.time.slept == []


async def test_a_spent_budget_says_what_went_wrong_before_it() -> None:
    setup = Setup(always(503), config(budget_seconds=60.0))
    with pytest.raises(Outage):
        await setup.client.send(request())
    setup.time.seconds += 61.0
    with pytest.raises(BudgetSpent, match="its time budget of 60 s is spent; before that: HTTP 503"):
        await setup.client.send(request())


async def test_a_server_that_never_answers_costs_the_budget_and_no_more() -> None:
    async def never(outgoing: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(BudgetSpent):
        await Setup(never, config(budget_seconds=0.05)).client.send(request())


async def test_a_body_shorter_than_promised_is_an_outage_and_not_kept() -> None:
    setup = Setup(lambda outgoing: httpx.Response(200, headers={"content-length": "100"}, content=b"[1, 2"))
    with pytest.raises(Outage, match="cut body: 5 of 100 bytes"):
        await setup.client.send(request())
    assert setup.kept == []


@asynccontextmanager
async def loopback(raw: bytes) -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[1, 2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nnotgz!",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
async def test_a_real_connection_that_breaks_is_an_outage(raw: bytes) -> None:
    kept: list[Payload] = []

    async def keep(payload: Payload) -> None:
        kept.append(payload)

    async with (
        loopback(raw) as root,
        HttpClient({"alpha": config(base=root)}, clock=lambda: NOW, sink=keep) as client,
    ):
        with pytest.raises(Outage):
            await client.send(request(f"{root}/a"))
    assert kept == []


async def test_redirects_in_circles_are_an_outage() -> None:
    with pytest.raises(Outage, match="circles"):
        await Setup(always(302, location="/a")).client.send(request())


async def test_a_source_without_configuration_and_a_bad_address_are_named() -> None:
    setup = Setup(always())
    with pytest.raises(BadInput, match="gamma"):
        await setup.client.send(request(source="gamma"))
    live = HttpClient({"alpha": config()}, clock=lambda: NOW, sink=setup.keep)
    with pytest.raises(BadInput, match="ftp://x/y"):
        await live.send(request("ftp://x/y"))
    await live.aclose()


async def test_a_proxy_is_used_for_the_world_and_not_for_the_loopback() -> None:
    async def keep(payload: Payload) -> None:
        pass

    def answer(name: str) -> bytes:
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\n\r\n{name}".encode()

    async with loopback(answer("proxy")) as proxy, loopback(answer("direct")) as root:
        configs = {"alpha": config(base=root)}
        async with HttpClient(configs, clock=lambda: NOW, sink=keep, proxies={"http": proxy}) as client:
            assert (await client.send(request("http://data.example/a"))).body == b"proxy"
            assert (await client.send(request(f"{root}/a"))).body == b"direct"
