"""A small part of OData's $filter: comparisons of a field with a text or a number, `and`, `or`, parentheses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Row = Mapping[str, str | int]
_TOKEN = re.compile(r"\s*(?:(\()|(\))|'((?:[^']|'')*)'|([\w.-]+))")
_SIGNS = ("eq", "ne", "ge", "gt", "le", "lt")
_FIRST, _LAST = "", "\uffff"


@dataclass(frozen=True)
class Comparison:
    """`field` compared with `value` by a sign such as `ge`."""

    field: str
    sign: str
    value: str


@dataclass(frozen=True)
class Junction:
    """All of `parts` (`and`) or any of them (`or`); an empty `and` is always true."""

    word: str
    parts: tuple[Comparison | Junction, ...]


Condition = Comparison | Junction


def parse_filter(text: str) -> Condition:
    """The condition of a $filter text. Raises ValueError for anything outside the supported part of OData."""
    tokens = _tokens(text)
    if not tokens:
        return Junction("and", ())
    condition, rest = _any(tokens)
    if rest:
        raise ValueError(f"$filter: unexpected {rest[0]!r}")
    return condition


def matches(condition: Condition, row: Row) -> bool:
    """True where a row meets the condition. Raises ValueError for an unknown field."""
    if isinstance(condition, Junction):
        truths = (matches(part, row) for part in condition.parts)
        return all(truths) if condition.word == "and" else any(truths)
    if condition.field not in row:
        raise ValueError(f"$filter: no field {condition.field}")
    found, value = str(row[condition.field]), condition.value
    return {
        "eq": found == value,
        "ne": found != value,
        "ge": found >= value,
        "gt": found > value,
        "le": found <= value,
        "lt": found < value,
    }[condition.sign]


def bounds(condition: Condition, field: str) -> tuple[str, str]:
    """The least and greatest text that `field` can have where the condition holds."""
    if isinstance(condition, Comparison):
        if condition.field != field or condition.sign == "ne":
            return _FIRST, _LAST
        low = condition.value if condition.sign in ("eq", "ge", "gt") else _FIRST
        high = condition.value if condition.sign in ("eq", "le", "lt") else _LAST
        return low, high
    spans = [bounds(part, field) for part in condition.parts]
    if not spans:
        return _FIRST, _LAST
    if condition.word == "and":
        return max(low for low, _ in spans), min(high for _, high in spans)
    return min(low for low, _ in spans), max(high for _, high in spans)


def _tokens(text: str) -> list[tuple[str, str]]:
    """Kind (`open`, `close`, `text`, `word`) and content."""
    found, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"$filter: cannot read {text[place:][:20]!r}")
        place = match.end()
        kinds = ("open", "close", "text", "word")
        kind, content = next((k, c) for k, c in zip(kinds, match.groups(), strict=True) if c is not None)
        found.append((kind, content.replace("''", "'")))
    return found


Tokens = list[tuple[str, str]]


def _any(tokens: Tokens) -> tuple[Condition, Tokens]:
    return _joined(tokens, "or", _all)


def _all(tokens: Tokens) -> tuple[Condition, Tokens]:
    return _joined(tokens, "and", _one)


def _joined(tokens: Tokens, word: str, inner: object) -> tuple[Condition, Tokens]:
    part, tokens = inner(tokens)  # type: ignore[operator]
    parts = [part]
    while tokens and tokens[0] == ("word", word):
        part, tokens = inner(tokens[1:])  # type: ignore[operator]
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Junction(word, tuple(parts))), tokens


def _one(tokens: Tokens) -> tuple[Condition, Tokens]:
    if tokens and tokens[0][0] == "open":
        condition, rest = _any(tokens[1:])
        if not rest or rest[0][0] != "close":
            raise ValueError("$filter: a parenthesis is not closed")
        return condition, rest[1:]
    if len(tokens) < 3 or tokens[0][0] != "word" or tokens[1][1] not in _SIGNS:
        raise ValueError("$filter: a comparison is field, sign, value")
    return Comparison(tokens[0][1], tokens[1][1], tokens[2][1]), tokens[3:]
