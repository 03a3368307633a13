"""What every dashboard is made of: the data source, SQL targets, thresholds, colours, and the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.models import common, dashboard

DATASOURCE = dashboard.DataSourceRef(type_val="grafana-postgresql-datasource", uid="alvorada-postgres")
FOLDER, TAG = "Alvorada", "alvorada"
REFRESH, TIMEZONE = "15m", "America/Sao_Paulo"
GRID_WIDTH = 24

GREEN, AMBER, ORANGE, RED, GREY, BLUE = "green", "yellow", "orange", "red", "#8e8e8e", "blue"
STATE_COLOURS = {
    "ok": GREEN,
    "completed": GREEN,
    "green": GREEN,
    "empty": "semi-dark-green",
    "not_yet": BLUE,
    "running": BLUE,
    "stale": AMBER,
    "amber": AMBER,
    "completed_with_gaps": AMBER,
    "pending": AMBER,
    "failed": RED,
    "red": RED,
    "firing": RED,
    "died": "dark-red",
    "breach": "dark-red",
    "absent": GREY,
    "resolved": GREEN,
    "inactive": GREEN,
}
"""Of every state word that a table holds: runs, cells, datasets, limits, alerts."""


class Sql(variants.Dataquery):
    """A PostgreSQL query as Grafana's own query editor saves it; rows come back as a table."""

    def __init__(self, text: str, ref: str = "A") -> None:
        self.text = "\n".join(line.rstrip() for line in text.strip().splitlines())
        self.ref = ref

    def to_json(self) -> dict[str, object]:
        return {
            "datasource": DATASOURCE.to_json(),
            "editorMode": "code",
            "format": "table",
            "rawQuery": True,
            "rawSql": self.text,
            "refId": self.ref,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """The builder that panels want around a query."""

    query: Sql

    def build(self) -> Sql:
        return self.query


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel and its size on the grid of 24 columns; `about` is what the little i shows."""

    panel: Any
    title: str
    about: str
    sql: str
    width: int
    height: int

    def ready(self, x: int, y: int) -> Any:
        place = dashboard.GridPos(h=self.height, w=self.width, x=x, y=y)
        panel = self.panel.title(self.title).description(self.about).datasource(DATASOURCE)
        return panel.with_target(Target(Sql(self.sql))).grid_pos(place)


def pivot(names: Sequence[str], value: str, key: str, aggregate: str = "max") -> str:
    """One output column per name: a pivot whose columns are known when the page is built."""
    return ",\n       ".join(f"{aggregate}({value}) FILTER (WHERE {key} = '{name}') AS \"{name}\"" for name in names)


def rows_panel() -> table.Panel:
    """A table of the query's own rows, with its header."""
    return table.Panel().frame_index(0).show_header(True)


def steps(*pairs: tuple[float | None, str]) -> dashboards.ThresholdsConfig:
    """Absolute thresholds: (from this value on, colour), the first with None."""
    return (
        dashboards.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value=value, color=colour) for value, colour in pairs])
    )


def state_mappings() -> list[Any]:
    """Every state word in its colour."""
    options = {
        word: dashboard.ValueMappingResult(color=colour, index=index, text=word.replace("_", " "))
        for index, (word, colour) in enumerate(STATE_COLOURS.items())
    }
    return [dashboard.ValueMap(options=options)]


def prop(name: str, value: object) -> dashboard.DynamicConfigValue:
    """One overridden property of a column."""
    return dashboard.DynamicConfigValue(id_val=name, value=value)


def thresholds_of(*pairs: tuple[float | None, str]) -> dict[str, object]:
    """Thresholds as an override's value."""
    return {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in pairs]}


COLOURED_CELL = {"type": "color-background", "mode": "basic"}
COLOURED_TEXT = {"type": "color-text"}
THRESHOLD_COLOURS = dashboards.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS)
LEGEND = (
    common_builders.VizLegendOptions()
    .display_mode(common.LegendDisplayMode.LIST)
    .placement(common.LegendPlacement.BOTTOM)
    .show_legend(True)
)
NO_LEGEND = (
    common_builders.VizLegendOptions()
    .display_mode(common.LegendDisplayMode.HIDDEN)
    .placement(common.LegendPlacement.BOTTOM)
    .show_legend(False)
)
LAST_VALUE = common_builders.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)
EVERY_ROW = common_builders.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(True)


def page(
    uid: str, title: str, about: str, back: str, rows: Sequence[Sequence[Placed]], annotations: Sequence[Any] = ()
) -> dashboard.Dashboard:
    """A dashboard of panels, left to right and top to bottom; `back` is how far the time range reaches."""
    made = (
        dashboards.Dashboard(title)
        .uid(uid)
        .description(about)
        .tags([TAG])
        .refresh(REFRESH)
        .timezone(TIMEZONE)
        .time(f"now-{back}", "now")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .link(
            dashboards.DashboardLink("Alvorada")
            .type(dashboard.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .keep_time(True)
        )
    )
    for annotation in annotations:
        made = made.annotation(annotation)
    y = 0
    for row in rows:
        width = sum(placed.width for placed in row)
        if width > GRID_WIDTH:
            raise ValueError(f"{uid}: a row is {width} wide: {', '.join(placed.title for placed in row)}")
        x = 0
        for placed in row:
            made = made.with_panel(placed.ready(x, y))
            x += placed.width
        y += max(placed.height for placed in row)
    built = made.build()
    for index, panel in enumerate(built.panels or [], start=1):
        panel.id_val = index
    return built
