"""The monetary policy agent: + is policy too tight for the economy (room to cut), - too loose (pressure to hike)."""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level

MONETARY_POLICY = Agent(
    id="monetary_policy",
    question="Monetary policy",
    plus="tight, with room to cut",
    minus="loose, with pressure to hike",
    drivers=(
        Driver("ex_ante_real_rate_z", 1.0, "the ex-ante real rate"),
        Driver("slope_cdi_1y_z", 1.0, "the year priced over CDI"),
        Driver("focus_gap", -1.0, "expectations against target"),
        Driver("core_3m_z", -1.0, "core momentum"),
        Driver("activity_yoy_z", -1.0, "activity"),
        Driver("us_rate_change_63_z", -1.0, "dollar rates over a quarter"),
    ),
    levels=(
        Level("selic_target", "Selic"),
        Level("ex_ante_real_rate", "ex-ante real rate"),
        Level("pre_252", "one-year DI"),
    ),
)
