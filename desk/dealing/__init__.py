"""From the orders of a decision to dealing tickets: the side at the venue, levels, hedges, rolls and reversals.

A position of the desk is long or short the *price* (+ contracts gain when the price rises). A ticket says what is
dealt: a venue that quotes a rate takes the opposite side of the price, so the desk's words are receive and pay there.
"""

from desk.dealing.tickets import DealingInputs, tickets

__all__ = ["DealingInputs", "tickets"]
