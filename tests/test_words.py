"""Retired words stay retired: no name in the code is one of them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# fmt: off
RETIRED = frozenset(
    {
        "told", "asked", "lacking", "said", "leash", "reap", "reaped", "bury", "sighting", "pacing", "asking", "abroad",
        "doors", "tongue", "speaking", "ground", "watchdog_memory", "watchdog_places", "at_home", "alerts_after",
    }
)
"""Participles that stood for a message, a request or what is missing, and pictures that stood for the field's terms."""
FOLDERS = (
    "alvorada", "api", "assets", "bench", "blocks", "desk", "flows", "grafana", "migrations", "reports", "sandbox",
    "tasks", "tools",
)
# fmt: on


def names(tree: ast.AST) -> Iterator[str]:
    """The names that a module defines: functions, classes, arguments, variables and attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def test_no_name_is_a_retired_word() -> None:
    command = ["git", "ls-files", *(f"{folder}/*.py" for folder in FOLDERS)]
    files = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert len(files) > 500
    found = {
        (path, name)
        for path in files
        for name in (Path(path).stem, *names(ast.parse((ROOT / path).read_text(encoding="utf-8"))))
        if name.lower().strip("_") in RETIRED
    }
    assert not found


def test_the_names_of_a_module_are_found() -> None:
    source = "class Asked:\n    def told(self, said: str) -> None:\n        self.lacking = wanted = said\n"
    assert sorted(names(ast.parse(source))) == ["Asked", "lacking", "said", "self", "told", "wanted"]
