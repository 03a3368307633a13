"""What the label of each series rests on: typed records of evidence.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from desk.catalog import Catalog, read_toml
from desk.errors import BadCatalog

Kind = Literal["values", "body", "titles", "title", "answer", "open"]
SETTLED: tuple[Kind, ...] = ("values", "body", "titles")
"""Kinds that two independent witnesses stand behind; the others wait for a live answer."""


@dataclass(frozen=True, slots=True)
class LabelEvidence:
    """What a series' label rests on: the `kind` of evidence, and what it `says`."""

    kind: Kind
    says: str

    @property
    def settled(self) -> bool:
        """Whether two independent witnesses agree on the label."""
        return self.kind in SETTLED


def load_label_evidence(catalog: Catalog) -> Mapping[str, LabelEvidence]:
    """By series id. Raises BadCatalog for a series without evidence or with two, and for a code that no series has."""
    by_code: dict[tuple[str, str], list[str]] = {}
    for series in catalog.series.values():
        by_code.setdefault((series.source, series.code), []).append(series.id)
    found: dict[str, LabelEvidence] = {}
    for raw in read_toml("evidence")["evidence"]:
        if raw["kind"] not in get_args(Kind):
            raise BadCatalog(f"evidence.toml: unknown kind {raw['kind']!r} of {raw['source']}")
        codes = raw.get("codes") or [code for source, code in by_code if source == raw["source"]]
        for code in codes:
            if (raw["source"], code) not in by_code:
                raise BadCatalog(f"evidence.toml: no series of {raw['source']} has the code {code!r}")
            for series_id in by_code[raw["source"], code]:
                if series_id in found:
                    raise BadCatalog(f"evidence.toml: {series_id} has two entries")
                found[series_id] = LabelEvidence(raw["kind"], raw["says"])
    without = sorted(set(catalog.series) - set(found))
    if without:
        raise BadCatalog(f"evidence.toml: no evidence for {', '.join(without)}")
    return found
