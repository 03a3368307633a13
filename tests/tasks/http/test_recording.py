"""Recordings: what a run writes, a replay answers; nothing is invented and no secret is kept."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from blocks.settings import load_settings
from desk.catalog import load_catalog
from desk.errors import BadInput, NotRecorded, RateLimited
from desk.model import UTC
from tasks.connectors import CONNECTORS, border
from tasks.connectors.exchange import Payload, SourceConfig
from tasks.http.client import HttpClient, Sink
from tasks.http.recording import MANIFEST, Recorder, ReplayTransport, load_recording, public_bases, without_secrets
from tasks.run.source_configs import source_configs
from tests.tasks.connectors.answers import connector, queries, window

KEY = "0123456789abcdef0123456789abcdef"
NOON = dt.datetime(2026, 1, 13, 12, tzinfo=UTC)


def write(folder: Path, *answers: dict[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "body.json").write_text('{"wrapped": [{"inner": {"a": 1}}, "text"]}')
    (folder / "body.gz").write_bytes(gzip.compress(b"unzipped"))
    (folder / MANIFEST).write_text(json.dumps({"version": 1, "answers": list(answers)}))


def answer(**keys: Any) -> dict[str, Any]:
    return {"file": "body.json", **keys}


def body(folder: Path, url: str, method: str = "GET") -> bytes | None:
    found = load_recording(folder).find(method, url)
    return None if found is None else found.body()


def test_patterns_meet_the_url_without_encoding_and_without_secrets(tmp_path: Path) -> None:
    write(
        tmp_path,
        answer(pattern="https://a/x?q=[all]&day='1'", file="body.gz", gunzip=True),
        answer(pattern="https://a/*/bcdata.1/*", pointer="/wrapped/1"),
        answer(regex=r"https://a/y/20(1|2)\d\?k=.*", pointer="/wrapped/0/inner"),
        answer(pattern="https://a/x*"),
        answer(pattern="https://a/post", method="POST"),
    )
    assert body(tmp_path, "https://a/x?q=%5Ball%5D&day=%271%27") == b"unzipped"
    assert body(tmp_path, f"https://a/x?q=[all]&day='1'&api_key={KEY}") == b"unzipped"
    assert body(tmp_path, "https://a/s/bcdata.1/dados") == b"text"
    assert body(tmp_path, "https://a/s/bcdata%2E1/dados") == b"text"
    assert body(tmp_path, "https://a/s/bcdataX1/dados") is None
    assert body(tmp_path, "https://a/y/2025?k=v") == b'{"a": 1}'
    assert body(tmp_path, "https://a/xyz") == (tmp_path / "body.json").read_bytes()
    assert body(tmp_path, "https://a/post") is None
    assert body(tmp_path, "https://a/post", "POST") is not None


def test_of_two_answers_to_one_url_the_later_stands(tmp_path: Path) -> None:
    write(tmp_path, answer(pattern="https://a/x", status=503), answer(pattern="https://a/x", pointer="/wrapped/1"))
    assert body(tmp_path, "https://a/x") == b"text"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not a manifest"),
        ('{"version": 2, "answers": []}', "version 2"),
        ('{"answers": []}', "is not a manifest"),
        ('{"version": 1, "answers": [{"file": "f"}]}', "answer 1: a file, and either a pattern or a regex"),
        ('{"version": 1, "answers": [{"file": "f", "pattern": "a", "regex": "a"}]}', "either a pattern"),
        ('{"version": 1, "answers": [{"file": "f", "pattern": "a", "body": "x"}]}', r"unknown keys \['body'\]"),
        ('{"version": 1, "answers": [{"file": "gone", "pattern": "a"}]}', "there is no .*gone"),
        ('{"version": 1, "answers": [{"file": "../f", "pattern": "a"}]}', "lies outside"),
        ('{"version": 1, "answers": [{"file": "f", "regex": "("}]}', "not a regular expression"),
        ('{"version": 1, "answers": [{"file": "f", "pattern": "a", "fetched_at": "soon"}]}', "soon"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_with_its_place(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "f").write_text("x")
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(BadInput, match=message):
        load_recording(tmp_path)
    with pytest.raises(BadInput, match="there is no"):
        load_recording(tmp_path, tmp_path / "other.json")


def test_a_body_that_is_not_what_the_manifest_says_is_refused(tmp_path: Path) -> None:
    write(tmp_path, answer(pattern="https://a/x", gunzip=True), answer(pattern="https://a/y", pointer="/nowhere"))
    for url in ("https://a/x", "https://a/y"):
        with pytest.raises(BadInput, match="cannot be read as its manifest says"):
            body(tmp_path, url)


def client(
    transport: httpx.AsyncBaseTransport, recorder: Recorder | None = None, root: str | None = None
) -> HttpClient:
    specs = load_catalog().sources
    configs = {}
    for source, spec in specs.items():
        bases = {name: f"{root}/{source}/{name}" for name in spec.base_urls} if root else None
        configs[source] = SourceConfig.from_spec(spec, base_urls=bases, api_key=KEY if source == "fred" else None)
    configs = {source: replace(config, rate_per_second=1e6, shut_seconds=0.0) for source, config in configs.items()}

    async def ignore(payload: Payload) -> None:
        return None

    if recorder is not None:
        recorder.bases = public_bases(configs, specs)
    return HttpClient(configs, clock=lambda: NOON, sink=recorder.keep if recorder else ignore, transport=transport)


(CPI,) = queries("fred_macro", window("2024-01-01", "2024-12-31"), "us_cpi", api_key=KEY)


async def test_a_request_without_an_answer_is_an_error_by_name_that_is_not_tried_again(tmp_path: Path) -> None:
    write(tmp_path)
    async with client(ReplayTransport(load_recording(tmp_path))) as replay:
        with pytest.raises(NotRecorded, match="no answer in") as caught:
            await replay.send(connector("fred", KEY).build_request(CPI))
    assert not caught.value.retryable
    assert KEY not in str(caught.value)


async def test_what_a_run_records_a_replay_answers_with_the_public_urls_and_without_secrets(tmp_path: Path) -> None:
    """Recorded against a stand-in at another address, replayed at the public one."""
    reported: list[str] = []

    def world(request: httpx.Request) -> httpx.Response:
        reported.append(str(request.url))
        if len(reported) == 1:
            return httpx.Response(429, text="slow down", headers={"retry-after": "0"})
        return httpx.Response(
            200, content=f'{{"echo": "{KEY}"}}'.encode(), headers={"content-type": "application/json"}
        )

    folder = tmp_path / "recording"
    sandbox_connector = connector("fred", KEY)
    recorder = Recorder(folder)
    async with client(httpx.MockTransport(world), recorder, root="http://127.0.0.1:9") as live:
        request = sandbox_connector.build_request(CPI)
        here = replace(request, url=request.url.replace("https://api.stlouisfed.org", "http://127.0.0.1:9/fred/api"))
        with pytest.raises(RateLimited):
            await live.send(here)
        first = await live.send(here)
        await live.send(replace(here, url=here.url.replace("offset=0", "offset=9")))
    assert KEY in reported[0]
    assert all(KEY.encode() not in file.read_bytes() for file in folder.rglob("*") if file.is_file())

    async with client(ReplayTransport(load_recording(folder))) as replay:
        again = await replay.send(sandbox_connector.build_request(CPI))
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["date"] == "Tue, 13 Jan 2026 12:00:00 GMT"
    assert again.headers["content-type"] == "application/json"


async def test_recording_goes_on_where_a_killed_run_stopped_and_leaves_other_manifests_alone(tmp_path: Path) -> None:
    (query,) = queries("b3_swap_curves", window("2026-01-12"))
    request = connector("b3_market_data").build_request(query)
    await Recorder(tmp_path).keep(Payload(request, 200, {}, b"one", NOON))
    await Recorder(tmp_path).keep(Payload(replace(request, url=request.url + "&b=*"), 200, {}, b"two", NOON))
    assert body(tmp_path, request.url) == b"one"
    assert body(tmp_path, request.url + "&b=*") == b"two"
    (tmp_path / MANIFEST).write_text('{"version": 1, "answers": []}')
    with pytest.raises(BadInput, match="was not written by a recording run"):
        Recorder(tmp_path)
    with pytest.raises(BadInput, match="cannot record"):
        Recorder(tmp_path / MANIFEST)


@pytest.mark.parametrize("key", [KEY, None])
async def test_a_recording_is_asked_as_it_was_made_with_a_key_or_without(
    tmp_path: Path, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replay has no key of its own. Vintages come only to those who asked with one."""
    monkeypatch.delenv("FRED_API_KEY", raising=False)
    catalog, folder = load_catalog(), tmp_path / "recording"
    dataset, window_ = catalog.datasets["fred_macro"], window("2024-01-01", "2024-12-31")
    observation = {"date": "2024-01-01", "value": "308.4", "realtime_start": "2024-02-13"}
    vintages = json.dumps({"count": 1, "offset": 0, "limit": 100000, "observations": [observation]})

    def world(request: httpx.Request) -> httpx.Response:
        is_keyed = request.url.host == "api.stlouisfed.org"
        return httpx.Response(200, text=vintages if is_keyed else "observation_date,CPIAUCSL\n2024-01-01,308.4\n")

    async def rows(configs: dict[str, SourceConfig], transport: httpx.AsyncBaseTransport, sink: Sink) -> pl.DataFrame:
        fred = CONNECTORS["fred"](configs["fred"])
        (query,) = fred.plan(dataset, [catalog.series["us_cpi"]], window_)
        async with HttpClient(configs, clock=lambda: NOON, sink=sink, transport=transport) as requested:
            (fetched,) = await border.fetch(fred, requested, query)
        return fetched.frames["observation"]

    async def forget(payload: Payload) -> None:
        """A replay is not recorded."""

    live = {"fred": SourceConfig.from_spec(catalog.sources["fred"], api_key=key)}
    first = await rows(live, httpx.MockTransport(world), Recorder(folder).keep)
    assert first["knowledge_time"].null_count() == (0 if key else 1)
    recording = load_recording(folder)
    replayed = source_configs(load_settings(), catalog, "recorded", recording)
    assert (await rows(replayed, ReplayTransport(recording), forget)).equals(first)


