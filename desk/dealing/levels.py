"""Levels of a ticket: where to work it, and what is at risk to the stop. Rates are fractions a year, money BRL."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from desk.units import BASIS_POINT

LevelFault = Literal["stop_in_profit", "limit_beyond_stop"]


@dataclass(frozen=True, slots=True)
class Quotation:
    """One contract: `reference` the previous settlement (rate or price), `unit_dv01` and `unit_value` BRL a contract
    (for a bp, and whole), `unit_volatility` BRL a day, `tick` of `reference`. None where it is not known."""

    in_rate: bool
    reference: float | None
    unit_dv01: float | None
    unit_value: float | None
    unit_volatility: float | None
    tick: float


def work_level(quotation: Quotation, change: int, sigmas: float) -> float | None:
    """The worst level at which an order of `change` contracts (+ longer in price) is worked.

    `sigmas` daily standard deviations of the contract from the previous settlement, against the desk, rounded to the
    tick towards it. Whoever goes longer in price accepts a lower rate or a higher price. None without a volatility.
    """
    move = _move(quotation, sigmas)
    if move is None or quotation.reference is None:
        return None
    worse_is_up = (change > 0) != quotation.in_rate
    level = quotation.reference + (move if worse_is_up else -move)
    steps = level / quotation.tick
    steps = math.floor(steps + 1e-9) if worse_is_up else math.ceil(steps - 1e-9)
    return round(steps * quotation.tick, 10)


def _move(quotation: Quotation, sigmas: float) -> float | None:
    """`sigmas` daily standard deviations in the quotation's own unit."""
    deviation = quotation.unit_volatility
    if deviation is None or not deviation > 0:
        return None
    if quotation.in_rate:
        return sigmas * deviation / abs(quotation.unit_dv01) * BASIS_POINT if quotation.unit_dv01 else None
    if not quotation.unit_value or quotation.reference is None:
        return None
    return sigmas * deviation / abs(quotation.unit_value) * quotation.reference


def at_venue(quotation: Quotation, level: float | None, own: float | None) -> float | None:
    """`level`, which the desk set on its own mark `own`, as far from the venue's settlement: a rate by as many bp, a
    price by the same share. B3's DDI is quoted against the dollar of the day before, so the two marks differ. None
    where one of the three is not known."""
    if level is None or own is None or quotation.reference is None:
        return None
    if quotation.in_rate:
        return quotation.reference + (level - own)
    return quotation.reference * (level / own) if own else level


def risk_to_stop(quotation: Quotation, contracts: int, stop: float | None) -> float | None:
    """What `contracts` lose from the previous settlement to the stop, BRL (a loss positive); None where not known."""
    if stop is None or quotation.reference is None or contracts == 0:
        return None
    if quotation.in_rate:
        if quotation.unit_dv01 is None:
            return None
        return contracts * quotation.unit_dv01 * (stop - quotation.reference) / BASIS_POINT
    if quotation.unit_value is None or not quotation.reference:
        return None
    return -contracts * quotation.unit_value * (stop / quotation.reference - 1.0)


def level_fault(
    *, in_rate: bool, contracts_to: int, reference: float | None, limit: float | None, stop: float | None
) -> LevelFault | None:
    """Why a ticket with these levels must not be sent; None where it may, or where it leaves no position or no stop.

    The stop of a position of `contracts_to` (+ longer in price) lies where it loses: above the settlement for a price
    that is short and a rate that is received, else below. A limit at or beyond the stop deals what is stopped at once.
    """
    if stop is None or contracts_to == 0:
        return None
    loses_up = (contracts_to > 0) == in_rate
    loss = 1.0 if loses_up else -1.0
    if reference is not None and (stop - reference) * loss <= 0:
        return "stop_in_profit"
    if limit is not None and (stop - limit) * loss <= 0:
        return "limit_beyond_stop"
    return None
