"""How much of an agent's drivers is signal: agent_fit.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from desk.catalog import read_toml, typed_record
from desk.errors import BadCatalog


@dataclass(frozen=True, slots=True)
class AgentFit:
    """Standard deviations, in units of a driver: `signal` of the state that all drivers read, `noise` of a reading."""

    signal: float
    noise: float


@cache
def load_agent_fit() -> dict[str, AgentFit]:
    """Agent -> its fit. Raises BadCatalog for a fit that is no pair of positive numbers."""
    found: dict[str, AgentFit] = {}
    for agent, raw in read_toml("agent_fit").items():
        fit: AgentFit = typed_record(AgentFit, f"agent_fit.toml {agent}", raw)
        if min(fit.signal, fit.noise) <= 0:
            raise BadCatalog(f"agent_fit.toml {agent}: signal and noise must be positive")
        found[agent] = fit
    return found
