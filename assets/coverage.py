"""What a declaration lacks: owner, description, columns, units, checks."""

from __future__ import annotations

from assets.asset import Asset

NUMBERS = ("float", "int")
"""Kinds of columns that have a unit."""


def faults(asset: Asset) -> list[str]:
    """One line for each thing that is missing; none where the declaration is whole."""
    found = [
        f"{asset.key}: no {name}"
        for name, value in (
            ("product", asset.product), ("owner", asset.owner), ("description", asset.description),
            ("columns", asset.columns), ("checks", asset.checks), ("retention", asset.retention),
        )
        if not value
    ]  # fmt: skip
    if asset.partitions.kind != "none" and not asset.partitions.calendar:
        found.append(f"{asset.key}: partitions by {asset.partitions.kind} without a calendar")
    if asset.layer not in ("source",) and not asset.inputs:
        found.append(f"{asset.key}: made of nothing")
    names = [column.name for column in asset.columns]
    found += [f"{asset.key}: column {name} twice" for name in sorted({one for one in names if names.count(one) > 1})]
    for column in asset.columns:
        if not column.description:
            found.append(f"{asset.key}.{column.name}: no description")
        if column.kind in NUMBERS and not column.unit:
            found.append(f"{asset.key}.{column.name}: no unit")
    return found
