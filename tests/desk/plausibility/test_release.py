"""A held value is released by a sibling or by later prints at its level, and by nothing of its own fetch."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.catalog.plausibility import load_plausibility
from desk.plausibility.release import HELD_SCHEMA, releases
from tests.desk.plausibility.points import NO_PEERS, PTAX, peer, series
from tests.desk.plausibility.test_judge import walk

CATALOG, RULES = load_catalog(), load_plausibility()
HISTORY = series(PTAX, walk(60))
AFTER = HISTORY["obs_date"][-1] + dt.timedelta(days=1)


def held(rows: pl.DataFrame, rule: str) -> pl.DataFrame:
    """The first of `rows`, held an hour after it was known."""
    return rows[:1].select(
        *rows.columns,
        hold_id=pl.lit(7, dtype=pl.Int64),
        rule=pl.lit(rule),
        held_at=pl.col("knowledge_time").dt.offset_by("1h"),
    ).cast(HELD_SCHEMA)  # fmt: skip


def released(rows: pl.DataFrame, rule: str, peers: pl.DataFrame = NO_PEERS) -> list[str]:
    found = releases(held(rows, rule), HISTORY, rows[1:], peers, RULES, CATALOG)
    assert {one.hold_id for one in found} <= {7}
    return [f"{one.rule}: {one.reason}" for one in found]


def test_an_independent_sibling_releases() -> None:
    rows = series(PTAX, [6.6], first=AFTER)
    assert released(rows, "step", peer(rows, "yahoo_usdbrl", 6.55, 0.2, 0.6)) == ["sibling: yahoo_usdbrl agrees"]
    assert released(rows, "step", peer(rows, "usdbrl_ptax_buy", 6.6, 0.2, 0.6, confirms=False)) == []


@pytest.mark.parametrize(("rule", "prints"), [("step", 1), ("slip", 3), ("sibling", 3), ("digits", 3)])
def test_prints_that_keep_the_level_release(rule: str, prints: int) -> None:
    rows = series(PTAX, [6.6, 6.7, 6.65, 6.62], first=AFTER)
    assert released(rows[:prints], rule) == []
    assert len(released(rows[: prints + 1], rule)) == 1


def test_a_print_that_goes_back_does_not_release() -> None:
    assert released(series(PTAX, [6.6, 4.1, 4.12, 4.1], first=AFTER), "step") == []


@pytest.mark.parametrize("rule", ["bounds", "shift", "stale"])
def test_what_no_print_can_prove_waits_for_a_person_or_a_sibling(rule: str) -> None:
    assert released(series(PTAX, [6.6, 6.7, 6.65, 6.62, 6.6], first=AFTER), rule) == []


def test_a_contradiction_keeps_it_held() -> None:
    rows = series(PTAX, [6.6, 6.7], first=AFTER)
    assert released(rows, "step", peer(rows[:1], "usdbrl_sgs_sell", 4.1, 0.001, 0.01)) == []
    assert released(rows, "step", peer(rows[1:], "usdbrl_sgs_sell", 4.1, 0.001, 0.01)) == []


def test_the_fetch_that_brought_it_is_no_witness() -> None:
    rows = series(PTAX, [6.6, 6.7], first=AFTER)
    together = rows.with_columns(knowledge_time=pl.lit(rows["knowledge_time"][0]))
    assert released(together, "step") == []
