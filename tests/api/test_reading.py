"""The reads return what the database holds, as of the requested day."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.model import decision_time
from reports.page.plotly_script import with_shared_script
from tests.api.conftest import NOW, Api
from tests.fixtures.flows import FILLED_DAY

pytestmark = [pytest.mark.db, pytest.mark.flow]
AS_OF = decision_time(FILLED_DAY)


async def test_ready_names_world_and_schema(api: Api) -> None:
    answer = (await api.client().get("/ready")).json()
    assert answer["status"] == "ready"
    assert answer["world"] == "sandbox"


async def test_pipeline_status_has_every_source_with_age_promise_rows_and_seconds(api: Api) -> None:
    answer = (await api.client().get("/monitoring/pipeline-status")).json()
    catalog = load_catalog()
    assert {source["source"] for source in answer["sources"]} == set(catalog.sources)
    datasets = {d["dataset"]: d for source in answer["sources"] for d in source["datasets"]}
    assert set(datasets) == set(catalog.datasets)
    stored = await api.rows("SELECT * FROM dataset_status WHERE as_of = $1", AS_OF)
    for row in stored:
        shown = datasets[row["dataset"]]
        assert (shown["state"], shown["age_bd"], shown["promise_bd"]) == (
            row["state"],
            row["age_bd"],
            row["promise_bd"],
        )
    assert all(d["rows"] is not None and d["seconds"] is not None for d in datasets.values())
    assert all(d["last_success_at"] for d in datasets.values())


async def test_system_health_names_its_parts(api: Api) -> None:
    answer = (await api.client().get("/monitoring/system-health")).json()
    parts = {part["name"]: part["state"] for part in answer["parts"]}
    assert parts == {"database": "ok", "prefect": "unknown"}
    assert answer["undelivered"] >= 0


async def test_signals_positions_and_risk_are_the_stored_ones_of_the_day(api: Api) -> None:
    client = api.client()
    earlier = calendars.b3().offset(FILLED_DAY, -10)
    for day in (FILLED_DAY, earlier):
        moment = decision_time(day)
        signals = (await client.get("/signals", params={"as_of": str(day)})).json()
        stored = await api.rows("SELECT strategy_id, score FROM strategy_signals WHERE as_of = $1", moment)
        assert {s["strategy_id"]: s["score"] for s in signals["strategies"]} == {r[0]: r[1] for r in stored}
        positions = (await client.get("/positions", params={"as_of": str(day)})).json()
        lines = await api.rows("SELECT instrument_id, contracts FROM target_position WHERE as_of = $1", moment)
        assert {p["instrument_id"]: p["contracts"] for p in positions["positions"]} == {r[0]: r[1] for r in lines}
        risk = (await client.get("/risk", params={"as_of": str(day)})).json()
        metrics = await api.rows("SELECT metric, method, value FROM risk_metrics_daily WHERE as_of = $1", moment)
        assert {(m["metric"], m["method"]): m["value"] for m in risk["metrics"]} == {
            (r[0], r[1]): r[2] for r in metrics
        }
        assert dt.datetime.fromisoformat(risk["as_of"]) == moment
    assert (await client.get("/risk")).json() == (await client.get("/risk", params={"as_of": str(FILLED_DAY)})).json()


async def test_each_ticket_says_whether_it_may_be_sent_and_each_change_adds_up(api: Api) -> None:
    client = api.client()
    tickets = (await client.get("/tickets")).json()["tickets"]
    changes = (await client.get("/changes")).json()
    assert all("not_to_be_sent" in leg for leg in tickets)
    for line in changes["lines"]:
        assert sum(line["parts"].values()) == line["contracts_to"] - line["contracts_from"]
    if changes["book"]:
        first, last = changes["book"][0], changes["book"][-1]
        moved = sum(part["risk_brl"] for part in changes["book"])
        assert first["after_brl"] + moved == pytest.approx(last["after_brl"], rel=1e-6)


@pytest.mark.parametrize("path", ["/signals", "/positions", "/risk", "/curves/PRE"])
@pytest.mark.parametrize("day", ["2026-11-15", "1805-10-21", "9999-12-31"])
async def test_a_day_without_a_decision_is_not_found(api: Api, path: str, day: str) -> None:
    answer = await api.client().get(path, params={"as_of": day})
    assert answer.status_code == 404
    assert day in answer.json()["detail"]


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "", "2026-11-18T06:00"])
async def test_a_day_that_is_no_day_is_refused_by_name(api: Api, day: str) -> None:
    answer = await api.client().get("/risk", params={"as_of": day})
    assert answer.status_code == 422
    assert any("as_of" in fault for fault in answer.json()["errors"])


async def test_a_series_shows_what_was_known_then_with_its_receipt(api: Api) -> None:
    client = api.client()
    now = (await client.get("/series/ipca_mom", params={"limit": 500})).json()
    assert now["values"]
    assert all(len(value["sha256"]) == 64 for value in now["values"])
    dates = [value["obs_date"] for value in now["values"]]
    assert dates == sorted(dates, reverse=True)
    then = (await client.get("/series/ipca_mom", params={"as_of": "2026-06-01", "limit": 500})).json()
    known = [dt.datetime.fromisoformat(value["knowledge_time"]) for value in then["values"]]
    assert max(known) <= decision_time(dt.date(2026, 6, 1))
    assert len(then["values"]) < len(now["values"])
    window = (await client.get("/series/ipca_mom", params={"start": "2026-01-01", "end": "2026-03-31"})).json()
    assert {value["obs_date"][:7] for value in window["values"]} <= {"2026-01", "2026-02", "2026-03"}
    price = (await client.get("/series/vix", params={"limit": 5})).json()
    assert len(price["values"]) == 5


async def test_the_catalogue_lists_every_series(api: Api) -> None:
    catalog = load_catalog()
    everything = (await api.client().get("/series")).json()
    assert {facts["series_id"] for facts in everything} == set(catalog.series)
    fred = (await api.client().get("/series", params={"source": "fred"})).json()
    assert {facts["source"] for facts in fred} == {"fred"}
    assert (await api.client().get("/series/no_such_series")).status_code == 404


async def test_a_curve_has_its_vertices_in_order(api: Api) -> None:
    curve = (await api.client().get("/curves/PRE")).json()
    tenors = [point["tenor_bd"] for point in curve["points"]]
    assert tenors == sorted(tenors)
    assert {252, 504, 2520} <= set(tenors)
    stored = await api.rows("SELECT value FROM feature WHERE as_of = $1 AND feature_id = 'pre_252'", AS_OF)
    assert next(point["rate"] for point in curve["points"] if point["tenor_bd"] == 252) == stored[0]["value"]
    assert (await api.client().get("/curves/MARS")).status_code == 404


async def test_runs_are_listed_and_paged(api: Api) -> None:
    client = api.client()
    first = (await client.get("/runs", params={"limit": 1})).json()
    assert first["runs"][0]["kind"] == "daily"
    assert [stage["name"] for stage in first["runs"][0]["stages"]][:2] == ["transform", "signals"]
    rest = (await client.get("/runs", params={"limit": 50, "before": first["next"]})).json()
    assert first["runs"][0]["run_id"] not in {run["run_id"] for run in rest["runs"]}
    one = (await client.get(f"/runs/{first['runs'][0]['run_id']}")).json()
    assert one == first["runs"][0]
    assert (await client.get("/runs/" + "0" * 8 + "-0000-0000-0000-" + "0" * 12)).status_code == 404


async def test_reports_come_as_the_stored_page_or_as_numbers(api: Api) -> None:
    client = api.client()
    listed = (await client.get("/reports/daily")).json()
    assert listed[0]["day"] == str(FILLED_DAY)
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = await client.get("/reports/daily/latest?whole=true", headers=browser)
    assert page.headers["content-type"].startswith("text/html")
    stored = await api.rows("SELECT sha256, bytes FROM report WHERE as_of = $1", AS_OF)
    assert len(page.content) == stored[0]["bytes"]
    assert "'unsafe-inline'" in page.headers["Content-Security-Policy"]
    served = await client.get(f"/reports/daily/{FILLED_DAY}", headers={"Accept": "text/html"})
    shared = re.search(r'<script src="/api/v1(/assets/plotly-[0-9a-f]{64}\.js)"></script>', served.text)
    assert shared is not None
    assert served.text == with_shared_script(page.text, f"/api/v1{shared[1]}")
    script = await api.client(None).get(shared[1])
    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert shared[1] == f"/assets/plotly-{hashlib.sha256(script.content).hexdigest()}.js"
    assert "immutable" in script.headers["Cache-Control"]
    assert len(served.content) < 1_000_000
    numbers = (await client.get(f"/reports/daily/{FILLED_DAY}")).json()
    state = await api.rows("SELECT nav_brl, drawdown FROM portfolio_state WHERE as_of = $1", AS_OF)
    assert (numbers["nav_brl"], numbers["drawdown"]) == (state[0]["nav_brl"], state[0]["drawdown"])
    sentences = await api.rows("SELECT sentence FROM action WHERE as_of = $1 ORDER BY seq", AS_OF)
    assert numbers["actions"] == [row["sentence"] for row in sentences]
    assert (await client.get("/reports/daily/2026-11-15")).status_code == 404
    assert (await client.get("/reports/daily/latest", params={"language": "xx"})).status_code == 422


async def test_alert_rules_come_from_the_catalogue(api: Api) -> None:
    rules = {rule["rule_id"]: rule for rule in (await api.client().get("/alerts/rules")).json()}
    assert len(rules) >= 10
    assert rules["VAR_BREACH"]["threshold"] == 0.03
    assert (await api.client().get("/alerts/rules/NO_SUCH")).status_code == 404
    assert NOW.tzinfo is not None


async def test_what_orders_would_make_of_the_book(api: Api) -> None:
    client = api.client()
    request = {"orders": "sell 200 DI1F29; buy 50 DOL", "as_of": str(FILLED_DAY)}
    answer = await client.get("/what-if", params=request)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [(one["action"], one["venue_side"], one["contracts"]) for one in found["orders"]] == [
        ("receive", "SELL", 200),
        ("buy", "BUY", 50),
    ]
    stored = await api.rows(
        "SELECT metric, value FROM risk_metrics_daily WHERE as_of = $1 AND method = 'filtered_historical'", AS_OF
    )
    figures = {one["id"]: one for one in found["figures"]}
    for name, value in stored:
        if name in figures:
            assert figures[name]["before"] == pytest.approx(value, rel=1e-9)
            assert figures[name]["after"] != figures[name]["before"]
    assert "the desk receives" in found["notes"][0]
    refused = await client.get("/what-if", params={"orders": "buy 50 DOL; buy 5O DOL"})
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith('order 2, "buy 5O DOL": ')
    absent = await client.get("/what-if", params={"orders": "buy 50 DOL", "as_of": "2026-11-15"})
    assert absent.status_code == 404
