"""Migrations are SQL files, frozen once they are released; a revision's Python names them, in their order."""

from __future__ import annotations

from pathlib import Path

from alembic import op
from sqlalchemy import text


def run_file(folder: Path, name: str, **parts: str) -> None:
    """Run every statement of `folder/name` (each ends with `;` at a line's end); `{part}` is filled from `parts`."""
    script = (folder / name).read_text(encoding="utf-8")
    for key, value in parts.items():
        script = script.replace("{" + key + "}", value)
    for statement in statements(script):
        op.get_bind().execute(text(statement.replace(":", r"\:")))


def statements(script: str) -> list[str]:
    """The statements of a script, without comments. A `;` ends one only outside a $$ body.

    Raises ValueError for a last statement without its `;`.
    """
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    found: list[str] = []
    current: list[str] = []
    in_body = False
    for line in lines:
        current.append(line)
        in_body ^= line.count("$$") % 2 == 1
        if line.rstrip().endswith(";") and not in_body:
            found.append("\n".join(current).strip().removesuffix(";"))
            current = []
    if "".join(current).strip():
        raise ValueError(f"statement without an end: {current[0]!r}")
    return [statement for statement in found if statement]
