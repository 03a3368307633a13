"""A verdict in words, for the ledger, the report and the person who decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORDS: Mapping[str, str] = {
    "bounds": "outside what the quantity can be",
    "slip": "as far off as a misplaced decimal point or a lost sign puts it",
    "digits": "with more digits than the publisher prints, as after a misplaced decimal point",
    "sibling": "contradicted by {peer} at {peer_value}",
    "shift": "the values of the day beside it{by}",
    "fact": "{peer} has the same fact at {peer_value}",
    "stale": "repeated while {peer} moved to {peer_value}",
    "step": "a step past the largest that its kind has shown, {score} deviations of its own",
    "calendar": "a new number from a day on which its source is closed",
}


def reason(verdict: Mapping[str, Any]) -> str:
    """`verdict`: one row of VERDICT_SCHEMA that is not ok."""
    peer, value = verdict["peer"], verdict["peer_value"]
    facts = {
        "peer": peer or "a sibling",
        "peer_value": "an unknown value" if value is None else f"{value:.8g}",
        "score": "many" if verdict["score"] is None else f"{verdict['score']:.0f}",
        "by": f", {peer} at {value:.8g}" if peer and value is not None else "",
    }
    rule = WORDS[verdict["rule"]]
    if verdict["rule"] == "stale" and value is None:
        rule = "repeated while {peer} moved" if peer else "repeated as often as no live market repeats"
    expected = verdict["expected"]
    against = "no earlier value" if expected is None else f"{expected:.8g} expected"
    return f"{verdict['value']:.8g} against {against}: {rule.format(**facts)}"
