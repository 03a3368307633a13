"""Revision 0007 on a database that holds SGS 1640 to 1643 under the names that the catalogue had rotated."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config

import migrations

pytestmark = pytest.mark.db

FILED_AS = {
    "ipca_health_mom": "ipca_communication_mom",
    "ipca_personal_mom": "ipca_health_mom",
    "ipca_education_mom": "ipca_personal_mom",
    "ipca_communication_mom": "ipca_education_mom",
}
"""Name a fetched row was stored under -> name of what its code is."""
TRUE_VALUES = {
    "ipca_communication_mom": 0.0016,
    "ipca_health_mom": 0.0041,
    "ipca_personal_mom": 0.0042,
    "ipca_education_mom": 0.0043,
}
ORIGINS = ("live", "recorded", "sandbox", "imported")


@pytest.mark.parametrize("origin", ORIGINS)
async def test_fetched_rows_get_their_names_and_others_keep_theirs(empty_database_url: str, origin: str) -> None:
    connection = await _before(empty_database_url)
    try:
        payload = await _payload(connection, origin)
        fetched = origin in ("live", "recorded")
        for name, true_name in FILED_AS.items():
            shown = true_name if fetched else name
            for month in ("2024-01-01", "2024-02-01"):  # the same key but for the name in all four series
                await _observe(connection, name, month, TRUE_VALUES[shown], payload)
        await _observe(connection, "ipca_food_mom", "2024-01-01", 0.0138, payload)
        await migrations.upgrade_async(empty_database_url)
        assert await migrations.version(connection) == migrations.HEAD
        rows = await connection.fetch("SELECT series_id, value FROM observation")
        found = sorted((row["series_id"], row["value"]) for row in rows)
        assert found == sorted([*TRUE_VALUES.items(), *TRUE_VALUES.items(), ("ipca_food_mom", 0.0138)])
    finally:
        await connection.close()


async def test_an_imported_row_keeps_the_place_that_a_renamed_one_would_take(empty_database_url: str) -> None:
    connection = await _before(empty_database_url)
    try:
        imported, live = [await _payload(connection, origin) for origin in ("imported", "live")]
        await _observe(connection, "ipca_communication_mom", "2024-01-01", 0.0016, imported)
        await _observe(connection, "ipca_health_mom", "2024-01-01", 0.0099, live)
        await _observe(connection, "ipca_health_mom", "2024-02-01", 0.0017, live)
        await migrations.upgrade_async(empty_database_url)
        rows = await connection.fetch("SELECT series_id, value, payload_id FROM observation ORDER BY obs_date")
        expected = [("ipca_communication_mom", 0.0016, imported), ("ipca_communication_mom", 0.0017, live)]
        assert [tuple(row) for row in rows] == expected
    finally:
        await connection.close()


async def _before(url: str) -> asyncpg.Connection:
    """A connection to the database at revision 0006."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["address"] = url
    await asyncio.to_thread(command.upgrade, config, "0006")
    return await asyncpg.connect(url)


async def _payload(connection: asyncpg.Connection, origin: str) -> int:
    number: int = await connection.fetchval(
        "INSERT INTO payload (sha256, source, dataset, url, status, fetched_at, bytes, path, origin) VALUES"
        " (repeat('0', 64), 'bcb_sgs', 'bcb_sgs_monthly', 'https://api.bcb.gov.br/', 200, now(), 2, 'p', $1)"
        " RETURNING payload_id",
        origin,
    )
    return number


async def _observe(connection: asyncpg.Connection, name: str, month: str, value: float, payload: int) -> None:
    await connection.execute(
        "INSERT INTO observation VALUES"
        " ($1, $2::text::date, $2::text::timestamptz + interval '40 days', $3, 'rule', $4)",
        name,
        month,
        value,
        payload,
    )
