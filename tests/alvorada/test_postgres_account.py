"""Who runs PostgreSQL: the user itself, or for root an account without its rights."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from alvorada.stack import postgres_account
from alvorada.stack.postgres import Postgres
from alvorada.stack.postgres_account import account_for, embedded_bin
from desk.errors import StoreError
from tests.alvorada.postgres_calls import kill, run

pytestmark = [pytest.mark.db, pytest.mark.process]


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every account reaches; no user namespaces."""
    folder = Path(tempfile.mkdtemp(prefix="alvorada-account-"))
    folder.chmod(0o755)
    monkeypatch.setattr(postgres_account, "REACHABLE_ROOT", folder / "clusters")
    monkeypatch.setattr(postgres_account, "NAMESPACE", ("no-such-command-unshare",))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to an account")
def test_root_without_namespaces_drops_to_an_account(open_folder: Path) -> None:
    data_dir = open_folder / "home"
    data_dir.mkdir(mode=0o700)  # root's own: the account cannot get in, and its data lies elsewhere
    server = Postgres(data_dir)
    try:
        status = server.start()
        assert Path(f"/proc/{status.pid}").stat().st_uid == account_for(embedded_bin(), data_dir).uid != 0
        assert status.data.is_relative_to(open_folder / "clusters")
        url = server.ensure_database("alvorada")
        run(url, "CREATE TABLE kept (x int)")
        kill(server)
        server.start()
        assert run(server.url("alvorada"), "SELECT count(*) FROM kept") == 0
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user needs no other account")
def test_root_without_any_account_gets_an_error_with_a_solution(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_account, "ACCOUNTS", ("no-such-account",))
    with pytest.raises(StoreError, match="run as an ordinary user, or set DATABASE_URL"):
        Postgres(open_folder).start()


ORDINARY = """
import os, pathlib, sys
from alvorada.stack.postgres import Postgres
os.setgroups([]); os.setgid(65534); os.setuid(65534)  # after the imports: the interpreter may lie under /root
server = Postgres(pathlib.Path(sys.argv[1]))
print(server.start().running, server.ensure_database("alvorada").startswith("postgresql://"), server.stop())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="this test is an ordinary user's already")
def test_an_ordinary_user_runs_it_plainly(open_folder: Path) -> None:
    data_dir = open_folder / "home"
    data_dir.mkdir()
    os.chown(data_dir, 65534, 65534)
    command = [sys.executable, "-B", "-c", ORDINARY, str(data_dir)]
    environment = {**os.environ, "HOME": str(data_dir)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True", "True", "True"], done.stderr
