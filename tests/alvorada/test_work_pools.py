"""deploy/: pools that Prefect takes, manifests that Kubernetes knows, and both name what is there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import yaml
from prefect.server.schemas.actions import WorkPoolCreate
from typer.main import get_command

from alvorada.cli.main import app
from alvorada.stack.prefect_yaml import WORK_POOL

pytestmark = pytest.mark.flow
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DOCS = DEPLOY.parent / "docs" / "work-pools.md"
MODELS = {"PersistentVolumeClaim": "V1PersistentVolumeClaim", "Job": "V1Job", "CronJob": "V1CronJob"}
MODELS |= {"Deployment": "V1Deployment", "Service": "V1Service"}
MANIFESTS = yaml.safe_load((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))["items"]


def pool(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / f"{kind}-pool.json").read_text(encoding="utf-8"))
    return found


def known(manifest: dict[str, Any], model: str) -> Any:
    """What the Kubernetes client keeps of a manifest: it drops what it does not know, and refuses what is missing."""
    client = kubernetes.client.ApiClient()
    answer = type("Answer", (), {"data": json.dumps(manifest)})()
    return client.sanitize_for_serialization(client.deserialize(answer, model))


@pytest.mark.parametrize("kind", ["docker", "kubernetes"])
def test_prefect_takes_the_pool(kind: str) -> None:
    template = pool(kind)
    made = WorkPoolCreate(name=WORK_POOL, description="Runs", type=kind, base_job_template=template)
    assert made.base_job_template == template
    named = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(template["job_configuration"])))
    assert named == set(template["variables"]["properties"])
    assert f"deploy/{kind}-pool.json" in DOCS.read_text(encoding="utf-8")


def test_kubernetes_knows_every_field() -> None:
    assert {one["kind"] for one in MANIFESTS} == set(MODELS)
    for manifest in MANIFESTS:
        assert known(manifest, MODELS[manifest["kind"]]) == manifest, manifest["metadata"]["name"]
    job = pool("kubernetes")["job_configuration"]["job_manifest"]
    given: dict[str, Any] = {"labels": {"app": "a"}, "namespace": "n", "finished_job_ttl": 1, "image": "i"}
    given |= {"command": ["prefect"], "env": []}

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [filled(one) for one in value]
        found = re.fullmatch(r"\{\{ (\w+) \}\}", value) if isinstance(value, str) else None
        return given[found[1]] if found else value

    assert known(filled(job), "V1Job") == {**filled(job)}


def containers() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.extend(value.get("containers", []))
            for one in value.values():
                look(one)
        elif isinstance(value, list):
            for one in value:
                look(one)

    look([*MANIFESTS, pool("kubernetes")])
    return found


def test_no_container_is_root_or_may_more_than_it_needs_and_each_runs_a_command_that_is_there() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert len(containers()) == 6
    for one in containers():
        locked = one["securityContext"]
        assert locked["readOnlyRootFilesystem"]
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert not locked["allowPrivilegeEscalation"]
        words = one.get("args") or shlex.split(" ".join(one["command"][2:]))
        if words == "{{ command }}":
            continue
        named = [words[0]] if "args" in one else re.findall(r"alvorada ([a-z-]+)", " ".join(words))
        assert named
        assert set(named) <= commands
    assert (DEPLOY / "run.Dockerfile").read_text().splitlines()[-2:] == ["FROM alvorada:local", "ENTRYPOINT []"]
