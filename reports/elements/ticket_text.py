"""Dealing tickets in words: what is dealt, from where to where, at which level, with what at risk."""

from __future__ import annotations

from desk.catalog.dealing import Dealing, load_dealing
from desk.catalog.desk_parameters import DeskParameters, SideKind, load_desk_parameters
from desk.dealing.levels import LevelFault, level_fault
from desk.portfolio.sides import ACTIONS
from reports.elements.formats import (
    NOT_KNOWN,
    basis_points,
    brl,
    capitalize_first,
    date,
    finite_or_none,
    number,
    percent,
    sum_or_none,
    thousands,
    weekday_date,
)
from reports.elements.locale import translate
from reports.elements.report_data import Row

ACTION_NAMES = {
    "receive": "receive",
    "pay": "pay",
    "buy": "buy",
    "sell": "sell",
    "sell_protection": "sell protection",
    "buy_protection": "buy protection",
}
"""Action of a ticket -> the text that is translated."""
HELD = {
    "rate": ("{} received", "{} paid"),
    "price": ("{} long", "{} short"),
    "protection": ("{} of protection sold", "{} of protection bought"),
}
"""By what is dealt: a position that is long the price, and one that is short."""
HELD_ONE = {
    "rate": ("1 received", "1 paid"),
    "price": ("1 long", "1 short"),
    "protection": ("1 of protection sold", "1 of protection bought"),
}
"""The same of a single contract: Portuguese has a singular."""
FAULTS: dict[LevelFault, str] = {
    "stop_in_profit": "its stop lies where the position gains",
    "limit_beyond_stop": "its limit lies at or beyond its stop",
}
RATE_UNIT = "fraction per year"
SETTLES = "B3"
"""The venue whose settlements the desk fetches; the levels of others are its own marks."""
Legs = tuple[Row, ...]
"""A ticket: an order with its hedge, or the legs of a roll."""


def dealt_in(row: Row) -> SideKind:
    """What the ticket's leg buys or sells: rate, price or protection."""
    return next(kind for kind, actions in ACTIONS.items() if row["action"] in actions)


def yield_of_price(row: Row) -> bool:
    """Whether the level is a yield and what is bought or sold is a price: the better side of a SELL is lower."""
    return row["unit"] == RATE_UNIT and dealt_in(row) == "price"


def fault_of(legs: Legs) -> LevelFault | None:
    """Why the ticket must not be sent; None where it may."""
    row = legs[0]
    return level_fault(
        in_rate=row["unit"] == RATE_UNIT,
        contracts_to=row["contracts_to"] or 0,
        reference=finite_or_none(row["reference"]),
        limit=finite_or_none(row["work_level"]),
        stop=finite_or_none(row["stop"]),
    )


