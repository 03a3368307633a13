"""The fiscal agent. Positive score: public finances improve. Negative: they deteriorate, or markets price that.

Sources: IMF debt sustainability analysis for the debt path; Blanchard (2004) for fiscal dominance.
"""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level
from desk.agents.fiscal.debt import DEBT, DEBT_CHANGE_UNIT

ONE_POINT_OF_GDP, HALF = 0.01, 0.5

FISCAL_MODELS = (DEBT,)
FISCAL = Agent(
    id="fiscal",
    question="Public finances",
    plus="getting sounder",
    minus="getting worse",
    drivers=(
        Driver("fis_debt_change_5y", -1.0, "the path of debt over five years", unit=DEBT_CHANGE_UNIT),
        Driver("gross_debt_change_12m_z", -1.0, "gross debt over a year"),
        # SGS 5793 is a borrowing need: a rise is a deterioration
        Driver("primary_need_change_12m_z", -1.0, "the primary balance over a year"),
        Driver("fis_impulse", -1.0, "the fiscal impulse", unit=ONE_POINT_OF_GDP),
        Driver("fis_dominance", -1.0, "the risk of dominance", unit=HALF),
        Driver("slope_cdi_5y_z", -1.0, "the term premium"),
        Driver("real_1260_z", -1.0, "long real rates"),
    ),
    levels=(
        Level("gross_debt_gdp", "gross debt of GDP"),
        Level("fis_debt_base_y5", "in five years"),
        Level("primary_need_12m_gdp", "primary borrowing need of GDP"),
        Level("real_1260", "five-year real rate", digits=2),
    ),
)
