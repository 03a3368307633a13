"""prefect.yaml, docker-compose.yml and the Dockerfile name only what is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices
from typer.main import get_command

from alvorada.cli import app
from alvorada.deployments import PRIORITIES, QUEUES, WORK_POOL, deployment_names
from blocks.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_every_deployment_has_its_flow_its_queue_and_the_zone_of_its_schedule() -> None:
    deployments = {entry["name"]: entry for entry in load("prefect.yaml")["deployments"]}
    assert {f"{name}/{name}" for name in deployments} == set(deployment_names())
    for name, entry in deployments.items():
        path, function = entry["entrypoint"].split(":")
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {function}\(", source, re.MULTILINE), entry["entrypoint"]
        assert "sources" in source
        assert entry["work_pool"]["name"] == WORK_POOL
        assert QUEUES[entry["work_pool"]["work_queue_name"]] == 1
        assert name in entry["tags"]
    schedules = deployments["daily"]["schedules"]
    assert [(entry["cron"], entry["timezone"]) for entry in schedules] == [("0 6 * * *", "America/Sao_Paulo")]
    assert deployments["backfill"]["schedules"] == []


def test_the_daily_run_goes_before_a_backfill() -> None:
    assert set(PRIORITIES) == set(QUEUES)
    assert PRIORITIES["daily"] < PRIORITIES["backfill"]


def test_prefects_version_is_the_locks() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert f"prefect=={load('prefect.yaml')['prefect-version']}\n" in lock


def test_the_image_has_the_uv_of_the_bootstrap() -> None:
    versions = [re.findall(r"uv==([\d.]+)", (ROOT / name).read_text()) for name in ("bootstrap", "Dockerfile")]
    assert versions[0] == versions[1] != []


def test_compose_mounts_files_that_exist_and_volumes_that_it_declares() -> None:
    compose = load("docker-compose.yml")
    for name, service in compose["services"].items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            here = (ROOT / source).is_file() if source.startswith("./") else source in compose["volumes"]
            assert here, f"{name}: {mount}"
        for other in service.get("depends_on", {}):
            assert "healthcheck" in compose["services"][other], f"{name} waits for {other}"


@pytest.mark.parametrize("name", ["prefect", "worker"])
def test_compose_services_talk_to_services_that_are_there(name: str) -> None:
    compose = load("docker-compose.yml")
    hosts = re.findall(r"(?:@|http://)([a-z]+):\d+", " ".join(compose["services"][name]["environment"].values()))
    assert hosts
    assert set(hosts) <= set(compose["services"])


def test_no_port_is_open_to_other_machines() -> None:
    for service in load("docker-compose.yml")["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_compose_sets_only_variables_that_something_reads() -> None:
    environment = load("docker-compose.yml")["services"]["worker"]["environment"]
    fields = Settings.model_fields.items()
    ours = {
        str(field.validation_alias.choices[0])
        if isinstance(field.validation_alias, AliasChoices)
        else f"{PREFIX}{name.upper()}"
        for name, field in fields
    }
    assert {name for name in environment if not name.startswith("PREFECT_")} <= ours
    known = {f"PREFECT_{name}" for name in ("API_URL", "EXPERIMENTAL_EVENTS")}
    assert {name for name in environment if name.startswith("PREFECT_")} <= known


def test_compose_runs_commands_that_are_there() -> None:
    commands = " ".join(load("docker-compose.yml")["services"]["worker"]["command"])
    named = re.findall(r"alvorada (\w+)", commands)
    assert named == ["migrate", "deploy"]
    assert set(named) <= set(get_command(app).commands)  # type: ignore[attr-defined]
    assert f"--pool {WORK_POOL}" in commands
