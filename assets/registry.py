"""The assets of one or more products, and the graph that their declarations make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from assets.asset import LAYERS, Asset, AssetError


class Registry:
    """Every asset by its key, in an order in which each follows what it is made of.

    Raises AssetError for a key that is there twice, an input that is no asset, and a circle.
    """

    __slots__ = ("_assets", "_downstream")

    def __init__(self, assets: Iterable[Asset]) -> None:
        found: dict[str, Asset] = {}
        for asset in assets:
            if asset.key in found:
                raise AssetError(f"asset {asset.key} is declared twice")
            found[asset.key] = asset
        for asset in found.values():
            unknown = [key for key in asset.inputs if key not in found]
            if unknown:
                raise AssetError(f"asset {asset.key} is made of {', '.join(unknown)}, which no declaration has")
        try:
            order = list(TopologicalSorter({key: asset.inputs for key, asset in found.items()}).static_order())
        except CycleError as error:
            raise AssetError(f"assets are made of each other in a circle: {' <- '.join(error.args[1])}") from None
        self._assets: Mapping[str, Asset] = {key: found[key] for key in order}
        self._downstream: dict[str, list[str]] = {key: [] for key in order}
        for asset in self._assets.values():
            for key in asset.inputs:
                self._downstream[key].append(asset.key)

    def __len__(self) -> int:
        return len(self._assets)

    def __iter__(self) -> Iterator[Asset]:
        return iter(self._assets.values())

    def __contains__(self, key: object) -> bool:
        return key in self._assets

    def __getitem__(self, key: str) -> Asset:
        """Raises AssetError that names the nearest keys for one that is none."""
        if key not in self._assets:
            near = sorted(one for one in self._assets if key.rsplit("/", 1)[-1] in one)[:5]
            there = f"; there is {', '.join(near)}" if near else ""
            raise AssetError(f"there is no asset {key!r}{there}")
        return self._assets[key]

    def upstream(self, key: str, depth: int | None = None) -> list[Asset]:
        """What an asset is made of, up to `depth` steps away (None: all), nearest first. Raises AssetError."""
        return self._reach(key, lambda one: self[one].inputs, depth)

    def downstream(self, key: str, depth: int | None = None) -> list[Asset]:
        """What is made of an asset, up to `depth` steps away (None: all), nearest first. Raises AssetError."""
        return self._reach(key, lambda one: self._downstream[self[one].key], depth)

    def search(
        self,
        text: str = "",
        *,
        layer: str | None = None,
        product: str | None = None,
        owner: str | None = None,
        tag: str | None = None,
    ) -> list[Asset]:
        """The assets with every word of `text` in key, description, tags or columns, by layer and key."""
        words = text.lower().split()
        return sorted(
            (
                asset
                for asset in self
                if (layer is None or asset.layer == layer)
                and (product is None or asset.product == product)
                and (owner is None or asset.owner == owner)
                and (tag is None or tag in asset.tags)
                and all(word in _searched(asset) for word in words)
            ),
            key=lambda asset: (LAYERS.index(asset.layer), asset.key),
        )

    def _reach(self, key: str, next_of: Callable[[str], Iterable[str]], depth: int | None) -> list[Asset]:
        seen, frontier, steps = {self[key].key: None}, [key], 0
        while frontier and (depth is None or steps < depth):
            following = [one for at in frontier for one in next_of(at) if one not in seen]
            frontier, steps = list(dict.fromkeys(following)), steps + 1
            seen |= dict.fromkeys(frontier)
        return [self._assets[one] for one in seen if one != key]


def _searched(asset: Asset) -> str:
    columns = (f"{column.name} {column.description}" for column in asset.columns)
    return " ".join((asset.key, asset.description, *asset.tags, *columns)).lower()
