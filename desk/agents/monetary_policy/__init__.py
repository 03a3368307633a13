"""The monetary policy agent. Positive score: policy is tight for the economy (room to cut). Negative: loose (pressure
to hike).

Sources: Taylor (1993) for the rule; Clarida, Gali and Gertler (2000) for the smoothing of the policy rate.
"""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level
from desk.agents.monetary_policy.fed import FED
from desk.agents.monetary_policy.meetings import MEETINGS
from desk.agents.monetary_policy.path import PATH
from desk.agents.monetary_policy.taylor import TAYLOR

TWO_POINTS, ONE_POINT, ONE_STEP = 0.02, 0.01, 0.005

MONETARY_MODELS = (MEETINGS, TAYLOR, PATH, FED)
MONETARY_POLICY = Agent(
    id="monetary_policy",
    question="Monetary policy",
    plus="tight, with room to cut",
    minus="loose, with pressure to hike",
    drivers=(
        Driver("mp_taylor_gap_1y", 1.0, "a year of DI over the Taylor path", unit=TWO_POINTS),
        Driver("mp_stance", 1.0, "the real rate over neutral", unit=TWO_POINTS),
        Driver("ex_ante_real_rate_z", 1.0, "the ex-ante real rate"),
        Driver("mp_copom_path_gap", 1.0, "DI by meeting over Focus", unit=ONE_STEP),
        Driver("mp_term_premium_5y", 1.0, "the far forward over Focus and neutral", unit=TWO_POINTS),
        Driver("slope_cdi_1y_z", 1.0, "the year priced over CDI"),
        Driver("focus_gap", -1.0, "expectations against target"),
        Driver("inf_core_gap", -1.0, "core momentum against target"),
        Driver("inf_activity_gap", -1.0, "the activity gap", unit=ONE_POINT),
        Driver("mp_fed_gap_2y", 1.0, "two-year Treasuries over the Fed's rule", unit=ONE_POINT),
        Driver("us_rate_change_63_z", -1.0, "dollar rates over a quarter"),
    ),
    levels=(
        Level("selic_target", "Selic", digits=2),
        Level("mp_taylor_rate", "Taylor rule", digits=2),
        Level("mp_r_star", "neutral real rate", digits=2),
        Level("ex_ante_real_rate", "ex-ante real rate", digits=2),
        Level("pre_252", "one-year DI", digits=2),
    ),
)
