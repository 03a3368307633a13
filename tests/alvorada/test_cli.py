"""The command line as a person meets it: real processes, what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from desk.catalog import load_catalog

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = [
    *("demo", "run", "backfill", "import", "report", "up", "down", "doctor", "url"),
    *("migrate", "deploy", "test", "lint", "bench", "docs"),
]
HEAVY = ("prefect", "polars", "numpy", "asyncpg", "pydantic", "httpx", "plotly", "flows")


def alvorada(*arguments: str, data_dir: Path | str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PREFECT_API_URL")}
    return subprocess.run(
        [sys.executable, "-m", "alvorada", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env={**kept, "ALVORADA_HOME": str(data_dir), "COLUMNS": "200", **env},
    )


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The error, which must be the only line on stderr that is not the run's heading."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Alvorada: decision day")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


def test_the_command_line_imports_nothing_heavy() -> None:
    code = f"import sys, alvorada.cli.main; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_help_names_every_command(tmp_path: Path) -> None:
    done = alvorada("--help", data_dir=tmp_path)
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^\W*{command}\s", done.stdout, re.MULTILINE), command


def test_version_names_the_commit_and_a_shell_can_complete(tmp_path: Path) -> None:
    done = alvorada("--version", data_dir=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"alvorada \d+\.\d+\.\d+\+\S+\n", done.stdout)
    words = alvorada(data_dir=tmp_path, _ALVORADA_COMPLETE="complete_bash", COMP_WORDS="alvorada held", COMP_CWORD="1")
    assert "held" in words.stdout, words.stderr


def test_quiet_leaves_out_the_notes_and_not_the_results(tmp_path: Path) -> None:
    loud, quiet = (alvorada(*words, "doctor", "--json", data_dir=tmp_path) for words in ((), ("--quiet",)))
    for done in (loud, quiet):
        found = {one["name"]: one for one in json.loads(done.stdout)}
        assert found["python"]["ok"] is True
        assert done.stderr == ""
    both = alvorada("-q", "-v", "doctor", data_dir=tmp_path)
    assert (both.returncode, one_line(both)) == (2, "alvorada: --quiet and --verbose: take one of them")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ("run --as-of yesterday", 2, "--as-of 'yesterday' is not a date"),
        ("run --as-of 2026-01-10", 2, "2026-01-10 is not a B3 business day (Saturday)"),
        ("run --as-of 2025-12-25", 2, "nearest with a decision: 2025-12-23 and 2025-12-26"),
        ("run --as-of 2089-01-05", 2, "is in the future"),
        ("demo --as-of 2026-01-10", 2, "2026-01-10 is not a B3 business day"),
        ("run --sources mars", 2, "unknown --sources 'mars'"),
        ("run --sources recorded /no/such/folder", 2, "no folder /no/such/folder"),
        ("run --sources recorded:/no/such/folder", 2, "no folder /no/such/folder"),
        ("run --sources recorded docs", 2, "no manifest.json in docs: name the one that goes with this recording"),
        ("run --sources recorded docs --manifest /no/such.json", 2, "no file /no/such.json"),
        ("run --colour", 2, "No such option: --colour"),
        ("dance", 2, "No such command 'dance'"),
        ("backfill --from 2026-01-05", 2, "Missing option '--to'"),
        ("backfill --from 2026-01-12 --to 2026-01-05", 2, "--from 2026-01-12 is after --to 2026-01-05"),
        ("backfill --from 2026-01-05 --to 2026-01-12 --only lost", 2, "--only 'lost'"),
        ("backfill --from 2026-01-05 --to 2026-01-12 --sources stored", 2, "live or sandbox"),
        ("import /no/such.toml", 2, "no file /no/such.toml"),
        ("report", 2, "no report yet"),
        ("report --as-of 2020-03-19 --world sandbox", 2, "no report for 2020-03-19 in the sandbox world"),
        ("url --world mars", 2, "unknown world 'mars'"),
        ("url", 2, "no database yet"),
        ("deploy", 2, "PREFECT_API_URL is not set"),
        ("bench warp", 2, "unknown benchmark warp"),
    ],
)
def test_bad_input_is_one_clear_line_and_an_exit_code(arguments: str, code: int, says: str, tmp_path: Path) -> None:
    done = alvorada(*arguments.split(), data_dir=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert one_line(done).startswith("alvorada: ")
    assert says in one_line(done)


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("mysql://me:hush@127.0.0.1/x", 2, "DATABASE_URL must begin with postgresql://"),
        ("postgresql://me:hush@127.0.0.1:1/x", 3, "cannot be reached"),
    ],
)
def test_a_wrong_database_url_is_reported_without_its_password(url: str, code: int, says: str, tmp_path: Path) -> None:
    done = alvorada("run", "--sources", "live", data_dir=tmp_path, DATABASE_URL=url)
    assert done.returncode == code
    assert says in one_line(done)
    assert "hush" not in done.stderr + done.stdout


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    other = tmp_path / "chromium"
    other.touch(mode=0o755)
    on_path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    lost = doctored(tmp_path, PATH=on_path, BROWSER_PATH=str(tmp_path / "no-browser"))["browser"]
    assert lost["text"].startswith("none: "), "pictures are drawn by the browser of BROWSER_PATH or by none"
    assert doctored(tmp_path, PATH=on_path, BROWSER_PATH="")["browser"]["text"] == str(other)
    blocked = tmp_path / "file"
    blocked.touch()
    done = alvorada("demo", data_dir=blocked / "home")
    assert done.returncode == 2
    assert f"cannot write to the data folder {blocked}/home" in one_line(done)


def test_debug_shows_where_an_error_comes_from(tmp_path: Path) -> None:
    done = alvorada("--debug", "run", "--sources", "mars", data_dir=tmp_path)
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("alvorada: unknown --sources")


def test_the_url_is_the_environments_where_it_is_set(tmp_path: Path) -> None:
    done = alvorada("url", data_dir=tmp_path, DATABASE_URL="postgresql://me@db.example/desk")
    assert (done.returncode, done.stdout) == (0, "postgresql://me@db.example/desk\n")


def test_a_report_on_disk_is_found_by_day_and_world(tmp_path: Path) -> None:
    for world, day in (("live", "2026-01-12"), ("sandbox", "2026-01-12"), ("sandbox", "2026-01-13")):
        (tmp_path / "reports" / world).mkdir(parents=True, exist_ok=True)
        (tmp_path / "reports" / world / f"{day}.html").write_text(day)
    done = alvorada("report", "--as-of", "2026-01-12", "--world", "live", data_dir=tmp_path)
    assert done.stdout.strip() == str(tmp_path / "reports" / "live" / "2026-01-12.html")


def test_the_doctor_names_what_is_missing_and_its_repair(tmp_path: Path) -> None:
    good = alvorada("doctor", data_dir=tmp_path, FRED_API_KEY="", ALVORADA_NOW="2026-11-29T09:00:00+00:00")
    assert good.returncode == 0, good.stdout
    assert re.search(r"^without +facts .*copom_2027 was to be looked at again from 2026-07", good.stdout, re.MULTILINE)
    bad = alvorada("doctor", data_dir=tmp_path, DATABASE_URL="postgresql://me:hush@127.0.0.1:1/x")
    assert bad.returncode == 1
    assert re.search(r"^MISSING +database +.*cannot be reached", bad.stdout, re.MULTILINE)
    assert "hush" not in bad.stdout
    assert list(tmp_path.iterdir()) == []  # it only looks
    blocked = tmp_path / "file"
    blocked.touch()
    assert re.search(r"^MISSING +data folder +cannot write", alvorada("doctor", data_dir=blocked).stdout, re.MULTILINE)


def test_the_doctor_says_of_every_source_what_a_live_run_would_do(tmp_path: Path) -> None:
    catalog = load_catalog()
    bare = doctored(tmp_path)
    assert [name for name in bare if name in catalog.sources] == list(catalog.sources)
    wanting = {name for name, spec in catalog.sources.items() if spec.off_without_key or spec.off_without_licence}
    assert {name for name in catalog.sources if not bare[name]["ok"]} == wanting >= {"fred", "eia", "cboe_vix"}
    assert bare["fred"]["text"] == "off: it is not to be asked without a key (FRED_API_KEY)"
    assert bare["fred"]["repair"] == "export FRED_API_KEY=... (or the Prefect block fred-api-key)"
    assert bare["cboe_vix"]["repair"] == "where the desk has it: ALVORADA_LICENSED='[\"cboe_vix\"]'"
    assert bare["bls"]["text"] == "is asked, without a key, which it can do without (BLS_API_KEY)"
    assert bare["bcb_sgs"]["text"] == "is asked, no key is needed"
    urls = '{"bcb_sgs": {"api": "http://127.0.0.1:9"}}'
    keyed = doctored(tmp_path, FRED_API_KEY="hush", ALVORADA_LICENSED='["cboe_vix"]', ALVORADA_BASE_URLS=urls)
    assert (keyed["fred"]["ok"], keyed["fred"]["text"]) == (True, "is asked, with the key in FRED_API_KEY")
    assert keyed["cboe_vix"]["ok"]
    assert keyed["bcb_sgs"]["text"] == "is asked, no key is needed, at http://127.0.0.1:9"
    assert "hush" not in json.dumps(keyed)
    wrong = doctored(tmp_path, ALVORADA_HISTORY_DAYS="many")
    assert "ALVORADA_HISTORY_DAYS" in wrong["settings"]["text"]


def doctored(data_dir: Path, **env: str) -> dict[str, dict[str, Any]]:
    """The doctor's findings by name. No key comes from this process's environment."""
    keys = {spec.key_setting.upper(): "" for spec in load_catalog().sources.values() if spec.key_setting}
    done = alvorada("doctor", "--json", data_dir=data_dir, **{**keys, **env})
    return {one["name"]: one for one in json.loads(done.stdout)}


@contextmanager
def listening(port: int = 0) -> Iterator[int]:
    code = (
        "import socket, sys, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
        "print(s.getsockname()[1], flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


@pytest.mark.process
def test_a_taken_port_is_named_with_the_process_that_holds_it(tmp_path: Path) -> None:
    with listening() as port:
        done = alvorada("up", "--port", str(port), data_dir=tmp_path)
    assert done.returncode == 2
    assert f"port {port} for Prefect's server is taken by" in one_line(done)
    assert "(pid " in one_line(done)
    assert "choose another with --port" in one_line(done)
