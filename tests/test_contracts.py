"""Every rule about imports and purity catches a break: each is planted in a copy of the tree, and the linter is run.

A contract of pyproject.toml without a planted break fails here, so a new contract brings its line of `BREAKS`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.connectors import CONNECTORS
from tools.pure_desk import findings, main

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DESK_RULES = tomllib.loads((ROOT / "desk" / "ruff.toml").read_text(encoding="utf-8"))["lint"]
IMPORT_LINTER = PYPROJECT["tool"]["importlinter"]
CONTRACTS: list[str] = [contract["name"] for contract in IMPORT_LINTER["contracts"]]
BANNED: list[str] = list(DESK_RULES["flake8-tidy-imports"]["banned-api"])


@dataclass(frozen=True)
class Break:
    """An import that a contract forbids: `importer`, a module of the tree, imports the module `imported`."""

    importer: str
    imported: str


BREAKS: dict[str, Break] = {
    "Layers: benches and tools over the command line over flows and the API over tasks over migrations over blocks and "
    "reports over desk": Break("tasks.connectors.fred", "flows.daily"),
    "Inside alvorada: the command line over the watchdog over the catch-up over Prefect's objects over the stack, "
    "which starts the rest as processes": Break("alvorada.stack.ports", "alvorada.cli.clock"),
    "Inside the desk: performance and what-if over alerts and risk over dealing over portfolio over strategies "
    "over agents over plausibility over transforms, down to the errors": Break("desk.us_holidays", "desk.calendars"),
    "Inside the reports: mail over page over sections over charts, tables and stills over calculations "
    "over elements": Break("reports.calculations", "reports.page.render"),
    "Report sections do not know each other": Break("reports.sections.regime", "reports.sections.actions"),
    "The desk does no I/O": Break("desk.agents.gaps", "httpx"),
    "The core of assets knows no domain and no library": Break("assets.registry", "polars"),
    "Agents are independent of each other": Break("desk.agents.fiscal.debt", "desk.agents.inflation.groups"),
    "Strategies are independent of each other": Break("desk.strategies.cupom_basis", "desk.strategies.cupom_slope"),
    "Connectors know httpx and the desk, nothing else": Break("tasks.connectors.bcb_ptax", "prefect"),
    "Inside tasks: what uses a run over the run over store, http and channels over connectors": Break(
        "tasks.store.lake", "tasks.run.run"
    ),
    "Inside flows: the daily run over its stages, which do not know each other": Break("flows.signals", "flows.risk"),
    "Connectors do not know each other; what two of them share is a module of its own": Break(
        "tasks.connectors.cftc_cot", "tasks.connectors.yahoo_finance"
    ),
    "The sandbox is imported by nothing but tests and the command line": Break("blocks.settings", "sandbox.settings"),
}
"""Contract -> the break that is planted for it, in modules that the other breaks leave alone."""

CALLS: dict[str, str] = {
    "DTZ001": "import datetime\nSTART = datetime.datetime(2026, 1, 5)\n",
    "DTZ003": "import datetime\nNOW = datetime.datetime.utcnow()\n",
    "DTZ005": "import datetime\nNOW = datetime.datetime.now()\n",
    "DTZ006": "import datetime\nTHEN = datetime.datetime.fromtimestamp(0)\n",
    "DTZ007": 'import datetime\nDAY = datetime.datetime.strptime("2026-01-05", "%Y-%m-%d")\n',
    "DTZ011": "import datetime\nTODAY = datetime.date.today()\n",
    "T201": 'print("a log of sorts")\n',
    "PTH123": 'TEXT = open("rates.csv").read()\n',
    "NPY002": "import numpy as np\nDRAWN = np.random.standard_normal(3)\n",
}
"""Rule of desk/ruff.toml -> code that breaks it."""

BY_ANOTHER_NAME: dict[str, str] = {
    "read = open": "uses open",
    "import builtins": "imports builtins",
    "__import__('os').environ": "uses __import__",
    "from importlib import import_module": "imports importlib.import_module",
    "import sys": "imports sys",
    "import getpass as who": "imports getpass",
    "from email.utils import localtime": "imports email.utils.localtime",
    "import obstore": "imports obstore",
    "from scipy import io": "imports scipy.io",
    "from concurrent import futures": "imports concurrent.futures",
    "from tasks.store import Store": "imports tasks.store.Store",
    "import polars as frames\nframes.scan_ipc('rates.arrow')": "uses .scan_ipc",
    "from polars import read_ods": "imports polars.read_ods",
    "frame.write_csv('rates.csv')": "uses .write_csv",
    "values.tofile('rates.bin')": "uses .tofile",
    "import numpy as np\nnp.datetime64('now')": "reads the clock by datetime64('now')",
    "import numpy as np\nnp.random.default_rng()": "draws numbers without a seed",
}
"""Code that reaches outside by a name on no list of ruff's -> what tools/pure_desk.py says of its last line."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages that the contracts name, with every break of `BREAKS` appended to its module."""
    copy = tmp_path_factory.mktemp("tree")
    for package in IMPORT_LINTER["root_packages"]:
        shutil.copytree(ROOT / package, copy / package, ignore=_not_python)
    shutil.copy(ROOT / "pyproject.toml", copy)
    shutil.copy(ROOT / "desk" / "ruff.toml", copy / "desk")
    for planted in BREAKS.values():
        module = _path(copy, planted.importer)
        text = module.read_text(encoding="utf-8")
        module.write_text(f"{text}\nimport {planted.imported}\n", encoding="utf-8")
    return copy


def _not_python(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".py") and not Path(folder, name).is_dir()}


def _path(root: Path, module: str) -> Path:
    place = root / module.replace(".", "/")
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


