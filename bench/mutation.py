"""Mutation testing of six modules with mutmut: which small changes of the code no test notices.

    python -m bench.mutation [MODULE ...]

mutmut is no dependency of the project (its click is newer than Prefect's): install it beside the locked packages in a
virtual environment of its own, and run this with that environment's Python. Each module is measured in a temporary
copy of the tree, so that the checkout stays as it is. Writes the module's section of bench/results/mutation.md and
fails when a tenth or more of the mutants that are not equivalent survive.

A mutant is named by mutmut: the function, and the number of the change within it. `EQUIVALENT` lists those that cannot
change a result, with the reason; a name in it that no longer survives is reported.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench._equivalent_mutants import EQUIVALENT
from bench._page import Section, machine, with_section

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).with_name("results") / "mutation.md"
TITLE = """# Mutation testing: which changes of the code no test notices

To repeat: `python3 -m venv DIR`, `DIR/bin/pip install -r requirements.lock`, `DIR/bin/pip install mutmut`, then
`DIR/bin/python -m bench.mutation [MODULE ...]`; the modules and their tests are in bench/mutation.py, the equivalent
mutants in bench/_equivalent_mutants.py. A module without a section here has not been measured."""
LIMIT = 0.10
TIMEOUT_SECONDS = 60.0
"""Added to what the tests of a mutant are expected to take: on a busy machine the imports alone take ten seconds."""
PACKAGES = (
    "alvorada",
    "api",
    "blocks",
    "desk",
    "flows",
    "grafana",
    "migrations",
    "reports",
    "sandbox",
    "tasks",
    "tools",
)
PRELOADED = ("numpy", "polars", "scipy.special", "scipy.stats", "hypothesis", "hypothesis.extra.numpy", "pytest")
"""Imported once before the workers fork. Polars is imported and not used there: its threads do not survive a fork."""

UNUSED_PLUGINS = ("schemathesis", "xdist", "pytest_cov", "anyio")
"""Plugins of pytest that a module without fixtures does not need: they would be imported anew for each mutant."""


@dataclass(frozen=True, slots=True)
class Module:
    """Source files that are mutated together and the tests that must notice.

    `uses_polars`: the tests run Polars, whose threads do not survive a fork, so each mutant imports everything anew.
    `uses_fixtures`: the tests need the shared fixtures of tests/conftest.py.
    """

    sources: tuple[str, ...]
    tests: tuple[str, ...]
    uses_polars: bool = True
    uses_fixtures: bool = False


MODULES = {
    "tail": Module(("desk/risk/tail.py",), ("tests/desk/risk/test_tail.py",), uses_polars=False),
    "size": Module(
        ("desk/portfolio/size.py",),
        (
            "tests/desk/portfolio/test_size.py",
            "tests/desk/portfolio/test_size_borders.py",
            "tests/desk/portfolio/test_limit_uses.py",
        ),
    ),
    "aggregate": Module(("desk/portfolio/aggregate.py",), ("tests/desk/portfolio/test_aggregate.py",)),
    "state_machine": Module(
        ("desk/alerts/state_machine.py", "desk/alerts/muting.py", "desk/alerts/channel_lines.py"),
        ("tests/desk/alerts/test_state_machine.py", "tests/desk/alerts/test_state_records.py"),
        uses_polars=False,
    ),
    "knowledge_time": Module(
        ("desk/point_in_time/knowledge_time.py",), ("tests/desk/point_in_time/test_knowledge_time.py",)
    ),
    "silver": Module(
        ("tasks/store/silver.py",),
        (
            "tests/tasks/store/test_store.py",
            "tests/tasks/store/test_holds.py",
            "tests/tasks/store/test_silver_reads.py",
        ),
        uses_fixtures=True,
    ),
}


def main(arguments: Sequence[str] = ()) -> int:
    """Measures the modules named, or all of them; 0 where every one keeps the limit."""
    unknown = sorted(set(arguments) - set(MODULES))
    if unknown:
        print(f"unknown module {', '.join(unknown)}; known: {', '.join(MODULES)}", file=sys.stderr)
        return 2
    holds = True
    for name in arguments or MODULES:
        section = measure(name, MODULES[name])
        page = RESULT.read_text(encoding="utf-8") if RESULT.exists() else ""
        RESULT.write_text(with_section(page, section, TITLE), encoding="utf-8")
        print("\n".join(section.lines))
        holds = holds and section.holds
    return 0 if holds else 1


def measure(name: str, module: Module) -> Section:
    """Every mutant of one module against its tests. Raises RuntimeError where mutmut ends without its results."""
    with tempfile.TemporaryDirectory(prefix="alvorada-mutation-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder)
        _copy_tree(copy)
        _configure(copy, module)
        run = subprocess.run([sys.executable, "-m", "mutmut", "run"], cwd=copy, capture_output=True, text=True)
        listing = [sys.executable, "-m", "mutmut", "results", "--all", "true"]
        results = subprocess.run(listing, cwd=copy, capture_output=True, text=True)
        outcomes = dict(re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", results.stdout, re.MULTILINE))
        if not outcomes or "not checked" in outcomes.values():  # as where a test fails without a mutant
            raise RuntimeError(f"mutmut checked nothing of {name}: {(run.stdout + run.stderr)[-2000:]}")
        survivors = sorted(mutant for mutant, outcome in outcomes.items() if outcome in ("survived", "no tests"))
        changes = {mutant: _change(copy, mutant) for mutant in survivors}
    return section_of(name, module, Counter(outcomes.values()), changes)


def _copy_tree(folder: Path) -> None:
    """The files that Git knows, as they are in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().splitlines():
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())