async def test_an_answer_without_a_time_does_not_say_that_a_session_is_over(tmp_path: Path) -> None:
    """Recorded while the session was open; replayed years later."""
    at = {day: int(dt.datetime(2026, 1, day, 14, 30, tzinfo=UTC).timestamp()) for day in (8, 9)}
    meta = {
        "dataGranularity": "1d", "exchangeTimezoneName": "America/New_York", "priceHint": 2,
        "regularMarketTime": at[9] + 3600, "currentTradingPeriod": {"regular": {"start": at[9], "end": at[9] + 23_400}},
    }  # fmt: skip
    quote = {name: [100.0, 101.0] for name in ("open", "high", "low", "close", "volume")}
    chart = {"meta": meta, "timestamp": [at[8], at[9]], "indicators": {"quote": [quote]}}
    (query,) = queries("yahoo_daily", window("2026-01-08", "2026-01-09"), "spx")

    async def days(**known: str) -> list[int]:
        write(tmp_path, answer(pattern="https://query2.finance.yahoo.com/*", file="chart.json", **known))
        async with client(ReplayTransport(load_recording(tmp_path))) as replay:
            (fetched,) = await border.fetch(connector("yahoo_finance"), replay, query)
        return [day.day for day in fetched.frames["price_bar"]["obs_date"]]

    (tmp_path / "chart.json").write_text(json.dumps({"chart": {"result": [chart], "error": None}}))
    assert await days() == [8]
    assert await days(fetched_at="2026-01-09T15:35:00+00:00") == [8]
    assert await days(fetched_at="2026-01-09T22:00:00+00:00") == [8, 9]


def test_secrets_are_cut_out_of_urls() -> None:
    assert without_secrets(f"https://a/x?b=1&api_key={KEY}&c=2") == "https://a/x?b=1&c=2"
    assert KEY not in without_secrets(f"https://a/x?api_key={KEY}")
