"""The comparison of two reports: each part lists what changed, and nothing else."""

import dataclasses
from typing import Any

import pytest

from desk.errors import BadInput
from desk.model import decision_time
from reports.elements.report_data import ReportData
from reports.page.diff import PARTS, differences
from tests.reports.hand_made import LIMIT, NOW, ago, levels, made, tail
from tests.reports.sample import sample


def part(text: str, title: str) -> list[str]:
    lines = text.split("\n")
    start = lines.index(title) + 1
    found = []
    for line in lines[start:]:
        if not line:
            break
        found.append(line.strip())
    return found


def both(**tables: list[dict[str, Any]]) -> tuple[ReportData, ReportData]:
    """The same rows as read by yesterday's decision and by today's."""
    after = made(**tables)
    return dataclasses.replace(after, as_of=ago(1)), after


def test_each_part_lists_what_changed() -> None:
    signal = {"strategy_id": "FX_X", "asset_class": "FX"}
    held = {"instrument_id": "DOL", "contract_id": "DOLZ26", "contracts_before": 0}
    text = differences(
        *both(
            feature=levels("usdbrl", (1, 5.0, 1), (0, 5.25, 1)) + levels("pre_252", (1, 0.13, 1), (0, 0.13, 1)),
            portfolio_state=[{"as_of": ago(1), "nav_brl": 100e6}, {"nav_brl": 101e6}],
            risk_metrics_daily=[tail(0.01, back=1), tail(0.02)],
            regime=[
                {"as_of": ago(1), "regime_id": "A", "probability": 0.9},
                {"as_of": ago(1), "regime_id": "B", "probability": 0.1},
                {"regime_id": "A", "probability": 0.2},
                {"regime_id": "B", "probability": 0.8},
            ],
            strategy_signals=[
                {**signal, "as_of": ago(1), "score": 0.3},
                {**signal, "score": -0.2},
                {**signal, "strategy_id": "FX_Y", "as_of": ago(1), "score": 0.30},
                {**signal, "strategy_id": "FX_Y", "score": 0.31},
                {**signal, "strategy_id": "FX_Z", "as_of": ago(1), "score": 0.30},
                {**signal, "strategy_id": "FX_Z", "score": None},
            ],
            target_position=[
                {**held, "as_of": ago(1), "contracts": 10},
                {**held, "contracts": -5},
                {**held, "as_of": ago(1), "instrument_id": "IND", "contract_id": "INDV26", "contracts": 3},
                {**held, "instrument_id": "IND", "contract_id": "INDZ26", "contracts": 3},
            ],
            risk_limits_status=[
                {**LIMIT, "as_of": ago(1), "utilisation": 0.5, "status": "green"},
                LIMIT,
            ],
            dataset_status=[
                {"as_of": ago(1), "dataset": "a", "state": "ok"},
                {"dataset": "a", "state": "failed"},
            ],
        )
    )
    assert text.startswith("live world, from 18 Nov 2026 to 19 Nov 2026\n")
    assert part(text, "NUMBERS") == [
        "NAV: BRL 100.00 million -> BRL 101.00 million",
        "VaR 95% (historical): 1.00% -> 2.00%",
    ]
    assert part(text, "MARKET") == ["USD/BRL: 5.0000 BRL per USD -> 5.2500 BRL per USD"]
    assert part(text, "REGIME") == ["leader: A -> B", "A: 90% -> 20%", "B: 10% -> 80%"]
    assert part(text, "SIGNALS") == [
        "FX_Z: +0.30 -> not known",
        "FX_X: +0.30 -> −0.20 (−0.50)  CHANGED SIDE",
        "and 1 strategy moved by less than 0.05",
    ]
    assert part(text, "POSITIONS") == [
        "DOLZ26 (DOL): +10 -> −5 contracts",
        "INDV26 (IND): +3 -> 0 contracts",
        "INDZ26 (IND): 0 -> +3 contracts",
    ]
    assert part(text, "LIMITS") == ["VaR 95%, one day: 50.0% green -> 90.0% red  STATUS CHANGED"]
    assert part(text, "DATA") == ["a: ok -> failed"]
    assert part(text, "AGENTS") == ["nothing"]


def test_a_value_that_one_side_does_not_know_is_named_and_not_taken_for_zero() -> None:
    before, after = both(target_position=[{"instrument_id": "DOL", "contract_id": "DOLZ26", "contracts": 4}])
    assert part(differences(before, after), "POSITIONS") == ["no targets are known on 18 Nov 2026"]


def test_a_whole_report_against_the_one_before() -> None:
    after = sample(days=40)
    times = after.frames["portfolio_state"]["as_of"]
    text = differences(dataclasses.replace(after, as_of=times[-2]), after)
    assert [line for line in text.split("\n") if line in PARTS] == list(PARTS)
    assert "NAV: BRL" in text


def test_two_worlds_and_the_wrong_order_are_bad_input() -> None:
    one, two = sample(days=3), sample(days=3, world="live")
    with pytest.raises(BadInput, match="one report is of the sandbox world"):
        differences(one, two)
    with pytest.raises(BadInput, match="is not before"):
        differences(one, one)
    assert decision_time(one.day) == NOW
