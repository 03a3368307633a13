"""./bootstrap, the first command on a machine: what it needs, its error messages, and what it skips."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ["demo", "test", "run", "up", "down", "lint", "bench", "docs"]
"""Those that are one command of `alvorada`; the others have tests of their own."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "a checkout"  # with a space, as people have them
    folder.mkdir()
    for name in ("bootstrap", "requirements.lock", "pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def bootstrap(checkout: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    return subprocess.run(
        ["./bootstrap", *arguments],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**kept, **env},
    )


def tools_only(folder: Path) -> str:
    """A PATH with what any Linux has, and no Python."""
    for name in ("sh", "cat", "cksum", "dirname", "env", "rm", "flock"):
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    return str(folder)


def test_no_python_is_one_clear_line(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    done = bootstrap(checkout, "demo", PATH=tools_only(tmp_path / "bin"))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "alvorada: no python3 found: install Python 3.11 or 3.12 (Debian: apt-get install python3 python3-venv)"
    ]


def test_a_python_of_the_wrong_version_is_one_clear_line(checkout: Path, tmp_path: Path) -> None:
    path = tools_only_with(tmp_path / "bin", python3='case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    done = bootstrap(checkout, PATH=path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "alvorada: needs Python 3.11 or 3.12, found Python 3.9.2: install one and set PYTHON=/path/to/python3"
    ]


def test_a_python_without_venv_is_one_clear_line(checkout: Path, tmp_path: Path) -> None:
    path = tools_only_with(tmp_path / "bin", python3='case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    done = bootstrap(checkout, PATH=path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "alvorada: python3 has no venv module: install it (Debian: apt-get install python3-venv)"
    ]


def tools_only_with(folder: Path, python3: str) -> str:
    folder.mkdir()
    script(folder / "python3", python3)
    return tools_only(folder)


def test_a_wrong_python_variable_is_named_in_the_error(checkout: Path) -> None:
    done = bootstrap(checkout, PYTHON="/no/such/python")
    assert (done.returncode, done.stderr) == (2, "alvorada: PYTHON=/no/such/python is not a Python 3.11 or 3.12\n")


def stamp(checkout: Path) -> str:
    """As the script computes it."""
    content = (checkout / "requirements.lock").read_bytes() + (checkout / "pyproject.toml").read_bytes()
    done = subprocess.run(["cksum"], input=content + f"{checkout}\n".encode(), capture_output=True, check=True)
    return done.stdout.decode()


def installed(checkout: Path) -> None:
    """A .venv that looks complete, and whose alvorada prints its arguments."""
    script(checkout / ".venv" / "bin" / "python", "exit 1")
    script(checkout / ".venv" / "bin" / "alvorada", 'echo "arguments: $*"')
    (checkout / ".venv" / "alvorada.stamp").write_text(stamp(checkout))


