"""`alvorada automations apply`: makes a Prefect server equal to what blocks/ declares, by name, and prints each change.

Idempotent: a second time changes nothing. An object of ours that is no longer declared is removed: Automations are
ours by their prefix, notification blocks by their type, variables by their tag, concurrency limits by their prefix.
What a person configured in Prefect stays: only a value of the environment overwrites a block with credentials, and an
Automation that was paused in the UI stays paused.

Prefect's settings must have PREFECT_EXPERIMENTAL_EVENTS true, which Prefect reads when it is imported: without it the
client has no automations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import UUID

import httpx
import typer
from prefect.client.orchestration import PrefectClient, get_client

from alvorada.prefect_objects.apply_automations import (
    ApplyContext,
    Change,
    apply_automations,
    apply_limits,
    apply_variables,
)
from alvorada.prefect_objects.apply_blocks import apply_blocks
from alvorada.prefect_objects.deployments import found_deployments
from alvorada.prefect_objects.server import require_server
from blocks.automations import DAILY, Thresholds
from blocks.settings import Settings, load_settings
from desk.errors import AlvoradaError, BadInput
from reports.elements.locale import translate, use_locale

NOT_CONFIGURED = {
    "Slack": "not configured: set SLACK_WEBHOOK_URL, or make the block 'alvorada-slack' in Prefect. Slack is not told.",
    "Mail": "not configured: set SMTP_HOST, SMTP_SENDER and SMTP_RECIPIENTS, or make the block 'alvorada-email'"
    " in Prefect, and set SMTP_SENDER and SMTP_RECIPIENTS. Nobody is mailed.",
}


def apply(dry_run: bool = False, keep_database: bool = True) -> None:
    """Applies everything and prints one line for each object. `keep_database`: DATABASE_URL goes into its block too.

    Raises BadInput without a server's address or without our deployments on it, AlvoradaError when it refuses.
    """
    require_server()
    environment = load_settings()
    changes, not_configured = asyncio.run(reconcile(environment, dry_run=dry_run, keep_database=keep_database))
    would = "would be " if dry_run else ""
    for change in changes:
        action = change.action if change.action == Change.SAME else f"{would}{change.action}"
        typer.echo(f"{change.kind:10} {change.name:40} {action}{f'; {change.note}' if change.note else ''}")
    for name in not_configured:
        typer.echo(f"{name}: {NOT_CONFIGURED[name]}", err=True)


async def reconcile(
    environment: Settings,
    *,
    dry_run: bool = False,
    keep_database: bool = True,
    deployments: Mapping[str, UUID] | None = None,
    limits: Thresholds | None = None,
) -> tuple[list[Change], list[str]]:
    """The changes made (or, in a dry run, to be made), and the channels that are not configured.

    `deployments`: `flow/deployment` -> id; None: those of prefect.yaml that the server has. Raises BadInput,
    AlvoradaError.
    """
    try:
        async with get_client() as client:
            if not client.server_type.supports_automations():
                raise BadInput("the Prefect client has events switched off: PREFECT_EXPERIMENTAL_EVENTS=true")
            ids = deployments or await deployment_ids(client)
            context = ApplyContext(client, dry_run, ids, cloud=client.server_type.name == "CLOUD")
            targets, variables = await apply_blocks(context, environment, keep_database=keep_database)
            await apply_variables(context, variables)
            await apply_limits(context)
            with use_locale(environment.report_language):
                await apply_automations(context, targets, limits, translate)
    except httpx.HTTPError as error:
        raise AlvoradaError(f"Prefect's server at {require_server()}: {_error_text(error)}") from error
    configured = {"Slack": targets.slack, "Mail": targets.mail or targets.notify}
    return context.changes, [name for name, target in configured.items() if target is None]


async def deployment_ids(client: PrefectClient) -> Mapping[str, UUID]:
    """Our deployments on this server, `flow/deployment` -> id. Raises BadInput where the daily one is missing."""
    found = {name: deployment.id for name, deployment in (await found_deployments(client)).items()}
    if DAILY not in found:
        raise BadInput(f"the Prefect server has no deployment {DAILY!r}: `alvorada deploy` makes it")
    return found


def _error_text(error: Exception) -> str:
    response = getattr(error, "response", None)
    return f"{str(error) or type(error).__name__}{f' {response.text[:300]}' if response is not None else ''}"
