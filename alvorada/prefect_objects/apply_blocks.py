"""Blocks of a Prefect server, brought to what the environment says; and the notification blocks made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any
from uuid import UUID

from prefect.blocks.core import Block
from prefect.blocks.notifications import SlackWebhook as CloudSlack
from prefect.blocks.system import Secret
from prefect.exceptions import ObjectNotFound
from prefect_email import EmailServerCredentials
from prefect_slack import SlackWebhook
from prefect_sqlalchemy import DatabaseCredentials

from alvorada.prefect_objects.apply_automations import Change, Parts
from blocks.automations import NOTIFY, Doors
from blocks.credentials import (
    DATABASE_BLOCK,
    EMAIL_BLOCK,
    FRED_BLOCK,
    RECIPIENTS_VARIABLE,
    SENDER_VARIABLE,
    SLACK_BLOCK,
    with_blocks,
)
from blocks.notifications import MailNotification, SlackNotification
from blocks.settings import Settings
from desk.errors import BadInput

SLACK_NOTIFICATION = "alvorada-slack-notification"
MAIL_NOTIFICATION = "alvorada-mail-notification"
_NOWHERE = UUID(int=0)
"""Stands, in a dry run, for a document that is not made."""


async def apply_blocks(parts: Parts, env: Settings, *, keep_database: bool) -> tuple[Doors, Mapping[str, str]]:
    """The doors for automations, and the variables to keep. Raises BadInput for a block that is broken."""
    await _credentials(parts, env, keep_database)
    now = await with_blocks(env) if not parts.dry_run else _over(env, await with_blocks(env))
    sender, recipients = env.smtp_sender or now.smtp_sender, env.smtp_recipients or now.smtp_recipients
    told = {SENDER_VARIABLE: sender, RECIPIENTS_VARIABLE: json.dumps(list(recipients))} if sender and recipients else {}
    mail_ready = bool(now.smtp_host and told)
    if parts.cloud:
        slack = await _cloud_slack(parts, now)
        return Doors(slack=slack, notify=parts.deployments.get(NOTIFY) if mail_ready else None, escape=True), told
    slack = mail = None
    if now.slack_webhook_url is not None:
        url = now.slack_webhook_url.get_secret_value()
        inner = await _loaded(parts, SlackWebhook, SLACK_BLOCK) or SlackWebhook(url=url)
        slack = await _keep(parts, SlackNotification(slack=inner), SLACK_NOTIFICATION)
    if mail_ready:
        server = await _loaded(parts, EmailServerCredentials, EMAIL_BLOCK) or _email(now)
        door = MailNotification.parse_obj({"credentials": server, "sender": sender, "recipients": list(recipients)})
        mail = await _keep(parts, door, MAIL_NOTIFICATION)
    await _remove_others(parts, SlackNotification, {SLACK_NOTIFICATION} if slack else set())
    await _remove_others(parts, MailNotification, {MAIL_NOTIFICATION} if mail else set())
    return Doors(slack=slack, mail=mail), told


async def _credentials(parts: Parts, env: Settings, keep_database: bool) -> None:
    """Each block that the environment has a value for. One without a value stays as it is."""
    if env.slack_webhook_url is not None:
        await _keep(parts, SlackWebhook(url=env.slack_webhook_url.get_secret_value()), SLACK_BLOCK)
    if env.smtp_host:
        await _keep(parts, _email(env), EMAIL_BLOCK)
    if env.fred_api_key is not None:
        await _keep(parts, Secret.parse_obj({"value": env.fred_api_key.get_secret_value()}), FRED_BLOCK)
    if keep_database and env.database_url:
        address = env.database.replace("postgresql://", "postgresql+asyncpg://", 1)
        await _keep(parts, DatabaseCredentials(url=address), DATABASE_BLOCK)


def _over(env: Settings, blocks: Settings) -> Settings:
    """In a dry run the blocks are not brought to the environment first: its values win here."""
    given = {name: getattr(env, name) for name in env.model_fields_set}
    return blocks.model_copy(update=given)


def _email(settings: Settings) -> EmailServerCredentials:
    # Prefect keeps an empty secret as none at all, and then cannot load the block: without a user it is not looked at.
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else "none"
    return EmailServerCredentials(
        username=settings.smtp_username,
        password=password,
        smtp_server=settings.smtp_host,
        smtp_type=settings.smtp_security.upper(),
        smtp_port=settings.smtp_port,
    )


async def _cloud_slack(parts: Parts, now: Settings) -> UUID | None:
    """Prefect's own Slack block: the one that Cloud can run. It takes nothing but hooks.slack.com."""
    if now.slack_webhook_url is None:
        return None
    url = now.slack_webhook_url.get_secret_value()
    if not url.startswith("https://hooks.slack.com/"):
        raise BadInput("Prefect Cloud's Slack block takes only webhooks of https://hooks.slack.com/")
    return await _keep(parts, CloudSlack.parse_obj({"url": url}), SLACK_NOTIFICATION)


async def _keep(parts: Parts, wanted: Block, name: str) -> UUID:
    """Makes the block, or brings it up to date where it differs; its document's id."""
    kind = type(wanted)
    found = await _loaded(parts, kind, name)
    done = Change.CREATED if found is None else Change.SAME if shown(found) == shown(wanted) else Change.UPDATED
    parts.note("block", name, done, kind._block_type_name or kind.__name__)
    if found is not None and (parts.dry_run or done == Change.SAME):
        return UUID(str(found._block_document_id))
    if parts.dry_run:
        return _NOWHERE
    return UUID(str(await wanted._save(name=name, overwrite=True, client=parts.client)))


async def _loaded(parts: Parts, kind: type[Block], name: str) -> Any | None:
    try:
        document = await parts.client.read_block_document_by_name(name, _slug(kind))
    except ObjectNotFound:
        return None
    return kind._from_block_document(document)


def _slug(kind: type[Block]) -> str:
    return str(kind.get_block_type_slug())  # type: ignore[no-untyped-call]


async def _remove_others(parts: Parts, kind: type[Block], keep: set[str]) -> None:
    try:
        documents = await parts.client.read_block_documents_by_type(_slug(kind))
    except ObjectNotFound:
        return
    for document in documents:
        if document.name not in keep:
            parts.note("block", document.name, Change.REMOVED, kind._block_type_name or kind.__name__)
            if not parts.dry_run:
                await parts.client.delete_block_document(document.id)


def shown(value: Any) -> Any:
    """A block's content, with its secrets and those of the blocks in it: for comparing, never for printing."""
    if isinstance(value, Block):
        return shown({name: getattr(value, name) for name in value.__fields__})
    if isinstance(value, Mapping):
        return {str(key): shown(item) for key, item in value.items() if key != "block_type_slug"}
    if isinstance(value, list | tuple | set):
        return [shown(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    reveal = getattr(value, "get_secret_value", None)
    return reveal() if reveal else None if value is None else str(value)
