"""Past pages by the command line: years later, of any version, and after a restatement that was killed."""

from __future__ import annotations

import re
import signal
import subprocess
import time

import pytest

from tests.alvorada.conftest import UsedDataDir

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]
YEARS_LATER = {"ALVORADA_NOW": "2031-03-03T12:00:00+00:00"}


def restatement(day: str) -> list[str]:
    return ["run", "--as-of", day, "--sources", "stored", "--world", "sandbox", "--restate", "--reason", "a settlement"]


def test_a_past_report_is_issued_again_years_later(used_data_dir: UsedDataDir) -> None:
    before = used_data_dir.page.read_bytes()
    used_data_dir.page.unlink()
    done = used_data_dir.run("report", "--as-of", used_data_dir.day, **YEARS_LATER)
    assert (done.returncode, done.stdout.strip()) == (0, str(used_data_dir.page)), done.stderr
    assert used_data_dir.page.read_bytes() == before
    assert used_data_dir.run("report", "--as-of", used_data_dir.day, "--version", "1").stdout.strip() == str(
        used_data_dir.page
    )
    assert used_data_dir.page.read_bytes() == before


def test_a_version_that_is_not_there_is_named_with_those_that_are(used_data_dir: UsedDataDir) -> None:
    done = used_data_dir.run("report", "--as-of", used_data_dir.day, "--version", "9")
    assert done.returncode == 2
    assert f"{used_data_dir.day} has no page of version 9 in language 'en'; its versions: 1" in done.stderr
    done = used_data_dir.run("report", "--version", "1")
    assert (done.returncode, "give --as-of DATE" in done.stderr) == (2, True)


def killed_at(process: subprocess.Popen[str], used: UsedDataDir, line: str) -> None:
    """kill -9 once the command has printed `line`."""
    log, deadline = used.path / "started.log", time.monotonic() + 400
    while not re.search(line, log.read_text(), re.MULTILINE):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_killed_restatement_changes_nothing_and_a_whole_one_keeps_the_page_before(used_data_dir: UsedDataDir) -> None:
    day, before = used_data_dir.day, used_data_dir.page.read_bytes()
    killed_at(used_data_dir.start(*restatement(day)), used_data_dir, r"^stage +portfolio +done")
    again = used_data_dir.run("run", "--as-of", day, "--sources", "stored", "--world", "sandbox")
    assert again.returncode == 0, again.stderr
    assert f"an unfinished restatement of {day} is undone" in again.stderr
    assert "Reproduced" in again.stderr
    assert used_data_dir.page.read_bytes() == before

    whole = used_data_dir.run(*restatement(day))
    assert whole.returncode == 0, whole.stderr
    after = used_data_dir.page.read_bytes()
    assert b"a settlement" in after
    first = used_data_dir.run("report", "--as-of", day, "--version", "1", **YEARS_LATER)
    assert first.stdout.strip() == str(used_data_dir.page.with_name(f"{day}.v1.html")), first.stderr
    assert used_data_dir.page.with_name(f"{day}.v1.html").read_bytes() == before
    assert used_data_dir.run("report", "--as-of", day, "--version", "2").stdout.strip() == str(used_data_dir.page)
    assert used_data_dir.page.read_bytes() == after
