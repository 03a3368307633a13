"""Ways in which a source fails, and what a run must say of each: for the flow tests and for bench/faults.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceFault:
    """`settings`: what the sandbox is told; `kinds`: the errors that the ledger may name; `words`: one of these is in
    the reason that ledger and report give. `blind`: sources whose answers carry nothing by which this could be seen."""

    settings: Mapping[str, Any]
    kinds: frozenset[str]
    words: tuple[str, ...]
    blind: frozenset[str] = field(default_factory=frozenset)


def _fault(kind: str, kinds: str, *words: str, blind: str = "", **more: Any) -> SourceFault:
    return SourceFault({"kind": kind, **more}, frozenset(kinds.split()), words, frozenset(blind.split()))


FAULTS: Mapping[str, SourceFault] = {
    "no answer": _fault("timeout", "Outage BudgetSpent", "no answer after", "time budget"),
    "slow drip": _fault("drip", "BudgetSpent", "time budget"),
    "HTTP 503": _fault("server_error", "Outage BudgetSpent", "HTTP 503"),
    "429, wait 1 s": _fault("rate_limit", "RateLimited BudgetSpent Outage", "too many requests", retry_after=1),
    "429, wait 1 h": _fault("rate_limit", "BudgetSpent", "asks for a pause of", retry_after=3600),
    "cut body": _fault("cut_body", "Outage BudgetSpent", "broken answer", "cut body"),
    "challenge page": _fault("html", "HtmlPayload Outage", "challenge page"),
    "garbage": _fault("garbage", "BadPayload", "not UTF-8", "not a", "last line does not end"),
    "other names": _fault(
        "wrong_schema", "BadPayload", "without", "not a", "no header", "unknown", "the header", "the file",
        "no list", "fields under",
    ),
    # The auctions of another day are seen, Tesouro Direto's one file answers every question; SGS names no series, nor
    # does FRED's JSON: what is plausible for the series passes, and only its level can betray it.
    "other answer": _fault("other_answer", "BadPayload BadRequest", "in answer to", "HTTP 400", "not a history of",
                           blind="bcb_sgs bcb_fx_flow stn_fiscal"),
    "nulls and NaN": _fault("nulls", "BadPayload", "not a", "without", "no number", "digits", "not end", "another"),
    "huge body": _fault(
        "huge", "BadPayload BudgetSpent Outage", "a body of more than", "time budget", "no answer after"
    ),
}  # fmt: skip
