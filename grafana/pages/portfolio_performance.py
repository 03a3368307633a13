"""portfolio-performance: NAV, returns, attribution and costs of the model book."""

from __future__ import annotations

from grafana_foundation_sdk.builders import barchart, stat, timeseries
from grafana_foundation_sdk.builders import common as builders
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from desk.catalog.desk_parameters import ASSET_CLASSES, load_desk_parameters
from desk.strategies import STRATEGIES
from grafana.change_panels import changes
from grafana.parts import (
    AMBER,
    GREEN,
    LAST_VALUE,
    LEGEND,
    MARKET_TIME,
    NO_LEGEND,
    RED,
    THRESHOLD_COLOURS,
    PanelSpec,
    book_choice,
    build_dashboard,
    choice,
    of_book,
    override,
    pivot,
    table_panel,
    thresholds,
)

STRATEGY_IDS = [strategy.id for strategy in STRATEGIES]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Daily return over the stored cash benchmark; the Sharpe ratio is its annualised mean over its standard deviation.
EXCESS = """
    SELECT as_of, valuation_date,
           return_1d - (benchmark_nav_brl / lag(benchmark_nav_brl) OVER (ORDER BY as_of) - 1) AS excess
    FROM v_portfolio_state
    WHERE as_of >= $__timeFrom()::timestamptz - interval '400 days' AND as_of <= $__timeTo()"""
SHARPE = f"""
SELECT {MARKET_TIME} AS time, CASE WHEN count(excess) OVER year = 252 AND stddev_samp(excess) OVER year > 1e-12
       THEN avg(excess) OVER year / stddev_samp(excess) OVER year * sqrt(252) END AS "Sharpe, 252 days"
FROM ({EXCESS}
) AS daily
WINDOW year AS (ORDER BY as_of ROWS 251 PRECEDING)"""
LAST_STATE = (
    "FROM v_portfolio_state WHERE as_of = (SELECT max(as_of) FROM v_portfolio_state WHERE as_of <= $__timeTo())"
)


def tiles() -> list[PanelSpec]:
    """Single numbers: total return, Sharpe ratio, gross leverage, active positions."""
    limit = load_desk_parameters().limits.threshold("gross_leverage")

    def stat_panel(
        title: str, about: str, sql: str, unit: str, decimals: int, *bounds: tuple[float | None, str]
    ) -> PanelSpec:
        panel = (
            stat.Panel()
            .unit(unit)
            .decimals(decimals)
            .reduce_options(LAST_VALUE)
            .graph_mode(common.BigValueGraphMode.NONE)
            .thresholds(thresholds(*bounds))
            .color_scheme(THRESHOLD_COLOURS)
            .no_value("not yet")
        )
        return PanelSpec(panel, title, about, sql, 6, 4)

    signs = ((None, RED), (0.0, GREEN))
    total = f"""
SELECT nav_brl / (
    SELECT nav_brl FROM v_portfolio_state WHERE as_of <= $__timeTo() ORDER BY as_of LIMIT 1
) - 1 AS "total return" {LAST_STATE}"""
    sharpe = f"""SELECT "Sharpe, 252 days" FROM ({SHARPE}
) AS path ORDER BY time DESC LIMIT 1"""
    return [
        stat_panel(
            "Total return", "Since the book began, after costs, cash included.", total, "percentunit", 1, *signs
        ),
        stat_panel(
            "Sharpe, 252 days",
            "Return over CDI per unit of risk, a year. Empty before a full year.",
            sharpe,
            "none",
            2,
            *signs,
        ),
        stat_panel(
            f"Gross leverage (limit {limit:.0f}x)",
            "Notional of FX and equity, rates in ten-year equivalents, over NAV.",
            f"SELECT gross_leverage {LAST_STATE}",
            "suffix:x",
            2,
            (None, GREEN),
            (limit * 0.8, AMBER),
            (limit, RED),
        ),
        stat_panel(
            "Active positions",
            "Instruments with contracts.",
            f"SELECT active_positions {LAST_STATE}",
            "none",
            0,
            (None, "blue"),
        ),
    ]


