"""B3's market rates for swaps (TaxaSwap.txt inside TSyymmdd.ex_): fixed width, 72 columns, CRLF.

Columns (from 1): 1-6 transaction, 7-9 complement, 10-11 record type (01), 12-19 date yyyymmdd, 20-21 curve family,
22-26 curve code, 27-41 name, 42-46 calendar days, 47-51 business days ("dias de saque"), 52 sign, 53-66 rate in percent
with 7 decimals, 67 vertex kind (F fixed, M moving), 68-72 vertex code.

Compounding is the curve's own and is left as published: PRE (DI x pre) and DPL (clean IPCA coupon, the real curve; its
name is cut to "Cupom Limpo de ") are annual, BUS/252; DOC (clean cupom) is linear per year, ACT/360. Its place on the
curve is given in business days all the same. DPL is fitted to the DAP's settlements and, beyond them, to NTN-B. DIC
("DI X IPCA") is not the real curve: it is polled and dirty, PRE at a few days and 3 points above DPL at a year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.connectors.strict_values import day_of

WIDTH = 72
_CODE = slice(21, 26)
_DATE = slice(11, 19)
_NAME = slice(26, 41)
_CALENDAR_DAYS, _BUSINESS_DAYS, _RATE = slice(41, 46), slice(46, 51), slice(52, 66)
_SIGN = 51
_ONE_IN_RATE_UNITS = 1e9  # percent with 7 decimals


@dataclass(frozen=True, slots=True, eq=False)
class SwapCurves:
    """Points of one day's curves. Arrays are parallel, one entry per point, ordered by curve and business days."""

    day: dt.date
    curve_ids: list[str]
    tenor_bd: npt.NDArray[np.int64]
    rates: npt.NDArray[np.float64]


def read_swap_file(text: bytes, curves: Mapping[str, str]) -> SwapCurves:
    """The curves whose file code is a key of `curves`, under the id it maps to. Rates are fractions per year.

    Two vertices on the same business day (a Saturday and its Monday) are one: the later in calendar days stays.
    Raises ValueError for lines that are not of the layout, mixed dates, or none of the curves present.
    """
    curve_of_code = {code.ljust(5).encode("ascii"): curve for code, curve in curves.items()}
    lines = text.rstrip(b"\r\n\x1a").splitlines()
    chosen = [line for line in lines if line[_CODE] in curve_of_code]
    if not lines or any(len(line) != WIDTH for line in lines):
        raise ValueError(f"not a file of {WIDTH}-column lines")
    if not chosen:
        present = sorted({line[_CODE].decode("latin-1").strip() for line in lines})
        raise ValueError(f"none of the curves {', '.join(sorted(curves))}; the file holds {', '.join(present)}")
    dates = {line[_DATE] for line in chosen}
    if len(dates) != 1:
        raise ValueError(f"{len(dates)} dates in one file")
    day = day_of(dates.pop().decode("latin-1"), "yyyymmdd")

    table = np.frombuffer(b"".join(chosen), dtype=np.uint8).reshape(-1, WIDTH)
    tenors, calendar_days = _integers(table[:, _BUSINESS_DAYS]), _integers(table[:, _CALENDAR_DAYS])
    rates = _signs(table[:, _SIGN]) * _integers(table[:, _RATE]) / _ONE_IN_RATE_UNITS
    codes = np.array([curve_of_code[line[_CODE]] for line in chosen])
    order = np.lexsort((calendar_days, tenors, codes))
    codes, tenors, rates, calendar_days = codes[order], tenors[order], rates[order], calendar_days[order]
    same = (codes[1:] == codes[:-1]) & (tenors[1:] == tenors[:-1]) & (calendar_days[1:] == calendar_days[:-1])
    if (same & (rates[1:] != rates[:-1])).any():
        raise ValueError("two different rates for one vertex")
    last = np.append((codes[1:] != codes[:-1]) | (tenors[1:] != tenors[:-1]), True)
    return SwapCurves(day, codes[last].tolist(), tenors[last], rates[last])


def curve_names(text: bytes) -> dict[str, str]:
    """Code -> name of every curve in the file, as it is written there (cut to 15 characters)."""
    lines = text.rstrip(b"\r\n\x1a").splitlines()
    return {line[_CODE].decode("latin-1").strip(): line[_NAME].decode("latin-1").strip() for line in lines}


def _integers(digits: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Decimal digits in columns -> one integer per row."""
    values = digits.astype(np.int64) - ord("0")
    if values.size and (values.min() < 0 or values.max() > 9):
        raise ValueError("a number column holds something else than digits")
    powers: npt.NDArray[np.int64] = 10 ** np.arange(digits.shape[1] - 1, -1, -1, dtype=np.int64)
    return values @ powers


def _signs(column: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    if not np.isin(column, (ord("+"), ord("-"))).all():
        raise ValueError("the sign column holds something else than + and -")
    return np.where(column == ord("-"), -1, 1)