def make(checkout: Path, *arguments: str, **env: str) -> str:
    """What make prints."""
    done = subprocess.run(
        ["make", *arguments], cwd=checkout, env={**os.environ, **env}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_with_nothing_to_do_the_command_runs_at_once(checkout: Path) -> None:
    installed(checkout)
    done = bootstrap(checkout, "run", "--as-of", "2026-01-12")
    assert (done.returncode, done.stdout, done.stderr) == (0, "arguments: run --as-of 2026-01-12\n", "")


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_is_installed_anew(checkout: Path, changed: str) -> None:
    installed(checkout)
    with (checkout / changed).open("a") as file:
        file.write("\n# changed\n")
    done = bootstrap(checkout, "run", PYTHON="/no/such/python")  # where an installation would begin
    assert (done.returncode, done.stdout) == (2, "")


def test_a_moved_checkout_is_installed_anew(checkout: Path) -> None:
    installed(checkout)
    moved = checkout.rename(checkout.with_name("elsewhere"))
    assert bootstrap(moved, "run", PYTHON="/no/such/python").returncode == 2


def test_make_help_lists_every_target_and_each_is_one_command(checkout: Path) -> None:
    installed(checkout)
    shown = make(checkout, "help")
    assert re.findall(r"^ +make (\w+) +\S", shown, re.MULTILINE) == ["help", *TARGETS, "lock", "image"]
    for target in TARGETS:
        assert make(checkout, target) == f"arguments: {target}\n"


def test_make_passes_arguments_on(checkout: Path) -> None:
    installed(checkout)
    assert make(checkout, "run", "ARGS=--as-of 2026-01-12") == "arguments: run --as-of 2026-01-12\n"


def test_a_suite_that_make_started_runs_make_as_a_person_does() -> None:
    """`make test ARGS=...` must not hand its level, flags and ARGS on to the make of a test."""
    leaked = {"MAKELEVEL": "1", "MAKEFLAGS": "w -- ARGS=x", "MAKEOVERRIDES": "ARGS=x", "MFLAGS": "-w", "ARGS": "x"}
    code = f"import os, tests.conftest; print([name for name in os.environ if name in {tuple(leaked)!r}])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **leaked}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_ci_calls_lint_then_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["make lint", "make test"]


def pretended_python(folder: Path, pip_index: str = "") -> Path:
    """A Python whose venv holds a pip that knows an index and a uv that records its arguments and its index."""
    inner = script(
        folder / "inner",
        f"""case "$*" in
        *"config list"*) [ -z "{pip_index}" ] || echo "global.index-url='{pip_index}'";;
        *"pip install"*) echo "$*" >>pip-calls; cat .venv/uv.txt >>pip-calls;;
        esac""",
    )
    made = 'printf "#!/bin/sh\\necho ran\\n" >.venv/bin/alvorada; chmod +x .venv/bin/alvorada'
    record = 'echo "$* index=${UV_DEFAULT_INDEX:-none}" >>calls'
    uv = script(folder / "uv", f'{record}\ncase "$*" in *editable*) {made};; esac')
    venv = f'mkdir -p .venv/bin; cp "{inner}" .venv/bin/python; cp "{uv}" .venv/bin/uv'
    return script(folder / "python3", f'case "$*" in *venv*--clear*) {venv};; esac')


@pytest.mark.parametrize(
    ("pip", "env", "index"),
    [
        ("", {}, "none"),
        ("https://pip.example/simple", {}, "https://pip.example/simple"),
        ("", {"PIP_INDEX_URL": "https://env.example/simple"}, "https://env.example/simple"),
        ("https://pip.example/simple", {"UV_DEFAULT_INDEX": "https://uv.example/simple"}, "https://uv.example/simple"),
        ("https://pip.example/simple", {"UV_INDEX_URL": "https://uv.example/simple"}, "none"),  # uv reads that itself
    ],
)
def test_uv_gets_the_index_of_pip_unless_it_has_its_own(
    checkout: Path, tmp_path: Path, pip: str, env: dict[str, str], index: str
) -> None:
    python = pretended_python(tmp_path / "fake", pip)
    cleared = dict.fromkeys(("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"), "")
    done = bootstrap(checkout, "doctor", **{**cleared, "PYTHON": str(python), **env})
    assert done.returncode == 0, done.stderr
    calls = (checkout / "calls").read_text().splitlines()
    assert [line.rpartition(" index=")[2] for line in calls] == [index, index]
    assert "pip sync" in calls[0]
    assert "requirements.lock" in calls[0]
    assert "--no-deps" in calls[1]
    assert "--editable ." in calls[1]


def test_nothing_is_installed_without_a_hash_of_the_lock(checkout: Path, tmp_path: Path) -> None:
    assert bootstrap(checkout, PYTHON=str(pretended_python(tmp_path / "fake"))).returncode == 0
    sync, project = (checkout / "calls").read_text().splitlines()
    assert " --require-hashes " in sync
    for command in (sync, project):  # what builds a package from its source
        assert "--build-constraint requirements.lock" in command
        assert "--require-build-hashes" in command
    pip, *uv = (checkout / "pip-calls").read_text().splitlines()
    assert "--require-hashes -r .venv/uv.txt" in pip
    assert re.fullmatch(r"uv==[\d.]+ \\", uv[0])
    assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}( \\)?", line) for line in uv[1:])
    assert [line for line in uv[1:] if not line.endswith("\\")] == uv[-1:]


def test_a_lock_without_uv_is_one_clear_line(checkout: Path, tmp_path: Path) -> None:
    (checkout / "requirements.lock").write_text("numpy==2.4.6\n")
    done = bootstrap(checkout, PYTHON=str(pretended_python(tmp_path / "fake")))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "alvorada: requirements.lock names no uv==...: bring it back from git"


def test_the_lock_is_made_for_both_pythons_with_hashes_and_without_an_address(checkout: Path, tmp_path: Path) -> None:
    python = pretended_python(tmp_path / "fake", "https://pip.example/simple")
    cleared = dict.fromkeys(("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"), "")
    done = bootstrap(checkout, "lock", "--upgrade-package", "polars", **{**cleared, "PYTHON": str(python)})
    assert done.returncode == 0, done.stderr
    [calls] = (checkout / "calls").read_text().splitlines()
    assert calls.endswith("--upgrade-package polars pyproject.toml index=https://pip.example/simple")
    assert {"--universal", "--generate-hashes", "--extra", "dev"} <= set(calls.split())
    assert "emit" not in calls
    assert not (checkout / ".venv" / "alvorada.stamp").exists()  # the next command installs it


def test_the_image_is_built_of_the_commit_that_is_checked_out(checkout: Path, tmp_path: Path) -> None:
    script(tmp_path / "bin" / "git", 'echo "$*" >>calls; echo 0123456789ab-dirty')
    script(tmp_path / "bin" / "docker", 'echo "$REVISION: $*"')
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    assert make(checkout, "image", PATH=path) == "0123456789ab-dirty: compose build\n"
    assert "--dirty" in (checkout / "calls").read_text()


def test_an_installation_is_stamped_and_not_repeated(checkout: Path, tmp_path: Path) -> None:
    python = pretended_python(tmp_path / "fake")
    for _ in range(2):
        assert bootstrap(checkout, PYTHON=str(python)).returncode == 0
    assert len((checkout / "calls").read_text().splitlines()) == 2
    assert (checkout / ".venv" / "alvorada.stamp").read_text() == stamp(checkout)


def test_a_broken_installation_is_not_stamped(checkout: Path, tmp_path: Path) -> None:
    python = pretended_python(tmp_path / "fake")
    script(tmp_path / "fake" / "uv", "exit 1")
    done = bootstrap(checkout, PYTHON=str(python))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "alvorada: cannot install requirements.lock (see above)"
    assert not (checkout / ".venv" / "alvorada.stamp").exists()
