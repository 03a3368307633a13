"""Applies prefect.yaml to a Prefect server: the work pool, its queues with their limits, the deployments.

Idempotent: what is there is brought up to date. `python -m alvorada.prefect_objects.deployments [live|sandbox]`
is what `alvorada up` runs: `alvorada deploy` and `alvorada automations apply` in one process,
since Prefect takes seconds to import.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from alvorada.stack.data_dir import project_root
from desk.errors import AlvoradaError, BadInput

WORK_POOL = "alvorada"
QUEUES = {"daily": 1, "backfill": 1, "alerts": 1, "sender": 1}
"""Queue -> runs at the same time. A lower number in PRIORITIES goes first: alerts before the daily run,
which goes before a backfill."""
PRIORITIES = {"alerts": 1, "daily": 2, "sender": 3, "backfill": 4}


def apply(sources: str = "live") -> None:
    """prefect.yaml says `sources: live`; another value replaces that parameter of each deployment.

    Raises BadInput without a checkout or a server's address, AlvoradaError when the server refuses."""
    if not (project_root() / "prefect.yaml").is_file():
        raise BadInput(f"no prefect.yaml in {project_root()}: run this in the project's checkout")
    if not os.environ.get("PREFECT_API_URL"):
        raise BadInput("PREFECT_API_URL is not set: it names the Prefect server (`alvorada up` prints its own)")
    os.chdir(project_root())
    asyncio.run(_pool_and_queues())
    _deploy()
    if sources != "live":
        asyncio.run(_take_from(sources))


def deployments() -> list[dict[str, Any]]:
    """The entries of prefect.yaml."""
    import yaml  # type: ignore[import-untyped]

    with (project_root() / "prefect.yaml").open(encoding="utf-8") as file:
        entries: list[dict[str, Any]] = yaml.safe_load(file)["deployments"]
    return entries


def deployment_names() -> list[str]:
    """`flow/deployment`, as Prefect calls them. A flow is named after its function."""
    return [f"{entry['entrypoint'].rpartition(':')[2]}/{entry['name']}" for entry in deployments()]


async def _take_from(sources: str) -> None:
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        for name in deployment_names():
            deployment = await client.read_deployment_by_name(name)
            parameters = {**deployment.parameters, "sources": sources}
            # update_deployment() would also send the schedule fields, and clear them.
            response = await client._client.patch(f"/deployments/{deployment.id}", json={"parameters": parameters})
            response.raise_for_status()


async def _pool_and_queues() -> None:
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
    from prefect.workers.process import ProcessWorker

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
            raise AlvoradaError(f"Prefect's server at {os.environ['PREFECT_API_URL']}: {error}") from error
        for name, limit in QUEUES.items():
            wanted = {"concurrency_limit": limit, "priority": PRIORITIES[name]}
            try:
                queue = await client.read_work_queue_by_name(name, work_pool_name=WORK_POOL)
                await client.update_work_queue(queue.id, **wanted)
            except ObjectNotFound:
                await client.create_work_queue(name, work_pool_name=WORK_POOL, **wanted)


def _deploy() -> None:
    """`prefect --no-prompt deploy --all`, in this process: another import of Prefect would cost seconds."""
    from prefect.cli.root import app

    code = app(["--no-prompt", "deploy", "--all"], standalone_mode=False)
    if code:
        raise AlvoradaError(f"`prefect deploy --all` failed with code {code}: its own words stand above")


if __name__ == "__main__":
    try:
        from alvorada.prefect_objects import apply_all

        os.environ["PREFECT_EXPERIMENTAL_EVENTS"] = "true"  # before Prefect is imported: it then knows automations
        apply(*sys.argv[1:2])
        apply_all.apply(keep_database=False)  # this stack's own address is no desk's
    except AlvoradaError as failure:
        sys.exit(f"alvorada: {failure}")
