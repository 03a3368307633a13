"""The committed dashboards are those that the code builds, and they match Grafana's own schema."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.change_split import MARKET, PARTS
from desk.text import slug
from grafana.build import FOLDER, render_dashboards
from grafana.change_panels import NAMES as NAMES_OF_PARTS

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = Path(__file__).parent / "schema"
NAMES = ("pipeline-health", "portfolio-performance", "risk-dashboard", "signal-overview")
# What each panel must have, by the words of its title.
PANELS = {
    "pipeline-health": [
        "Connectors",
        "Sources",
        "Runs",
        "Daily runs",
        "Datasets by day",
        "Rows per dataset",
        "Seconds per dataset",
        "Errors",
        "Quality score",
        "Alert history",
    ],
    "signal-overview": ["Classes by strategy", "Conviction by class", "Sides through time", "Agents", "Regime"],
    "risk-dashboard": [
        "VaR 95%",
        "VaR 99%",
        "CVaR 95%",
        "Expected shortfall",
        "Drawdown",
        "Stress",
        "Limits",
        "VaR and what came",
        "DV01 ladder",
        "Component VaR",
    ],
    "portfolio-performance": [
        "Total return",
        "Sharpe, 252 days",
        "Gross leverage",
        "Active positions",
        "NAV",
        "P&L by strategy",
        "Why positions changed",
        "Why the book's risk changed",
        "Monthly returns",
        "Risk by class",
        "Allocation by strategy",
        "Drawdown",
        "Costs",
    ],
}


def committed(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def schema(name: str) -> jsonschema.Draft7Validator:
    """Made from the types of @grafana/schema 11.6.0 by ts-json-schema-generator."""
    return jsonschema.Draft7Validator(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


def schema_errors(validator: jsonschema.Draft7Validator, document: Any) -> list[str]:
    return [f"{'/'.join(map(str, e.path))}: {e.message[:200]}" for e in validator.iter_errors(document)]


def test_the_files_are_what_the_code_builds() -> None:
    built = render_dashboards()
    assert {path.name for path in FOLDER.glob("*.json")} == set(built) == {f"{name}.json" for name in NAMES}
    for name, text in built.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, "run python -m grafana.build"


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_matches_grafanas_schema(name: str) -> None:
    page = committed(name)
    for annotation in page.get("annotations", {}).get(
        "list", []
    ):  # the schema knows the target of the built-in annotations only
        assert annotation.pop("target")["rawSql"]
    assert schema_errors(schema("dashboard"), page) == []
    for panel in page["panels"]:
        assert schema_errors(schema(f"{panel['type']}.options"), panel.get("options", {})) == [], panel["title"]
        custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom")
        if custom and (SCHEMAS / f"{panel['type']}.custom.json").exists():
            assert schema_errors(schema(f"{panel['type']}.custom"), custom) == [], panel["title"]


def test_the_schema_refuses_a_value_of_the_wrong_type() -> None:
    page = committed("risk-dashboard")
    page["panels"][0]["options"]["showThresholdMarkers"] = "yes"
    assert schema_errors(schema("gauge.options"), page["panels"][0]["options"])
    page["refresh"] = 15
    assert schema_errors(schema("dashboard"), page)


@pytest.mark.parametrize("name", NAMES)
def test_every_dashboard_has_its_panels_without_overlap_and_one_data_source(name: str) -> None:
    page = committed(name)
    assert (page["uid"], page["refresh"], page["timezone"]) == (name, "15m", "America/Sao_Paulo")
    titles = [panel["title"] for panel in page["panels"]]
    for prefix in PANELS[name]:
        assert any(title.startswith(prefix) for title in titles), prefix
    taken: set[tuple[int, int]] = set()
    for panel in page["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, f"{panel['title']} lies on another panel"
        assert place["x"] + place["w"] <= 24
        taken |= cells
        assert panel["description"], panel["title"]
        (target,) = panel["targets"]
        assert panel["datasource"]["uid"] == target["datasource"]["uid"] == "alvorada-postgres"
        sources = set(re.findall(r"\b(?:FROM|JOIN)\s+(?!LATERAL)(\w+)", target["rawSql"]))
        ours = {source for source in sources if source not in ("day", "started_at", "as_of", "valuation_date")}
        assert all(source.startswith("v_") for source in ours), f"{panel['title']} reads {ours}"
    ids = [panel["id"] for panel in page["panels"]]
    assert len(ids) == len(set(ids))


def test_the_connectors_come_first_and_links_lead_to_report_prefect_and_runbook() -> None:
    first, *_ = sorted(
        committed("pipeline-health")["panels"], key=lambda panel: (panel["gridPos"]["y"], panel["gridPos"]["x"])
    )
    assert (first["title"], first["type"]) == ("Connectors", "stat")
    assert first["options"]["reduceOptions"]["values"] is True
    (drill,) = first["fieldConfig"]["defaults"]["links"]
    assert "var-source=${__data.fields.source}" in drill["url"]
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    anchors = {slug(heading) for heading in re.findall(r"^## (.+)$", runbook, re.MULTILINE)}
    for name in NAMES:
        page = committed(name)
        assert {link["title"] for link in page["links"]} == {"Alvorada", "Report", "Prefect's runs", "Runbook"}
        names = {variable["name"] for variable in page["templating"]["list"]}
        text = json.dumps(page)
        assert set(re.findall(r"\$\{(\w+):", text)) <= names
        assert {"desk", "prefect"} <= names
        assert set(re.findall(r"/runbook#([\w-]+)", text)) <= anchors


def test_book_strategy_and_source_are_chosen_where_they_narrow_something() -> None:
    chosen = {
        name: [made["name"] for made in committed(name)["templating"]["list"] if made.get("hide") != 2]
        for name in NAMES
    }
    assert chosen == {
        "pipeline-health": ["source"],
        "portfolio-performance": ["book", "strategy"],
        "risk-dashboard": ["book"],
        "signal-overview": [],
    }
    for name in ("portfolio-performance", "risk-dashboard"):
        for panel in committed(name)["panels"]:
            assert "${book:sqlstring}" in panel["targets"][0]["rawSql"], panel["title"]


def test_the_parts_of_a_change_have_a_name_each() -> None:
    assert set(NAMES_OF_PARTS) == {*PARTS, MARKET}


def steps_of(page: dict[str, Any], title: str) -> list[float]:
    panel = next(panel for panel in page["panels"] if panel["title"].startswith(title))
    return [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]]


def test_thresholds_are_the_limits_of_the_desk() -> None:
    limits = load_desk_parameters().limits
    page = committed("risk-dashboard")
    for title, limit_id in (("VaR 95%", "var_95"), ("VaR 99%", "var_99"), ("Expected shortfall", "es_975")):
        limit = limits.threshold(limit_id)
        assert steps_of(page, title) == [limit * limits.amber, limit * limits.red, limit]
    assert steps_of(page, "Drawdown") == [limits.threshold("drawdown") / 2, limits.threshold("drawdown")]
    assert steps_of(page, "Limits") == [limits.amber, limits.red]
    assert steps_of(committed("portfolio-performance"), "Gross leverage")[1] == limits.threshold("gross_leverage")


def test_provisioning_names_the_data_source_the_folder_and_the_files() -> None:
    folder = ROOT / "grafana" / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources" / "alvorada.yaml").read_text())["datasources"]
    assert source["uid"] == "alvorada-postgres"
    assert source["secureJsonData"]["password"].startswith("$")
    (provider,) = yaml.safe_load((folder / "dashboards" / "alvorada.yaml").read_text())["providers"]
    grafana = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/pipeline-health.json"
    assert grafana["profiles"] == ["monitoring"]
    assert "ports" not in grafana, "the proxy's login stands before it"


def test_no_panel_reads_every_level_of_every_year_for_the_newest_decision() -> None:
    """The view of levels asks by row whether content may leave: a maximum over it is no look-up in an index."""
    asked = [sql for page in FOLDER.glob("*.json") for sql in statements(json.loads(page.read_text(encoding="utf-8")))]
    assert any("FROM v_feature WHERE as_of <=" in sql for sql in asked)
    assert [sql for sql in asked if "max(as_of) FROM v_feature" in sql] == []


def statements(page: dict[str, Any]) -> list[str]:
    return [panel["targets"][0]["rawSql"] for panel in page["panels"]]
