"""Market Snapshot: market levels with their changes, and the curves against a week and a month ago."""

from __future__ import annotations

from dataclasses import dataclass

from reports.calculations.levels import SPANS, Level, Levels
from reports.charts import chart_parts
from reports.elements.formats import NOT_KNOWN, basis_points, date, format_list, number, percent, tenor
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Block, Cell, Column, Figure, Section, Table, signed_cell, sparkline
from reports.elements.palette import GREY, cycle
from reports.elements.quotes import QUOTES, VALUE, Quote
from reports.elements.receipts import Receipts, receipts
from reports.elements.report_data import ReportData


@dataclass(frozen=True)
class MarketView:
    """The levels of QUOTES at the decision; `unknown` lists those without a value.

    Curves are (tenor_bd, annual rate as a fraction), shortest tenor first, by the names in MOMENTS.
    """

    levels: tuple[tuple[Quote, Level], ...]
    unknown: tuple[Quote, ...]
    pre: dict[str, list[tuple[int, float]]]
    real: dict[str, list[tuple[int, float]]]
    breakeven: dict[str, list[tuple[int, float]]]
    ust: dict[str, list[tuple[int, float]]]
    cupom: dict[str, list[tuple[int, float]]]

    def level(self, name: str) -> Level | None:
        """The level of a quote by its display name; None where it is not known."""
        return next((level for quote, level in self.levels if quote.name == name), None)


MOMENTS = (("today", 0), ("a week ago", 7), ("a month ago", 30))
"""(name, calendar days back) of the curves."""


def view(data: ReportData) -> MarketView:
    """The market at the decision: levels, and curves at each of MOMENTS."""
    levels = Levels(data)
    found = [(quote, levels.first_known(quote.features)) for quote in QUOTES]
    pre = {name: levels.curve("pre", back) for name, back in MOMENTS}
    real = {name: levels.curve("real", back) for name, back in MOMENTS}
    return MarketView(
        levels=tuple((quote, level) for quote, level in found if level is not None),
        unknown=tuple(quote for quote, level in found if level is None),
        pre=pre,
        real=real,
        breakeven={name: breakeven(pre[name], real[name]) for name, _ in MOMENTS},
        ust={name: levels.curve("ust", back) for name, back in MOMENTS},
        cupom={name: levels.curve("cupom", back) for name, back in MOMENTS},
    )


def breakeven(pre: list[tuple[int, float]], real: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """(1 + pre) / (1 + real) - 1 at the tenors that both curves have; fractions per year."""
    nominal = dict(pre)
    return [(bd, (1.0 + nominal[bd]) / (1.0 + rate) - 1.0) for bd, rate in real if bd in nominal]


def change_text(quote: Quote, level: Level, span: str) -> tuple[str, float | None]:
    """The change (bp for rates, percent for prices, points for the VIX) as text and as a signed number."""
    if quote.kind == "rate":
        change = level.change(span)
        return basis_points(change), change
    if quote.kind == "points":
        change = level.change(span)
        return number(change, 2, signed=True), change
    fraction = level.change_fraction(span)
    return percent(fraction, signed=True), fraction


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
                "Furthest from its own mean of {} days is {}, at {} standard deviations.",
                level.z_days,
                translate(quote.name),
                number(level.z, 1, signed=True),
            )
        )
    return tuple(out)


SENTENCE_SPANS = (("1d", "a day"), ("1w", "a week"), ("1m", "a month"))


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
    way = translate("steeper" if turn > 0 else "flatter")
    return [
        translate(
            "{}; over a week these moved {} and {}, {} {}.",
            text,
            basis_points(moved_one),
            basis_points(moved_five),
            basis_points(abs(turn), signed=False),
            way,
        )
    ]


