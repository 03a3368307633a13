"""Expands the SQL macros of Grafana's PostgreSQL data source that the dashboards use, to run their queries without
Grafana."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence


def expand(sql: str, start: dt.datetime, end: dt.datetime, variables: Mapping[str, Sequence[str]] | None = None) -> str:
    """Replaces $__timeFilter(column), $__timeFrom(), $__timeTo() and `${name:sqlstring}` by a variable's values.

    Raises ValueError for another macro or variable.
    """
    for name, values in (variables or {}).items():
        quoted = ",".join("'" + value.replace("'", "''") + "'" for value in values)
        sql = sql.replace(f"${{{name}:sqlstring}}", quoted)
    first, last = (f"'{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}'" for moment in (start, end))
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {first} AND {last}", sql)
    sql = sql.replace("$__timeFrom()", first).replace("$__timeTo()", last)
    if "$__" in sql or "${" in sql:
        raise ValueError(f"a macro that is not expanded here: {sql}")
    return sql