def nav() -> list[PanelSpec]:
    """NAV, drawdown and rolling Sharpe ratio over time."""
    curve = timeseries.Panel().unit("short").decimals(1).legend(NO_LEGEND).fill_opacity(10).line_width(2)
    sql = f"""
SELECT {MARKET_TIME} AS time, nav_brl / 1e6 AS "NAV, BRL m"
FROM v_portfolio_state WHERE $__timeFilter(as_of) ORDER BY as_of"""
    under = (
        timeseries.Panel()
        .unit("percentunit")
        .max(0)
        .legend(NO_LEGEND)
        .fill_opacity(40)
        .override_by_name("drawdown", [override("color", {"mode": "fixed", "fixedColor": RED})])
    )
    under_sql = (
        f"SELECT {MARKET_TIME} AS time, -drawdown AS drawdown FROM v_portfolio_state"
        " WHERE $__timeFilter(as_of) ORDER BY as_of"
    )
    sharpe = timeseries.Panel().decimals(2).legend(NO_LEGEND).line_width(2)
    sharpe_sql = f"""SELECT * FROM ({SHARPE}
) AS path WHERE $__timeFilter(time) ORDER BY time"""
    return [
        PanelSpec(curve, "NAV", "BRL millions.", sql, 12, 9),
        PanelSpec(under, "Drawdown", "Over CDI, from the highest of the last year.", under_sql, 6, 9),
        PanelSpec(sharpe, "Rolling Sharpe", "252 days, over CDI.", sharpe_sql, 6, 9),
    ]


def attribution() -> list[PanelSpec]:
    """P&L over the time range, by strategy and by instrument."""

    def bars(title: str, about: str, sql: str) -> PanelSpec:
        panel = (
            barchart.Panel()
            .unit("short")
            .decimals(0)
            .orientation(common.VizOrientation.HORIZONTAL)
            .show_value(common.VisibilityMode.AUTO)
            .legend(NO_LEGEND)
            .thresholds(thresholds((None, RED), (0, GREEN)))
            .color_scheme(THRESHOLD_COLOURS)
        )
        return PanelSpec(panel, title, about, sql, 12, 12)

    return [
        bars(
            "P&L by strategy",
            "BRL over the time range, of each strategy's own legs; UNATTRIBUTED is what the lots make of their sum.",
            "SELECT strategy_id AS strategy, sum(pnl_brl) AS pnl FROM v_pnl_by_strategy WHERE $__timeFilter(as_of)"
            " AND strategy_id IN (${strategy:sqlstring})"
            " GROUP BY strategy_id HAVING sum(abs(pnl_brl)) > 0 ORDER BY 2 DESC",
        ),
        bars(
            "P&L by instrument",
            "BRL over the time range, after costs; CASH is what the NAV earns at CDI.",
            "SELECT instrument_id AS instrument, sum(pnl_brl) AS pnl FROM v_pnl_attribution WHERE $__timeFilter(as_of)"
            " GROUP BY instrument_id HAVING sum(abs(pnl_brl)) > 0 ORDER BY 2 DESC",
        ),
    ]


def monthly() -> PanelSpec:
    """Returns by year and month; the months of the time range."""
    cells = ",\n       ".join(
        f'max(total) FILTER (WHERE month = {number}) AS "{name}"' for number, name in enumerate(MONTHS, start=1)
    )
    sql = f"""
SELECT year::text AS year,
       {cells},
       exp(sum(ln(1 + total))) - 1 AS "Year"
FROM (
    SELECT extract(year FROM valuation_date)::int AS year, extract(month FROM valuation_date)::int AS month,
           exp(sum(ln(1 + return_1d))) - 1 AS total
    FROM v_portfolio_state WHERE $__timeFilter(as_of)
    GROUP BY 1, 2
) AS months
GROUP BY year ORDER BY year"""
    panel = (
        table_panel()
        .unit("percentunit")
        .decimals(1)
        .cell_options(common.TableColoredBackgroundCellOptions(mode=common.TableCellBackgroundDisplayMode.BASIC))
        .color_scheme(THRESHOLD_COLOURS)
        .thresholds(
            thresholds(
                (None, "#d6604d"), (-0.01, "#f4a582"), (-0.001, "#9e9e9e"), (0.001, "#92c5de"), (0.01, "#4393c3")
            )
        )
        .override_by_name("year", [override("custom.cellOptions", {"type": "auto"}), override("custom.width", 70)])
    )
    return PanelSpec(
        panel,
        "Monthly returns",
        "After costs, cash included, by market day; the months of the time range.",
        sql,
        24,
        12,
    )


