"""Written orders as changes of the decided book: which line each moves, and to which side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from desk.catalog.desk_parameters import DeskParameters, Instrument
from desk.portfolio.contracts import listed_contracts, valuation_day
from desk.portfolio.sides import ACTIONS, Action, venue_side
from desk.what_if.written import WrittenOrder

CONSTANT_MATURITY = ("par_bond", "spread")  # what a contract of another month is worth is not known
CALLED_OTHERWISE = {"DDI": "FRC"}
"""The root of a contract as the desk does not deal it -> as it does."""


@dataclass(frozen=True)
class Order:
    """`change` contracts, + is longer in price. `instrument`: the line that it moves; one that the book does not have
    has the contract's name and the terms of its nearest instrument. `note`: what a reader of the words should know."""

    written: WrittenOrder
    instrument: Instrument
    contract_id: str
    maturity: dt.date | None
    change: int
    action: Action
    note: str | None = None


def read_orders(
    written: Sequence[WrittenOrder],
    targets: pl.DataFrame,
    parameters: DeskParameters,
    day: dt.date,
    settled: Sequence[str] = (),
) -> list[Order]:
    """The orders on the book of decision `day` (`targets`: its TARGET_POSITION rows). `settled`: contracts with a
    settlement in the session that the decision knows; empty where none are stored.

    Raises BadInput naming the order for a contract that is not listed, a side that its venue does not have, and what is
    no whole lot or would be short of a bond.
    """
    lines = {row["instrument_id"]: row for row in targets.iter_rows(named=True)}
    after = {name: int(row["contracts"] or 0) for name, row in lines.items()}
    found = []
    for one in written:
        order = _order(one, lines, parameters, day, settled)
        name = order.instrument.id
        if one.contracts % order.instrument.lot:
            one.refuse(f"{order.contract_id} is dealt in lots of {order.instrument.lot}")
        after[name] = after.get(name, 0) + order.change
        if order.instrument.long_only and after[name] < 0:
            short = order.instrument.short_with
            one.refuse(
                f"it would leave {after[name]} of {name}, a bond that is not sold short; {short} is the way to be short"
            )
        found.append(order)
    return found


def _order(
    one: WrittenOrder,
    lines: Mapping[str, Mapping[str, object]],
    parameters: DeskParameters,
    day: dt.date,
    settled: Sequence[str],
) -> Order:
    root = next((old for old in CALLED_OTHERWISE if one.name.startswith(old) and one.name not in lines), None)
    if root is not None:
        new = CALLED_OTHERWISE[root]
        one.refuse(f"{one.name} carries its dollars; the desk deals the cupom as {new}{one.name[len(root) :]}")
    by_contract = [name for name, row in lines.items() if row["contract_id"] == one.name]
    held = [name for name in by_contract if lines[name]["contracts"]]
    chosen = one.name if one.name in lines else next(iter([*held, *by_contract]), None)
    if chosen is None:
        return _with_side(one, *_other_contract(one, parameters, day, settled))
    row, instrument = lines[chosen], parameters.instrument(chosen)
    if instrument.kind == "spread":
        one.refuse(f"{chosen} is no contract: deal its two legs, as receive 10 DDI_5Y; sell 3 UST_5Y")
    contract_id, maturity = row["contract_id"], row["maturity"]
    if not contract_id or not isinstance(maturity, dt.date):
        one.refuse(f"{chosen} is in no contract on {day}: it is not issued, or has been paid")
    return _with_side(one, instrument, str(contract_id), maturity)


def _other_contract(
    one: WrittenOrder, parameters: DeskParameters, day: dt.date, settled: Sequence[str]
) -> tuple[Instrument, str, dt.date]:
    """A contract that no line of the book is in: priced off the same curve, with the terms of the nearest line."""
    family = [item for item in parameters.instruments if item.maturity is None and one.name.startswith(item.root)]
    if not family:
        known = sorted({item.root for item in parameters.instruments if item.maturity is None})
        one.refuse(
            f"{one.name!r} is no contract or instrument of the desk; roots: {', '.join(known)};"
            f" instruments: {', '.join(parameters.instrument_ids)}"
        )
    if family[0].kind in CONSTANT_MATURITY:
        names = ", ".join(item.id for item in family)
        one.refuse(
            f"{one.name} is marked as a constant maturity: name the instrument, {names}, or its contract of {day}"
        )
    of_root = [name for name in settled if name.startswith(family[0].root)]
    listed = {name: end for item in family for name, end in listed_contracts(item, day, of_root).items()}
    if one.name not in listed or (of_root and one.name not in of_root):
        if of_root:
            one.refuse(f"{one.name} has no settlement of {valuation_day(day)}: it is not listed")
        one.refuse(
            f"{one.name} is not listed on {day} by the rules of {family[0].root} (letter of the month, then year)"
        )
    nearest = min(family, key=lambda item: abs((listed[one.name] - day).days - 30 * (item.tenor_months or 0)))
    return replace(nearest, id=one.name, name=one.name), one.name, listed[one.name]


def _with_side(one: WrittenOrder, instrument: Instrument, contract_id: str, maturity: dt.date) -> Order:
    """The order with its sign. Raises BadInput for a side that the instrument does not have."""
    longer, shorter = ACTIONS[instrument.dealt_in]
    action = next((name for name in (longer, shorter) if name == one.word), None)
    note = None
    if instrument.dealt_in == "rate" and one.word in ("buy", "sell"):
        action = next(name for name in (longer, shorter) if venue_side(name) == one.word.upper())
        gains = "fall" if action == longer else "rise"
        other = shorter if action == longer else longer
        note = (
            f'"{one.text}" is read as the venue has it, {one.word.upper()} the rate of {contract_id}: the desk'
            f" {action}s, and gains when rates {gains}; to {other} write {other} {one.contracts} {one.name}"
        )
    if action is None:
        words = f"{longer} or {shorter}".replace("_", " ")
        one.refuse(f"{contract_id} is dealt in {instrument.dealt_in}: {words} it, not {one.word.replace('_', ' ')}")
    change = one.contracts if action == longer else -one.contracts
    return Order(one, instrument, contract_id, maturity, change, action, note)
