"""The tables of docs/real-history.md as Markdown. Pure functions; a number that is not known is `unknown`, never 0."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from desk.performance.drawdowns import Drawdown
from desk.performance.episodes import Episode
from desk.performance.evidence import Record
from desk.performance.mixes import MixStatistics
from desk.performance.nav_statistics import PeriodStatistics
from desk.performance.strategy_coverage import Coverage
from desk.performance.var_by_year import BacktestResult, MethodChange
from desk.units import DAYS_PER_YEAR

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNKNOWN = "unknown"
MOST_SOURCES = 4


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction as percent; UNKNOWN for None."""
    return UNKNOWN if value is None else f"{value:z.{digits}%}"


def plain(value: float | None, digits: int = 2) -> str:
    """A number with its digits; UNKNOWN for None."""
    return UNKNOWN if value is None else f"{value:z.{digits}f}"


def coverage_table(found: Sequence[Coverage]) -> str:
    """When each strategy that has a score had one, and its inputs that were never known."""
    head = "| id | days scored | first | last | inputs never known | legs never priced |"
    lines = [head, "| --- | ---: | --- | --- | --- | --- |"]
    for one in found:
        if one.scored:
            missing = ", ".join(f"`{name}`" for name in one.missing_inputs) or "none"
            unpriced = ", ".join(one.unpriced) or "none"
            lines.append(f"| `{one.strategy_id}` | {one.scored} | {one.first} | {one.last} | {missing} | {unpriced} |")
    return "\n".join(lines)


def no_score_table(found: Sequence[Coverage]) -> str:
    """Why the others have no score, and which of their legs have no price either."""
    lines = ["| id | missing inputs |", "| --- | --- |"]
    for one in found:
        if not one.scored:
            reasons = [_missing_input(name, sources) for name, sources in one.missing_inputs.items()]
            if one.unpriced:
                reasons.append(f"no price of {', '.join(one.unpriced)}")
            lines.append(f"| `{one.strategy_id}` | {'; '.join(reasons)} |")
    return "\n".join(lines)


def _missing_input(name: str, sources: Sequence[str]) -> str:
    if list(sources) == [name]:
        return f"`{name}`"
    if not sources:
        return f"`{name}` (the surveys or the years that its model needs)"
    shown = ", ".join(f"`{source}`" for source in sources[:MOST_SOURCES])
    more = f" and {len(sources) - MOST_SOURCES} more" if len(sources) > MOST_SOURCES else ""
    return f"`{name}`, which needs {shown}{more}"


def year_table(years: Sequence[PeriodStatistics], whole: PeriodStatistics) -> str:
    """One row a year, and one of the whole."""
    lines = [
        "| year | days | return | CDI | volatility | Sharpe over CDI | worst drawdown | costs | risk left |",
        "| --- |" + " ---: |" * 8,
    ]
    for one in [*years, whole]:
        lines.append(
            f"| {one.year or 'all'} | {one.days} | {percent(one.total)} | {percent(one.cdi)} "
            f"| {percent(one.volatility)} | {plain(one.sharpe)} | {percent(one.worst_drawdown)} "
            f"| {percent(one.cost, 2)} | {percent(one.risk_multiplier, 0)} |"
        )
    return "\n".join(lines)


def month_table(months: Mapping[tuple[int, int], float], years: Sequence[PeriodStatistics]) -> str:
    """Returns by year and month; a month without one is an empty cell."""
    lines = [f"| | {' | '.join(MONTHS)} | year |", "| --- |" + " ---: |" * 13]
    for year in years:
        cells = [percent(months.get((year.year, month))) for month in range(1, 13)]
        row = " | ".join("" if cell == UNKNOWN else cell for cell in cells)
        lines.append(f"| {year.year} | {row} | {percent(year.total)} |")
    return "\n".join(lines)


def fall_table(falls: Sequence[Drawdown]) -> str:
    """Drawdowns, in the order given."""
    lines = ["| depth | peak | trough | back at the peak |", "| ---: | --- | --- | --- |"]
    lines += [f"| {percent(f.depth)} | {f.peak} | {f.trough} | {f.recovered or 'not yet'} |" for f in falls]
    return "\n".join(lines)


def var_table(found: Mapping[int, Mapping[str, BacktestResult]]) -> str:
    """Exceptions at 95% and 99% by year, with the p-values of their tests; key 0 is the whole."""
    head = "| year | days | 95%: exceptions | expected | Kupiec p | Christoffersen p "
    lines = [
        head + "| 99%: exceptions | expected | Kupiec p | Christoffersen p | Basel zone |",
        "| --- |" + " ---: |" * 9 + " --- |",
    ]
    for year in [*sorted(set(found) - {0}), 0]:
        low, high = found[year]["var_95"], found[year]["var_99"]
        cells = [cell for one in (low, high) for cell in _test_cells(one)]
        zone = high.zone or ("" if year == 0 else "not a whole year")
        lines.append(f"| {year or 'all'} | {high.days} | {' | '.join(cells)} | {zone if high.days else 'no VaR yet'} |")
    return "\n".join(lines)


def method_table(changes: Sequence[MethodChange]) -> str:
    """The days on which the headline changed; a sentence where it never did."""
    if not changes:
        return "It never changed."
    lines = [
        "| decision | left, and its verdict | exceptions of it at 95%, 99%, of 250 days | taken, and its verdict |",
        "| --- | --- | --- | --- |",
    ]
    for one in changes:
        counts = ", ".join(map(str, one.exceptions))
        left, taken = (name.replace("_", " ") for name in (one.left, one.taken))
        lines.append(f"| {one.day} | {left}: {one.verdict_left} | {counts} | {taken}: {one.verdict_taken} |")
    return "\n".join(lines)


