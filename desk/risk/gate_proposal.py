"""What the gate judges, as one code: the orders of a decision with the NAV that they were sized on.

A person releases orders that were seen. The code of those is kept with the release; orders of another code are others,
and are judged anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

import polars as pl

from desk.risk.gate import FAILED, PASSED, RELEASED

RELEASED_ORDERS = "released"
"""The check that the orders are among those that a person has released, where there was a release of the day."""
CODE_LENGTH = 12
SEEN = ("instrument_id", "contract_id", "contracts_from", "contracts_to", "order_contracts", "sentence")
"""What of an order a person sees, and releases."""


def proposal_code(orders: pl.DataFrame, state: pl.DataFrame, checks: pl.DataFrame) -> str:
    """12 hexadecimal digits over ACTION rows, the PORTFOLIO_STATE row of their day and the failed checks: another
    order, another NAV (to the cent) or another reason to stop is another proposal."""
    failed = checks.filter(pl.col("state").is_in([FAILED, RELEASED]), pl.col("check_id") != RELEASED_ORDERS)["check_id"]
    nav = state["nav_brl"][0] if state.height else None
    rows = orders.select(SEEN).sort(SEEN).rows()
    about = (str(state["as_of"][0]) if state.height else "", "none" if nav is None else f"{nav:.2f}", sorted(failed))
    return sha256(repr((about, rows)).encode()).hexdigest()[:CODE_LENGTH]


def with_releases(checks: pl.DataFrame, code: str, released: Sequence[str]) -> pl.DataFrame:
    """ACTION_GATE rows with the word of a person. `released`: the codes that were released of the day, oldest first.

    Where `code` is one of them, what has failed is released. Where others were, the orders are stopped, whatever the
    other checks say: nobody has seen them.
    """
    own = pl.col("check_id") == RELEASED_ORDERS
    if not released:
        return checks
    if code not in released:
        words, facts = f"{released[-1]} -> {code}", json.dumps({"released": released[-1], "orders": code})
        return checks.with_columns(
            value=pl.when(own).then(1.0).otherwise("value"),
            state=pl.when(own).then(pl.lit(FAILED)).otherwise("state"),
            detail=pl.when(own).then(pl.lit(words)).otherwise("detail"),
            facts=pl.when(own).then(pl.lit(facts)).otherwise("facts"),
        )
    return checks.with_columns(
        value=pl.when(own).then(0.0).otherwise("value"),
        state=pl.when(own)
        .then(pl.lit(PASSED))
        .when(pl.col("state") == FAILED)
        .then(pl.lit(RELEASED))
        .otherwise("state"),
    )
