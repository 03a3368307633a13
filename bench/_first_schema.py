"""A database of the first schema with the data of a newer one: what an old installation holds.

Every table of the first schema is filled with the newer one's rows, in the columns that it has. Rows that only later
schemas know (holds, decisions, versions) are left out: an old installation has none.
"""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config

import migrations
from blocks.database import plain_url

FIRST = "0001"


async def as_first_schema(source: str, target: str) -> dict[str, int]:
    """Fills the empty database at `target` from that at `source`. Returns the rows by table."""
    await asyncio.to_thread(_to_first, plain_url(target))
    reader, writer = await asyncpg.connect(source), await asyncpg.connect(target)
    counts = {}
    try:
        await writer.execute("SET session_replication_role = replica")  # no order among tables is needed
        for table in await _tables(writer):
            columns = sorted(await _columns(writer, table) & await _columns(reader, table))
            if not columns:
                continue
            await writer.execute(f'TRUNCATE "{table}" CASCADE')
            body = io.BytesIO()
            names = ", ".join(f'"{name}"' for name in columns)
            await reader.copy_from_query(f'SELECT {names} FROM "{table}"', output=body, format="binary")
            body.seek(0)
            status = await writer.copy_to_table(table, source=body, columns=columns, format="binary")
            counts[table] = int(status.split()[-1])
        await writer.execute(
            "SELECT setval(pg_get_serial_sequence('payload', 'payload_id'), max(payload_id)) FROM payload"
        )
    finally:
        await reader.close()
        await writer.close()
    return counts


def _to_first(address: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["address"] = address
    command.upgrade(config, FIRST)


async def _tables(connection: asyncpg.Connection) -> list[str]:
    """Tables that hold rows, partitions left out; not Alembic's own."""
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND NOT relispartition AND relname <> 'alembic_version' ORDER BY relname"
    )
    return [row["relname"] for row in rows]


async def _columns(connection: asyncpg.Connection, table: str) -> set[str]:
    """Columns that can be written."""
    rows = await connection.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = ''",
        f'public."{table}"',
    )
    return {row["attname"] for row in rows}
