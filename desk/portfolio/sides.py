"""What the desk does and which side that is at the venue.

Source: B3, contract specification of DI1 (of DAP and DDI alike), "Inversao da natureza das posicoes": buys and sells
that are dealt in rate are turned into sells and buys, respectively, in unit price. So a desk that wants to be long the
unit price (it gains when the rate falls: it receives the fixed rate) sells the rate.
"""

from __future__ import annotations

from typing import Literal

from desk.catalog.desk_parameters import SideKind

Action = Literal["receive", "pay", "buy", "sell", "sell_protection", "buy_protection"]
VenueSide = Literal["BUY", "SELL"]
ACTIONS: dict[SideKind, tuple[Action, Action]] = {
    "rate": ("receive", "pay"),
    "price": ("buy", "sell"),
    "protection": ("sell_protection", "buy_protection"),
}
"""By what is dealt: what makes the position longer in price, and what makes it shorter."""
AT_VENUE: dict[Action, VenueSide] = {
    "receive": "SELL",
    "pay": "BUY",
    "buy": "BUY",
    "sell": "SELL",
    "sell_protection": "SELL",
    "buy_protection": "BUY",
}


def action_of(side: SideKind, change: int) -> Action:
    """What is dealt for a change of `change` contracts (+ longer in price). Raises ValueError for none."""
    if change == 0:
        raise ValueError("an order of no contracts has no side")
    longer, shorter = ACTIONS[side]
    return longer if change > 0 else shorter


def venue_side(action: Action) -> VenueSide:
    """The side of the order that the venue takes, in what the venue quotes."""
    return AT_VENUE[action]
