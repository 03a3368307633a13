"""Explanations of figures: the formula, the numbers in it, and the payloads that those came from.

figure.py         the parts of an explanation
decision_gold.py  one decision's gold, read on demand
inputs.py         from a panel column to the receipts behind it
explainers.py     one explainer for each kind of figure;  book.py: of the book;  changes.py: of its changes;
                  money.py: P&L and orders;  risk.py: of risk
"""

from __future__ import annotations

import datetime as dt
import difflib

from desk.catalog import Catalog
from desk.errors import BadInput
from desk.model import desk_day
from tasks.explain.decision_gold import Facts
from tasks.explain.explainers import KINDS
from tasks.explain.figure import Explanation
from tasks.explain.inputs import trace
from tasks.store import Store

SUGGESTIONS = 5


async def explain(store: Store, catalog: Catalog, figure: str, as_of: dt.datetime) -> Explanation:
    """The explanation of `figure`, such as `risk.var_99`, by what was known at the decision of `as_of`.

    Raises BadInput for a decision that is not stored, and for an unknown figure, with the names that resemble it.
    """
    facts = Facts(store, catalog, as_of)
    if not await facts.rows("portfolio_state"):
        days = await store.gold_days("portfolio_state")
        stored = f"there are {desk_day(days[0])} to {desk_day(days[-1])}" if days else "there are none yet"
        raise BadInput(f"no decision of {desk_day(as_of)} is stored: {stored}")
    kind, _, key = figure.strip().partition(".")
    draft = await KINDS[kind].explain(facts, key) if kind in KINDS and key else None
    if draft is None:
        raise BadInput(await _unknown(facts, figure))
    inputs = await trace(facts, draft.columns)
    return Explanation(figure.strip(), as_of, store.world, draft, inputs)


async def _unknown(facts: Facts, figure: str) -> str:
    names = [f"{kind}.{key}" for kind, item in KINDS.items() for key in await item.names(facts)]
    by_lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(figure.strip().lower(), list(by_lower), SUGGESTIONS, 0.5)
    kinds = ", ".join(f"{kind}.{item.shape}" for kind, item in KINDS.items())
    suggestions = f"; near: {', '.join(by_lower[name] for name in near)}" if near else ""
    return f"there is no figure {figure!r} on {desk_day(facts.as_of)}{suggestions}. Figures are {kinds}"


__all__ = ["Explanation", "explain"]
