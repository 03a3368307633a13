"""Plausibility checks on the parsed rows of one fetch: each row passes or fails each rule.

No row is dropped: a row that fails is stored, and the ledger records the failure. The score is the weighted share of
passes, 0 to 1; a fetch without rows scores 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from desk.model import SilverTable, desk_day

MAIN_VALUES: Mapping[str, tuple[str, ...]] = {
    "observation": ("value",),
    "curve_point": ("rate",),
    "settlement": ("price", "rate"),
    "price_bar": ("close",),
    "expectation": ("median", "mean"),
}
"""Table -> columns of which at least one must hold a number."""

JUMP_SCALES = 15.0
"""A step this many robust standard deviations (1.4826 MAD of the entity's own steps) from the median step is flagged.
On real history USD/BRL's worst day (2017-05-18) reaches 14.9; of 9,143 days of VIX 13 are flagged, March 2020 first
with 27; a misplaced decimal point is far beyond either."""
JUMP_MIN_STEPS = 20
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """`passes` maps a frame to one boolean for each row; null (the rule does not apply) counts as a pass."""

    name: str
    weight: float
    passes: Callable[[SilverTable, pl.DataFrame, dt.datetime], pl.Expr]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one rule: rows checked, rows that failed, and up to EXAMPLES keys of those that failed."""

    rule: str
    weight: float
    rows: int
    failed: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """The results of all rules over the rows of one table. `score`: 0 to 1."""

    score: float
    rows: int
    checks: tuple[Check, ...]

    def as_json(self) -> dict[str, Any]:
        """Score, rows and failed rules, as the ledger's column `checks` stores them."""
        flagged = [
            {"rule": check.rule, "failed": check.failed, "examples": list(check.examples)}
            for check in self.checks
            if check.failed
        ]
        return {"score": round(self.score, 6), "rows": self.rows, "flagged": flagged}


def check_rows(table: SilverTable, parsed: pl.DataFrame, as_of: dt.datetime) -> Quality:
    """The results of all rules over `parsed`, a frame with at least the parsed schema."""
    if parsed.is_empty():
        return Quality(0.0, 0, ())
    # Steps are taken along time; the sort lets the jump rule see each entity's rows in order.
    frame = parsed.sort([*table.entity, "obs_date", "knowledge_time"], nulls_last=False)
    passes = frame.select(rule.passes(table, frame, as_of).fill_null(True).alias(rule.name) for rule in RULES)
    checks = tuple(_check(rule, table, frame, passes[rule.name]) for rule in RULES)
    total = sum(check.weight for check in checks)
    passed = sum(check.weight * (1 - check.failed / check.rows) for check in checks)
    return Quality(passed / total, parsed.height, checks)


def combined(parts: Mapping[str, Quality]) -> dict[str, Any]:
    """One dataset's results over its tables, the score weighted by rows, as the ledger's `checks` stores them."""
    rows = sum(part.rows for part in parts.values())
    score = sum(part.score * part.rows for part in parts.values()) / rows if rows else 0.0
    return {"score": round(score, 6), "rows": rows, "tables": {name: part.as_json() for name, part in parts.items()}}


def _check(rule: Rule, table: SilverTable, frame: pl.DataFrame, passes: pl.Series) -> Check:
    if passes.all():
        return Check(rule.name, rule.weight, frame.height, 0, ())
    failing = frame.filter(~passes)
    examples = failing.head(EXAMPLES).select(*table.entity, "obs_date").rows()
    return Check(
        rule.name, rule.weight, frame.height, failing.height, tuple(" ".join(map(str, row)) for row in examples)
    )


def _floats(table: SilverTable) -> list[str]:
    return [name for name in table.values if table.parsed_schema[name].is_float()]


def _present(table: SilverTable, frame: pl.DataFrame, as_of: dt.datetime) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_not_null() for name in MAIN_VALUES[table.name])


def _finite(table: SilverTable, frame: pl.DataFrame, as_of: dt.datetime) -> pl.Expr:
    return pl.all_horizontal(pl.col(name).is_finite().fill_null(True) for name in _floats(table))


def _unique(table: SilverTable, frame: pl.DataFrame, as_of: dt.datetime) -> pl.Expr:
    return pl.struct(table.key).is_first_distinct()


def _not_future(table: SilverTable, frame: pl.DataFrame, as_of: dt.datetime) -> pl.Expr:
    return pl.col("obs_date") <= desk_day(as_of)


def _ordered(table: SilverTable, frame: pl.DataFrame, as_of: dt.datetime) -> pl.Expr:
    """Bars: low <= open, close <= high. Expectations: minimum <= median <= maximum. Others: obs_date is not null."""
    if table.name == "price_bar":
        low, high = pl.col("low"), pl.col("high")
        inside = [(pl.col(name) >= low) & (pl.col(name) <= high) for name in ("open", "close")]
        return pl.all_horizontal(part.fill_null(True) for part in inside)
    if table.name == "expectation":
        return (pl.col("median") >= pl.col("minimum")) & (pl.col("median") <= pl.col("maximum"))
    return pl.col("obs_date").is_not_null()


def _no_jump(table: SilverTable, frame: pl.DataFrame, as_of: dt.datetime) -> pl.Expr:
    value = pl.col(MAIN_VALUES[table.name][0])
    step = value.diff().over(table.entity)
    middle = step.median().over(table.entity)
    scale = 1.4826 * (step - middle).abs().median().over(table.entity)
    enough = step.count().over(table.entity) >= JUMP_MIN_STEPS
    # The scale of a rate that changes a few times a year is zero, up to the rounding of floats: no rule applies.
    moves = scale > 1e-9 * value.abs().max().over(table.entity)
    return ~(enough & moves & ((step - middle).abs() > JUMP_SCALES * scale))


RULES: tuple[Rule, ...] = (
    Rule("a value is present", 3.0, _present),
    Rule("values are finite", 3.0, _finite),
    Rule("a key comes once", 3.0, _unique),
    Rule("not from the future", 2.0, _not_future),
    Rule("parts are in order", 1.0, _ordered),
    Rule("no implausible jump", 1.0, _no_jump),
)