class TicketWords:
    """The texts of tickets, by the desk's instruments and how they are dealt."""

    def __init__(self) -> None:
        self.parameters: DeskParameters = load_desk_parameters()
        self.dealing: Dealing = load_dealing()

    def deal(self, row: Row) -> str:
        """`Receive 275 DI1F32`."""
        action = translate(ACTION_NAMES[row["action"]])
        return capitalize_first(f"{action} {thousands(row['contracts'])} {row['contract_id']}")

    def expiry(self, row: Row) -> str:
        """`2 Jan 2032`; empty where it is not known."""
        return date(row["expiry"]) if row["expiry"] is not None else ""

    def position(self, row: Row, contracts: int | None) -> str:
        """`275 received`, `flat`."""
        if contracts is None:
            return translate(NOT_KNOWN)
        if contracts == 0:
            return translate("flat")
        if abs(contracts) == 1:
            return translate(HELD_ONE[dealt_in(row)][0 if contracts > 0 else 1])
        longer, shorter = HELD[dealt_in(row)]
        return translate(longer if contracts > 0 else shorter, thousands(abs(contracts)))

    def change(self, row: Row) -> str:
        """`from 120 paid to 155 received`."""
        before, after = (self.position(row, row[name]) for name in ("contracts_from", "contracts_to"))
        return translate("from {} to {}", before, after)

    def level(self, row: Row, value: float | None) -> str:
        """A level as the venue quotes it: `13.180%`, `5,432.5`."""
        level = finite_or_none(value)
        if level is None:
            return translate(NOT_KNOWN)
        decimals = self.decimals(row)
        return percent(level, decimals) if row["unit"] == RATE_UNIT else number(level, decimals)

    def decimals(self, row: Row) -> int:
        """Of a level, as its venue quotes it; of an instrument that the desk no longer has, 3 for rates and 2 else."""
        known = {item.id: item.root for item in self.parameters.instruments}
        terms = self.dealing.terms.get(known.get(row["instrument_id"], ""))
        return terms.decimals if terms is not None else 3 if row["unit"] == RATE_UNIT else 2

    def venue_order(self, row: Row) -> str:
        """`SELL the rate`: what the venue takes; `BUY` where the venue quotes a price."""
        quoted = {"rate": "{} the rate", "protection": "{} protection", "price": "{}"}
        side = translate(row["venue_side"])
        return translate(quoted[dealt_in(row)], side)

    def settled(self, row: Row) -> str:
        """`settled at 13.180%`; `marked at 2.610%`, the desk's own, where no settlement is fetched."""
        return translate(
            "settled at {}" if row["venue"] == SETTLES else "marked at {}", self.level(row, row["reference"])
        )

    def stop(self, row: Row) -> str:
        """`stop 13.70% (52 bp, BRL 477,000 at risk)`; empty for an order that closes its contract."""
        level, reference = finite_or_none(row["stop"]), finite_or_none(row["reference"])
        if level is None:
            return ""
        text, risk = self.level(row, level), finite_or_none(row["risk_to_stop_brl"])
        parts = []
        if reference is not None and row["unit"] == RATE_UNIT:
            parts.append(basis_points(abs(level - reference), signed=False))
        elif reference:
            parts.append(percent(abs(level / reference - 1.0), 1))
        if risk is not None:
            parts.append(translate("{} at risk", brl(risk)))
        return translate("stop {} ({})", text, ", ".join(parts)) if parts else translate("stop {}", text)

    def route(self, row: Row) -> str:
        """Where and how: trade at settlement with its code, the venue's order book, or dealers."""
        if row["route"] == "tas":
            return translate("{}, at settlement ({}) or in the book", row["venue"], row["tas_symbol"])
        return translate("by dealers") if row["route"] == "otc" else translate("{}, order book", row["venue"])

    def share(self, row: Row) -> str:
        """`0.4% of volume`, else of open interest; empty where neither is known."""
        for column, text in (
            ("share_of_volume", "{} of daily volume"),
            ("share_of_open_interest", "{} of open interest"),
        ):
            if (share := finite_or_none(row[column])) is not None:
                return translate(text, percent(share, 1) if share >= 0.0005 else f"<{percent(0.001, 1)}")
        return ""

    def reverses(self, row: Row) -> str:
        """`reverses the 120 paid of Thu 19 Nov`, `takes back 4 of the 145 paid of Mon 23 Nov`; empty for an order that
        takes back none."""
        if row["reverses_on"] is None:
            return ""
        done, day = self.position(row, row["reverses_contracts"]), weekday_date(row["reverses_on"])
        if row["contracts"] < abs(row["reverses_contracts"]):
            return translate("takes back {} of the {} of {}", thousands(row["contracts"]), done, day)
        return translate("reverses the {} of {}", done, day)

    def risk(self, row: Row) -> str:
        """`DV01 +8,220` for what is quoted in rate, else the notional."""
        dv01, notional = finite_or_none(row["dv01_change_brl"]), finite_or_none(row["notional_change_brl"])
        if row["unit"] == RATE_UNIT:
            return translate("DV01 {}", brl(dv01, signed=True)) if dv01 is not None else ""
        return translate("notional {}", brl(notional, signed=True)) if notional is not None else ""

    def title(self, legs: Legs) -> str:
        """`Receive 275 DI1F32 (2 Jan 2032)`; for a roll both legs."""
        first = legs[0]
        if first["role"] != "order":
            sides = [self.deal(leg) for leg in legs if leg["role"] in ("roll_out", "roll_in")]
            return translate("Roll: {}", " + ".join(sides))
        expiry = self.expiry(first)
        return f"{self.deal(first)} ({expiry})" if expiry else self.deal(first)

    def warning(self, legs: Legs) -> str:
        """`NOT TO BE SENT: its stop lies where the position gains`; empty for a ticket that may be sent."""
        fault = fault_of(legs) if legs[0]["role"] == "order" else None
        return translate("NOT TO BE SENT: {}", translate(FAULTS[fault])) if fault is not None else ""

    def deal_facts(self, legs: Legs) -> str:
        """What is needed to deal: position before and after, the venue's order and its limit, stop, hedge. Empty for a
        roll, whose title says it all."""
        row = legs[0]
        if row["role"] != "order":
            return ""
        work = self.venue_order(row)
        if finite_or_none(row["work_level"]) is not None:
            work = translate(
                "{} at a yield of {} or better" if yield_of_price(row) else "{} at {} or better",
                work,
                self.level(row, row["work_level"]),
            )
        hedges = [self.deal(leg) for leg in legs if leg["role"] == "hedge"]
        parts = [
            self.change(row),
            work,
            self.stop(row),
            translate("with {}", ", ".join(hedges)) if hedges else "",
        ]
        return "; ".join(part for part in parts if part)

    def size_facts(self, legs: Legs) -> str:
        """What is good to know of it: settlement, risk, cost, share of the market, what it reverses; of a roll the cost
        of its legs."""
        row = legs[0]
        reference, cost = finite_or_none(row["reference"]), sum_or_none([leg["cost_brl"] for leg in legs if leg["seq"]])
        if row["role"] != "order":
            return translate("cost {}", brl(cost)) if cost is not None else ""
        parts = [
            self.settled(row) if reference is not None else "",
            self.risk(row),
            translate("cost {}", brl(cost)) if cost is not None else "",
            self.share(row),
            self.reverses(row),
        ]
        return "; ".join(part for part in parts if part)

    def facts(self, legs: Legs) -> str:
        """All of it, in one line."""
        found = (self.warning(legs), self.deal_facts(legs), self.size_facts(legs))
        return "; ".join(part for part in found if part)
