"""Grafana's SQL macros, as its PostgreSQL data source expands them: those that the dashboards use."""

from __future__ import annotations

import datetime as dt
import re


def expand(sql: str, start: dt.datetime, end: dt.datetime) -> str:
    """As Grafana's PostgreSQL macros: $__timeFilter(column), $__timeFrom(), $__timeTo(). Raises for any other."""
    first, last = (f"'{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}'" for moment in (start, end))
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {first} AND {last}", sql)
    sql = sql.replace("$__timeFrom()", first).replace("$__timeTo()", last)
    if "$__" in sql:
        raise ValueError(f"a macro that is not expanded here: {sql}")
    return sql
