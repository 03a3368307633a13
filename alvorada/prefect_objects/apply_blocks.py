"""Blocks of a Prefect server: credentials from the environment, and the notification blocks that use them."""

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

from alvorada.prefect_objects.apply_automations import ApplyContext, Change
from blocks.automations import NOTIFY, NotificationTargets
from blocks.credentials import (
    DATABASE_BLOCK,
    EMAIL_BLOCK,
    KEY_BLOCKS,
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
NO_DOCUMENT = UUID(int=0)
"""The id, in a dry run, of a document that is not made."""


async def apply_blocks(
    context: ApplyContext, env: Settings, *, keep_database: bool
) -> tuple[NotificationTargets, Mapping[str, str]]:
    """The targets of the Automations, and the variables to keep. Raises BadInput for a block that cannot be used."""
    await _apply_credentials(context, env, keep_database)
    settings = await with_blocks(env)
    if context.dry_run:
        settings = _environment_over_blocks(env, settings)
    sender, recipients = env.smtp_sender or settings.smtp_sender, env.smtp_recipients or settings.smtp_recipients
    variables: dict[str, str] = {}
    if sender and recipients:
        variables = {SENDER_VARIABLE: sender, RECIPIENTS_VARIABLE: json.dumps(list(recipients))}
    mail_is_configured = bool(settings.smtp_host and variables)
    if context.cloud:
        slack = await _apply_cloud_slack(context, settings)
        notify = context.deployments.get(NOTIFY) if mail_is_configured else None
        return NotificationTargets(slack=slack, notify=notify, escape_slack=True), variables
    slack = mail = None
    if settings.slack_webhook_url is not None:
        url = settings.slack_webhook_url.get_secret_value()
        webhook = await _load(context, SlackWebhook, SLACK_BLOCK) or SlackWebhook(url=url)
        slack = await _apply_block(context, SlackNotification(slack=webhook), SLACK_NOTIFICATION)
    if mail_is_configured:
        server = await _load(context, EmailServerCredentials, EMAIL_BLOCK) or _email_credentials(settings)
        block = MailNotification.parse_obj({"credentials": server, "sender": sender, "recipients": list(recipients)})
        mail = await _apply_block(context, block, MAIL_NOTIFICATION)
    await _remove_others(context, SlackNotification, {SLACK_NOTIFICATION} if slack else set())
    await _remove_others(context, MailNotification, {MAIL_NOTIFICATION} if mail else set())
    return NotificationTargets(slack=slack, mail=mail), variables


async def _apply_credentials(context: ApplyContext, env: Settings, keep_database: bool) -> None:
    """Writes each block that the environment has a value for. A block without one stays as it is."""
    if env.slack_webhook_url is not None:
        await _apply_block(context, SlackWebhook(url=env.slack_webhook_url.get_secret_value()), SLACK_BLOCK)
    if env.smtp_host:
        await _apply_block(context, _email_credentials(env), EMAIL_BLOCK)
    for setting, name in KEY_BLOCKS.items():
        if (key := getattr(env, setting)) is not None:
            await _apply_block(context, Secret.parse_obj({"value": key.get_secret_value()}), name)
    if keep_database and env.database_url:
        address = env.database.replace("postgresql://", "postgresql+asyncpg://", 1)
        await _apply_block(context, DatabaseCredentials(url=address), DATABASE_BLOCK)


def _environment_over_blocks(env: Settings, blocks: Settings) -> Settings:
    """The settings that a real run would find in the blocks after it has written the environment into them."""
    given = {name: getattr(env, name) for name in env.model_fields_set}
    return blocks.model_copy(update=given)


def _email_credentials(settings: Settings) -> EmailServerCredentials:
    # Prefect stores an empty secret as null, and then cannot load the block. Without a user the password is not used.
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else "none"
    return EmailServerCredentials(
        username=settings.smtp_username,
        password=password,
        smtp_server=settings.smtp_host,
        smtp_type=settings.smtp_security.upper(),
        smtp_port=settings.smtp_port,
    )


async def _apply_cloud_slack(context: ApplyContext, settings: Settings) -> UUID | None:
    """Prefect's own Slack block, the only one that Cloud can run. It accepts nothing but hooks.slack.com."""
    if settings.slack_webhook_url is None:
        return None
    url = settings.slack_webhook_url.get_secret_value()
    if not url.startswith("https://hooks.slack.com/"):
        raise BadInput("Prefect Cloud's Slack block takes only webhooks of https://hooks.slack.com/")
    return await _apply_block(context, CloudSlack.parse_obj({"url": url}), SLACK_NOTIFICATION)


async def _apply_block(context: ApplyContext, block: Block, name: str) -> UUID:
    """Creates the block, or updates it where it differs; returns the id of its document."""
    kind = type(block)
    found = await _load(context, kind, name)
    action = Change.CREATED if found is None else Change.SAME if revealed(found) == revealed(block) else Change.UPDATED
    context.record("block", name, action, kind._block_type_name or kind.__name__)
    if found is not None and (context.dry_run or action == Change.SAME):
        return UUID(str(found._block_document_id))
    if context.dry_run:
        return NO_DOCUMENT
    return UUID(str(await block._save(name=name, overwrite=True, client=context.client)))


async def _load(context: ApplyContext, kind: type[Block], name: str) -> Any | None:
    try:
        document = await context.client.read_block_document_by_name(name, _slug(kind))
    except ObjectNotFound:
        return None
    return kind._from_block_document(document)


def _slug(kind: type[Block]) -> str:
    return str(kind.get_block_type_slug())  # type: ignore[no-untyped-call]


async def _remove_others(context: ApplyContext, kind: type[Block], keep: set[str]) -> None:
    try:
        documents = await context.client.read_block_documents_by_type(_slug(kind))
    except ObjectNotFound:
        return
    for document in documents:
        if document.name not in keep:
            context.record("block", str(document.name), Change.REMOVED, kind._block_type_name or kind.__name__)
            if not context.dry_run:
                await context.client.delete_block_document(document.id)


def revealed(value: Any) -> Any:
    """A block's content with its secrets, and those of the blocks inside it: for comparing, never for printing."""
    if isinstance(value, Block):
        return revealed({name: getattr(value, name) for name in value.__fields__})
    if isinstance(value, Mapping):
        return {str(key): revealed(item) for key, item in value.items() if key != "block_type_slug"}
    if isinstance(value, list | tuple | set):
        return [revealed(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    secret = getattr(value, "get_secret_value", None)
    return secret() if secret else None if value is None else str(value)
