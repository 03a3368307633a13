"""Which code runs: the version and the commit."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

GIT_PLACE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


def code_version() -> str:
    """The code that runs: `VERSION+COMMIT`, as 0.1.0+230cec54ea99, 0.1.0+230cec54ea99-dirty or 0.1.0+unknown."""
    return f"{version('alvorada')}+{revision(Path(__file__).resolve().parents[2])}"


def revision(root: Path) -> str:
    """The commit of the code in `root`; `-dirty` follows where tracked files differ from it.

    A checkout asks git. The image has no git: its build writes the commit into the file REVISION. `unknown` where
    neither names one: no git program, an owner that git does not trust, an unpacked archive, a build without REVISION.
    """
    if not (root / ".git").exists():
        baked = root / "REVISION"
        return (baked.read_text(encoding="utf-8").strip() if baked.is_file() else "") or "unknown"
    # A git hook that started us names a repository, perhaps another one, in these.
    environment = {name: value for name, value in os.environ.items() if name not in GIT_PLACE}
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()
