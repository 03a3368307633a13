"""One deployment of prefect.yaml in Prefect's form, with a version that names its content.

Prefect deletes a deployment's scheduled runs at every update of it, Late ones too, and sets its schedules anew
(`_delete_scheduled_runs` and `delete_schedules_for_deployment` in prefect.server.models.deployments). So an update is
made only where the declaration differs from the one that was applied, and that is what the version is for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import construct_schedule
from prefect.flows import load_flow_from_entrypoint

from alvorada.prefect_objects.forms import description, parameter_form
from blocks.settings import load_settings


@dataclass(frozen=True, slots=True)
class DeclaredDeployment:
    """`name`: `flow/deployment`. `fields`: what it is made of, as JSON, without what people switch by hand."""

    name: str
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, entry: Mapping[str, Any], root: Path, sources: str) -> DeclaredDeployment:
        """An entry of prefect.yaml, deployed from the checkout `root`, whose runs use `sources`."""
        flow = load_flow_from_entrypoint(str(root / entry["entrypoint"]))
        pool = entry["work_pool"]
        fields = {
            "name": entry["name"],
            "entrypoint": entry["entrypoint"],
            "description": description(entry["name"], entry["description"], load_settings().public_url),
            "tags": entry["tags"],
            "parameters": {**entry["parameters"], "sources": sources},
            "schedules": entry["schedules"],
            "work_pool_name": pool["name"],
            "work_queue_name": pool["work_queue_name"],
            "job_variables": pool["job_variables"],
            "enforce_parameter_schema": True,
            "parameter_openapi_schema": parameter_form(entry["name"]),
            "pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": str(root)}}],
        }
        return cls(f"{flow.name}/{entry['name']}", fields)

    @property
    def version(self) -> str:
        """`0.1.0-1f3a9c027b4e`: the release, and a hash of the fields."""
        text = json.dumps(self.fields, sort_keys=True)
        return f"{version('alvorada')}-{sha256(text.encode()).hexdigest()[:12]}"

    def arguments(self, found: DeploymentResponse | None) -> dict[str, Any]:
        """What PrefectClient.create_deployment takes. `found`: the deployment as it is: what a person has paused of it,
        the whole or a schedule, stays paused."""
        by_hand = {_key(one.schedule.dict()) for one in found.schedules if not one.active} if found else set()
        schedules = [
            DeploymentScheduleCreate(schedule=schedule, active=entry["active"] and _key(schedule.dict()) not in by_hand)
            for entry in self.fields["schedules"]
            for schedule in [_schedule(entry)]
        ]
        paused = bool(found.paused) if found else False
        return {**self.fields, "version": self.version, "schedules": schedules, "paused": paused}


def _schedule(entry: Mapping[str, Any]) -> Any:
    return construct_schedule(cron=entry["cron"], timezone=entry["timezone"])


def _key(schedule: Mapping[str, Any]) -> tuple[Any, Any]:
    return schedule.get("cron"), schedule.get("timezone")
