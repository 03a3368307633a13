"""Brazil's price indices beyond the headline: other cuts of the IPCA, more cores, FGV's indices. Percent per month.

The cuts add up: free and administered prices make the headline, tradables and non-tradables the free ones, and the
IGP-DI is 60% producer prices, 30% IPC-Br and 10% construction costs.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from sandbox.economy import Economy
from sandbox.economy.macro import GROUPS
from sandbox.releases.brazil_monthly import SERIES as MONTHLY
from sandbox.releases.brazil_monthly import SeriesFactory, like_ipca, monthly_change
from sandbox.releases.released_series import ReleasedSeries, monthly

ADMINISTERED = 0.26
"""Weight of administered prices in the IPCA; the rest is free."""
TRADABLE = 0.45
"""Weight of tradables in the free prices."""


def _mix(economy: Economy, name: str, shares: dict[str, float], noise: float) -> FloatArray:
    change = sum(share * economy.macro.groups[:, GROUPS.index(group)] for group, share in shares.items())
    own = noise * economy.draws.normal(f"print.{name}", len(economy.macro.ipca))
    return np.asarray(np.round(100.0 * np.asarray(change) + own, 2))


def _administered(economy: Economy) -> FloatArray:
    return _mix(
        economy, "administered", {"housing": 0.35, "transport": 0.35, "health": 0.20, "communication": 0.10}, 0.10
    )


def _tradables(economy: Economy) -> FloatArray:
    return _mix(
        economy, "tradables", {"food": 0.50, "household": 0.20, "clothing": 0.15, "transport": 0.15}, 0.06
    )  # fmt: skip


def _free(economy: Economy) -> FloatArray:
    return np.asarray((monthly_change(economy) - ADMINISTERED * _administered(economy)) / (1.0 - ADMINISTERED))


def _nontradables(economy: Economy) -> FloatArray:
    return np.asarray((_free(economy) - TRADABLE * _tradables(economy)) / (1.0 - TRADABLE))


def _producer(economy: Economy) -> ReleasedSeries:
    whole_number, consumer, building = (
        MONTHLY["igpdi_mom"](economy).values, _CONSUMER(economy).values, _BUILDING(economy).values,
    )  # fmt: skip
    return monthly(economy, (whole_number - 0.30 * consumer - 0.10 * building) / 0.60, 2)


_CONSUMER = like_ipca("ipc_br", 0.90, 0.08)
_BUILDING = like_ipca("incc", 0.15, 0.20, 0.05)


SERIES: dict[str, SeriesFactory] = {
    "ipca_administered_mom": lambda economy: monthly(economy, _administered(economy), 2),
    "ipca_free_mom": lambda economy: monthly(economy, _free(economy), 2),
    "ipca_tradables_mom": lambda economy: monthly(economy, _tradables(economy), 2),
    "ipca_nontradables_mom": lambda economy: monthly(economy, _nontradables(economy), 2),
    "ipca_industrial_mom": lambda economy: monthly(
        economy, _mix(economy, "industrial", {"household": 0.45, "clothing": 0.30, "transport": 0.25}, 0.06), 2
    ),
    "ipca_food_home_mom": lambda economy: monthly(economy, _mix(economy, "food_home", {"food": 1.15}, 0.10), 2),
    "core_trimmed_raw_mom": like_ipca("core_trimmed_raw", 0.26, 0.06),
    "core_ex1_mom": like_ipca("core_ex1", 0.22, 0.07),
    "core_ex2_mom": like_ipca("core_ex2", 0.14, 0.08),
    "core_exfe_mom": like_ipca("core_exfe", 0.16, 0.07),
    "ipc_br_mom": _CONSUMER,
    "ipc_fipe_mom": like_ipca("ipc_fipe", 0.90, 0.12),
    "incc_mom": _BUILDING,
    "ipa_mom": _producer,
    "igp10_mom": lambda economy: monthly(
        economy,
        MONTHLY["igpm_mom"](economy).values + 0.10 * economy.draws.normal("print.igp10", len(economy.macro.ipca)),
        2,
    ),
}
