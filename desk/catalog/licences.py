"""What the terms of each source let the desk do: typed records of licences.toml, one for each source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from desk.catalog import Catalog, read_toml, typed_record
from desk.errors import BadCatalog

Permission = Literal["yes", "no", "ask"]


@dataclass(frozen=True, slots=True)
class Licence:
    """One source's terms. `ask`: a consent or a contract is needed. `read`: a person has read them at the source."""

    terms: str
    store: Permission
    show: Permission
    send_on: Permission
    notice: str
    holder: str
    read: bool

    def __post_init__(self) -> None:
        for name in ("store", "show", "send_on"):
            if getattr(self, name) not in ("yes", "no", "ask"):
                raise ValueError(f"{name} is yes, no or ask, not {getattr(self, name)!r}")
        if not self.terms or not self.notice or not self.holder:
            raise ValueError("terms, notice and holder are words")

    @property
    def is_open(self) -> bool:
        """Whether no permission is needed."""
        return self.store == self.show == self.send_on == "yes"


def load_licences(catalog: Catalog) -> Mapping[str, Licence]:
    """Source -> its licence, in the catalogue's order. Raises BadCatalog for a source without one, or unknown."""
    raw = read_toml("licences")["licence"]
    if wrong := sorted(raw.keys() ^ catalog.sources.keys()):
        raise BadCatalog(f"licences.toml: {', '.join(wrong)}: each source has one licence, and each licence a source")
    return {name: typed_record(Licence, f"licence {name}", raw[name]) for name in catalog.sources}
