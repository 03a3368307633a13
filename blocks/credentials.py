"""Keys and addresses from Prefect blocks; where there is no block, from the environment.

DATABASE_URL is the exception: set, it always wins, so that a local stack or a test cannot reach the desk's database.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from blocks.settings import Settings, load_settings
from desk.errors import BadInput

if TYPE_CHECKING:
    from prefect.blocks.core import Block
    from prefect.client.orchestration import PrefectClient

DATABASE_BLOCK = "alvorada-database"
KEY_BLOCKS = {
    "fred_api_key": "fred-api-key",
    "eia_api_key": "eia-api-key",
    "bls_api_key": "bls-api-key",
    "bea_api_key": "bea-api-key",
}
"""Setting of a source's key -> its block, a Secret."""
SLACK_BLOCK = "alvorada-slack"
EMAIL_BLOCK = "alvorada-email"
SENDER_VARIABLE = "alvorada_mail_sender"
RECIPIENTS_VARIABLE = "alvorada_mail_recipients"
"""Prefect variables: prefect-email's block holds a server and no addresses. The recipients are a JSON list."""


async def with_blocks(settings: Settings) -> Settings:
    """`settings` with the values of the Prefect server's blocks. Raises BadInput for one that cannot be used."""
    from prefect.blocks.system import Secret
    from prefect.client.orchestration import get_client
    from prefect_email import EmailServerCredentials
    from prefect_slack import SlackWebhook
    from prefect_sqlalchemy import DatabaseCredentials

    found: dict[str, Any] = {}
    async with get_client() as client:

        async def read(name: str, kind: type[Block]) -> Any | None:
            return await _block(client, name, kind)

        if settings.database_url is None and (database := await read(DATABASE_BLOCK, DatabaseCredentials)):
            found["database_url"] = database.rendered_url.render_as_string(hide_password=False)
        for setting, name in KEY_BLOCKS.items():
            if key := await read(name, Secret):
                found[setting] = key.get()
        if slack := await read(SLACK_BLOCK, SlackWebhook):
            found["slack_webhook_url"] = slack.url.get_secret_value()
        if email := await read(EMAIL_BLOCK, EmailServerCredentials):
            found |= _email(email) | await _addresses()
    return load_settings(**{**_as_given(settings), **found}) if found else settings


async def _block(client: PrefectClient, name: str, kind: type[Block]) -> Any | None:
    """The block, or None where the server has none of that name.

    `load` makes a client with a TLS context of its own, whatever it is given: only a block that exists is loaded.
    """
    from prefect.exceptions import ObjectNotFound

    slug = kind.get_block_type_slug()  # type: ignore[no-untyped-call]
    try:
        await client.read_block_document_by_name(name, slug, include_secrets=False)
    except ObjectNotFound:
        return None
    try:
        return await kind.load(name)
    except ValueError as error:
        raise BadInput(f"the Prefect block {name!r} cannot be used: {type(error).__name__}") from None


def _email(block: Any) -> dict[str, Any]:
    server, security = block.smtp_server, block.smtp_type
    kind = str(getattr(security, "name", security)).lower()
    ports = {"ssl": 465, "starttls": 587, "insecure": 25}
    if kind not in ports:
        raise BadInput(f"the Prefect block {EMAIL_BLOCK!r} has an unknown smtp_type {kind!r}")
    password = block.password.get_secret_value() if block.username and block.password else ""
    return {
        "smtp_host": str(getattr(server, "value", server)),
        "smtp_security": kind,
        "smtp_port": block.smtp_port or ports[kind],
        "smtp_username": block.username,
        "smtp_password": password or None,
    }


async def _addresses() -> dict[str, Any]:
    """Sender and recipients, where the variables are there. Raises BadInput for recipients that are no list."""
    found: dict[str, Any] = {}
    if sender := await _variable(SENDER_VARIABLE):
        found["smtp_sender"] = sender
    if recipients := await _variable(RECIPIENTS_VARIABLE):
        try:
            listed = json.loads(recipients)
        except ValueError:
            listed = None
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            raise BadInput(f"the Prefect variable {RECIPIENTS_VARIABLE!r} is not a JSON list of addresses")
        found["smtp_recipients"] = tuple(listed)
    return found


async def _variable(name: str) -> str | None:
    from prefect.variables import Variable

    found = await Variable.get(name)
    return None if found is None else str(getattr(found, "value", found))


def _as_given(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in type(settings).model_fields}