def packages() -> list[PanelSpec]:
    """The volatility asked for and what came of it, and the packages of the latest decision."""
    lines = timeseries.Panel().unit("percentunit").decimals(1).line_width(2).legend(LEGEND)
    risk_sql = """
SELECT as_of AS time, asked_volatility AS "asked for", target_volatility AS "after limits and breaker",
       expected_volatility AS "in contracts"
FROM v_portfolio_state WHERE $__timeFilter(as_of) ORDER BY as_of"""
    table_sql = """
SELECT strategy_id AS strategy, conviction, legs::text AS legs, volatility, neutrality, imbalance, scale,
       limit_bound AS "bound by", state
FROM v_package
WHERE as_of = (SELECT max(as_of) FROM v_package WHERE as_of <= $__timeTo()) AND (state <> 'flat' OR conviction <> 0)
      AND strategy_id IN (${strategy:sqlstring})
ORDER BY volatility DESC"""
    percents = ("volatility", "imbalance", "scale")
    table = table_panel().decimals(2)
    for name in percents:
        table = table.override_by_name(name, [override("unit", "percentunit")])
    return [
        PanelSpec(
            lines, "Volatility", "A year: of the convictions, after limits and breaker, in lots.", risk_sql, 10, 10
        ),
        PanelSpec(table, "Packages", "Of the latest decision: legs in contracts, before lots.", table_sql, 14, 10),
    ]


def allocation() -> list[PanelSpec]:
    """Risk by asset class and by strategy, and cumulated costs, over time."""

    def stacked() -> timeseries.Panel:
        stack = builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A")
        panel = timeseries.Panel().unit("percentunit").fill_opacity(60).line_width(0)
        return panel.stacking(stack).legend(LEGEND)

    sql = f"""
SELECT as_of AS time,
       {pivot(list(ASSET_CLASSES), "abs(risk_weight)", "asset_class", "sum")}
FROM v_target_position WHERE $__timeFilter(as_of) GROUP BY as_of ORDER BY as_of"""
    costs = timeseries.Panel().unit("short").legend(NO_LEGEND).line_width(2).fill_opacity(10)
    cost_sql = f"""
SELECT {MARKET_TIME} AS time, sum(cost_brl) OVER (ORDER BY as_of) AS "costs, BRL" FROM v_portfolio_state
WHERE $__timeFilter(as_of) ORDER BY as_of"""
    by_strategy = f"""
SELECT as_of AS time,
       {pivot(STRATEGY_IDS, "volatility", "strategy_id", "sum")}
FROM v_package WHERE $__timeFilter(as_of) GROUP BY as_of ORDER BY as_of"""
    about = "Volatility of each strategy's package, a year, before netting: their sum is more than the book's."
    return [
        PanelSpec(stacked(), "Risk by class", "Sum of the lines' sizes, in shares of the target risk.", sql, 12, 10),
        PanelSpec(stacked(), "Allocation by strategy", about, by_strategy, 12, 10),
        PanelSpec(costs, "Costs", "Cumulated over the time range: ticks and fees.", cost_sql, 24, 8),
    ]


def build() -> model.Dashboard:
    """The dashboard portfolio-performance."""
    return build_dashboard(
        "portfolio-performance",
        "Portfolio",
        "What the model book made, where from, and at what cost.",
        "2y",
        of_book(
            [tiles(), nav(), attribution(), changes(), packages(), [monthly()], allocation()[:2], allocation()[2:]]
        ),
        variables=[
            book_choice(),
            choice("strategy", "Strategy", "SELECT DISTINCT strategy_id FROM v_pnl_by_strategy ORDER BY 1"),
        ],
    )
