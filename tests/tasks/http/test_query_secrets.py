"""Secrets are on the wire, and in no log, error, payload or other host's request."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from desk.errors import BadPayload, Outage
from tasks.http.query_secrets import scrub
from tests.tasks.http.setup import BASE, Setup, always, request

KEY = "s3cr3t/key+value"


async def test_a_secret_is_on_the_wire_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"bad key {KEY}".encode()
    setup = Setup(always(400, echo))
    requested = request(f"{BASE}/a?id=X", secret_params={"api_key": KEY})
    payload = await setup.client.send(requested)
    assert setup.requested[0].url.params["api_key"] == KEY
    assert setup.requested[0].url.params["id"] == "X"
    seen = [repr(requested), repr(payload), str(payload.headers), caplog.text, payload.body.decode()]
    assert all("s3cr3t" not in text for text in seen)
    assert "data.example/a?id=X" in caplog.text
    assert payload.body == b"bad key ***"


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), None])
async def test_a_secret_is_in_no_error(error: Exception | None) -> None:
    def fail(outgoing: httpx.Request) -> httpx.Response:
        if error is not None:
            raise error
        return httpx.Response(503, content=str(outgoing.url).encode())

    setup = Setup(fail)
    with pytest.raises(Outage) as raised:
        await setup.client.send(request(f"{BASE}/a", secret_params={"api_key": KEY}))
    text = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + repr(vars(raised.value))
    chain: BaseException | None = raised.value
    while chain is not None:
        text += repr(chain) + repr(getattr(getattr(chain, "_request", None), "url", ""))
        chain = chain.__cause__ or chain.__context__
    assert "s3cr3t" not in text
    assert all(b"s3cr3t" not in kept.body for kept in setup.kept)


async def test_a_redirect_carries_the_secret_on_the_same_host_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def moved(outgoing: httpx.Request) -> httpx.Response:
        if outgoing.url.path == "/a":  # the whole query string comes back in the Location, as servers do
            return httpx.Response(301, headers={"location": f"/b?{outgoing.url.query.decode()}"})
        if outgoing.url.path == "/b":
            return httpx.Response(302, headers={"location": "https://elsewhere.example/c?id=X"})
        return httpx.Response(200, content=b"[]")

    setup = Setup(moved)
    with pytest.raises(BadPayload, match=r"not followed: https://elsewhere.example/c \["):
        await setup.client.send(request(f"{BASE}/a?id=X", secret_params={"api_key": KEY}))
    assert [(one.url.host, one.url.params.get_list("api_key")) for one in setup.requested] == [
        ("data.example", [KEY]),
        ("data.example", [KEY]),
    ]
    assert "s3cr3t" not in caplog.text


def test_a_key_that_a_source_repeats_in_capitals_is_masked() -> None:
    """BEA's body has the request in it, every value in capitals."""
    body = b'{"ParameterName": "USERID", "ParameterValue": "AB12-CD34"}, {"ParameterValue": "NIPA"}'
    assert scrub(body, {"UserID": "ab12-CD34"}) == body.replace(b"AB12-CD34", b"***")