def by_method_table(found: Mapping[str, Mapping[str, BacktestResult]]) -> str:
    """Exceptions of each method over all days."""
    lines = [
        "| method | days | 95%: exceptions | expected | Kupiec p | Christoffersen p | 99%: exceptions | expected "
        "| Kupiec p | Christoffersen p |",
        "| --- |" + " ---: |" * 9,
    ]
    for method, one in found.items():
        cells = [cell for metric in ("var_95", "var_99") for cell in _test_cells(one[metric])]
        lines.append(f"| {method.replace('_', ' ')} | {one['var_99'].days} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _test_cells(one: BacktestResult) -> list[str]:
    if not one.days:
        return [UNKNOWN] * 4
    return [str(one.exceptions), f"{one.expected:.1f}", plain(one.kupiec_p, 3), plain(one.christoffersen_p, 3)]


def origin_table(curves: Sequence[tuple[str, str, int, dt.date, dt.date]]) -> str:
    """Where the curves and the chosen levels came from, of (column, origin, days, first, last)."""
    lines = ["| level | origin | days | first | last |", "| --- | --- | ---: | --- | --- |"]
    for name, origin, days, first, last in curves:
        lines.append(f"| {name} | {origin} | {days} | {first} | {last} |" if days else f"| {name} | none | 0 | | |")
    return "\n".join(lines)


def replay_table(replays: Sequence[tuple[str, float]]) -> str:
    """Dated scenarios on the last book, of (name, fraction of NAV)."""
    lines = ["| episode | P&L of NAV |", "| --- | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {percent(value, 2)} |" for name, value in replays)])


def episode_table(found: Sequence[tuple[str, Episode | None]]) -> str:
    """P&L of the book in each episode; None: the book was not open yet."""
    lines = [
        "| episode | closes | NAV before, BRL m | P&L of the book | worst day | by class | worst and best strategies |",
        "| --- | --- | ---: | ---: | ---: | --- | --- |",
    ]
    for name, one in found:
        if one is None:
            lines.append(f"| {name} | {UNKNOWN}: the book was not open | | | | | |")
            continue
        classes = ", ".join(f"{key} {percent(value, 2)}" for key, value in one.by_class.items())
        ranked = list(one.by_strategy.items())
        ends = [*ranked[:2], *ranked[2:][-2:]]
        strategies = ", ".join(f"{key} {percent(value, 2)}" for key, value in ends)
        lines.append(
            f"| {name} | {one.before} to {one.last} | {one.nav_brl / 1e6:.1f} | {percent(one.total, 2)} "
            f"| {percent(one.worst_day, 2)} | {classes} | {strategies} |"
        )
    return "\n".join(lines)


def evidence_table(found: Sequence[Record]) -> str:
    """Of each strategy its record, and what of it is more than luck."""
    lines = [
        "| id | years | Sharpe | error | above zero | deflated | evidence |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for one in found:
        years = one.days / DAYS_PER_YEAR
        numbers = (
            f"{plain(one.sharpe)} | {plain(one.error)} | {percent(one.above_zero, 0)} | {percent(one.deflated, 0)}"
        )
        lines.append(f"| `{one.strategy_id}` | {years:.1f} | {numbers} | {'yes' if one.is_evidence else 'no'} |")
    return "\n".join(lines)


def overfitting_text(probability: float | None) -> str:
    """The probability of backtest overfitting in a sentence."""
    if probability is None:
        return "The probability of backtest overfitting is unknown: fewer than two strategies have a record."
    return (
        f"Probability of backtest overfitting: **{probability:.0%}**. In so many of the 12,870 ways to halve the days\n"
        "the strategy with the best Sharpe ratio in one half is below the median in the other (Bailey, Borwein, Lopez\n"
        "de Prado and Zhu 2016). One half is what choosing by luck gives."
    )


def mix_table(book: PeriodStatistics, mixes: Mapping[str, MixStatistics]) -> str:
    """The model book beside other mixes of the same strategies, a year."""
    years = book.days / DAYS_PER_YEAR
    excess = ((1.0 + book.total) / (1.0 + book.cdi)) ** (1.0 / years) - 1.0
    lines = [
        "| book | over CDI a year | volatility | Sharpe | worst fall |",
        "| --- | ---: | ---: | ---: | ---: |",
        f"| the model book | {percent(excess, 2)} | {percent(book.volatility, 2)} | {plain(book.sharpe)} "
        f"| {percent(book.worst_drawdown)} |",
    ]
    for name, mix in mixes.items():
        lines.append(
            f"| {name} | {percent(mix.excess, 2)} | {percent(mix.volatility, 2)} | {plain(mix.sharpe)} "
            f"| {percent(mix.worst_drawdown)} |"
        )
    return "\n".join(lines)


def evidence_toml(found: Sequence[Record], days: Sequence[dt.date]) -> str:
    """What the daily report reads of it: desk/catalog/strategy_evidence.toml."""
    head = (
        "# Generated: python -m tools.real_history_page. The record of each strategy by itself on real history, after\n"
        "# costs (docs/real-history.md): days with a record, Sharpe ratio a year, and the probability that the true\n"
        "# one is above what the best of so many trials shows by luck. Without a record: 0 days and no numbers.\n\n"
        f"first = {days[0]}\nlast = {days[-1]}\n"
    )
    parts = [head]
    for one in found:
        text = f"\n[strategy.{one.strategy_id}]\ndays = {one.days}\n"
        if one.sharpe is not None and one.deflated is not None:
            text += f"sharpe = {one.sharpe:.4f}\ndeflated = {one.deflated:.4f}\n"
        parts.append(text)
    return "".join(parts)
