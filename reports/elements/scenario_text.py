"""Stress scenarios in words: their names, and the moves of the market that they assume."""

from __future__ import annotations

import datetime as dt
import re

from reports.elements.formats import NBSP, date, finite_or_none, format_list, number, parse_json, percent, tenor
from reports.elements.locale import translate
from reports.elements.report_data import Row

DEVIATIONS = "standard_deviations"
"""Key of a scenario's `moves` that is no factor: the size of a reverse scenario."""
CURVES = {"pre": "DI", "real": "real rate", "cupom": "cupom", "ust": "UST"}
SPOTS = {"usdbrl": "USD/BRL", "ibovespa": "Ibovespa"}
SHORT_RATE = "usd_short_rate"
WORST_DAY = "Worst day of the window: "
DAY = re.compile(r"\b\d{2} [A-Z][a-z]{2} \d{4}\b")
"""A day as the desk writes it in a scenario's name."""
NO_CLOSES = re.compile(r": absent, no closes of (.+) and (.+) are held")
FAMILIES = {
    "pre": "DI curve",
    "real": "real curve",
    "cupom": "cupom curve",
    "ust": "UST curve",
    "usdbrl": "USD/BRL",
    "ibovespa": "Ibovespa",
}
"""Factor of a scenario's moves -> its name."""
MEASURED = "by the moves measured once"
NO_FACTORS = re.compile(r"without ([\w, /]+?)(?:, not held of then)?$")


def scenario_name(row: Row) -> str:
    """The desk's name of a scenario, translated; the worst day with its date."""
    name = str(row["name"])
    if name.startswith(WORST_DAY):
        return translate("Worst day of the window: {}", _dated(name.removeprefix(WORST_DAY)))
    base, _, how = name.partition("; ")
    parts = [translate(base)]
    if MEASURED in how:
        parts.append(translate("by the moves measured once, no closes of then are held"))
    if found := NO_FACTORS.search(how):
        parts.append(translate("without {}", _factors(found[1])))
    return "; ".join(parts)


def short_name(name: str) -> str:
    """A scenario's name up to the first colon or semicolon, after which come its dates, its moves or an error."""
    return translate(re.split(r": |; ", name)[0])


def unpriced_text(name: str) -> str:
    """A scenario without a P&L, and why: the closes that the desk has no price of."""
    reason = ""
    if found := NO_CLOSES.search(name):
        reason = translate("no closes of {} and {} are held", *(_dated(text) for text in found.groups()))
    elif found := NO_FACTORS.search(name):
        reason = translate("no {} of that time, which a position needs", _factors(found[1]))
    return f"{short_name(name)} ({reason})" if reason else short_name(name)


def _factors(text: str) -> str:
    """Names of curves and spots, as the desk lists them, in the current locale."""
    return format_list([translate(FAMILIES.get(name, name)) for name in text.split(", ")])


def _dated(text: str) -> str:
    """Days as the current locale writes them."""
    return DAY.sub(lambda found: date(dt.datetime.strptime(found[0], "%d %b %Y").replace(tzinfo=dt.UTC).date()), text)


def scenario_moves(row: Row) -> dict[str, float]:
    """Moves by factor: rates in bp, spots as fractions. Factors without a number are left out."""
    raw = parse_json(row["moves"]) or {}
    found = {
        name: finite_or_none(size) for name, size in raw.items() if name != DEVIATIONS and isinstance(size, int | float)
    }
    return {name: size for name, size in found.items() if size is not None}


def move_texts(row: Row) -> list[str]:
    """`USD/BRL +12.4%`, `DI 2y +85 bp`: spots first, then the vertex of each curve that moves most, largest first."""
    spots: list[str] = []
    curves: dict[str, tuple[str, float]] = {}
    for factor, size in scenario_moves(row).items():
        curve, _, vertex = factor.rpartition("_")
        if curve in CURVES and vertex.isdigit():
            if abs(size) >= abs(curves.get(curve, ("", 0.0))[1]):
                curves[curve] = (tenor(int(vertex)), size)
        elif factor == SHORT_RATE:
            curves[factor] = ("", size)
        elif factor in SPOTS:
            spots.append(f"{translate(SPOTS[factor])} {percent(size, 1, signed=True)}")
    ranked = sorted(curves.items(), key=lambda item: -abs(item[1][1]))
    return [*spots, *(_rate_move(curve, vertex, size) for curve, (vertex, size) in ranked)]


def _rate_move(curve: str, vertex: str, size: float) -> str:
    name = translate(CURVES.get(curve, "short dollar rate"))
    return f"{' '.join(part for part in (name, vertex) if part)} {number(size, 0, signed=True)}{NBSP}bp"