def _configure(folder: Path, module: Module) -> None:
    """Settings of mutmut, added at the end of the copy's pyproject.toml."""
    arguments = ["-q", "-p", "no:cacheprovider", "--hypothesis-profile=ci"]
    alone = ["--noconftest", *(word for name in UNUSED_PLUGINS for word in ("-p", f"no:{name}"))]
    settings = {
        "source_paths": PACKAGES,
        "only_mutate": module.sources,
        "also_copy": ["conftest.py"] if (folder / "conftest.py").exists() else [],
        "pytest_add_cli_args": arguments if module.uses_fixtures else [*alone, *arguments],
        "pytest_add_cli_args_test_selection": module.tests,
        "process_isolation": "forkserver" if module.uses_polars else "fork",
        "timeout_constant": TIMEOUT_SECONDS,
        "forkserver_warmup": "import",
        "preload_modules_file": "preloaded.txt",
        "track_dependencies": False,
        "use_git_change_detection": False,
    }
    (folder / "preloaded.txt").write_text("\n".join(PRELOADED) + "\n", encoding="utf-8")
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mutmut]\n" + "\n".join(lines) + "\n")


def _change(folder: Path, mutant: str) -> str:
    """The lines that the mutant removes and adds, as one line of text."""
    shown = subprocess.run([sys.executable, "-m", "mutmut", "show", mutant], cwd=folder, capture_output=True, text=True)
    lines = [line for line in shown.stdout.splitlines() if re.match(r"[-+](?![-+])", line)]
    return " ".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def section_of(name: str, module: Module, counts: Counter[str], survivors: dict[str, str]) -> Section:
    """The module's section: counts, equivalent mutants with their reasons, and those that survive."""
    known = EQUIVALENT.get(name, {})
    equivalent = {mutant: known[_short(mutant)] for mutant in survivors if _short(mutant) in known}
    surviving = {mutant: change for mutant, change in survivors.items() if mutant not in equivalent}
    total = counts.total() - len(equivalent)
    share = len(surviving) / total
    lines = list(_lines(module, counts, len(equivalent), len(surviving), share))
    lines += _listed("Survivors", [f"`{_short(mutant)}`: `{change}`" for mutant, change in surviving.items()])
    lines += _listed("Equivalent", [f"`{_short(mutant)}`: {reason}" for mutant, reason in equivalent.items()])
    stale = sorted(set(known) - {_short(mutant) for mutant in survivors})
    lines += _listed("Listed as equivalent, and caught or gone", [f"`{mutant}`" for mutant in stale])
    return Section(name, tuple(lines), share < LIMIT)


def _lines(module: Module, counts: Counter[str], equivalent: int, surviving: int, share: float) -> Iterator[str]:
    yield f"`python -m bench.mutation`, {machine()}."
    yield f"{', '.join(f'`{source}`' for source in module.sources)} against"
    yield f"{', '.join(f'`{test}`' for test in module.tests)}."
    yield ""
    yield f"**{surviving} of {counts.total() - equivalent} mutants survive, {share:.1%}** (below {LIMIT:.0%});"
    yield f"{equivalent} more are equivalent. By mutmut's outcome: {', '.join(f'{n} {k}' for k, n in counts.items())}."


def _listed(heading: str, items: Sequence[str]) -> list[str]:
    return ["", f"{heading}:", "", *(f"- {item}" for item in items)] if items else []


def _short(mutant: str) -> str:
    """`desk.risk.tail.x_var_es__mutmut_3` as `var_es 3`."""
    function, number = mutant.rsplit(".", 1)[1].split("__mutmut_")
    return f"{function.removeprefix('x_').removeprefix('xǁ')} {number}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
