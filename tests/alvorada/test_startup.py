"""A part of the stack that is stuck at its start is one line and a second try; one that ends says why and is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alvorada.stack.data_dir import DataDir
from alvorada.stack.processes import ProcessFailed
from alvorada.stack.startup import StackOptions, Startup

pytestmark = pytest.mark.process


@pytest.fixture
def startup(tmp_path: Path) -> Iterator[Startup]:
    made = Startup(DataDir(tmp_path).create(), StackOptions(True, 1, 2, 7))
    yield made
    for process in made.processes:
        process.stop(grace=0.0)


def test_one_that_is_stuck_is_tried_once_more_and_said_in_one_line(
    startup: Startup, capsys: pytest.CaptureFixture[str]
) -> None:
    first = startup._start("the part", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ))
    again = startup._ready(first, lambda: Path(f"{first.log}.1").exists(), 0.0)
    assert again.id != first.id
    assert first.exit_code() is not None, "the stuck one is stopped"
    assert startup.processes == [again]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("the part did not answer within 0 s (log: ")
    assert line.endswith("; once more")


def test_one_that_is_stuck_twice_is_given_up(startup: Startup, capsys: pytest.CaptureFixture[str]) -> None:
    first = startup._start("the part", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ))
    with pytest.raises(ProcessFailed, match="the part did not answer"):
        startup._ready(first, lambda: False, 0.0)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_one_that_ends_is_not_tried_again(startup: Startup, capsys: pytest.CaptureFixture[str]) -> None:
    first = startup._start("the part", [sys.executable, "-c", "raise SystemExit('no port')"], dict(os.environ))
    with pytest.raises(ProcessFailed, match="ended at its start with code 1: no port"):
        startup._ready(first, lambda: False, 60.0)
    assert capsys.readouterr().err == ""
    assert startup.processes == [first]
