"""Every panel's SQL, of the committed dashboards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grafana.build import FOLDER


@dataclass(frozen=True)
class PanelQuery:
    page: str
    title: str
    kind: str
    sql: str
    panel: Mapping[str, Any]
    """As Grafana loads it; an annotation as it stands in the dashboard."""

    def __str__(self) -> str:
        return f"{self.page}: {self.title}"


def panel_queries() -> Iterator[PanelQuery]:
    """Every panel's query, and every annotation's."""
    for path in sorted(FOLDER.glob("*.json")):
        page: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for panel in page["panels"]:
            yield PanelQuery(path.stem, panel["title"], panel["type"], panel["targets"][0]["rawSql"], panel)
        for annotation in page.get("annotations", {}).get("list", []):
            yield PanelQuery(path.stem, annotation["name"], "annotation", annotation["target"]["rawSql"], annotation)


def variable_queries() -> dict[str, str]:
    """The queries of the variables that a person chooses by, of all dashboards."""
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.json")):
        for variable in json.loads(path.read_text(encoding="utf-8"))["templating"]["list"]:
            if variable.get("hide") != 2:
                found[variable["name"]] = variable["query"]
    return found
