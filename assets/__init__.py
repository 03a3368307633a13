"""A core that knows no domain: what an asset is, the registry of those of a product, and what a declaration lacks.

An asset is anything stored that somebody relies on. Pure: no I/O, no clock, nothing but the standard library.

asset.py      the declaration: layer, schema, upstream, partitions, checks, promise, function
registry.py   the assets of one or more products: unique keys, no circle; search, upstream, downstream
coverage.py   what a declaration lacks
export.py     an asset as plain values
"""

from assets.asset import LAYERS, Asset, AssetError, Check, Column, PartitionKind, Partitions, Promise
from assets.coverage import faults
from assets.export import summary, whole
from assets.registry import Registry

__all__ = [
    "LAYERS",
    "Asset",
    "AssetError",
    "Check",
    "Column",
    "PartitionKind",
    "Partitions",
    "Promise",
    "Registry",
    "faults",
    "summary",
    "whole",
]
