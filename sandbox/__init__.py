"""The sandbox: a simulation of every source, in its wire format, from one seeded economy."""

from __future__ import annotations

from desk.catalog import Catalog


def base_urls(root: str, catalog: Catalog) -> dict[str, dict[str, str]]:
    """Source -> base URL name -> address of that source in the sandbox at `root` (http://host:port)."""
    clean = root.rstrip("/")
    return {
        source.id: {key: f"{clean}/{source.id}/{key}" for key in source.base_urls}
        for source in catalog.sources.values()
    }
