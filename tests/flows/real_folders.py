"""The folders of the collected real files; a test without them is skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def real_folder(setting: str, name: str) -> Path:
    """The folder that `setting` names, or `name` beside the checkout; the test is skipped where there is none."""
    folder = Path(os.environ.get(setting, ROOT.parent / "shared" / name))
    if not folder.is_dir():
        pytest.skip(f"no real files in {folder}: {setting} may name their folder")
    return folder.resolve()
