"""A panel's SQL as Grafana sends it: the macros that the dashboards use, expanded for a time range."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grafana.build import FOLDER


@dataclass(frozen=True)
class PanelQuery:
    page: str
    title: str
    kind: str
    sql: str

    def __str__(self) -> str:
        return f"{self.page}: {self.title}"


def panel_queries() -> Iterator[PanelQuery]:
    """Every panel's query, and every annotation's."""
    for path in sorted(FOLDER.glob("*.json")):
        page: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for panel in page["panels"]:
            yield PanelQuery(path.stem, panel["title"], panel["type"], panel["targets"][0]["rawSql"])
        for annotation in page.get("annotations", {}).get("list", []):
            yield PanelQuery(path.stem, annotation["name"], "annotation", annotation["target"]["rawSql"])


def expand(sql: str, start: dt.datetime, end: dt.datetime) -> str:
    """As Grafana's PostgreSQL macros: $__timeFilter(column), $__timeFrom(), $__timeTo(). Raises for any other."""
    first, last = (f"'{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}'" for moment in (start, end))
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {first} AND {last}", sql)
    sql = sql.replace("$__timeFrom()", first).replace("$__timeTo()", last)
    if "$__" in sql:
        raise ValueError(f"a macro that is not expanded here: {sql}")
    return sql
