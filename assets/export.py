"""An asset as plain values, for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from assets.asset import Asset
from assets.registry import Registry


def summary(asset: Asset) -> dict[str, Any]:
    """What a list of assets shows."""
    return {
        "key": asset.key,
        "layer": asset.layer,
        "product": asset.product,
        "owner": asset.owner,
        "description": asset.description,
        "tags": list(asset.tags),
        "is_required": asset.is_required,
    }


def whole(asset: Asset, registry: Registry) -> dict[str, Any]:
    """The declaration, with what is made of the asset, one step away and at any distance."""
    return {
        **summary(asset),
        "columns": [asdict(column) for column in asset.columns],
        "partitions": asdict(asset.partitions),
        "promise": None if asset.promise is None else asdict(asset.promise),
        "checks": [asdict(check) for check in asset.checks],
        "retention": asset.retention,
        "function": asset.function,
        "upstream": list(asset.upstream),
        "optional": list(asset.optional),
        "downstream": [one.key for one in registry.downstream(asset.key, depth=1)],
        "rests_on_it": [one.key for one in registry.downstream(asset.key)],
    }
