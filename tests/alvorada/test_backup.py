"""The drill: back up, lose everything, restore into a new home, and go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from alvorada.stack.postgres import Postgres
from tests.alvorada.conftest import UsedDataDir

pytestmark = [pytest.mark.process, pytest.mark.timeout(1500)]


def test_a_backup_is_restored_into_a_new_home_which_goes_on(used_data_dir: UsedDataDir, tmp_path: Path) -> None:
    dumps = tmp_path / "dumps"
    done = used_data_dir.run("backup", "--to", str(dumps), "--world", "sandbox")
    assert done.returncode == 0, done.stderr
    [dump] = dumps.iterdir()
    assert done.stdout.strip() == str(dump)
    page = used_data_dir.page.read_bytes()
    new = UsedDataDir(tmp_path / "new", used_data_dir.day, tmp_path / "new/reports/sandbox" / used_data_dir.page.name)
    try:
        restored = new.run("restore", str(dump), "--world", "sandbox")
        assert (restored.returncode, restored.stdout.strip()) == (0, "restored: alvorada_sandbox"), restored.stderr
        done = new.run("report", "--as-of", new.day, "--world", "sandbox")
        assert done.returncode == 0, done.stderr
        assert new.page.read_bytes() == page
        again = new.run("run", "--as-of", new.day, "--sources", "stored", "--world", "sandbox")
        assert "Reproduced" in again.stderr, again.stderr
        assert new.page.read_bytes() == page
        second = new.run("restore", str(dump), "--world", "sandbox")
        assert "the one before it is kept as alvorada_sandbox_before_" in second.stdout, second.stderr
        wrong = new.run("restore", str(dump), "--world", "live")
        assert wrong.returncode == 2
        assert "is a backup of the sandbox world: say --world sandbox" in wrong.stderr
        torn = tmp_path / "torn.dump"
        torn.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
        broken = new.run("restore", str(torn), "--world", "sandbox")
        assert (broken.returncode, "Traceback" in broken.stderr) == (3, False), broken.stderr
        new.page.unlink()
        assert new.run("report", "--as-of", new.day, "--world", "sandbox").returncode == 0
        assert new.page.read_bytes() == page, "a restore that fails changes nothing"
    finally:
        Postgres(new.path).stop()


def test_old_backups_go_and_a_folder_that_cannot_be_written_is_named(
    used_data_dir: UsedDataDir, tmp_path: Path
) -> None:
    dumps = tmp_path / "dumps"
    for minute in (1, 2, 3):
        moment = f"2026-11-19T09:0{minute}:00+00:00"
        done = used_data_dir.run("backup", "--to", str(dumps), "--keep", "2", "--world", "sandbox", ALVORADA_NOW=moment)
        assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in dumps.iterdir())
    assert names == ["sandbox-20261119T090200Z.dump", "sandbox-20261119T090300Z.dump"]
    (tmp_path / "file").touch()
    done = used_data_dir.run("backup", "--to", str(tmp_path / "file"), "--world", "sandbox")
    assert (done.returncode, "cannot be written to" in done.stderr) == (3, True), done.stderr
    done = UsedDataDir(tmp_path / "none", "", tmp_path).run("backup")
    assert (done.returncode, "there is nothing to back up" in done.stderr) == (2, True)
