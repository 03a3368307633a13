"""The book of a decision as it would be without its orders: what was held, in the contracts that it was held in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from desk.gold import TARGET_POSITION


def without_orders(book: Mapping[str, pl.DataFrame], as_of: dt.datetime) -> dict[str, pl.DataFrame]:
    """`book` with the target of `as_of` as what the decision found. TARGET_POSITION from the book's first day on, and
    ACTION of the day.

    A roll's old contract is that of the order which closes it; its maturity is that of the day on which it was the
    target. NAV and all rows of other days are as they were.
    """
    lines = book[TARGET_POSITION.name]
    today = pl.col("as_of") == as_of
    closed = book["action"].filter(today, pl.col("contracts_to") == 0, pl.col("contracts_from") != 0)
    names = lines.filter(today).select("instrument_id", target="contract_id")
    left = closed.select("instrument_id", "contract_id").join(names, on="instrument_id")
    left = left.filter(pl.col("contract_id").ne_missing(pl.col("target")))
    ends = lines.filter(~today).drop_nulls("maturity").unique(["instrument_id", "contract_id"])
    ends = ends.select("instrument_id", "contract_id", "maturity")
    left = left.join(ends, on=["instrument_id", "contract_id"]).select(
        "instrument_id", old="contract_id", end="maturity"
    )
    idle = (
        lines.filter(today)
        .join(left, on="instrument_id", how="left", maintain_order="left")
        .with_columns(
            contracts="contracts_before",
            contract_id=pl.coalesce("old", "contract_id"),
            maturity=pl.coalesce("end", "maturity"),
        )
    )
    return {**book, TARGET_POSITION.name: pl.concat([lines.filter(~today), idle.select(lines.columns)])}
