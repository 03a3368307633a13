"""How orders are dealt: typed records of dealing.toml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from desk.catalog import read_toml, section, tables, typed_record
from desk.errors import BadCatalog

Route = Literal["book", "tas", "otc"]


@dataclass(frozen=True, slots=True)
class DealingRules:
    """Field meanings: dealing.toml."""

    work_sigmas: float
    reversal_days: int
    cost_budget: float


@dataclass(frozen=True, slots=True)
class DealingTerms:
    """How the contracts of one root are dealt. Field meanings: dealing.toml."""

    root: str
    venue: str
    route: Route
    decimals: int
    source: str
    reason: str
    tas: str | None = None
    hedge: str | None = None
    own_mark: bool = True


@dataclass(frozen=True, slots=True)
class Dealing:
    """The rules, and the terms by root."""

    rules: DealingRules
    terms: Mapping[str, DealingTerms]

    def of(self, root: str) -> DealingTerms:
        """The terms of a root. Raises BadCatalog for one that dealing.toml does not have."""
        if root not in self.terms:
            raise BadCatalog(f"dealing.toml: no root {root!r}: an order in it cannot be dealt")
        return self.terms[root]

    def of_contract(self, contract_id: str, root: str) -> DealingTerms:
        """The terms of a contract by the beginning of its code; those of `root`, its instrument's, where none fits."""
        found = max((name for name in self.terms if contract_id.startswith(name)), key=len, default=root)
        return self.of(found)


def load_dealing(roots: Iterable[str] = ()) -> Dealing:
    """The file, checked. `roots`: those that must be there. Raises BadCatalog that names the entry."""
    raw = read_toml("dealing")
    rules: DealingRules = typed_record(DealingRules, "dealing.toml: rules", section("dealing", raw, "rules"))
    if not (rules.work_sigmas >= 0 and rules.reversal_days >= 1):
        words = f"work_sigmas = {rules.work_sigmas:g} is negative, or reversal_days = {rules.reversal_days} below one"
        raise BadCatalog(f"dealing.toml: rules: {words}")
    if not 0 < rules.cost_budget <= 1:
        raise BadCatalog(f"dealing.toml: rules: cost_budget = {rules.cost_budget} is no share of NAV above 0")
    found = Dealing(rules, {root: _terms(root, entry) for root, entry in tables("dealing", raw, "root").items()})
    for root in roots:
        found.of(root)
    return found


def _terms(root: str, entry: Mapping[str, object]) -> DealingTerms:
    where = f"dealing.toml: root {root}"
    built: DealingTerms = typed_record(DealingTerms, where, {"root": root, **entry})
    if built.route not in get_args(Route):
        raise BadCatalog(f"{where}: unknown route {built.route!r}")
    if (built.route == "tas") != (built.tas is not None):
        raise BadCatalog(f"{where}: the route tas and the code of trade at settlement go together")
    if not built.source or not built.reason or not 0 <= built.decimals <= 6:
        raise BadCatalog(f"{where}: source, reason and 0 to 6 decimals are needed")
    return built
