"""Expands the SQL macros of Grafana's PostgreSQL data source that the dashboards use, to run their queries without
Grafana."""

from __future__ import annotations

import datetime as dt
import re


def expand(sql: str, start: dt.datetime, end: dt.datetime) -> str:
    """Replaces $__timeFilter(column), $__timeFrom() and $__timeTo(). Raises ValueError for another macro."""
    first, last = (f"'{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}'" for moment in (start, end))
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {first} AND {last}", sql)
    sql = sql.replace("$__timeFrom()", first).replace("$__timeTo()", last)
    if "$__" in sql:
        raise ValueError(f"a macro that is not expanded here: {sql}")
    return sql
