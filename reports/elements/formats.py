"""Numbers, dates and lists as text in the current locale. Only here do fractions become percent and basis points.

Null, NaN and infinite values are printed as `n/a`, never as zero.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence
from typing import Any

from desk.model import SAO_PAULO
from desk.units import DAYS_PER_YEAR, bp, pct
from reports.elements.locale import current_locale, translate

NOT_KNOWN = "n/a"
MINUS = "\u2212"
NBSP = "\u00a0"


def finite_or_none(value: float | int | None) -> float | None:
    """The number, or None when it is null, NaN or infinite."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)


def sum_or_none(values: Sequence[float | None]) -> float | None:
    """The sum; None where there is no value or one of them is null, NaN or infinite."""
    clean = [value for item in values if (value := finite_or_none(item)) is not None]
    return sum(clean) if clean and len(clean) == len(values) else None


def number(value: float | int | None, digits: int = 2, *, signed: bool = False) -> str:
    """`1,234.50`; with `signed`, `+1,234.50`. A value that rounds to zero has no sign."""
    clean = finite_or_none(value)
    if clean is None:
        return translate(NOT_KNOWN)
    locale = current_locale()
    text = f"{abs(clean):,.{digits}f}".translate({ord("."): locale.decimal, ord(","): locale.thousands})
    if not any(character in "123456789" for character in text):
        return text
    if clean < 0:
        return MINUS + text
    return f"+{text}" if signed else text


def significant(value: float | None, digits: int = 6) -> str:
    """`0.135123`, `4,706,770`, `5.4321e+09`: `digits` significant digits, for receipts; millions to the unit."""
    clean = finite_or_none(value)
    if clean is None:
        return translate(NOT_KNOWN)
    locale = current_locale()
    marks = {ord("."): locale.decimal, ord(","): locale.thousands, ord("-"): MINUS}
    form = ",.0f" if 10.0**digits <= abs(clean) < 1e9 else f",.{digits}g"
    return f"{clean:{form}}".translate(marks)


def percent(fraction: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """0.1315 -> `13.15%`."""
    clean = finite_or_none(fraction)
    return translate(NOT_KNOWN) if clean is None else number(pct(clean), digits, signed=signed) + "%"


def basis_points(fraction: float | None, digits: int = 0, *, signed: bool = True) -> str:
    """0.0012 -> `+12 bp`."""
    clean = finite_or_none(fraction)
    return translate(NOT_KNOWN) if clean is None else number(bp(clean), digits, signed=signed) + NBSP + "bp"


def brl(value: float | None, *, signed: bool = False) -> str:
    """`BRL 18,400` below a million, `BRL 101.23 million` from there."""
    clean = finite_or_none(value)
    if clean is None:
        return translate(NOT_KNOWN)
    if abs(clean) >= 999_999.5:
        one, many = current_locale().millions
        unit = one if abs(clean) < 2e6 else many
        return f"{_money(number(clean / 1e6, 2, signed=signed))}{NBSP}{unit}"
    return _money(number(clean, 0, signed=signed))


def _money(amount: str) -> str:
    """The amount with its currency; the sign stands before the currency where the locale writes it so."""
    if current_locale().sign_first and amount[0] in (MINUS, "+"):
        return amount[0] + translate("BRL\u00a0{}", amount[1:])
    return translate("BRL\u00a0{}", amount)


def thousands(value: float | int | None, *, signed: bool = False) -> str:
    """`12,345`: a whole number, for columns whose head gives the unit."""
    return number(value, 0, signed=signed)


def date(day: dt.date | None) -> str:
    """`20 Nov 2026`; `20/11/2026` in Portuguese."""
    return _dated(current_locale().date, day)


def weekday_date(day: dt.date | None) -> str:
    """`Thu 19 Nov`: a market day by name, in place of "yesterday"; `qui 19/11` in Portuguese."""
    return _dated(current_locale().day_of_week, day)


def month_of(day: dt.date | None) -> str:
    """`Oct 2026`: the month that a number is about; `out/2026` in Portuguese."""
    return _dated(current_locale().month_of_year, day)


def _dated(form: str, day: dt.date | None) -> str:
    if day is None:
        return translate(NOT_KNOWN)
    locale = current_locale()
    return form.format(
        day=day.day,
        number=day.month,
        year=day.year,
        month=locale.months[day.month - 1],
        weekday=locale.weekdays[day.weekday()],
    )


def moment(instant: dt.datetime | None) -> str:
    """`20 Nov 2026 06:00 BRT`: an aware instant in São Paulo time."""
    if instant is None:
        return translate(NOT_KNOWN)
    local = instant.astimezone(SAO_PAULO)
    whole = "" if local.minute == 0 else f"{local.minute:02}"
    return current_locale().clock.format(date=date(local.date()), hour=local.hour, minute=local.minute, past=whole)


def tenor(business_days: int) -> str:
    """Business days as a tenor: 21 -> `1m`, 126 -> `6m`, 252 -> `1y`, 378 -> `1.5y`, 10 -> `10bd`."""
    if business_days >= DAYS_PER_YEAR:
        years = f"{business_days / DAYS_PER_YEAR:.1f}".removesuffix(".0").replace(".", current_locale().decimal)
        return years + translate("y")
    return f"{business_days // 21}m" if business_days % 21 == 0 else f"{business_days}{translate('bd')}"


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 order`, `6 orders`. `nouns`: the plural where it is not the noun with an s."""
    return f"{thousands(count)} {translate(noun if count == 1 else nouns or noun + 's')}"


def format_list(items: list[str], most: int = 6) -> str:
    """`a, b and c`; of more than `most` items the rest is a number: `a, b and 4 more`."""
    if len(items) > most:
        return translate("{} and {} more", ", ".join(items[:most]), len(items) - most)
    return translate("{} and {}", ", ".join(items[:-1]), items[-1]) if len(items) > 1 else "".join(items)


def capitalize_first(text: str) -> str:
    """The first letter as a capital, the rest unchanged: contract codes keep theirs."""
    return text[:1].upper() + text[1:]


def humanize(identifier: str) -> str:
    """`fx_equilibrium` -> `fx equilibrium`: a label for an id that has no display name."""
    return identifier.replace("_", " ").strip()


def parse_json(text: str | None) -> Any:
    """The value of a gold `json` column; None for null or empty text. Raises ValueError for invalid JSON."""
    return json.loads(text) if text else None


def parse_drivers(text: str | None) -> dict[str, float]:
    """A JSON object of signed contributions by name, largest size first; those without a number are left out."""
    raw = parse_json(text) or {}
    pairs = [(str(name), finite_or_none(value)) for name, value in raw.items() if isinstance(value, int | float)]
    return dict(sorted(((n, v) for n, v in pairs if v is not None), key=lambda pair: (-abs(pair[1]), pair[0])))


def parse_names(text: str | None) -> tuple[str, ...]:
    """A JSON array of input names."""
    return tuple(str(item) for item in parse_json(text) or [])
