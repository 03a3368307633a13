"""Checks of the project itself: tests, lint, benchmarks, documentation."""

from __future__ import annotations

import compileall
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from alvorada.stack.data_dir import project_root
from alvorada.stack.processes import ending_with_parent
from desk.errors import BadInput
from desk.text import slug

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]*))?\)|^\[[^\]]+\]: ([^#\s]*)(?:#(\S*))?", re.MULTILINE)
"""Target and anchor of a Markdown link: in the line, or of a reference below the text."""
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE_PATH = re.compile(
    r"`((?:alvorada|api|assets|bench|blocks|deploy|desk|docker|docs|flows|grafana|migrations|reports|sandbox|tasks|tests|tools)/[\w./-]*(?:/|\.\w+))`"
)
"""A folder (with its slash) or a file of the checkout that a page names."""
TWO_WORKERS = ("--numprocesses=2", "--no-loadscope-reorder")
ONE_THREAD = ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS")
"""Two workers and the processes that their tests start keep every core busy: a library that divides each small frame
among the cores as well costs a quarter of the suite's CPU, and no test is over sooner."""


def run_tests(arguments: Sequence[str]) -> int:
    """Runs pytest. Without arguments: the whole suite on two workers."""
    if sys.dont_write_bytecode:  # else each process that a test starts compiles the project again
        for package in sorted(_checkout().glob("*/__init__.py")):
            compileall.compile_dir(package.parent, quiet=2)
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    return _python("-m", "pytest", *(arguments or TWO_WORKERS))


def run_lint() -> int:
    """Runs every check, so that one failure does not hide another. Returns the first exit code that is not 0.

    mypy takes as long as all the others, and runs beside them; its output comes last.
    """
    with subprocess.Popen(
        _command([sys.executable, "-m", "mypy"]), cwd=_checkout(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as types:
        codes = [
            _python("-m", "ruff", "check", "."),
            _python("-m", "ruff", "format", "--check", "."),
            _run([str(Path(sys.executable).with_name("lint-imports"))]),
            _python("-m", "tools.pure_desk"),
            check_docs(),
            _python("-m", "grafana.build", "--check"),
            _python("-m", "tools.strategy_page", "--check"),
            _python("-m", "tools.request_table", "--check"),
            _python("-m", "tools.asset_page", "--check"),
        ]
        typer.echo(types.communicate()[0].decode(errors="replace"), nl=False)
    return next((code for code in (*codes, types.returncode) if code), 0)


def run_benchmarks(arguments: Sequence[str]) -> int:
    """Runs bench/NAME.py for each name, or all of them. Raises BadInput for an unknown name."""
    known = {path.stem: path for path in sorted((project_root() / "bench").glob("[a-z]*.py"))}
    unknown = [name for name in arguments if name not in known]
    if unknown or not known:
        raise BadInput(
            f"unknown benchmark {', '.join(unknown) or '(there is none)'}; known: {', '.join(known) or 'none'}"
        )
    codes = [_python("-m", f"bench.{name}") for name in arguments or known]
    return next((code for code in codes if code), 0)


def check_docs() -> int:
    """Prints links and paths of code, in the pages of the root and docs/, that lead to no file. Returns 1 for any."""
    root = project_root()
    pages = [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages
        for target in (*broken_links(page), *(() if page.name == "CHANGELOG.md" else missing_paths(page, root)))
    ]
    for line in broken:
        typer.echo(f"leads nowhere: {line}", err=True)
    typer.echo(f"{len(pages)} pages, {len(broken)} broken links")
    return 1 if broken else 0


def broken_links(page: Path) -> list[str]:
    """The relative links of a Markdown page that lead to no file, or to no heading of the page that they name."""
    broken = []
    for inline, anchor, below, anchor_below in LINK.findall(page.read_text(encoding="utf-8")):
        name, place = inline or below, anchor or anchor_below
        target = page.parent / name if name else page
        if "://" in name or name.startswith("mailto:"):
            continue
        if not target.exists():
            broken.append(name)
        elif place and target.suffix == ".md" and place not in anchors(target):
            broken.append(f"{name}#{place}")
    return broken


def anchors(page: Path) -> set[str]:
    """The anchors of a Markdown page's headings; what stands in a block of code is none."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return {slug(heading.replace("`", "")) for heading in HEADING.findall(text)}


def missing_paths(page: Path, root: Path) -> list[str]:
    """The paths of code that a Markdown page names and the checkout does not have."""
    return [path for path in CODE_PATH.findall(page.read_text(encoding="utf-8")) if not (root / path).exists()]


def _python(*arguments: str) -> int:
    return _run([sys.executable, *arguments])


def _run(command: Sequence[str]) -> int:
    """The exit code of a command in the checkout."""
    return subprocess.run(_command(command), cwd=_checkout(), check=False).returncode


def _command(command: Sequence[str]) -> list[str]:
    """`command` as one that receives SIGTERM when this process dies."""
    return [*ending_with_parent(), *command]


def _checkout() -> Path:
    root = project_root()
    if not (root / "pyproject.toml").is_file():
        raise BadInput("this needs the project's checkout: run it there")
    return root
