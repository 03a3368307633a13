"""`alvorada lake check`: what it reads, what it says, and its exit code."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from tasks.store.lake import Lake, body_path
from tests.alvorada.test_cli import alvorada
from tests.tasks.store.test_lake import BODY, FETCHED


def test_a_damaged_body_is_named_and_the_exit_code_says_so(tmp_path: Path) -> None:
    lake, path = Lake.open(str(tmp_path / "lake")), body_path("fred", FETCHED.date(), hashlib.sha256(BODY).hexdigest())
    asyncio.run(lake.put(path, BODY))
    done = alvorada("lake", "check", data_dir=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 bodies read against their hashes, 0 damaged\n")
    (tmp_path / "lake" / path).write_bytes(b"")
    done = alvorada("lake", "check", data_dir=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith(f"the lake {tmp_path}/lake holds a damaged body at {path}: ")
    assert done.stdout.splitlines()[1] == "1 bodies read against their hashes, 1 damaged"