@pytest.fixture(scope="module")
def broken(tree: Path) -> dict[str, str]:
    """Name of each contract that import-linter reports as broken -> its part of the report."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, env={"COLUMNS": "10000"})
    assert done.returncode == 1, done.stdout + done.stderr
    _, _, details = done.stdout.partition("\nBroken contracts\n")
    assert details, done.stdout
    headings = [(match.start(), name) for name in CONTRACTS for match in _headings(name, details)]
    ends = [start for start, _ in sorted(headings)[1:]] + [len(details)]
    return {name: details[start:end] for (start, name), end in zip(sorted(headings), ends, strict=True)}


def _headings(name: str, text: str) -> Iterator[re.Match[str]]:
    """Where `name` stands as a heading: a line of its own, underlined; a long one may be wrapped."""
    words = r"\s+".join(re.escape(word) for word in name.split())
    return re.finditer(rf"^{words}\n-+$", text, flags=re.MULTILINE)


def test_every_package_of_the_repository_is_under_the_contracts() -> None:
    """A new top-level folder joins the layers, or fails here."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages == set(IMPORT_LINTER["root_packages"])
    layered = {name for level in IMPORT_LINTER["contracts"][0]["layers"] for name in level.split(" | ")}
    assert layered == packages


def test_a_new_agent_or_connector_is_independent_of_the_others_too() -> None:
    """The contracts that name their modules one by one name all that there are."""
    modules = {contract["name"]: contract.get("modules") for contract in IMPORT_LINTER["contracts"]}
    agents = {f"desk.agents.{path.parent.name}" for path in (ROOT / "desk" / "agents").glob("*/__init__.py")}
    assert set(modules["Agents are independent of each other"]) == agents
    connectors = {connector.__module__ for connector in CONNECTORS.values()}
    assert (
        set(modules["Connectors do not know each other; what two of them share is a module of its own"]) == connectors
    )


def test_no_file_has_outgrown_its_room() -> None:
    """Files are split at 300 lines; none reaches 350."""
    found = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = {name: (ROOT / name).read_text(encoding="utf-8").count("\n") for name in found.split()}
    assert not {name: n for name, n in lines.items() if n >= 350}


def test_every_contract_has_a_planted_break() -> None:
    assert sorted(BREAKS) == sorted(CONTRACTS)
    places = [planted.importer for planted in BREAKS.values()]
    assert len(set(places)) == len(places), "each break needs a module of its own"


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_reports_the_break_that_is_planted_for_it(name: str, tree: Path, broken: dict[str, str]) -> None:
    planted = BREAKS[name]
    line = len(_path(tree, planted.importer).read_text(encoding="utf-8").splitlines())
    target = planted.imported
    assert name in broken
    assert f"{planted.importer} -> {target} (l.{line})" in re.sub(r"\s+", " ", broken[name])


def test_ruff_reports_each_banned_name_in_the_desk(tree: Path) -> None:
    """The list of desk/ruff.toml itself is planted, name by name: one file each, so that the report says which."""
    folder = tree / "desk" / "transforms"
    for name in BANNED:
        package = name.split(".")[0]
        (folder / f"planted_{name.replace('.', '_')}.py").write_text(f"import {package}\n\nVALUE = {name}\n")
    reported = _ruff(folder, "planted_*.py", "TID251")
    assert {path.stem for path in folder.glob("planted_*.py")} <= {path.stem for path, _ in reported}
    assert {message.split("`")[1] for _, message in reported} == set(BANNED)


@pytest.mark.parametrize("rule", CALLS)
def test_ruff_reports_each_forbidden_call_in_the_desk(rule: str, tree: Path) -> None:
    (tree / "desk" / "agents" / f"call_{rule.lower()}.py").write_text(CALLS[rule])
    assert _ruff(tree / "desk" / "agents", f"call_{rule.lower()}.py", rule)


@pytest.mark.parametrize("code", BY_ANOTHER_NAME)
def test_what_reaches_outside_by_another_name_is_reported(code: str) -> None:
    assert list(findings(code)) == [(code.count("\n") + 1, BY_ANOTHER_NAME[code])]


def test_a_desk_that_reaches_outside_fails_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "desk" / "risk"
    folder.mkdir(parents=True)
    (folder / "tail.py").write_text("import numpy as np\n\nRATES = np.zeros(3)\n")
    assert main(folder.parent) == 0
    (folder / "tail.py").write_text("import numpy as np\n\nread = open\n")
    assert main(folder.parent) == 1
    assert "desk/risk/tail.py:3: uses open" in capsys.readouterr().err


def test_every_rule_of_the_desk_is_planted() -> None:
    planted = (*CALLS, "TID251")
    assert all(any(code.startswith(rule) for code in planted) for rule in DESK_RULES["extend-select"])


LOADERS = ("catalog/__init__.py", "us_holidays.py")
"""Modules of the desk that read a file of the package: the catalogue, and the calendar below it."""


def test_only_the_loaders_may_read_the_files_of_the_package(tree: Path) -> None:
    assert DESK_RULES["per-file-ignores"] == {name: ["TID251"] for name in LOADERS}
    for name in LOADERS:
        loader = tree / "desk" / name
        text = loader.read_text(encoding="utf-8")
        assert "from importlib import resources" in text
        loader.with_name("second_loader.py").write_text(text)
        assert _ruff(loader.parent, "second_loader.py", "TID251")
        assert not _ruff(loader.parent, loader.name, "TID251")


def _ruff(folder: Path, pattern: str, rule: str) -> list[tuple[Path, str]]:
    """File and message of each finding of `rule` in the files of `folder` that match `pattern`."""
    files = [str(path) for path in folder.glob(pattern)]
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    return [(Path(one["filename"]), one["message"]) for one in found if one["code"] == rule]
