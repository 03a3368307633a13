"""Writes docs/assets.md: every asset with owner, checks and inputs, and the columns of each table with their units.

`python -m tools.asset_page` writes the page, `--check` says whether it is in step with the declarations.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from assets import LAYERS, Asset, Registry
from desk.asset_registry import desk_assets

PAGE = Path(__file__).parents[1] / "docs" / "assets.md"
HEAD = (
    "# Assets\n\nWhat is stored, and relied on: written by `python -m tools.asset_page` from the declarations of"
    " `desk/catalog/assets/` and the datasets of\n`desk/catalog/datasets.toml`. `alvorada assets list` and `show`"
    " print the same, `GET assets` serves it. What an asset is: `assets/asset.py`.\nAn asset without owner, description"
    " or check, or a column without description or unit, fails a test; so does a stage that reads or writes\nwhat its"
    " assets do not declare. **Bold** checks block, the others tell; `?`: made of it where it is there.\n"
)
MOST_NAMED = 6


def page(registry: Registry) -> str:
    """The whole page."""
    lines = [HEAD]
    for layer in LAYERS:
        found = registry.search(layer=layer)
        if found:
            lines += [f"## {layer.capitalize()}", "", *_table(found), ""]
    for layer in ("gold", "report"):
        for asset in registry.search(layer=layer):
            lines += [f"### {asset.key}", "", f"{asset.description} Made by `{asset.function}`.", ""]
            lines += [*_columns(asset), ""]
    silver = {asset.key.rsplit("/", 1)[-1]: asset for asset in registry.search(layer="silver")}
    for name, asset in silver.items():
        lines += [f"### silver/*/{name}", "", *_columns(asset), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(assets: list[Asset]) -> Iterator[str]:
    yield "| asset | what it is | made of | checks | by |"
    yield "| --- | --- | --- | --- | --- |"
    for asset in assets:
        inputs = [f"`{key}`" for key in asset.upstream] + [f"`{key}`?" for key in asset.optional]
        more = f" and {len(inputs) - MOST_NAMED} more" if len(inputs) > MOST_NAMED else ""
        checks = ", ".join(f"**{one.id}**" if one.severity == "block" else one.id for one in asset.checks)
        by = asset.partitions.kind.replace("_", " ")
        made_of = f"{', '.join(inputs[:MOST_NAMED])}{more}"
        yield f"| `{asset.key}` | {asset.description} | {made_of} | {checks} | {by} |"


def _columns(asset: Asset) -> Iterator[str]:
    yield "| column | kind | unit | what it is |"
    yield "| --- | --- | --- | --- |"
    for column in asset.columns:
        name = f"**`{column.name}`**" if column.is_key else f"`{column.name}`"
        yield f"| {name} | {column.kind} | {column.unit} | {column.description} |"


def main(arguments: list[str]) -> int:
    """Writes the page, or compares it. Returns 1 where it is out of step."""
    text = page(desk_assets())
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        print("docs/assets.md is in step")
        return 0
    print("docs/assets.md is out of step: python -m tools.asset_page", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
