"""Keys in Prefect blocks, read by name; without blocks, keys of the environment.

The test runs in a process of its own, with its own PREFECT_HOME: blocks are stored in Prefect's database.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import asyncio, json
from blocks.credentials import DATABASE_BLOCK, EMAIL_BLOCK, KEY_BLOCKS, SLACK_BLOCK, with_blocks
from blocks.settings import load_settings
from prefect.blocks.system import Secret
from prefect_email import EmailServerCredentials
from prefect_slack import SlackWebhook
from prefect_sqlalchemy import AsyncDriver, DatabaseCredentials

def shown(settings):
    secret = lambda value: value.get_secret_value() if value else None
    return [settings.database_url, secret(settings.fred_api_key), secret(settings.slack_webhook_url),
            settings.smtp_host, settings.smtp_port, settings.smtp_security, secret(settings.smtp_password),
            settings.history_days]

async def main():
    found = {"without": shown(await with_blocks(load_settings()))}
    await DatabaseCredentials(driver=AsyncDriver.POSTGRESQL_ASYNCPG, username="desk", password="p@ss", host="db",
                              port="5432", database="alvorada").save(DATABASE_BLOCK)
    await Secret(value="fred-block").save(KEY_BLOCKS["fred_api_key"])
    await SlackWebhook(url="https://hooks.slack.com/block").save(SLACK_BLOCK)
    await EmailServerCredentials(username="u", password="mail-block", smtp_server="mail.example", smtp_type="SSL",
                                 ).save(EMAIL_BLOCK)
    found["with"] = shown(await with_blocks(load_settings()))
    found["given"] = shown(await with_blocks(load_settings(database_url="postgresql://mine")))
    print(json.dumps(found))

asyncio.run(main())
"""


@pytest.mark.flow
def test_blocks_win_over_the_environment_except_for_the_database(tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "DATABASE_URL"))},
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "FRED_API_KEY": "fred-environment",
        "ALVORADA_HISTORY_DAYS": "30",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["without"] == [None, "fred-environment", None, None, 587, "starttls", None, 30]
    block = ["fred-block", "https://hooks.slack.com/block", "mail.example", 465, "ssl", "mail-block", 30]
    assert found["with"] == ["postgresql+asyncpg://desk:p%40ss@db:5432/alvorada", *block]
    assert found["given"] == ["postgresql://mine", *block]
