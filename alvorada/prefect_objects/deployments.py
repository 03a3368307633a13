"""Applies prefect.yaml to a Prefect server: the work pool, its queues with their limits, the deployments.

Idempotent: what exists is updated.
"""

from __future__ import annotations

import asyncio
import os

import httpx
from prefect.cli.root import app as prefect_cli
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.process import ProcessWorker

from alvorada.prefect_objects.server import require_server
from alvorada.stack.data_dir import project_root
from alvorada.stack.prefect_yaml import WORK_POOL, deployment_names
from desk.errors import AlvoradaError, BadInput

QUEUES = {"daily": 1, "backfill": 1, "alerts": 1, "sender": 1}
"""Work queue -> runs at the same time."""
PRIORITIES = {"alerts": 1, "daily": 2, "sender": 3, "backfill": 4}
"""Work queue -> priority; a lower number goes first, so that alerts do not wait for a backfill."""


def apply(sources: str = "live") -> None:
    """Applies prefect.yaml. It has `sources: live`; another value replaces that parameter of each deployment.

    Raises BadInput without a checkout or a server's address, AlvoradaError when the server refuses.
    """
    if not (project_root() / "prefect.yaml").is_file():
        raise BadInput(f"no prefect.yaml in {project_root()}: run this in the project's checkout")
    server = require_server()
    os.chdir(project_root())
    asyncio.run(_apply_pool_and_queues(server))
    _apply_deployments()
    if sources != "live":
        asyncio.run(_set_sources(sources))


async def _apply_pool_and_queues(server: str) -> None:
    async with get_client() as client:
        try:
            template = ProcessWorker.get_default_base_job_template()
            pool = WorkPoolCreate(
                name=WORK_POOL, description="Runs of Alvorada", type=ProcessWorker.type, base_job_template=template
            )
            await client.create_work_pool(pool)
        except ObjectAlreadyExists:
            pass
        except httpx.HTTPError as error:
            raise AlvoradaError(f"Prefect's server at {server}: {error}") from error
        for name, limit in QUEUES.items():
            settings = {"concurrency_limit": limit, "priority": PRIORITIES[name]}
            try:
                queue = await client.read_work_queue_by_name(name, work_pool_name=WORK_POOL)
                await client.update_work_queue(queue.id, **settings)
            except ObjectNotFound:
                await client.create_work_queue(name, work_pool_name=WORK_POOL, **settings)


def _apply_deployments() -> None:
    """Runs `prefect --no-prompt deploy --all` in this process: another import of Prefect would cost seconds."""
    code = prefect_cli(["--no-prompt", "deploy", "--all"], standalone_mode=False)
    if code:
        raise AlvoradaError(f"`prefect deploy --all` failed with code {code}: its own messages stand above")


async def _set_sources(sources: str) -> None:
    async with get_client() as client:
        for name in deployment_names():
            deployment = await client.read_deployment_by_name(name)
            parameters = {**deployment.parameters, "sources": sources}
            # update_deployment() would also send the schedule fields, and clear them.
            response = await client._client.patch(f"/deployments/{deployment.id}", json={"parameters": parameters})
            response.raise_for_status()
