"""What the terms of each source let the desk do: typed records of licences.toml, one for each source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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


def require_known(licences: Mapping[str, Licence], consents: Collection[str]) -> None:
    """Raises BadCatalog for a consent to a source that there is not: it would open nothing, and nobody would see it."""
    if wrong := sorted(set(consents) - licences.keys()):
        raise BadCatalog(f"a consent to {', '.join(wrong)} (ALVORADA_CONSENTS): the sources are {', '.join(licences)}")


def not_sent_on(
    licences: Mapping[str, Licence], sources: Iterable[str], consents: Collection[str] = ()
) -> tuple[str, ...]:
    """Those of `sources` whose content may not leave the desk: by their terms, and without a consent that it holds.

    A source without terms (imported files) may not either. Raises BadCatalog for a consent to an unknown source.
    """
    require_known(licences, consents)
    return tuple(
        name
        for name in dict.fromkeys(sources)
        if name not in consents and (name not in licences or licences[name].send_on != "yes")
    )


def notices(licences: Mapping[str, Licence], sources: Iterable[str]) -> tuple[str, ...]:
    """The words to print where content of `sources` is shown, each once, in the order of the catalogue."""
    shown = set(sources)
    return tuple(dict.fromkeys(one.notice for name, one in licences.items() if name in shown))
