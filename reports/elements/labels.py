"""Display names of ids: metrics, VaR methods, agents, drivers, regimes, directions. Translated."""

from __future__ import annotations

from desk.agents import AGENTS
from reports.elements.formats import capitalize_first, humanize
from reports.elements.locale import translate

METRIC_NAMES = {"var_95": "VaR 95%", "var_99": "VaR 99%", "es_95": "ES 95%", "es_975": "ES 97.5%", "es_99": "ES 99%"}
"""The tail metrics that the report shows, in their order; English."""
DRIVER_LABELS = {driver.column: driver.label for agent in AGENTS for driver in agent.drivers}
"""Agent driver column -> the desk's English label."""


def method_name(method: str) -> str:
    """`student_t` -> `student t`."""
    return translate(humanize(method))


def agent_name(agent_id: str) -> str:
    """`fx_equilibrium` -> `FX equilibrium`."""
    return translate(humanize(agent_id).capitalize().replace("Fx ", "FX "))


def agent_driver_name(column: str) -> str:
    """The desk's label of an agent's driver; the id with spaces where it has none."""
    return translate(DRIVER_LABELS[column]) if column in DRIVER_LABELS else humanize(column)


def strategy_driver_name(column: str) -> str:
    """`slope_2s5s_z` -> `slope 2s5s z`, in the reader's language."""
    return translate(humanize(column))


def regime_name(regime: str) -> str:
    """`Goldilocks`, translated."""
    return translate(capitalize_first(humanize(regime)))


def direction(sign: int) -> str:
    """`long` for a positive sign, `short` for any other."""
    return translate("long" if sign > 0 else "short")
