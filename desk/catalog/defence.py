"""When the book does not believe a price, and when its orders are not issued: typed records of defence.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.catalog import read_toml
from desk.errors import BadCatalog

PRICE_GROUPS = (
    "pre",
    "real",
    "real_long",
    "cupom",
    "ust",
    "usdbrl",
    "ibovespa",
    "ipca_index_pro_rata",
    "usd_short_rate",
)
"""What prices are read off: each a curve or a spot with one source and one session a day."""


@dataclass(frozen=True)
class Defence:
    """`price_age`: group of PRICE_GROUPS -> business days; `signal_share`: 0 to 1. Meanings: defence.toml."""

    price_age: Mapping[str, int]
    signal_share: float


def load_defence() -> Defence:
    """The typed defence.toml. Raises BadCatalog for a missing, unknown or impossible entry."""
    raw = read_toml("defence")
    try:
        ages, share = {name: int(days) for name, days in raw["price_age"].items()}, float(raw["signal_age"]["share"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadCatalog(f"defence.toml: {error!r}") from error
    if set(ages) != set(PRICE_GROUPS):
        raise BadCatalog(f"defence.toml: price_age needs exactly {', '.join(PRICE_GROUPS)}")
    if min(ages.values()) < 0 or not 0 < share <= 1:
        raise BadCatalog("defence.toml: an age is negative, or signal_age.share is outside 0 to 1")
    return Defence(ages, share)
