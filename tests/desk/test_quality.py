"""Every rule fires on what it is for, flags without dropping, and says so in the ledger's words."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence

import polars as pl
import pytest

from desk.model import EXPECTATION, OBSERVATION, PRICE_BAR, SilverTable, decision_time, parsed_frame
from desk.quality import RULES, check_rows, combined

AS_OF = decision_time(dt.date(2026, 1, 12))
WEIGHT = {rule.name: rule.weight for rule in RULES}


def observations(values: Sequence[float | None], first: dt.date = dt.date(2025, 10, 1)) -> pl.DataFrame:
    days = [first + dt.timedelta(days=n) for n in range(len(values))]
    return parsed_frame(OBSERVATION, {"series_id": ["x"] * len(values), "obs_date": days, "value": values})


def flagged(table: SilverTable, frame: pl.DataFrame) -> dict[str, int]:
    return {check.rule: check.failed for check in check_rows(table, frame, AS_OF).checks if check.failed}


def test_nothing_wrong_scores_one() -> None:
    quality = check_rows(OBSERVATION, observations([1.0, 2.0, 1.5]), AS_OF)
    assert (quality.score, quality.rows) == (1.0, 3)
    assert quality.as_json() == {"score": 1.0, "rows": 3, "flagged": []}


def test_no_rows_score_zero() -> None:
    assert check_rows(OBSERVATION, observations([]), AS_OF).as_json() == {"score": 0.0, "rows": 0, "flagged": []}


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (observations([1.0, None]), "a value is present"),
        (observations([1.0, math.inf]), "values are finite"),
        (observations([1.0, math.nan]), "values are finite"),
        (pl.concat([observations([1.0, 2.0]), observations([1.5])]), "a key comes once"),
        (observations([1.0, 2.0], first=dt.date(2026, 1, 12)), "not from the future"),
        (observations([5.0 + 0.01 * math.sin(n * n) for n in range(60)] + [540.0]), "no implausible jump"),
    ],
)
def test_each_rule_fires_on_its_one_bad_row(frame: pl.DataFrame, rule: str) -> None:
    assert flagged(OBSERVATION, frame) == {rule: 1}
    score = check_rows(OBSERVATION, frame, AS_OF).score
    assert score == pytest.approx(1 - WEIGHT[rule] / sum(WEIGHT.values()) / frame.height)


def test_a_step_rate_and_a_short_series_have_no_jumps() -> None:
    assert flagged(OBSERVATION, observations([0.1375] * 60 + [0.15] * 5 + [0.1475] * 5)) == {}
    assert flagged(OBSERVATION, observations([5.0, 5.01, 5.0, 540.0])) == {}


def test_a_jump_is_an_entity_of_its_own_affair() -> None:
    """Ten thousand points a day are nothing to an index, and everything to an exchange rate."""
    small = observations([5.0 + 0.01 * math.sin(n * n) for n in range(60)])
    large = small.with_columns(series_id=pl.lit("y"), value=pl.col("value") * 20_000)
    assert flagged(OBSERVATION, pl.concat([small, large])) == {}


def test_a_bar_whose_close_is_above_its_high_is_flagged() -> None:
    frame = parsed_frame(
        PRICE_BAR,
        {
            "instrument_id": ["a", "b", "c"], "obs_date": [dt.date(2026, 1, 9)] * 3, "open": [1.0, 1.0, None],
            "high": [2.0, 2.0, None], "low": [0.5, 0.5, None], "close": [1.5, 2.5, 1.0], "volume": [1.0, 1.0, None],
        },
    )  # fmt: skip
    assert flagged(PRICE_BAR, frame) == {"parts are in order": 1}


def test_a_median_outside_its_range_is_flagged() -> None:
    frame = parsed_frame(
        EXPECTATION,
        {
            "indicator": ["IPCA"], "reference": ["2026"], "base": [0], "obs_date": [dt.date(2026, 1, 9)],
            "median": [0.05], "mean": [0.04], "std_dev": [0.001], "minimum": [0.03], "maximum": [0.045],
            "respondents": [100],
        },
    )  # fmt: skip
    assert flagged(EXPECTATION, frame) == {"parts are in order": 1}


def test_the_ledger_gets_plain_json_with_examples() -> None:
    quality = check_rows(OBSERVATION, observations([1.0, math.nan, None]), AS_OF)
    reported = combined({"observation": quality, "price_bar": check_rows(PRICE_BAR, bars(), AS_OF)})
    assert json.loads(json.dumps(reported, allow_nan=False)) == reported
    assert reported["rows"] == 3
    assert reported["tables"]["observation"]["flagged"][0] == {
        "rule": "a value is present", "failed": 1, "examples": ["x 2025-10-03"],
    }  # fmt: skip


def bars() -> pl.DataFrame:
    return pl.DataFrame(schema=PRICE_BAR.parsed_schema)
