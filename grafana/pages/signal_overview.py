"""signal-overview: strategies by asset class, convictions by instrument, agent views, and the regime."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, statetimeline, timeseries
from grafana_foundation_sdk.builders import common as builders
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from desk.agents import AGENTS
from desk.catalog.desk_parameters import ASSET_CLASSES, load_desk_parameters
from desk.strategies import STRATEGIES
from grafana.parts import (
    EVERY_ROW,
    GREY,
    LEGEND,
    NO_LEGEND,
    THRESHOLD_COLOURS,
    PanelSpec,
    build_dashboard,
    override,
    pivot,
    table_panel,
    thresholds,
)

LATEST = "(SELECT max(as_of) FROM v_strategy_signals WHERE as_of <= $__timeTo())"
DIVERGING = (
    (None, "#b2182b"),
    (-0.6, "#d6604d"),
    (-0.3, "#f4a582"),
    (-0.1, "#9e9e9e"),
    (0.1, "#92c5de"),
    (0.3, "#4393c3"),
    (0.6, "#2166ac"),
)
"""ColorBrewer's RdBu, readable with red-green blindness. Blue: the trade as written; red: its reverse."""
REGIMES = ("Goldilocks", "Reflation", "Stagflation", "Deflation", "Mixed")


def matrix() -> PanelSpec:
    """Scores at the latest decision: asset classes as rows, strategies as columns."""
    names = [strategy.id for strategy in STRATEGIES]
    panel = (
        table_panel()
        .decimals(2)
        .cell_options(common.TableColoredBackgroundCellOptions(mode=common.TableCellBackgroundDisplayMode.BASIC))
        .color_scheme(THRESHOLD_COLOURS)
        .thresholds(thresholds(*DIVERGING))
        .width(110)
        .override_by_name("class", [override("custom.cellOptions", {"type": "auto"}), override("custom.width", 110)])
    )
    sql = f"""
SELECT asset_class AS class,
       {pivot(names, "value", "strategy_id")}
FROM v_class_strategy WHERE as_of = {LATEST} GROUP BY asset_class
ORDER BY array_position(ARRAY[{", ".join(f"'{name}'" for name in ASSET_CLASSES)}], asset_class)"""
    about = (
        "Scores from -1 to +1 at the latest decision: blue does the trade as written, red its reverse. In another class"
        " that a strategy's legs reach, the score carries the sign of the side taken there. Empty: no view there."
    )
    return PanelSpec(panel, "Classes by strategy", about, sql, 24, 9)


def conviction() -> list[PanelSpec]:
    """Mean conviction by asset class over time, and conviction by instrument at the latest decision."""
    lines = timeseries.Panel().min(-1).max(1).decimals(2).legend(LEGEND).line_width(2).span_nulls(True)
    sql = f"""
SELECT as_of AS time,
       {pivot(list(ASSET_CLASSES), "conviction", "asset_class", "avg")}
FROM v_aggregated_signal WHERE $__timeFilter(as_of) GROUP BY as_of ORDER BY as_of"""
    bars = (
        bargauge.Panel()
        .min(-1)
        .max(1)
        .decimals(2)
        .orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .reduce_options(EVERY_ROW)
        .thresholds(thresholds(*DIVERGING))
        .color_scheme(THRESHOLD_COLOURS)
    )
    bars_sql = f"""
SELECT instrument_id, conviction FROM v_aggregated_signal
WHERE as_of = {LATEST} AND conviction IS NOT NULL ORDER BY conviction DESC"""
    return [
        PanelSpec(lines, "Conviction by class", "Mean over the class's instruments; + is long the price.", sql, 14, 13),
        PanelSpec(bars, "Conviction by instrument", "At the latest decision; + is long the price.", bars_sql, 10, 13),
    ]


