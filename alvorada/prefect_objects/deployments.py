"""Applies prefect.yaml to a Prefect server: the work pool, its queues with their limits, the deployments.

Idempotent: a deployment is updated where its declaration has changed, and else not touched, since Prefect deletes its
scheduled runs at every update. What a person has paused stays paused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import typer
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.process import ProcessWorker

from alvorada.prefect_objects.declared_deployment import DeclaredDeployment
from alvorada.prefect_objects.server import require_server
from alvorada.stack.data_dir import project_root
from alvorada.stack.prefect_yaml import WORK_POOL, deployment_names, deployments
from desk.errors import AlvoradaError, BadInput

QUEUES = {"daily": 1, "backfill": 1, "alerts": 1, "sender": 1}
"""Work queue -> runs at the same time."""
PRIORITIES = {"alerts": 1, "daily": 2, "sender": 3, "backfill": 4}
"""Work queue -> priority; a lower number goes first, so that alerts do not wait for a backfill."""


def apply(sources: str | None = None) -> None:
    """Applies prefect.yaml and prints one line for each deployment. `sources`: the world of the runs; None keeps that
    of the deployments that are there, and is live for new ones.

    Raises BadInput without a checkout or a server's address, AlvoradaError when the server refuses.
    """
    if not (project_root() / "prefect.yaml").is_file():
        raise BadInput(f"no prefect.yaml in {project_root()}: run this in the project's checkout")
    server = require_server()
    try:
        changes = asyncio.run(_apply(sources))
    except httpx.HTTPError as error:
        text = str(error) or type(error).__name__
        raise AlvoradaError(f"Prefect's server at {server}: {text}") from error
    for name, change in changes.items():
        typer.echo(f"deployment {name:40} {change}")


async def _apply(sources: str | None) -> Mapping[str, str]:
    async with get_client() as client:
        await _apply_pool_and_queues(client)
        found = await found_deployments(client)
        return {
            declared.name: await apply_deployment(client, declared, found.get(declared.name))
            for declared in declared_deployments(found, sources)
        }


def declared_deployments(
    found: Mapping[str, DeploymentResponse], sources: str | None = None
) -> list[DeclaredDeployment]:
    """The deployments of prefect.yaml. `sources` None: each keeps the world that it has on the server."""
    names = zip(deployments(), deployment_names(), strict=True)
    worlds = {name: found[name].parameters.get("sources") for name in found}
    return [
        DeclaredDeployment.of(entry, project_root(), sources or worlds.get(name) or entry["parameters"]["sources"])
        for entry, name in names
    ]


async def found_deployments(client: PrefectClient) -> dict[str, DeploymentResponse]:
    """Those of our deployments that the server has, by `flow/deployment`."""
    found: dict[str, DeploymentResponse] = {}
    for name in deployment_names():
        try:
            found[name] = await client.read_deployment_by_name(name)
        except ObjectNotFound:
            continue
    return found


async def apply_deployment(
    client: PrefectClient, declared: DeclaredDeployment, found: DeploymentResponse | None
) -> str:
    """Creates or updates one deployment where it is not what is declared. Returns what was done."""
    if found is not None and found.version == declared.version:
        return "as it was"
    flow_id = await client.create_flow_from_name(declared.name.partition("/")[0])
    await client.create_deployment(flow_id=flow_id, **declared.arguments(found))
    return "created" if found is None else "updated"


async def _apply_pool_and_queues(client: PrefectClient) -> None:
    try:
        template = ProcessWorker.get_default_base_job_template()
        pool = WorkPoolCreate(
            name=WORK_POOL, description="Runs of Alvorada", type=ProcessWorker.type, base_job_template=template
        )
        await client.create_work_pool(pool)
    except ObjectAlreadyExists:
        pass
    for name, limit in QUEUES.items():
        settings: dict[str, Any] = {"concurrency_limit": limit, "priority": PRIORITIES[name]}
        try:
            queue = await client.read_work_queue_by_name(name, work_pool_name=WORK_POOL)
            await client.update_work_queue(queue.id, **settings)
        except ObjectNotFound:
            await client.create_work_queue(name, work_pool_name=WORK_POOL, **settings)
