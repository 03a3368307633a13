"""Two roles: `alvorada_writer` reads and writes the tables, `alvorada_reader` reads the views v_* and nothing else.

They are groups without login: grant them to the accounts of people and programs.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

WRITER = "alvorada_writer"
READER = "alvorada_reader"
INSUFFICIENT_PRIVILEGE = "42501"
DUPLICATE_OBJECT = "42710"


def grant(connection: Connection) -> list[str]:
    """Make the roles where allowed, and grant them what they may, in the migration's own transaction.

    Idempotent. Returns a note for each role that could not be made.
    """
    notes = [note for role in (WRITER, READER) if (note := _ensure(connection, role))]
    if notes:
        return notes
    views = connection.execute(
        text(r"SELECT viewname FROM pg_views WHERE schemaname = 'public' AND viewname LIKE 'v\_%' ORDER BY viewname")
    ).scalars()
    names = ", ".join(f'public."{name}"' for name in views)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {WRITER}, {READER}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {WRITER}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WRITER}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {READER}",
        f"GRANT SELECT ON {names} TO {READER}",
    ):
        connection.execute(text(statement))
    return []


def _ensure(connection: Connection, role: str) -> str | None:
    if connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar():
        return None
    try:
        with connection.begin_nested():
            connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
    except IntegrityError:  # another database of this cluster made it just now
        return None
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == DUPLICATE_OBJECT:
            return None
        if state != INSUFFICIENT_PRIVILEGE:
            raise
        return f"role {role} was not made: this user may not create roles (CREATE ROLE {role} NOLOGIN)"
    return None