def level_table(market: MarketView, receipt: Receipts, data: ReportData) -> Table:
    columns = (
        Column("Level", "text"),
        Column("Last"),
        Column("Unit", "text"),
        *(Column(span) for span, _ in SPANS),
        Column("z-score"),
        Column("Two years", "text"),
        Column("Observed", "text"),
    )
    rows = []
    for quote, level in market.levels:
        behind = (level.feature_id, quote.features, quote.read_from)
        cells = [
            Cell(quote.name, href=receipt.href(*behind)),
            Cell(VALUE[quote.kind](level.value, quote.digits), receipt.title(*behind)),
            Cell(quote.unit, tone="muted"),
            *(change_cell(quote, level, span) for span, _ in SPANS),
            Cell(number(level.z, 1, signed=True), translate("against {} days of its own history", level.z_days)),
            Cell("", svg=sparkline(level.path[:: max(1, len(level.path) // 96)])),
            Cell(date(level.obs_date), tone="amber" if receipt.stale(*behind) else "muted"),
        ]
        rows.append(tuple(cells))
    rows += [unknown_row(quote, receipt) for quote in market.unknown]
    caption = translate(
        "Levels known at 06:00 BRT of {}. Changes: bp for rates, % for prices, points for the VIX", date(data.day)
    )
    return Table(
        "levels", caption, columns, tuple(rows), "feature, input_receipt; the receipt of each level is on hover"
    )


def unknown_row(quote: Quote, receipt: Receipts) -> tuple[Cell, ...]:
    why = receipt.title(quote.features[0], quote.features, quote.read_from)
    blank = (Cell(NOT_KNOWN, tone="muted") for _ in range(len(SPANS) + 1))
    return (
        Cell(quote.name),
        Cell("not known", why, "amber"),
        Cell(quote.unit, tone="muted"),
        *blank,
        Cell(""),
        Cell("n/a", tone="muted"),
    )


def change_cell(quote: Quote, level: Level, span: str) -> Cell:
    """The change, or in words why there is none."""
    text, size = change_text(quote, level, span)
    if size is not None:
        return signed_cell(
            size, text, translate("from {} known then", VALUE[quote.kind](level.before[span] or 0.0, quote.digits))
        )
    if level.before[span] is None:
        return Cell(NOT_KNOWN, translate("history does not reach back {}", translate(span)), "muted")
    return Cell("no new", translate("no observation newer than {} in this span", date(level.obs_date)), "muted")


def curve_figure(identity: str, title: str, curves: dict[str, list[tuple[int, float]]], day: str) -> Figure | None:
    """One curve at each of MOMENTS, percent a year over years to maturity; None where it is not known today."""
    if not curves["today"]:
        return None
    styles = {"today": (0, "solid", 2.6), "a week ago": (1, "dash", 1.6), "a month ago": (6, "dot", 1.6)}
    traces = []
    for name, points in curves.items():
        if not points:
            continue
        index, dash, width = styles[name]
        color = cycle(index) if index < 6 else GREY
        traces.append(
            chart_parts.line(name, [bd / 252 for bd, _ in points], chart_parts.column([r for _, r in points], 100.0))
            | {
                "mode": "lines+markers",
                "marker": {"size": 4},
                "line": {"color": color, "dash": dash, "width": width},
                "customdata": [tenor(bd) for bd, _ in points],
                "hovertemplate": "%{customdata} " + translate(name) + ": %{y:.2f}%<extra></extra>",
            }
        )
    layout = chart_parts.layout(300, chart_parts.axis("years"), chart_parts.axis("% a year", ticksuffix="%"))
    ends = curves["today"][0], curves["today"][-1]
    ends_text = [translate("{} at {}", percent(rate), tenor(bd)) for bd, rate in ends]
    alt = translate(
        "{}, {}: {} to {}; drawn against {}",
        title,
        day,
        ends_text[0],
        ends_text[1],
        format_list([translate(name) for name in curves if name != "today" and curves[name]])
        or translate("no earlier day"),
    )
    return Figure(
        identity, title, alt, {"data": traces, "layout": chart_parts.with_legend(layout)}, source_note("feature", day)
    )


def z_figure(market: MarketView, day: str) -> Figure | None:
    """Z-scores of the levels, highest first; None where no level has one."""
    scored = [(quote.name, level.z) for quote, level in market.levels if level.z is not None]
    if not scored:
        return None
    ranked = sorted(scored, key=lambda pair: -pair[1])
    names = [name for name, _ in ranked]
    scores = [score for _, score in ranked]
    texts = [number(score, 1, signed=True) for score in scores]
    spec = chart_parts.signed_bars(
        [translate(name) for name in names], scores, texts, "standard deviations", 64 + 33 * len(names)
    )
    ends = [f"{translate(names[i])} ({number(scores[i], 1, signed=True)})" for i in (0, -1)]
    alt = translate("Bars of z-scores from {} to {}", ends[0], ends[1])
    return Figure(
        "fig-level-z", "How far each level is from its own mean", alt, spec, source_note("feature", day), tall=True
    )


def section(data: ReportData) -> Section:
    """The section Market Snapshot."""
    market, day = view(data), date(data.day)
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
