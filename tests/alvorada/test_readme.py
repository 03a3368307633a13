"""The README is true to the code: its commands, targets and paths exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
from typer.main import get_command

from alvorada.cli.main import app
from alvorada.cli.project_checks import broken_links

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> dict[str, set[str]]:
    """Command -> its options, with those of the commands below it."""
    return {name: options_of(command) for name, command in get_command(app).commands.items()}  # type: ignore[attr-defined]


def options_of(command: click.Command) -> set[str]:
    own = {option for parameter in command.params for option in parameter.opts}
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return own.union(*(options_of(inner) for inner in below))


def test_every_command_of_the_readme_exists_with_its_options() -> None:
    known = commands()
    written = re.findall(r"(?:`|\.venv/bin/|bootstrap )alvorada ([a-z-]+)([^`\n#|]*)", README)
    assert len(written) > 12
    for name, rest in written:
        assert name in known, name
        assert set(re.findall(r"--[a-z-]+", rest)) <= known[name], f"alvorada {name}{rest}"


def test_every_command_is_in_the_readme() -> None:
    for name in set(commands()) - {"migrate", "test", "lint", "bench", "docs"}:
        assert re.search(rf"alvorada {name}\b", README), name


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "docs/deploy.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)) <= targets, name


def test_every_path_of_the_table_exists() -> None:
    table = README[README.index("| You ask") : README.index("## Commands")]
    paths = [path for path in re.findall(r"`([\w./]+)`", table) if "/" in path or path.endswith(".yaml")]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_each_question_of_a_newcomer_is_answered_by_one_path() -> None:
    page = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    table = page[page.index("| A newcomer asks") : page.index("## How to")]
    answers = [row.split("|")[2].strip() for row in table.strip().splitlines()[2:]]
    assert len(answers) > 12
    for answer in answers:
        path = re.fullmatch(r"`([\w./]+)`|\[([\w.-]+)\]\(\2\)", answer)
        assert path is not None, f"not one path: {answer}"
        assert ((ROOT / path[1]) if path[1] else (ROOT / "docs" / path[2])).exists(), answer


def test_links_lead_to_files(tmp_path: Path) -> None:
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        assert broken_links(ROOT / name) == [], name
    page = tmp_path / "page.md"
    page.write_text(
        "[a](no.md) [b](https://example.org) [c](page.md) ![d](img/no.png) [e][below]\n\n[below]: gone.md\n"
    )
    assert broken_links(page) == ["no.md", "img/no.png", "gone.md"]


def test_links_lead_to_headings(tmp_path: Path) -> None:
    """An anchor is that of a heading: of the page itself, or of the page that is named."""
    (tmp_path / "other.md").write_text("# What `a-b` costs, in BRL\n\n```\n# no heading\n```\n")
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](#here) [b](#there) [c](other.md#what-a-b-costs-in-brl) [d](other.md#no-heading)")
    assert broken_links(page) == ["#there", "other.md#no-heading"]
