"""`alvorada automations apply`: brings a Prefect server to what is declared in blocks/, by name, and says what it did.

Idempotent: a second time changes nothing. What is ours and no longer declared goes: Automations by their prefix,
notification blocks by their type, variables by their tag, concurrency limits by their prefix. What was configured by
hand in Prefect stays: a block with credentials is only overwritten by a value of the environment, and an Automation
that was paused in the UI stays paused.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import typer

from alvorada.prefect_objects.apply_automations import Change, Parts, apply_automations, apply_limits, apply_variables
from blocks.settings import Settings, load_settings
from desk.errors import AlvoradaError, BadInput

NOBODY = {
    "Slack": "not configured: set SLACK_WEBHOOK_URL, or make the block 'alvorada-slack' in Prefect. Slack is not told.",
    "Mail": "not configured: set SMTP_HOST, SMTP_SENDER and SMTP_RECIPIENTS, or make the block 'alvorada-email'"
    " in Prefect, and set SMTP_SENDER and SMTP_RECIPIENTS. Nobody is mailed.",
}


def apply(dry_run: bool = False, keep_database: bool = True) -> None:
    """Prints what was done, a line each. `keep_database`: DATABASE_URL of the environment goes into its block too.

    Raises BadInput without a server's address or without our deployments on it, AlvoradaError when it refuses.
    """
    if not os.environ.get("PREFECT_API_URL"):
        raise BadInput("PREFECT_API_URL is not set: it names the Prefect server (`alvorada up` prints its own)")
    os.environ["PREFECT_EXPERIMENTAL_EVENTS"] = "true"  # or else the client knows no automations
    environment = load_settings()
    changes, untold = asyncio.run(reconcile(environment, dry_run=dry_run, keep_database=keep_database))
    would = "would be " if dry_run else ""
    for change in changes:
        done = change.done if change.done == Change.SAME else f"{would}{change.done}"
        typer.echo(f"{change.kind:10} {change.name:40} {done}{f'; {change.note}' if change.note else ''}")
    for name in untold:
        typer.echo(f"{name}: {NOBODY[name]}", err=True)


async def reconcile(
    environment: Settings,
    *,
    dry_run: bool = False,
    keep_database: bool = True,
    deployments: Mapping[str, UUID] | None = None,
    limits: Any = None,
) -> tuple[list[Change], list[str]]:
    """What was (or, dry, would be) done, and the channels that are not configured. `limits`: automations.Thresholds;
    `deployments`: those of prefect.yaml that the server has, when None.

    Prefect must find PREFECT_EXPERIMENTAL_EVENTS true where its settings are read.
    """
    import httpx
    from prefect.client.orchestration import get_client

    from alvorada.prefect_objects.apply_blocks import apply_blocks

    try:
        async with get_client() as client:
            if not client.server_type.supports_automations():
                raise BadInput("the Prefect client has events switched off: PREFECT_EXPERIMENTAL_EVENTS=true")
            ids = deployments or await deployment_ids(client)
            parts = Parts(client, dry_run, ids, cloud=client.server_type.name == "CLOUD")
            doors, told = await apply_blocks(parts, environment, keep_database=keep_database)
            await apply_variables(parts, told)
            await apply_limits(parts)
            await apply_automations(parts, doors, limits)
    except httpx.HTTPError as error:
        raise AlvoradaError(f"Prefect's server at {os.environ.get('PREFECT_API_URL')}: {_words(error)}") from error
    mail = doors.mail or doors.notify
    return parts.changes, [name for name, door in (("Slack", doors.slack), ("Mail", mail)) if door is None]


async def deployment_ids(client: Any) -> Mapping[str, UUID]:
    """Our deployments on this server, `flow/deployment` -> id. Raises BadInput where the daily one is missing."""
    from prefect.exceptions import ObjectNotFound

    from alvorada.prefect_objects.deployments import deployment_names
    from blocks.automations import DAILY

    found: dict[str, UUID] = {}
    for name in deployment_names():
        try:
            found[name] = (await client.read_deployment_by_name(name)).id
        except ObjectNotFound:
            continue
    if DAILY not in found:
        raise BadInput(f"the Prefect server has no deployment {DAILY!r}: `alvorada deploy` makes it")
    return found


def _words(error: Exception) -> str:
    response = getattr(error, "response", None)
    return f"{str(error) or type(error).__name__}{f' {response.text[:300]}' if response is not None else ''}"
