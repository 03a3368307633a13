"""A run records the code that ran, and says so where that is not known."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from tasks.run.code_version import code_version, revision

ROOT = Path(__file__).resolve().parents[3]
AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    """Of that folder alone, whatever repository a hook that runs the tests has named."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *AUTHOR, *arguments], cwd=folder, env=kept, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("a = 1\n")
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    return tmp_path


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")[:12]


def test_a_checkout_is_its_commit_also_where_a_tag_names_it(checkout: Path) -> None:
    assert revision(checkout) == head(checkout)
    git(checkout, "tag", "--annotate", "v9.9.9", "--message", "a release")
    assert revision(checkout) == head(checkout)


def test_an_edited_tracked_file_makes_it_dirty_until_it_is_committed(checkout: Path) -> None:
    (checkout / "notes.txt").write_text("not tracked")
    assert revision(checkout) == head(checkout)
    (checkout / "code.py").write_text("a = 2\n")
    assert revision(checkout) == f"{head(checkout)}-dirty"
    git(checkout, "add", "code.py")
    assert revision(checkout) == f"{head(checkout)}-dirty"
    git(checkout, "commit", "--quiet", "--message", "two")
    assert revision(checkout) == head(checkout)


def test_the_repository_of_a_hook_that_started_us_is_not_ours(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"GIT_DIR": ".git", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index"}.items():
        monkeypatch.setenv(name, str(checkout.parent / "another" / value))
    assert revision(checkout) == head(checkout)


def test_an_image_says_what_its_build_wrote(tmp_path: Path) -> None:
    (tmp_path / "REVISION").write_text("0123456789ab-dirty\n")
    assert revision(tmp_path) == "0123456789ab-dirty"
    (tmp_path / "REVISION").write_text("\n")
    assert revision(tmp_path) == "unknown"


def test_a_leftover_of_a_build_does_not_overrule_git(checkout: Path) -> None:
    (checkout / "REVISION").write_text("0123456789ab\n")
    assert revision(checkout) == head(checkout)


def test_without_git_or_commit_it_is_unknown(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "archive").mkdir()  # unpacked inside somebody else's repository: its commit is not ours
    assert revision(checkout / "archive") == "unknown"
    git(tmp_path / "archive", "init", "--quiet")
    assert revision(tmp_path / "archive") == "unknown"  # no commit yet
    monkeypatch.setenv("PATH", str(tmp_path))
    assert revision(checkout) == "unknown"  # no git program


def test_a_run_records_the_version_and_what_runs_here() -> None:
    assert code_version() == f"{version('alvorada')}+{revision(ROOT)}"
    if (ROOT / ".git").exists():
        assert head(ROOT) in code_version()
