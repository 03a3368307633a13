"""TICKET: the dealing tickets of one decision, from its orders, its targets and the exchange's settlements.

One ticket is one thing to deal: an order with its hedge, or the two legs of a roll. Orders come first, the one that
moves most risk leading, then rolls.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from desk.catalog.dealing import Dealing, DealingTerms
from desk.catalog.desk_parameters import DeskParameters, Instrument
from desk.dealing.levels import Quotation, at_venue, risk_to_stop, work_level
from desk.errors import BadInput
from desk.gold import TICKET
from desk.model import desk_day
from desk.portfolio.sides import action_of, venue_side
from desk.transforms.market_depth import market_depth

Row = dict[str, Any]


@dataclass(frozen=True)
class DealingInputs:
    """`actions` and `targets`: ACTION and TARGET_POSITION of the decision. `earlier`: ACTION of those before it.
    `decisions`: the last decision times before it, oldest first. `settlements`: SETTLEMENT rows known at it.
    `valuation`: the session whose prices the decision knows."""

    actions: pl.DataFrame
    targets: pl.DataFrame
    earlier: pl.DataFrame
    decisions: tuple[dt.datetime, ...]
    settlements: pl.DataFrame
    valuation: dt.date


def tickets(inputs: DealingInputs, parameters: DeskParameters, dealing: Dealing) -> pl.DataFrame:
    """The TICKET frame. Raises BadInput for orders of more than one decision, BadCatalog for a root without terms."""
    orders = list(inputs.actions.sort("seq").iter_rows(named=True))
    if len({row["as_of"] for row in orders}) > 1:
        raise BadInput("tickets are of one decision; the orders are of several")
    by_instrument: dict[str, list[Row]] = {}
    for row in orders:
        by_instrument.setdefault(row["instrument_id"], []).append(row)
    desk = _Desk(inputs, parameters, dealing)
    groups = sorted(by_instrument.values(), key=lambda group: (len(group) > 1, -_risk(group, desk), group[0]["seq"]))
    rows: list[Row] = []
    for number, group in enumerate(groups, 1):
        legs = [desk.leg(row, _role(row, group)) for row in sorted(group, key=lambda row: row["contracts_to"] != 0)]
        if (hedge := desk.hedge(group)) is not None:
            legs.append(hedge)
        rows += [{"ticket": number, "leg": place, **leg} for place, leg in enumerate(legs, 1)]
    return pl.DataFrame(rows, schema=TICKET.schema, orient="row") if rows else pl.DataFrame(schema=TICKET.schema)


def _role(row: Row, group: list[Row]) -> str:
    if len(group) == 1:
        return "order"
    return "roll_out" if row["contracts_to"] == 0 else "roll_in"


def _risk(group: list[Row], desk: _Desk) -> float:
    """Daily standard deviation that the group's net change moves, BRL."""
    unit = desk.targets.get(group[0]["instrument_id"], {}).get("unit_vol_brl")
    return abs(sum(int(row["order_contracts"]) for row in group)) * float(unit or 0.0)


