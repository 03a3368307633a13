"""Orders as a person writes them: `sell 200 DI1F29; buy 50 DOL`. A word, how many contracts, and which.

What is dealt in rate (DI1, DAP, the cupom) is `receive` and `pay`; what is dealt in price `buy` and `sell`. `buy` and
`sell` of what is dealt in rate are the venue's words (docs/tickets.md): to sell the rate is to receive. The Portuguese
words are read too, and `sell protection`, which nothing that is listed takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from desk.errors import BadInput

WORDS = {
    "receive": "receive", "aplicar": "receive", "aplica": "receive",
    "pay": "pay", "tomar": "pay", "toma": "pay",
    "buy": "buy", "comprar": "buy", "compra": "buy",
    "sell": "sell", "vender": "sell", "vende": "sell",
}  # fmt: skip
PROTECTION = ("protection", "protecao", "proteção")
MOST_CONTRACTS = 10_000_000
MOST_ORDERS = 50
"""More than anybody writes; a request is answered within a bound of work."""
FORM = "write it as WORD CONTRACTS NAME, like sell 200 DI1F29"


@dataclass(frozen=True)
class WrittenOrder:
    """One order as it was read. `place`: its number, from 1. `word`: receive, pay, buy, sell, sell_protection or
    buy_protection."""

    place: int
    text: str
    word: str
    contracts: int
    name: str

    def refuse(self, why: str) -> NoReturn:
        """Raises BadInput that names the order and its place."""
        raise BadInput(f'order {self.place}, "{self.text}": {why}')


def parse(text: str) -> list[WrittenOrder]:
    """The orders of a text, which `;` or a new line separates. Raises BadInput naming the first thing that is wrong,
    the order that it is in, and the order's place."""
    parts = [" ".join(part.split()) for part in re.split(r"[;\n]", text)]
    orders = [_order(place, part) for place, part in enumerate((part for part in parts if part), 1)]
    if not orders:
        raise BadInput(f"no order is written: {FORM}")
    if len(orders) > MOST_ORDERS:
        raise BadInput(f"{len(orders)} orders are written, at most {MOST_ORDERS} are read")
    return orders


def _order(place: int, text: str) -> WrittenOrder:
    raw = WrittenOrder(place, text, "", 0, "")
    words = text.split(" ")
    word = WORDS.get(words[0].casefold())
    if word is None:
        raw.refuse(f"{words[0]!r} is no side: receive, pay, buy or sell; {FORM}")
    rest = words[1:]
    if rest and rest[0].casefold() in PROTECTION:
        if word not in ("buy", "sell"):
            raw.refuse(f"protection is bought or sold, not {words[0]!r}")
        word, rest = f"{word}_protection", rest[1:]
    if len(rest) != 2:
        raw.refuse(f"after the side come how many contracts and which, and nothing else; {FORM}")
    return WrittenOrder(place, text, word, _contracts(raw, rest[0]), rest[1].upper())


def _contracts(raw: WrittenOrder, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raw.refuse(f"{text!r} is no number of contracts: digits alone, like 200")
    if not 0 < int(text[:20]) <= MOST_CONTRACTS:
        raw.refuse(f"{text} contracts are not between 1 and {MOST_CONTRACTS:,}")
    return int(text)
