"""The sandbox over HTTP: addresses, its clock, latency, faults, and bad input to its command."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path

import httpx
import pytest

from desk.catalog import load_catalog
from sandbox import base_urls
from sandbox.__main__ import main
from tasks.connectors.b3_archive import unpacked
from tests.fixtures.sandbox import SANDBOX_NOW, RunningSandbox, start_sandbox

SGS = "/bcb_sgs/api/dados/serie/bcdata.sgs.433/dados?formato=json"
FOCUS = "/bcb_focus/api/ExpectativasMercadoAnuais?$filter=Indicador eq 'IPCA' and Data ge '2026-11-01'&$top=5"


def test_every_source_has_its_addresses() -> None:
    catalog = load_catalog()
    urls = base_urls("http://127.0.0.1:9/", catalog)
    assert urls.keys() == catalog.sources.keys()
    assert urls["fred"] == {"api": "http://127.0.0.1:9/fred/api", "graph": "http://127.0.0.1:9/fred/graph"}
    for source, spec in catalog.sources.items():
        assert urls[source].keys() == spec.base_urls.keys()


def test_it_answers_and_counts(quiet_sandbox: RunningSandbox) -> None:
    before = quiet_sandbox.requests().get("bcb_sgs", 0)
    rows = quiet_sandbox.get(SGS).json()
    assert rows[-1]["data"] == "01/10/2026"
    assert quiet_sandbox.requests()["bcb_sgs"] == before + 1
    assert quiet_sandbox.get(FOCUS).json()["value"]


def test_unknown_sources_and_paths_are_404(quiet_sandbox: RunningSandbox) -> None:
    for path in ("/nowhere/api/x", "/bcb_sgs/nokey/dados", "/bcb_sgs/api/something/else", "/fred/api/fred/other"):
        assert quiet_sandbox.get(path).status_code == 404


def test_the_clock_can_be_set(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(now="2020-03-19T09:00:00Z")
    assert quiet_sandbox.get(SGS).json()[-1]["data"] == "01/02/2020"
    quiet_sandbox.configure(now="2026-11-20T06:00:00-03:00")
    assert quiet_sandbox.get(SGS).json()[-1]["data"] == "01/10/2026"


def test_settings_that_are_not_named_stay(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(latency={"fred": 0.01})
    quiet_sandbox.configure(faults={"bcb_sgs": {"kind": "server_error"}})
    settings = quiet_sandbox.get("/_sandbox/config").json()
    assert settings["latency"] == {"fred": 0.01}
    assert settings["faults"]["bcb_sgs"]["kind"] == "server_error"
    assert settings["now"].startswith(SANDBOX_NOW.date().isoformat())


@pytest.mark.parametrize(
    "wrong", [{"faults": {"fred": {"kind": "gremlins"}}}, {"nwo": "2026-01-01"}, {"now": "yesterday"}, [1]]
)
def test_wrong_settings_are_refused_and_change_nothing(quiet_sandbox: RunningSandbox, wrong: object) -> None:
    before = quiet_sandbox.get("/_sandbox/config").json()
    answer = httpx.post(f"{quiet_sandbox.root}/_sandbox/config", json=wrong)
    assert answer.status_code == 422
    assert quiet_sandbox.get("/_sandbox/config").json() == before


async def test_latency_holds_each_answer_and_not_the_others(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(latency={"bcb_sgs": 0.3, "*": 0.0})
    async with httpx.AsyncClient(base_url=quiet_sandbox.root) as client:
        start = time.perf_counter()
        answers = await asyncio.gather(*(client.get(SGS) for _ in range(8)))
        spent = time.perf_counter() - start
    assert {answer.status_code for answer in answers} == {200}
    assert spent >= 0.3
    assert spent < 8 * 0.3  # they wait side by side


def test_rate_limit_then_well_again(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"bcb_sgs": {"kind": "rate_limit", "times": 2, "retry_after": 7}})
    refused = [quiet_sandbox.get(SGS) for _ in range(2)]
    assert [answer.status_code for answer in refused] == [429, 429]
    assert refused[0].headers["Retry-After"] == "7"
    assert quiet_sandbox.get(SGS).status_code == 200


def test_server_error_html_and_empty(quiet_sandbox: RunningSandbox) -> None:
    seen = {}
    for kind in ("server_error", "html", "empty"):
        quiet_sandbox.configure(faults={"bcb_sgs": {"kind": kind}})
        seen[kind] = quiet_sandbox.get(SGS)
    assert seen["server_error"].status_code == 503
    assert (seen["html"].status_code, seen["html"].text[:15]) == (200, "<!DOCTYPE html>")
    assert (seen["empty"].status_code, seen["empty"].content) == (200, b"")


def test_a_cut_body_breaks_off(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"bcb_sgs": {"kind": "cut_body", "times": 1}})
    with pytest.raises(httpx.RemoteProtocolError):
        quiet_sandbox.get(SGS)
    assert quiet_sandbox.get(SGS).status_code == 200


def test_a_timeout_says_nothing(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"bcb_sgs": {"kind": "timeout", "times": 1}})
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(quiet_sandbox.root + SGS, timeout=0.4)
    assert quiet_sandbox.get(SGS).status_code == 200


def test_wrong_schema_is_whole_and_other(quiet_sandbox: RunningSandbox) -> None:
    treasury = "/treasury_gov/site/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/2026/all"
    quiet_sandbox.configure(faults={"*": {"kind": "wrong_schema"}})
    assert set(quiet_sandbox.get(SGS).json()[0]) == {"dataV2", "valorV2"}
    table = quiet_sandbox.get(f"{treasury}?type=daily_treasury_yield_curve").text
    assert not table.startswith("Date,")
    swap = quiet_sandbox.get("/b3_market_data/site/pesquisapregao/download?filelist=TS261118.ex_").content
    assert not swap.startswith(b"PK")


def test_garbage_drip_and_a_body_without_an_end(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"bcb_sgs": {"kind": "garbage"}})
    garbage = quiet_sandbox.get(SGS)
    assert (garbage.status_code, garbage.content[:1] in b"[{<") == (200, False)
    for kind in ("drip", "huge"):
        quiet_sandbox.configure(faults={"bcb_sgs": {"kind": kind}})
        began, size = time.perf_counter(), 0
        with httpx.stream("GET", quiet_sandbox.root + SGS) as answer:
            for part in answer.iter_raw():
                size += len(part)
                if size > 20_000_000 or (kind == "drip" and time.perf_counter() - began > 0.3):
                    break
        assert (size > 20_000_000) == (kind == "huge")


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("/treasury_gov/site/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/2026/all"
         "?type=daily_treasury_yield_curve", "NaN,NaN"),
        (SGS, '"NaN"'),
        ("/yahoo_finance/chart/v8/finance/chart/EWZ?period1=1794182400&period2=1795132800", '"close":[null,null'),
    ],
)  # fmt: skip
def test_nulls_are_the_shape_without_its_numbers(quiet_sandbox: RunningSandbox, url: str, seen: str) -> None:
    sound = quiet_sandbox.get(url)
    quiet_sandbox.configure(faults={"*": {"kind": "nulls"}})
    spoiled = quiet_sandbox.get(url)
    assert (seen in sound.text, seen in spoiled.text) == (False, True)


def test_nulls_and_another_day_reach_into_archives(quiet_sandbox: RunningSandbox) -> None:
    swap = "/b3_market_data/site/pesquisapregao/download?filelist=TS261118.ex_"
    quiet_sandbox.configure(faults={"*": {"kind": "nulls"}})
    ((_, text),) = unpacked(quiet_sandbox.get(swap).content, ".txt", 1 << 20)
    assert {line[52:66] for line in text.splitlines()} == {b"           NaN"}
    quiet_sandbox.configure(faults={"*": {"kind": "other_answer"}})
    ((_, text),) = unpacked(quiet_sandbox.get(swap).content, ".txt", 1 << 20)
    assert {line[11:19] for line in text.splitlines()} == {b"20261117"}


def test_another_answer_is_about_something_else(quiet_sandbox: RunningSandbox) -> None:
    ewz = "/yahoo_finance/chart/v8/finance/chart/EWZ?period1=1794182400&period2=1795132800"
    quiet_sandbox.configure(faults={"*": {"kind": "other_answer"}})
    assert quiet_sandbox.get(ewz).json()["chart"]["result"][0]["meta"]["symbol"] == "^VIX"
    assert quiet_sandbox.get(ewz.replace("EWZ", "^VIX")).json()["chart"]["result"][0]["meta"]["symbol"] == "EWZ"


def test_a_fault_can_be_for_some_addresses_only(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"bcb_sgs": {"kind": "server_error", "match": "sgs.433/"}})
    assert quiet_sandbox.get(SGS).status_code == 503
    assert quiet_sandbox.get(SGS.replace("433", "188")).status_code == 200


@pytest.mark.process
def test_another_seed_over_http() -> None:
    process, root = start_sandbox(seed=11)
    try:
        health = httpx.get(f"{root}/_sandbox/health").json()
        assert (health["status"], health["seed"]) == ("ok", 11)
        assert health["now"] == SANDBOX_NOW.isoformat()
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.parametrize("case", ["port", "absent", "fault", "not json", "now"])
def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"faults": {"fred": {"kind": "gremlins"}}}) if case == "fault" else "{")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        arguments = {
            "port": ["--port", str(taken.getsockname()[1])],
            "absent": ["--config", str(tmp_path / "absent.json")],
            "fault": ["--config", str(file)],
            "not json": ["--config", str(file)],
            "now": ["--now", "yesterday"],
        }
        code = main(arguments[case])
    shown = capsys.readouterr().err
    assert code == 2
    assert shown.startswith("sandbox: ")
    assert len(shown.strip().splitlines()) == 1


def test_a_query_that_cannot_be_read_is_refused(quiet_sandbox: RunningSandbox) -> None:
    assert quiet_sandbox.get("/yahoo_finance/chart/v8/finance/chart/EWZ?period1=soon").status_code == 400
    assert quiet_sandbox.get("/cftc_cot/socrata/resource/gpe5-46if.json?$limit=many").status_code == 400
    assert quiet_sandbox.get(FOCUS.replace("$top=5", "$skip=few")).status_code == 500  # Olinda responds with 500
    assert quiet_sandbox.get(SGS).status_code == 200
