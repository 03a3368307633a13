"""The fiscal agent: + is public finances getting sounder, - getting worse or priced as worse."""

from __future__ import annotations

from desk.agents.base import Agent, Driver, Level

FISCAL = Agent(
    id="fiscal",
    question="Public finances",
    plus="getting sounder",
    minus="getting worse",
    drivers=(
        Driver("gross_debt_change_12m_z", -1.0, "gross debt over a year"),
        # SGS 5793 is a borrowing need: a rise is a deterioration
        Driver("primary_need_change_12m_z", -1.0, "the primary balance over a year"),
        Driver("slope_cdi_5y_z", -1.0, "the term premium"),
        Driver("real_1260_z", -1.0, "long real rates"),
    ),
    levels=(
        Level("gross_debt_gdp", "gross debt of GDP"),
        Level("primary_need_12m_gdp", "primary borrowing need of GDP"),
        Level("real_1260", "five-year real rate"),
    ),
)
