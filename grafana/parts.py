"""Parts that all dashboards share: data source, SQL targets, thresholds, colours, and the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    "cancelled": GREY,
    "breach": "dark-red",
    "absent": GREY,
    "agree": GREEN,
    "apart": AMBER,
    "held": AMBER,
    "open": AMBER,
    "broken": RED,
    "released": GREEN,
    "rejected": GREY,
    "resolved": GREEN,
    "inactive": GREEN,
}
"""Colour of every state of runs, cells, datasets, limits and alerts, as the tables store it."""

MARKET_TIME = "(valuation_date + time '18:00') AT TIME ZONE 'America/Sao_Paulo'"
"""The time axis of NAV and P&L: the close of the market day that they are about, not the morning after."""


class Sql(variants.Dataquery):
    """A PostgreSQL query as Grafana's query editor saves it; the result is a table."""

    def __init__(self, text: str, ref: str = "A") -> None:
        self.text = "\n".join(line.rstrip() for line in text.strip().splitlines())
        self.ref = ref

    def to_json(self) -> dict[str, object]:
        """The JSON object of a target."""
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
    """Wraps a query as the builder that the SDK's `with_target` takes."""

    query: Sql

    def build(self) -> Sql:
        """The query itself."""
        return self.query


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A panel with its query and its size on the grid of 24 columns; `about` is its description in Grafana."""

    panel: Any
    title: str
    about: str
    sql: str
    width: int
    height: int

    def build_at(self, x: int, y: int) -> Any:
        """The panel builder, placed at column `x` and row `y` of the grid."""
        place = dashboard.GridPos(h=self.height, w=self.width, x=x, y=y)
        panel = self.panel.title(self.title).description(self.about).datasource(DATASOURCE)
        return panel.with_target(Target(Sql(self.sql))).grid_pos(place)


def pivot(names: Sequence[str], value: str, key: str, aggregate: str = "max") -> str:
    """SQL columns of a pivot, one for each name: the columns are fixed when the dashboard is built."""
    return ",\n       ".join(f"{aggregate}({value}) FILTER (WHERE {key} = '{name}') AS \"{name}\"" for name in names)


def table_panel() -> table.Panel:
    """A table panel of the query's rows, with its header."""
    return table.Panel().frame_index(0).show_header(True)


def thresholds(*pairs: tuple[float | None, str]) -> dashboards.ThresholdsConfig:
    """Thresholds as (lower bound, colour), lowest first; the first bound is None."""
    return (
        dashboards.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value=value, color=colour) for value, colour in pairs])
    )


def state_mappings() -> list[Any]:
    """Value mappings of all states to their colours."""
    options = {
        word: dashboard.ValueMappingResult(color=colour, index=index, text=word.replace("_", " "))
        for index, (word, colour) in enumerate(STATE_COLOURS.items())
    }
    return [dashboard.ValueMap(options=options)]


def override(name: str, value: object) -> dashboard.DynamicConfigValue:
    """A property for `override_by_name`."""
    return dashboard.DynamicConfigValue(id_val=name, value=value)


def threshold_property(*pairs: tuple[float | None, str]) -> dict[str, object]:
    """`thresholds` as the value of a `thresholds` property."""
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


ADDRESSES = {"desk": "api", "prefect": "prefect-ui"}
"""Hidden variable -> the heartbeat whose detail is that address, as the API writes it when it starts."""
LINKS = (
    ("Report", "${desk:raw}/api/v1/reports/daily/latest"),
    ("Prefect's runs", "${prefect:raw}/flow-runs"),
    ("Runbook", "${desk:raw}/api/v1/runbook"),
)


def choice(name: str, label: str, sql: str) -> dashboards.QueryVariable:
    """A variable of many values, all of them at first: in SQL `IN (${NAME:sqlstring})`."""
    return (
        dashboards.QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query(sql)
        .refresh(dashboard.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .current(dashboard.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


BOOK_SQL = "SELECT book_id FROM v_book ORDER BY 1"
OF_BOOK = "as_of NOT IN (SELECT as_of FROM v_decision WHERE book_id NOT IN (${book:sqlstring}))"
"""A day belongs to one book; one that is known to belong to another is left out."""


def book_choice() -> dashboards.QueryVariable:
    """The variable that `of_book` narrows by."""
    return choice("book", "Book", BOOK_SQL)


def of_book(rows: Sequence[Sequence[PanelSpec]]) -> list[list[PanelSpec]]:
    """The panels, narrowed to the days of the chosen book wherever they are narrowed by the time of the decision."""
    times = ("$__timeFilter(as_of)", "as_of <= $__timeTo()")

    def narrowed(sql: str) -> str:
        for time in times:
            sql = sql.replace(time, f"{time} AND {OF_BOOK}")
        return sql

    return [[replace(spec, sql=narrowed(spec.sql)) for spec in row] for row in rows]


def _address(name: str, heartbeat: str) -> dashboards.QueryVariable:
    return (
        dashboards.QueryVariable(name)
        .hide(dashboard.VariableHide.HIDE_VARIABLE)
        .datasource(DATASOURCE)
        .query(f"SELECT detail FROM v_heartbeat WHERE name = '{heartbeat}'")
        .refresh(dashboard.VariableRefresh.ON_DASHBOARD_LOAD)
    )


def link(title: str, url: str) -> dashboards.DashboardLink:
    """A link of a panel or of its values, in a tab of its own."""
    return dashboards.DashboardLink(title).type(dashboard.DashboardLinkType.LINK).url(url).target_blank(True)


def build_dashboard(
    uid: str,
    title: str,
    about: str,
    back: str,
    rows: Sequence[Sequence[PanelSpec]],
    annotations: Sequence[Any] = (),
    variables: Sequence[dashboards.QueryVariable] = (),
) -> dashboard.Dashboard:
    """A dashboard of panels in rows, from the top; `back` is the length of its time range, such as `30d`. Every one has
    links to the report, Prefect's runs and the runbook.

    Raises ValueError for a row of more than GRID_WIDTH columns.
    """
    builder = (
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
    for label, url in LINKS:
        builder = builder.link(link(label, url))
    for variable in (*variables, *(_address(name, beat) for name, beat in ADDRESSES.items())):
        builder = builder.with_variable(variable)
    for annotation in annotations:
        builder = builder.annotation(annotation)
    y = 0
    for row in rows:
        width = sum(spec.width for spec in row)
        if width > GRID_WIDTH:
            raise ValueError(f"{uid}: a row is {width} wide: {', '.join(spec.title for spec in row)}")
        x = 0
        for spec in row:
            builder = builder.with_panel(spec.build_at(x, y))
            x += spec.width
        y += max(spec.height for spec in row)
    built = builder.build()
    for made in (built.templating.list_val if built.templating else None) or []:
        made.auto = made.auto_count = made.auto_min = None  # of variables of another kind
    for index, panel in enumerate(built.panels or [], start=1):
        panel.id_val = index
    return built
