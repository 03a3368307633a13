"""The desk computes from its arguments: what desk/ruff.toml cannot say of that is checked here.

`python -m tools.pure_desk`, a part of `make lint`, prints each import in desk/ that is not of `ALLOWED`, and each use
of a built-in or an attribute that reads or writes files, whatever it was imported as. It returns 1 for any.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

DESK = Path(__file__).parents[1] / "desk"
# fmt: off
ALLOWED = frozenset(
    {
        "abc", "assets", "collections", "dataclasses", "datetime", "decimal", "desk", "enum", "fnmatch", "functools",
        "hashlib", "itertools", "json", "math", "operator", "re", "statistics", "tomllib", "types", "typing",
        "unicodedata", "zoneinfo", "holidays", "numpy", "polars", "__future__", "importlib.resources",
        "scipy.optimize", "scipy.special",
    }
)
# fmt: on
"""Modules, with what is below them, that the desk may import; of importlib and scipy only what is named."""
BUILTINS = frozenset({"open", "input", "print", "exec", "eval", "compile", "__import__", "globals"})
"""Built-in names that reach the world, or any name by way of a text."""
ATTRIBUTES = ("read_", "scan_", "write_", "sink_", "tofile", "fromfile", "memmap", "savez", "loadtxt", "genfromtxt")
"""Beginnings of the names in Polars and NumPy that read or write files and databases."""
OWN = frozenset({"read_text", "write_into"})
"""Attributes with such a beginning: of importlib.resources, in the two loaders, and of the desk, to fill arrays."""
CLOCK_TEXTS = frozenset({"now", "today"})


def findings(source: str) -> Iterator[tuple[int, str]]:
    """Line and complaint for each impure import, name or call of a module's source, in the order of the tree."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, f"imports {one.name}") for one in names if not _is_allowed(one.name))
            case ast.ImportFrom(module=str(module), names=names, level=0):
                full = [f"{module}.{one.name}" for one in names]
                is_own = module.partition(".")[0] == "desk"
                wrong = [one for one in full if not _is_allowed(one) or (_is_io(one) and not is_own)]
                yield from ((node.lineno, f"imports {one}") for one in wrong)
            case ast.Name(id=name) if name in BUILTINS:
                yield node.lineno, f"uses {name}"
            case ast.Attribute(attr=name) if _is_io(name):
                yield node.lineno, f"uses .{name}"
            case ast.Call(func=ast.Attribute(attr="default_rng") | ast.Name(id="default_rng"), args=[], keywords=[]):
                yield node.lineno, "draws numbers without a seed"
            case ast.Call(func=ast.Attribute(attr="datetime64"), args=[ast.Constant(value=str(text)), *_]):
                if text in CLOCK_TEXTS:
                    yield node.lineno, f"reads the clock by datetime64({text!r})"
            case _:
                pass


def _is_io(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last.startswith(ATTRIBUTES) and last not in OWN


def _is_allowed(name: str) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:count]) in ALLOWED for count in range(1, len(parts) + 1))


def main(folder: Path = DESK) -> int:
    """Prints the findings of every module of `folder`. Returns 1 for any."""
    found = [
        f"{path.relative_to(folder.parent)}:{line}: {complaint}; the desk computes from its arguments"
        for path in sorted(folder.rglob("*.py"))
        for line, complaint in findings(path.read_text(encoding="utf-8"))
    ]
    for line in found:
        print(line, file=sys.stderr)
    print(f"desk: {len(found)} imports or calls reach outside")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
