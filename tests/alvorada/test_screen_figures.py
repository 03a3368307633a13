"""The ten figures of a run against numbers that do not come out of it: the simulated world's own, with some misread."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from alvorada.cli import first_morning_commands, scratch_run
from alvorada.cli.screen_figures import Figure, figure_lines, needs_a_hand, screen_number
from alvorada.stack.data_dir import DataDir, database_name
from alvorada.stack.postgres import Postgres
from desk.errors import BadInput
from tasks.store import open_store
from tests.alvorada.conftest import UsedDataDir

PTAX = Figure("usdbrl", "PTAX sell", "bcb.gov.br", "BRL per USD", 4, 0.00005, "the day", 5.4321, "of 2026-11-19")


@pytest.mark.parametrize(
    ("text", "whole", "value"),
    [
        ("5.4321", False, 5.4321), ("5,4321", False, 5.4321), (" 13,25 % ", False, 13.25), ("-0,32", False, -0.32),
        ("128.345,10", False, 128345.10), ("128,345.10", False, 128345.10), ("128.345", True, 128345.0),
        ("128,345", True, 128345.0), ("128345", True, 128345.0), ("5,432", False, 5.432),
        ("1.234.567,8", False, 1234567.8),
    ],
)  # fmt: skip
def test_a_number_is_read_as_screens_show_it(text: str, whole: bool, value: float) -> None:
    assert screen_number(text, whole=whole) == value


@pytest.mark.parametrize("text", ["five", "5..4", "1,2,3", "", "5.4 3", "nan", "1e3"])
def test_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        screen_number(text)


@given(st.decimals(-999_999, 999_999, places=4))
def test_both_ways_of_writing_are_one_number(value: object) -> None:
    english = f"{value:,.4f}"
    assert screen_number(english) == screen_number(english.translate(str.maketrans(".,", ",."))) == float(str(value))


@pytest.mark.parametrize(
    ("read", "verdict"), [("5,4321", "agrees"), ("5.43214", "agrees"), ("5.4322", "differs"), ("", "open")]
)
def test_what_is_read_agrees_within_the_tolerance_alone(read: str, verdict: str) -> None:
    assert PTAX.answered(read).verdict == verdict


def test_a_figure_that_the_run_does_not_have_is_missing() -> None:
    assert Figure("x", "q", "s", "%", 2, 0.1, "r").verdict == "missing"
    assert Figure("x", "q", "s", "%", 2, 0.1, "r", float("nan")).verdict == "missing"


def test_the_question_does_not_show_our_number() -> None:
    assert "5.4321" not in PTAX.prompt()
    assert "of 2026-11-19" in PTAX.prompt()


def test_what_does_not_agree_is_named_with_what_settles_it() -> None:
    page = "\n".join(figure_lines([PTAX.answered("5.44"), PTAX.answered("5.4321"), PTAX], "/scratch"))
    assert page.count("| [x] |") == 1
    assert "**usdbrl**, differs: off by -0.0079 BRL per USD: the day" in page
    assert "**usdbrl**, open: read it off bcb.gov.br" in page
    assert "All ten agree" not in page


def test_the_run_has_nothing_of_the_desk() -> None:
    desk = {
        "DATABASE_URL": "postgres://desk", "ALVORADA_DATABASE_URL": "postgres://desk", "ALVORADA_LAKE_URL": "s3://desk",
        "PREFECT_API_URL": "http://desk", "SLACK_WEBHOOK_URL": "https://desk", "SMTP_HOST": "desk",
        "ALVORADA_HOME": "/desk", "ALVORADA_SEND_REPORTS": "always", "FRED_API_KEY": "k", "ALVORADA_CONTACT": "c",
    }  # fmt: skip
    assert scratch_run.scratch_environment(Path("/scratch"), desk) == {
        "ALVORADA_HOME": "/scratch", "ALVORADA_SEND_REPORTS": "never", "FRED_API_KEY": "k", "ALVORADA_CONTACT": "c",
    }  # fmt: skip


def test_the_runs_before_it_stay(tmp_path: Path) -> None:
    data_dir, at = DataDir(tmp_path), dt.datetime(2026, 11, 30, 9, 5, tzinfo=dt.UTC)
    with pytest.raises(BadInput, match="--run comes first"):
        scratch_run.newest_folder(data_dir, "live")
    for hours in (0, 1):
        scratch_run.new_folder(data_dir, "live", at + dt.timedelta(hours=hours)).mkdir(parents=True)
    assert scratch_run.newest_folder(data_dir, "live").name == "live-2026-11-30T100500"


def answers(*given_answers: str) -> Callable[..., str]:
    left = list(given_answers)

    def answer(*_: object, **__: object) -> str:
        if not left:
            raise typer.Abort
        return left.pop(0)

    return answer


def test_a_slip_of_the_keyboard_is_asked_again_and_the_end_of_input_leaves_the_rest_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(typer, "prompt", answers("5.4e", "5,4321", ""))
    missing = Figure("x", "q", "s", "%", 2, 0.1, "r")
    found = first_morning_commands.put([PTAX, missing, PTAX, PTAX])
    assert [one.verdict for one in found] == ["agrees", "missing", "open", "open"]
    assert len(needs_a_hand(found)) == 3


async def of_run(postgres: Postgres) -> tuple[dict[str, Figure], pl.DataFrame]:
    async with open_store(postgres.url(database_name("sandbox")), None, pool_size=2) as store:
        as_of = (await store.gold_days("feature"))[-1]
        found = await scratch_run.figures_of(store, as_of)
        assert len(found) == 10
        settled = await store.read_silver("settlement", as_of, as_of.date() - dt.timedelta(days=10))
        return {one.key: one for one in found}, settled.sort("obs_date", "knowledge_time")


@pytest.mark.process
@pytest.mark.timeout(300)
async def test_ten_figures_of_a_run_against_the_world_behind_it(
    used_data_dir: UsedDataDir, live_postgres: Postgres
) -> None:
    """The screen is the simulated exchange's settlement and the page of the day: nothing is read off the figures."""
    figures, settled = await of_run(live_postgres)
    assert {one.verdict for one in figures.values()} == {"open"}, figures
    page = re.sub(r"<[^>]+>", " ", used_data_dir.page.read_text(encoding="utf-8"))
    assert f"{figures['usdbrl'].ours:.4f}" in page
    curves = [name for name in figures if name.startswith(("pre_at_", "real_at_"))]
    assert len(curves) == 2
    for name in curves:
        contract = name.rpartition("_")[2]
        row = settled.filter(pl.col("contract_id") == contract).tail(1)
        assert figures[name].answered(f"{row['rate'][0] * 100:.3f}").verdict == "agrees"
        assert figures[name].answered(f"{row['rate'][0] * 100 + 1.0:.3f}").verdict == "differs"