class _Desk:
    """What legs are made from."""

    def __init__(self, inputs: DealingInputs, parameters: DeskParameters, dealing: Dealing) -> None:
        self.inputs, self.parameters, self.dealing = inputs, parameters, dealing
        self.targets: Mapping[str, Row] = {row["instrument_id"]: row for row in inputs.targets.iter_rows(named=True)}
        self.settled = {
            row["contract_id"]: row
            for row in inputs.settlements.filter(pl.col("obs_date") == inputs.valuation)
            .sort("knowledge_time")
            .iter_rows(named=True)
        }
        days = [desk_day(moment) for moment in inputs.actions["as_of"].unique()]
        depth = market_depth(inputs.settlements, days, parameters)
        self.depth: Mapping[str, Row] = {row["contract_id"]: row for row in depth.iter_rows(named=True)}

    def leg(self, row: Row, role: str) -> Row:
        instrument = self.parameters.instrument(row["instrument_id"])
        terms = self.dealing.of_contract(row["contract_id"], instrument.root)
        target = self.targets.get(instrument.id, {})
        mapped = target.get("contract_id") == row["contract_id"]
        change = int(row["order_contracts"])
        quotation = self._quotation(row, instrument, target if mapped else {}, change, terms)
        own = target.get("rate" if instrument.quoted_in_rate else "price") if mapped else None
        stop = at_venue(quotation, row["invalidation"], own)
        risk = risk_to_stop(replace(quotation, reference=own), int(row["contracts_to"]), row["invalidation"])
        reversed_day, reversed_contracts = self._reversed(row, role)
        return {
            **self._identity(row["as_of"], row["seq"], role, instrument, terms, row["contract_id"], change),
            "expiry": target.get("maturity") if mapped else None,
            "contracts_from": row["contracts_from"],
            "contracts_to": row["contracts_to"],
            "unit": _unit(instrument),
            "reference": quotation.reference,
            "reference_date": self.inputs.valuation if quotation.reference is not None else None,
            "work_level": work_level(quotation, change, self.dealing.rules.work_sigmas),
            "stop": stop,
            "risk_to_stop_brl": risk,
            "dv01_change_brl": row["dv01_change_brl"],
            "notional_change_brl": row["notional_change_brl"],
            "cost_brl": row["cost_brl"],
            **self._market(row["contract_id"], abs(change)),
            "reverses_on": reversed_day,
            "reverses_contracts": reversed_contracts,
        }

    def _identity(
        self, as_of: dt.datetime, seq: int | None, role: str, instrument: Instrument, terms: DealingTerms,
        contract_id: str, change: int,
    ) -> Row:  # fmt: skip
        action = action_of(instrument.dealt_in, change)
        at_settlement = f"{terms.tas}{contract_id[len(terms.root) :]}" if terms.tas else None
        return {
            "as_of": as_of,
            "role": role,
            "seq": seq,
            "instrument_id": instrument.id,
            "contract_id": contract_id,
            "venue": terms.venue,
            "action": action,
            "venue_side": venue_side(action),
            "contracts": abs(change),
            "lot": instrument.lot,
            "route": terms.route,
            "tas_symbol": at_settlement,
        }

    def _quotation(self, row: Row, instrument: Instrument, target: Row, change: int, terms: DealingTerms) -> Quotation:
        """The contract as its level is stated. A yield of what is quoted in price has no tick but its last digit."""
        column = "rate" if instrument.quoted_in_rate else "price"
        yield_of_price = instrument.quoted_in_rate and instrument.ticks_in_price
        settled = self.settled.get(row["contract_id"], {}).get(column)
        return Quotation(
            in_rate=instrument.quoted_in_rate,
            reference=settled if settled is not None or not terms.own_mark else target.get(column),
            unit_dv01=_each(row["dv01_change_brl"], change),
            unit_value=_each(row["notional_change_brl"], change),
            unit_volatility=target.get("unit_vol_brl"),
            tick=10.0 ** -(terms.decimals + 2) if yield_of_price else instrument.tick,
        )

    def _market(self, contract_id: str, contracts: int) -> Row:
        """Volume and open interest of the contract, as the sizes read them, and the order's share of them."""
        depth = self.depth.get(contract_id, {})
        volume, interest = depth.get("volume"), depth.get("open_interest")
        return {
            "volume": volume,
            "share_of_volume": contracts / volume if volume else None,
            "open_interest": interest,
            "share_of_open_interest": contracts / interest if interest else None,
        }

    def _reversed(self, row: Row, role: str) -> tuple[dt.date | None, int | None]:
        """The day and size of the newest order of the other side in the instrument that no later order has taken back,
        of the last decisions; no roll."""
        since = self.inputs.decisions[-self.dealing.rules.reversal_days :]
        if role != "order" or not since or self.inputs.earlier.is_empty():
            return None, None
        past = self.inputs.earlier.filter(
            pl.col("instrument_id") == row["instrument_id"], pl.col("as_of").is_in(list(since))
        )
        legs = past.group_by("as_of").agg(pl.col("order_contracts").sum(), legs=pl.len()).sort("as_of")
        orders = legs.filter(pl.col("legs") == 1).select("as_of", "order_contracts").rows()
        standing = still_standing(orders)
        if not standing or standing[-1][1] * row["order_contracts"] >= 0:
            return None, None
        return desk_day(standing[-1][0]), int(standing[-1][1])

    def hedge(self, group: list[Row]) -> Row | None:
        """The leg that takes out the dollars that the group's contracts settle with; None where there are none.

        Contracts of the hedge = minus the change of value of the group over the value of one, to whole lots.
        """
        instrument = self.parameters.instrument(group[0]["instrument_id"])
        settling = [row for row in group if self.dealing.of_contract(row["contract_id"], instrument.root).hedge]
        if not settling:
            return None
        terms = self.dealing.of_contract(settling[0]["contract_id"], instrument.root)
        assert terms.hedge is not None  # chosen above
        hedging, target = self.parameters.instrument(terms.hedge), self.targets.get(terms.hedge)
        value = (target["price"] or 0.0) * hedging.multiplier if target else 0.0
        change = sum(row["notional_change_brl"] or 0.0 for row in settling)
        lots = round(-change / value / hedging.lot) if value else 0
        if target is None or not lots:
            return None
        contracts = lots * hedging.lot
        settled = self.settled.get(target["contract_id"], {}).get("price")
        of_hedge = self.dealing.of(hedging.root)
        return {
            **self._identity(group[0]["as_of"], None, "hedge", hedging, of_hedge, target["contract_id"], contracts),
            "expiry": target["maturity"],
            "unit": _unit(hedging),
            "reference": settled if settled is not None else target["price"],
            "reference_date": self.inputs.valuation,
            "notional_change_brl": contracts * value,
            **self._market(target["contract_id"], abs(contracts)),
        }


def _each(total: float | None, contracts: int) -> float | None:
    return None if total is None else total / contracts


def _unit(instrument: Instrument) -> str:
    if instrument.kind == "fx_forward":
        return "BRL per USD 1,000"
    return "fraction per year" if instrument.quoted_in_rate else "points"


def still_standing(orders: Sequence[tuple[dt.datetime, int]]) -> list[tuple[dt.datetime, int]]:
    """Those of one line's orders (moment, contracts; ascending) that later ones of the other side have not taken back
    whole, the newest first to be taken back. All are of one side."""
    standing: list[tuple[tuple[dt.datetime, int], int]] = []
    for order in orders:
        left = order[1]
        while left and standing and standing[-1][1] * left < 0:
            taken, open_part = standing.pop()
            rest = open_part + left
            if rest * open_part > 0:
                standing.append((taken, rest))
                left = 0
            else:
                left = rest
        if left:
            standing.append((order, left))
    return [order for order, _ in standing]