def flips() -> PanelSpec:
    """The side of each instrument over time: long, short or flat."""
    names = [instrument.id for instrument in load_desk_parameters().instruments]
    panel = (
        statetimeline.Panel()
        .mappings(
            [
                model.ValueMap(
                    options={
                        "long": model.ValueMappingResult(text="long", color="#4393c3", index=0),
                        "short": model.ValueMappingResult(text="short", color="#d6604d", index=1),
                        "flat": model.ValueMappingResult(text="flat", color=GREY, index=2),
                    }
                )
            ]
        )
        .merge_values(True)
        .show_value(common.VisibilityMode.NEVER)
        .row_height(0.85)
        .line_width(0)
        .fill_opacity(85)
        .legend(NO_LEGEND)
    )
    side = """CASE WHEN conviction > 0.05 THEN 'long' WHEN conviction < -0.05 THEN 'short'
                 WHEN conviction IS NOT NULL THEN 'flat' END"""
    sql = f"""
SELECT as_of AS time,
       {pivot(names, "side", "instrument_id")}
FROM (SELECT as_of, instrument_id, {side} AS side
      FROM v_aggregated_signal WHERE $__timeFilter(as_of)) AS sides
GROUP BY as_of ORDER BY as_of"""
    about = "The side of each instrument's conviction, long the price or short, at every decision: a change is a flip."
    return PanelSpec(panel, "Sides through time", about, sql, 24, 13)


def flip_list() -> PanelSpec:
    """Flips and surges, newest first."""
    panel = (
        table_panel()
        .no_value("No flip and no surge in this time range")
        .override_by_name("conviction", [override("decimals", 2)])
    )
    sql = """
SELECT as_of AS decision, instrument_id AS instrument, CASE WHEN flip <> 0 THEN 'flip' ELSE 'surge' END AS what,
       conviction, surge AS "change of conviction"
FROM v_aggregated_signal WHERE $__timeFilter(as_of) AND (flip <> 0 OR surge IS NOT NULL)
ORDER BY as_of DESC, instrument_id LIMIT 200"""
    return PanelSpec(panel, "Flips and surges", "Newest first.", sql, 10, 11)


def agents() -> list[PanelSpec]:
    """Agent scores over time, and the agents' sentences."""
    lines = timeseries.Panel().min(-1).max(1).decimals(2).legend(LEGEND).line_width(2).span_nulls(True)
    sql = f"""
SELECT as_of AS time,
       {pivot([agent.id for agent in AGENTS], "score", "agent_id")}
FROM v_agent_view WHERE $__timeFilter(as_of) GROUP BY as_of ORDER BY as_of"""
    table = (
        table_panel()
        .override_by_name("score", [override("decimals", 2), override("custom.width", 80)])
        .override_by_name("confidence", [override("unit", "percentunit"), override("custom.width", 100)])
    )
    table_sql = """
SELECT agent_id AS agent, score, confidence, sentence FROM v_agent_view
WHERE as_of = (SELECT max(as_of) FROM v_agent_view WHERE as_of <= $__timeTo()) ORDER BY agent_id"""
    return [
        PanelSpec(lines, "Agents", "Each agent's score, -1 to +1.", sql, 14, 11),
        PanelSpec(
            table,
            "What the agents say",
            "At the latest decision. Confidence: the chance that the direction is right.",
            table_sql,
            24,
            8,
        ),
    ]


def regime() -> PanelSpec:
    """Filtered regime probabilities over time."""
    panel = (
        timeseries.Panel()
        .unit("percentunit")
        .min(0)
        .max(1)
        .fill_opacity(70)
        .line_width(0)
        .stacking(builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
        .legend(LEGEND)
    )
    sql = f"""
SELECT as_of AS time,
       {pivot(list(REGIMES), "probability", "regime_id")}
FROM v_regime WHERE $__timeFilter(as_of) GROUP BY as_of ORDER BY as_of"""
    return PanelSpec(panel, "Regime", "Filtered probability of each regime: what was known on the day.", sql, 24, 9)


def build() -> model.Dashboard:
    """The dashboard signal-overview."""
    lines, sentences = agents()
    return build_dashboard(
        "signal-overview",
        "Signals",
        "What the desk thinks: strategies by class, conviction by instrument, agents, regime.",
        "1y",
        [[matrix()], conviction(), [flips()], [lines, flip_list()], [sentences], [regime()]],
    )
