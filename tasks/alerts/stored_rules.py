"""Rules and silences as rows: rules come from the catalogue, people change them, and each change is recorded."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

import asyncpg

from desk.alerts.model import Silence
from desk.catalog.alert_rules import CHANGEABLE, RuleSettings, checked
from desk.errors import BadInput
from tasks.store import Store

LONGEST_SILENCE = dt.timedelta(days=90)
_COLUMNS = ", ".join(("rule_id", *CHANGEABLE))


async def seed_rules(connection: asyncpg.Connection, defaults: Mapping[str, RuleSettings]) -> None:
    """Makes the row of every rule equal to the catalogue's (`defaults`), except rows that a person has changed."""
    stored = {
        row["rule_id"]: (_settings(row), row["changed_at"])
        for row in await connection.fetch(f"SELECT {_COLUMNS}, changed_at FROM alert_rule")
    }
    for name, rule in defaults.items():
        current, changed_at = stored.get(name, (None, None))
        if current == rule or changed_at is not None:
            continue
        await connection.execute(
            f"INSERT INTO alert_rule ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
            f" ON CONFLICT (rule_id) DO UPDATE SET {', '.join(f'{c} = EXCLUDED.{c}' for c in CHANGEABLE)}"
            " WHERE alert_rule.changed_at IS NULL",
            *_values(rule),
        )


async def read_rules(connection: asyncpg.Connection) -> dict[str, RuleSettings]:
    """Rule id -> its stored settings."""
    rows = await connection.fetch(f"SELECT {_COLUMNS} FROM alert_rule ORDER BY rule_id")
    return {row["rule_id"]: _settings(row) for row in rows}


async def ensure_rules(store: Store, defaults: Mapping[str, RuleSettings]) -> None:
    """`seed_rules` in a transaction of its own: for the API, which may show the rules before the first evaluation."""
    async with store.connections.acquire() as connection, connection.transaction():
        await seed_rules(connection, defaults)


async def change_rule(
    store: Store, rule_id: str, changes: Mapping[str, Any], changed_by: str, at: dt.datetime
) -> RuleSettings:
    """Changes fields of a rule (`changes`: field -> value) from the next evaluation on. Returns its settings.

    Stores one audit row for each changed field, in the same transaction. Raises BadInput for an unknown rule or field,
    an invalid value, or an empty `changed_by`.
    """
    if not changed_by.strip():
        raise BadInput("a change needs a name: who did it")
    async with store.connections.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM alert_rule WHERE rule_id = $1 FOR UPDATE", rule_id)
        if row is None:
            raise BadInput(f"there is no alert rule {rule_id!r}")
        before = _settings(row)
        after = checked(before, changes)
        changed = [name for name in CHANGEABLE if getattr(before, name) != getattr(after, name)]
        if not changed:
            return after
        await connection.execute(
            f"UPDATE alert_rule SET {', '.join(f'{name} = ${i}' for i, name in enumerate(CHANGEABLE, 2))},"
            f" changed_at = ${len(CHANGEABLE) + 2}, changed_by = ${len(CHANGEABLE) + 3} WHERE rule_id = $1",
            *_values(after), at, changed_by,
        )  # fmt: skip
        await connection.executemany(
            "INSERT INTO alert_rule_change (rule_id, field, value_from, value_to, changed_at, changed_by)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            [(rule_id, name, _text(before, name), _text(after, name), at, changed_by) for name in changed],
        )
    return after


async def add_silence(
    store: Store,
    *,
    rule_pattern: str,
    subject_pattern: str,
    author: str,
    comment: str,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    at: dt.datetime,
) -> Silence:
    """Stores a silence of the alerts that match both patterns (with `*` and `?`) from `starts_at` to `ends_at`.

    Raises BadInput for an empty text, an end in the past, and more than LONGEST_SILENCE.
    """
    texts = {"rule_pattern": rule_pattern, "subject_pattern": subject_pattern, "author": author, "comment": comment}
    empty = [name for name, text in texts.items() if not text.strip()]
    if empty:
        raise BadInput(f"a silence needs {', '.join(empty)}")
    if not starts_at < ends_at <= starts_at + LONGEST_SILENCE or ends_at <= at:
        raise BadInput(f"a silence must end after it starts and after now, within {LONGEST_SILENCE.days} days")
    async with store.connections.acquire() as connection:
        number: int = await connection.fetchval(
            "INSERT INTO silence (rule_pattern, subject_pattern, author, comment, starts_at, ends_at, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING silence_id",
            rule_pattern, subject_pattern, author, comment, starts_at, ends_at, at,
        )  # fmt: skip
    return Silence(number, rule_pattern, subject_pattern, starts_at, ends_at)


async def end_silence(store: Store, silence_id: int, ended_by: str, at: dt.datetime) -> None:
    """Ends a silence at `at`. Raises BadInput when there is none with this id that has not ended."""
    async with store.connections.acquire() as connection:
        done = await connection.execute(
            "UPDATE silence SET ended_at = $2, ended_by = $3"
            " WHERE silence_id = $1 AND ended_at IS NULL AND ends_at > $2",
            silence_id,
            at,
            ended_by,
        )
    if done != "UPDATE 1":
        raise BadInput(f"there is no silence {silence_id} that is still on")


def _settings(row: asyncpg.Record) -> RuleSettings:
    return RuleSettings(**{name: row[name] for name in RuleSettings.__slots__})


def _values(rule: RuleSettings) -> tuple[Any, ...]:
    return astuple(rule)  # its fields are in the order of _COLUMNS


def _text(rule: RuleSettings, field: str) -> str:
    return json.dumps(getattr(rule, field)).strip('"')
