"""Market Snapshot: market levels with their changes, and the curves against a week and a month ago."""

from __future__ import annotations

from reports.calculations.levels import Level
from reports.calculations.market import MarketView, market_view
from reports.charts.market_charts import curve_figure, z_figure
from reports.elements.formats import basis_points, date, format_list, number, percent
from reports.elements.locale import translate
from reports.elements.page_elements import Block, Section
from reports.elements.receipts import receipts
from reports.elements.report_data import ReportData
from reports.tables.level_table import level_table

SENTENCE_SPANS = (("1d", "a day"), ("1w", "a week"), ("1m", "a month"))


def sentences(market: MarketView) -> tuple[str, ...]:
    """USD/BRL and its changes, the DI curve, breakeven against Focus, and the level furthest from its mean."""
    out = []
    dollar = market.level("USD/BRL")
    if dollar is not None:
        moves = [
            translate("{} over {}", percent(dollar.change_fraction(s), signed=True), translate(n))
            for s, n in SENTENCE_SPANS
            if _moved(dollar, s)
        ]
        out.append(translate("USD/BRL is {}", number(dollar.value, 4)) + (f": {format_list(moves)}." if moves else "."))
    out.extend(_curve_sentence(market))
    expected, break_even = market.level("Focus IPCA next 12m"), market.level("Breakeven 2y")
    if expected is not None and break_even is not None:
        gap = break_even.value - expected.value
        side = translate("above" if gap > 0 else "below")
        out.append(
            translate(
                "Two-year breakeven inflation of {} stands {} {} what Focus expects for the next twelve months ({}).",
                percent(break_even.value),
                basis_points(abs(gap), signed=False),
                side,
                percent(expected.value),
            )
        )
    extreme = max(
        (pair for pair in market.levels if pair[1].z is not None), key=lambda p: abs(p[1].z or 0), default=None
    )
    if extreme is not None:
        quote, level = extreme
        out.append(
            translate(
                "Most stretched: {}, {} sd from its mean of {} days.",
                translate(quote.name),
                number(level.z, 1, signed=True),
                level.z_days,
            )
        )
    return tuple(out)


def _moved(level: Level, span: str) -> bool:
    return level.change_fraction(span) is not None


def _curve_sentence(market: MarketView) -> list[str]:
    one, five = market.level("DI 1y"), market.level("DI 5y")
    if one is None or five is None:
        return []
    slope = five.value - one.value
    shape = translate("upward" if slope > 0 else "inverted")
    text = translate("The DI curve is {}: {} at 1y, {} at 5y", shape, percent(one.value), percent(five.value))
    moved_one, moved_five = one.change("1w"), five.change("1w")
    if moved_one is None or moved_five is None:
        return [text + "."]
    turn = moved_five - moved_one
    way = translate("steepened" if turn > 0 else "flattened")
    return [
        translate(
            "{}; over a week 1y {} and 5y {}; the curve {} {}.",
            text,
            _rose(moved_one),
            _rose(moved_five),
            way,
            basis_points(abs(turn), signed=False),
        )
    ]


def _rose(change: float) -> str:
    """`rose 16 bp`, `fell 3 bp`."""
    return translate("rose {}" if change >= 0 else "fell {}", basis_points(abs(change), signed=False))


def section(data: ReportData) -> Section:
    """The section Market Snapshot."""
    market, day = market_view(data), date(data.day)
    missing = []
    if not market.levels:
        missing.append(translate("No level of the market is known at this decision."))
    elif market.unknown:
        verb = translate("is" if len(market.unknown) == 1 else "are")
        missing.append(
            translate(
                "{} {} not known at this decision.",
                format_list([translate(quote.name) for quote in market.unknown], 8),
                verb,
            )
        )
    figures = (
        curve_figure("fig-di-curve", "DI curve", market.pre, day),
        curve_figure("fig-real-curve", "Real curve (IPCA-linked)", market.real, day),
        z_figure(market, day),
        curve_figure("fig-breakeven-curve", "Breakeven inflation", market.breakeven, day),
        curve_figure("fig-cupom-curve", "Cupom cambial (onshore dollar rate)", market.cupom, day),
        curve_figure("fig-ust-curve", "US Treasury par curve", market.ust, day),
    )
    if figures[0] is None:
        missing.append(
            translate("No DI curve is known at this decision: the curve, its slope and breakevens cannot be computed.")
        )
    elif figures[1] is None:
        missing.append(translate("No real curve is known at this decision: breakevens cannot be computed."))
    blocks: list[Block] = [level_table(market, receipts(data), data)] if market.levels else []
    blocks.extend(figure for figure in figures if figure is not None)
    return Section("market-snapshot", "Market Snapshot", sentences(market), tuple(missing), tuple(blocks))
