"""The commands that check the project itself: tests, lint, benchmarks, documentation."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from alvorada.stack.data_dir import project_root
from desk.errors import BadInput

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


COVERED = ("--cov=desk", "--cov=tasks/connectors", "--cov-report=term:skip-covered", "--cov-fail-under=95")
TWO_WORKERS = ("--numprocesses=2", "--no-loadscope-reorder")


def suite(arguments: Sequence[str]) -> int:
    """pytest; the whole suite runs on two workers, and holds the desk and the connectors to their coverage."""
    return _python("-m", "pytest", *(arguments or (*COVERED, *TWO_WORKERS)))


def lint() -> int:
    """Every check runs, so that one failure does not hide another. Returns the first code that is not 0."""
    codes = [
        _python("-m", "ruff", "check", "."),
        _python("-m", "ruff", "format", "--check", "."),
        _python("-m", "mypy"),
        _run([str(Path(sys.executable).with_name("lint-imports"))]),
    ]
    return next((code for code in codes if code), 0)


def bench(arguments: Sequence[str]) -> int:
    """Runs bench/NAME.py for each name, or all of them."""
    known = {path.stem: path for path in sorted((project_root() / "bench").glob("[a-z]*.py"))}
    unknown = [name for name in arguments if name not in known]
    if unknown or not known:
        raise BadInput(
            f"unknown benchmark {', '.join(unknown) or '(there is none)'}; known: {', '.join(known) or 'none'}"
        )
    codes = [_python("-m", f"bench.{name}") for name in arguments or known]
    return next((code for code in codes if code), 0)


def docs() -> int:
    """Every relative link of the pages in the root and in docs/ must lead to a file."""
    root = project_root()
    pages = [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]
    broken = [f"{page.relative_to(root)}: {target}" for page in pages for target in broken_links(page)]
    for line in broken:
        typer.echo(f"leads nowhere: {line}", err=True)
    typer.echo(f"{len(pages)} pages, {len(broken)} broken links")
    return 1 if broken else 0


def broken_links(page: Path) -> list[str]:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    return [target for target in targets if "://" not in target and not (page.parent / target).exists()]


def _python(*arguments: str) -> int:
    return _run([sys.executable, *arguments])


def _run(command: Sequence[str]) -> int:
    root = project_root()
    if not (root / "pyproject.toml").is_file():
        raise BadInput("this needs the project's checkout: run it there")
    return subprocess.run(command, cwd=root, check=False).returncode
