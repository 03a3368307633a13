"""What the book does not believe, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from reports.calculations.defence import DefenceView, marked_session
from reports.elements.formats import brl, date, format_list, plural
from reports.elements.locale import translate
from reports.elements.report_data import HeldValue, Row

MOST_LINES = 4
"""Instruments and inputs that a sentence names; the others are counted."""


def pnl_sentences(view: DefenceView) -> list[str]:
    """Which lines' P&L is unknown today, and which part of the day's P&L is not a day's move of the market."""
    out = []
    if view.unknown:
        out.append(
            translate(
                "The day's P&L of {} is not known, and counts as nothing: {}.",
                plural(len(view.unknown), "position"),
                format_list([_last_mark(row) for row in view.unknown], MOST_LINES),
            )
        )
    if view.caught_up:
        since = min(marked_session(row) for row in view.caught_up)
        out.append(
            translate(
                "{} of the day's P&L is caught up since {}, when {} last had a price.",
                brl(view.caught_up_brl, signed=True),
                date(since),
                format_list([row["instrument_id"] for row in view.caught_up], MOST_LINES),
            )
        )
    if view.switched:
        out.append(
            translate(
                "{} of it is a change of source, no move of the market: {}.",
                brl(view.source_pnl_brl, signed=True),
                format_list([row["instrument_id"] for row in view.switched], MOST_LINES),
            )
        )
    return out


def withheld_sentence(view: DefenceView, held: Sequence[HeldValue] = ()) -> str:
    """How many orders are not made, and for which inputs; empty where none is withheld."""
    if not view.withheld:
        return ""
    by_reason: dict[str, list[str]] = {}
    for row in view.withheld:
        by_reason.setdefault(reason_text(row, held), []).append(row["instrument_id"])
    parts = [translate("{} ({})", format_list(names, MOST_LINES), reason) for reason, names in by_reason.items()]
    return translate(
        "{} not made, the positions stay: {}.", plural(len(view.withheld), "order"), format_list(parts, MOST_LINES)
    )


def reason_text(row: Row, held: Sequence[HeldValue] = ()) -> str:
    """Which input an order is withheld for: `PRE of 12 Feb 2019, 3 business days old, at most 1`."""
    if row["cause"] == "signal_old":
        return translate("its view rests on old inputs: {}", row["input_id"] or translate("not known"))
    if row["obs_date"] is None:
        return translate("{} is not known", row["input_id"])
    text = translate(
        "{} of {}, {} old, at most {}",
        row["input_id"],
        date(row["obs_date"]),
        plural(row["age_bd"], "business day"),
        row["limit_bd"],
    )
    newest = _held_day(row, held)
    return text if newest is None else translate("{}; that of {} is held", text, date(newest))


def _held_day(row: Row, held: Sequence[HeldValue]) -> dt.date | None:
    """The newest day of the input that is stored and not believed."""
    own = [one.obs_date for one in held if one.entity.split("|")[0] == row["input_id"]]
    return max((day for day in own if day > row["obs_date"]), default=None)


def _last_mark(row: Row) -> str:
    if row["marked_from"] is None:
        return str(row["instrument_id"])
    return translate("{} (last marked {})", row["instrument_id"], date(marked_session(row)))
