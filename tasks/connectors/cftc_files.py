"""CFTC's own Commitments files, as rows by Socrata-like names: yearly text with a header, weekly text without one.

Header words differ between the files (`Lev_Money_Positions_Long_All`, `Noncommercial Positions-Long (All)`), and
Socrata's names differ from both (`lev_money_positions_long`, `swap__positions_short_all`): `plain_name` makes them one.
Headerless files are told apart by their number of columns; positions are those of CFTC's variable lists. Codes are
right-padded, numbers left-padded, `.` is a suppressed count.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desk.units import decimal_point
from tasks.connectors.strict_values import day_of, ragged_rows

_DATE = "report_date_as_yyyy_mm_dd"
_CODE = "cftc_contract_market_code"
_LEGACY = (
    "open_interest", "noncomm_positions_long", "noncomm_positions_short", "noncomm_positions_spread",
    "comm_positions_long", "comm_positions_short", "tot_rept_positions_long", "tot_rept_positions_short",
    "nonrept_positions_long", "nonrept_positions_short",
)  # fmt: skip
_DISAGGREGATED = (
    "open_interest", "prod_merc_positions_long", "prod_merc_positions_short", "swap_positions_long",
    "swap_positions_short", "swap_positions_spread", "m_money_positions_long", "m_money_positions_short",
    "m_money_positions_spread", "other_rept_positions_long", "other_rept_positions_short",
    "other_rept_positions_spread", "tot_rept_positions_long", "tot_rept_positions_short", "nonrept_positions_long",
    "nonrept_positions_short",
)  # fmt: skip
_FINANCIAL = (
    "open_interest", "dealer_positions_long", "dealer_positions_short", "dealer_positions_spread",
    "asset_mgr_positions_long", "asset_mgr_positions_short", "asset_mgr_positions_spread",
    "lev_money_positions_long", "lev_money_positions_short", "lev_money_positions_spread",
    "other_rept_positions_long", "other_rept_positions_short", "other_rept_positions_spread",
    "tot_rept_positions_long", "tot_rept_positions_short", "nonrept_positions_long", "nonrept_positions_short",
)  # fmt: skip
_LAYOUTS: Mapping[int, tuple[str, ...]] = {129: _LEGACY, 191: _DISAGGREGATED, 87: _FINANCIAL}
_ISO_DATE, _CONTRACT_CODE, _FIRST_NUMBER = 2, 3, 7


@dataclass(frozen=True, slots=True)
class CommitmentsRow:
    """One market's week. `counts` in contracts by `plain_name`; a suppressed count is absent."""

    day: dt.date
    code: str
    market: str
    counts: Mapping[str, float]


def plain_name(name: str) -> str:
    """`Swap__Positions_Short_All`, `swap__positions_short_all` -> `swap_positions_short`."""
    words = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
    return words.removesuffix("_all")


def read_commitments(text: str) -> list[CommitmentsRow]:
    """Rows of a yearly file (with header) or a weekly one (without), in the file's order. Raises ValueError."""
    rows = ragged_rows(text)
    if not rows:
        raise ValueError("an empty file")
    header = [plain_name(name) for name in rows[0]]
    if any(name.startswith("as_of_date_in_form") for name in header):
        return list(_with_header(header, rows[1:]))
    return list(_without_header(rows))


def _with_header(header: list[str], rows: list[list[str]]) -> Iterator[CommitmentsRow]:
    day, code = _column(header, _DATE, "as_of_date_in_form_yyyy_mm_dd"), _column(header, _CODE)
    counted = [index for index, name in enumerate(header) if "positions" in name or name == "open_interest"]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"{row[0]}: {len(row)} fields under {len(header)} columns")
        counts = {header[i]: number for i in counted if (number := _count(row[i])) is not None}
        yield CommitmentsRow(day_of(row[day].strip()), row[code].strip(), row[0].strip(), counts)


def _column(header: list[str], *names: str) -> int:
    for name in names:
        if name in header:
            return header.index(name)
    raise ValueError(f"no column {' or '.join(names)}")


def _without_header(rows: list[list[str]]) -> Iterator[CommitmentsRow]:
    # A market name with an unquoted comma makes a row longer, never shorter: most rows have the layout's length.
    lengths = [len(row) for row in rows]
    layout = _LAYOUTS.get(width := max(set(lengths), key=lengths.count))
    if layout is None:
        raise ValueError(f"{width} columns without a header: not a Commitments file")
    for row in rows:
        extra = len(row) - width
        if extra < 0:
            raise ValueError(f"{row[0]}: {len(row)} columns in place of {width}")
        fields = [",".join(row[: extra + 1]), *row[extra + 1 :]]
        numbers = fields[_FIRST_NUMBER : _FIRST_NUMBER + len(layout)]
        counts = {
            name: number
            for name, text in zip(layout, numbers, strict=True)
            if (number := _count(text)) is not None
        }  # fmt: skip
        day = day_of(fields[_ISO_DATE].strip())
        yield CommitmentsRow(day, fields[_CONTRACT_CODE].strip(), fields[0].strip(), counts)


def _count(text: str) -> float | None:
    stripped = text.strip()
    return None if stripped in ("", ".") else float(decimal_point(stripped))
