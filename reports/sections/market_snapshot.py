"""Market Snapshot: the levels that the desk starts its day with, and the curves against a week and a month ago."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reports import charts
from reports.blocks import Block, Cell, Column, Figure, Section, Table, signed_tone, sparkline
from reports.data import ReportData
from reports.formats import NOT_KNOWN, basis_points, date, listed, number, percent, tenor
from reports.levels import SPANS, Level, Levels
from reports.palette import GREY, cycle
from reports.receipts import Receipts, receipts

Kind = Literal["rate", "price", "points", "usd_million"]


@dataclass(frozen=True, slots=True)
class Quote:
    """What one line of the table shows: the first of `features` that is known."""

    name: str
    features: tuple[str, ...]
    kind: Kind
    unit: str
    digits: int = 2


QUOTES: tuple[Quote, ...] = (
    Quote("USD/BRL", ("usdbrl", "usdbrl_ptax_sell", "usdbrl_sgs_sell"), "price", "BRL per USD", 4),
    Quote("Ibovespa", ("ibovespa",), "price", "points", 0),
    Quote("Selic target", ("selic_target",), "rate", "% a year"),
    Quote("DI 6m", ("pre_126",), "rate", "% a year"),
    Quote("DI 1y", ("pre_252",), "rate", "% a year"),
    Quote("DI 2y", ("pre_504",), "rate", "% a year"),
    Quote("DI 5y", ("pre_1260",), "rate", "% a year"),
    Quote("DI 10y", ("pre_2520",), "rate", "% a year"),
    Quote("Real rate 2y", ("real_504",), "rate", "% a year"),
    Quote("Real rate 5y", ("real_1260",), "rate", "% a year"),
    Quote("Breakeven 2y", ("breakeven_504",), "rate", "% a year"),
    Quote("IPCA 12 months", ("ipca_12m",), "rate", "% a year"),
    Quote("Focus IPCA next 12m", ("focus_ipca_12m",), "rate", "% a year"),
    Quote("Cupom 1y", ("cupom_252",), "rate", "% a year"),
    Quote("UST 2y", ("ust_504", "dgs2"), "rate", "% a year"),
    Quote("UST 10y", ("ust_2520", "dgs10"), "rate", "% a year"),
    Quote("US high-yield spread", ("us_hy_spread",), "rate", "% a year"),
    Quote("S&P 500", ("spx", "sp500_fred"), "price", "points", 0),
    Quote("VIX", ("vix", "vix_fred"), "points", "points"),
    Quote("Dollar index", ("dxy", "dollar_broad"), "price", "points"),
    Quote("Brent", ("brent", "brent_fred"), "price", "USD per barrel"),
    Quote("Iron ore", ("iron_ore",), "price", "USD per tonne"),
    Quote("Soybean", ("soybean",), "price", "US cents per bushel", 0),
    Quote("Gold", ("gold",), "price", "USD per ounce", 0),
    Quote("FX reserves", ("reserves",), "usd_million", "USD billion", 1),
)

VALUE: dict[Kind, Callable[[float, int], str]] = {
    "rate": lambda value, digits: percent(value, digits),
    "price": lambda value, digits: number(value, digits),
    "points": lambda value, digits: number(value, digits),
    "usd_million": lambda value, digits: number(value / 1000.0, digits),
}


@dataclass(frozen=True)
class MarketView:
    levels: tuple[tuple[Quote, Level], ...]
    unknown: tuple[Quote, ...]
    pre: dict[str, list[tuple[int, float]]]
    """Curves by `today`, `a week ago`, `a month ago`: (tenor_bd, annual rate as a fraction)."""
    real: dict[str, list[tuple[int, float]]]
    breakeven: dict[str, list[tuple[int, float]]]

    def level(self, name: str) -> Level | None:
        return next((level for quote, level in self.levels if quote.name == name), None)


MOMENTS = (("today", 0), ("a week ago", 7), ("a month ago", 30))


def view(data: ReportData) -> MarketView:
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
    )


def breakeven(pre: list[tuple[int, float]], real: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """(1 + pre) / (1 + real) - 1 at the tenors that both curves have; fractions per year."""
    nominal = dict(pre)
    return [(bd, (1.0 + nominal[bd]) / (1.0 + rate) - 1.0) for bd, rate in real if bd in nominal]


def change_text(quote: Quote, level: Level, span: str) -> tuple[str, float | None]:
    """The change as the market says it (bp for rates, % for prices, points for the VIX), and its signed size."""
    if quote.kind == "rate":
        change = level.change(span)
        return basis_points(change), change
    if quote.kind == "points":
        change = level.change(span)
        return number(change, 2, signed=True), change
    fraction = level.change_fraction(span)
    return percent(fraction, signed=True), fraction


def sentences(market: MarketView) -> tuple[str, ...]:
    out = []
    dollar = market.level("USD/BRL")
    if dollar is not None:
        moves = [f"{percent(dollar.change_fraction(s), signed=True)} over {n}" for s, n in SPOKEN if _moved(dollar, s)]
        out.append(f"USD/BRL is {number(dollar.value, 4)}" + (f": {listed(moves)}." if moves else "."))
    out.extend(_curve_sentence(market))
    expected, break_even = market.level("Focus IPCA next 12m"), market.level("Breakeven 2y")
    if expected is not None and break_even is not None:
        gap = break_even.value - expected.value
        side = "above" if gap > 0 else "below"
        out.append(
            f"Two-year breakeven inflation of {percent(break_even.value)} stands {basis_points(abs(gap), signed=False)} "
            f"{side} what Focus expects for the next twelve months ({percent(expected.value)})."
        )
    extreme = max(
        (pair for pair in market.levels if pair[1].z is not None), key=lambda p: abs(p[1].z or 0), default=None
    )
    if extreme is not None:
        quote, level = extreme
        out.append(
            f"Furthest from its own mean of {level.z_days} days is {quote.name}, at "
            f"{number(level.z, 1, signed=True)} standard deviations."
        )
    return tuple(out)


SPOKEN = (("1d", "a day"), ("1w", "a week"), ("1m", "a month"))


def _moved(level: Level, span: str) -> bool:
    return level.change_fraction(span) is not None


def _curve_sentence(market: MarketView) -> list[str]:
    one, five = market.level("DI 1y"), market.level("DI 5y")
    if one is None or five is None:
        return []
    slope = five.value - one.value
    shape = "upward" if slope > 0 else "inverted"
    text = f"The DI curve is {shape}: {percent(one.value)} at 1y, {percent(five.value)} at 5y"
    moved_one, moved_five = one.change("1w"), five.change("1w")
    if moved_one is None or moved_five is None:
        return [text + "."]
    turn = moved_five - moved_one
    way = "steeper" if turn > 0 else "flatter"
    return [
        f"{text}; over a week these moved {basis_points(moved_one)} and {basis_points(moved_five)}, "
        f"{basis_points(abs(turn), signed=False)} {way}."
    ]


def level_table(market: MarketView, receipt: Receipts, data: ReportData) -> Table:
    columns = (
        Column("Level", "text"), Column("Unit", "text"), Column("Last"), Column("Observed", "text"),
        *(Column(span, unit="") for span, _ in SPANS), Column("z-score"), Column("Two years", "text"),
    )  # fmt: skip
    rows = []
    for quote, level in market.levels:
        title = receipt.title(level.feature_id)
        cells = [
            Cell(quote.name, href=receipt.href(level.feature_id)),
            Cell(quote.unit, tone="muted"),
            Cell(VALUE[quote.kind](level.value, quote.digits), title),
            Cell(date(level.obs_date), tone="muted"),
        ]
        for span, _ in SPANS:
            text, size = change_text(quote, level, span)
            cells.append(Cell(text, _no_change_reason(level, span), signed_tone(size)) if size is not None else
                         Cell(NOT_KNOWN if level.before[span] is None else "no new", _no_change_reason(level, span), "muted"))  # fmt: skip
        cells.append(Cell(number(level.z, 1, signed=True), f"against {level.z_days} days of its own history"))
        cells.append(Cell("", svg=sparkline(level.path[:: max(1, len(level.path) // 96)])))
        rows.append(tuple(cells))
    caption = f"Levels known at 06:00 BRT of {date(data.day)}. Changes: bp for rates, % for prices, points for the VIX"
    return Table(
        "levels", caption, columns, tuple(rows), "feature, input_receipt; the receipt of each level is on hover"
    )


def _no_change_reason(level: Level, span: str) -> str:
    if level.before[span] is None:
        return f"history does not reach back {span}"
    if not level.fresh[span]:
        return f"no observation newer than {date(level.obs_date)} in this span"
    return f"from {level.before[span]:.6g} known then"


def curve_figure(identity: str, title: str, curves: dict[str, list[tuple[int, float]]], day: str) -> Figure | None:
    """One curve at the three moments, percent a year over years to maturity."""
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
            charts.line(name, [bd / 252 for bd, _ in points], charts.column([r for _, r in points], 100.0))
            | {
                "mode": "lines+markers",
                "marker": {"size": 4},
                "line": {"color": color, "dash": dash, "width": width},
                "customdata": [tenor(bd) for bd, _ in points],
                "hovertemplate": "%{customdata} " + name + ": %{y:.2f}%<extra></extra>",
            }
        )
    layout = charts.layout(300, charts.axis("years"), charts.axis("% a year", ticksuffix="%"))
    ends = curves["today"][0], curves["today"][-1]
    alt = (
        f"{title}, {day}: {percent(ends[0][1])} at {tenor(ends[0][0])} to {percent(ends[1][1])} at {tenor(ends[1][0])}; "
        f"drawn against {listed([name for name in curves if name != 'today' and curves[name]]) or 'no earlier day'}"
    )
    return Figure(
        identity, title, alt, {"data": traces, "layout": charts.with_legend(layout)}, f"feature · as of {day}"
    )


def z_figure(market: MarketView, day: str) -> Figure | None:
    scored = [(quote.name, level.z) for quote, level in market.levels if level.z is not None]
    if not scored:
        return None
    ranked = sorted(scored, key=lambda pair: -pair[1])
    names = [name for name, _ in ranked]
    scores = [score for _, score in ranked]
    spec = charts.signed_bars(names, scores, [number(score, 1, signed=True) for score in scores], "standard deviations")
    alt = f"Bars of z-scores from {names[0]} ({number(scores[0], 1, signed=True)}) to {names[-1]} ({number(scores[-1], 1, signed=True)})"
    return Figure("fig-level-z", "How far each level is from its own mean", alt, spec, f"feature · as of {day}")


def section(data: ReportData) -> Section:
    market, day = view(data), date(data.day)
    missing = []
    if market.unknown:
        verb = "is" if len(market.unknown) == 1 else "are"
        missing.append(
            f"{listed([q.name for q in market.unknown], 30)} {verb} not known at this decision, so no level, change or z-score."
        )
    figures = (
        curve_figure("fig-di-curve", "DI curve", market.pre, day),
        curve_figure("fig-real-curve", "Real curve (IPCA-linked)", market.real, day),
        curve_figure("fig-breakeven-curve", "Breakeven inflation", market.breakeven, day),
        z_figure(market, day),
    )
    if figures[0] is None:
        missing.append("No DI curve is known at this decision: the curve, its slope and breakevens cannot be computed.")
    elif figures[1] is None:
        missing.append("No real curve is known at this decision: breakevens cannot be computed.")
    blocks: list[Block] = [level_table(market, receipts(data), data)] if market.levels else []
    blocks.extend(figure for figure in figures if figure is not None)
    return Section("market-snapshot", "Market Snapshot", sentences(market), tuple(missing), tuple(blocks))
