"""`alvorada bond`: a Brazilian government bond's price, yield, duration and DV01 by ANBIMA's rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from desk import calendars
from desk.errors import BadInput
from desk.transforms.bonds import (
    LFT,
    LTN,
    NTN_B,
    NTN_F,
    Bond,
    dv01,
    modified_duration,
    price,
    pu_from_vna,
    rate_from_price,
    vna,
)
from desk.units import pct

BONDS = {bond.name: bond for bond in (LTN, NTN_F, NTN_B, LFT)}


@dataclass(frozen=True)
class Question:
    """One bond on one settlement day: the yield in percent a year (of LFT the spread over Selic), or else the price
    (PU in BRL; of an indexed bond the quotation in percent of the VNA).

    `vna` in BRL, or `vna_base`, that of the last 15th, with `ipca`, the month's inflation in percent (NTN-B).
    """

    name: str
    maturity: dt.date
    settle: dt.date
    rate_pct: float | None = None
    price: float | None = None
    vna: float | None = None
    vna_base: float | None = None
    ipca_pct: float | None = None


def bond_text(question: Question) -> str:
    """The answer, one figure a line. Raises BadInput for an unknown bond, a date outside the calendar, or too few or
    too many of the numbers."""
    if question.name not in BONDS:
        raise BadInput(f"unknown bond {question.name!r}: {', '.join(BONDS)}")
    for day in (question.settle, question.maturity):
        if not calendars.FIRST_YEAR <= day.year <= calendars.LAST_YEAR:
            raise BadInput(f"{day} is outside the calendar, {calendars.FIRST_YEAR} to {calendars.LAST_YEAR}")
    if (question.rate_pct is None) == (question.price is None):
        raise BadInput("give either --rate or --price")
    return "\n".join(_lines(question, BONDS[question.name]))


def _lines(question: Question, bond: Bond) -> Iterator[str]:
    settle, maturity = (np.array([day], dtype="datetime64[D]") for day in (question.settle, question.maturity))
    if question.price is None:
        rate = np.array([question.rate_pct], dtype=np.float64) / 100.0
    else:
        rate = rate_from_price(bond, settle, maturity, [question.price])
    nominal = _nominal_value(question, bond)
    worth = price(bond, settle, maturity, rate)
    gain = float(dv01(bond, settle, maturity, rate)[0])
    yield f"{bond.name} {question.maturity}, settlement {question.settle}"
    yield f"yield              {pct(float(rate[0])):.4f}% a year, BUS/252{' over Selic' if bond is LFT else ''}"
    if not bond.indexed:
        yield f"PU                 {worth[0]:.6f} BRL"
    else:
        yield f"quotation          {worth[0]:.4f}% of the VNA"
        if nominal is not None:
            yield f"VNA                {nominal:.6f} BRL"
            yield f"PU                 {pu_from_vna([nominal], worth)[0]:.6f} BRL"
    yield f"modified duration  {float(modified_duration(bond, settle, maturity, rate)[0]):.4f} years"
    if not bond.indexed:
        yield f"DV01               {gain:.6f} BRL per bp, held long"
    elif nominal is not None:
        yield f"DV01               {gain * nominal / 100.0:.6f} BRL per bp, held long"
    else:
        yield f"DV01               {gain:.6f}% of the VNA per bp, held long; in BRL with --vna"


def _nominal_value(question: Question, bond: Bond) -> float | None:
    """The VNA on the settlement day in BRL; None where the question has none."""
    if question.vna is None and question.vna_base is None and question.ipca_pct is None:
        return None
    if not bond.indexed:
        raise BadInput(f"{bond.name} has no VNA: its PU follows from the yield alone")
    if question.vna is not None and question.vna_base is None and question.ipca_pct is None:
        return question.vna
    if question.vna is not None or question.vna_base is None or question.ipca_pct is None or bond is not NTN_B:
        raise BadInput("give --vna, or for an NTN-B --vna-base with --ipca")
    settle = np.array([question.settle], dtype="datetime64[D]")
    return float(vna([question.vna_base], [question.ipca_pct / 100.0], settle)[0])
