"""Two roles: `alvorada_writer` reads and writes the tables, `alvorada_reader` reads the views v_* and nothing else.

They are groups without login: grant them to the accounts of people and programs.
"""

from __future__ import annotations

import asyncpg

WRITER = "alvorada_writer"
READER = "alvorada_reader"


async def grant(connection: asyncpg.Connection) -> list[str]:
    """Make the roles where allowed, and grant them what they may. Idempotent. Returns a note for what was refused."""
    notes = []
    for role in (WRITER, READER):
        try:
            await _ensure(connection, role)
        except asyncpg.InsufficientPrivilegeError:
            notes.append(f"role {role} was not made: this user may not create roles (CREATE ROLE {role} NOLOGIN)")
    if notes:
        return notes
    await connection.execute(f"GRANT USAGE ON SCHEMA public TO {WRITER}, {READER}")
    await connection.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {WRITER}")
    await connection.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WRITER}")
    views = await connection.fetch(
        r"SELECT viewname FROM pg_views WHERE schemaname = 'public' AND viewname LIKE 'v\_%' ORDER BY viewname"
    )
    names = ", ".join(f'public."{row["viewname"]}"' for row in views)
    await connection.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {READER}")
    await connection.execute(f"GRANT SELECT ON {names} TO {READER}")
    return []


async def _ensure(connection: asyncpg.Connection, role: str) -> None:
    if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        return
    try:
        await connection.execute(f"CREATE ROLE {role} NOLOGIN")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):  # another database of this cluster, just now
        return
