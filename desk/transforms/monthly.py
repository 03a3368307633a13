"""Tables of series: the transforms in observation time, and the series that the agents' models read.

A transform's z-score becomes the panel column `<name>_z`.
"""

from __future__ import annotations

from desk.transforms.vintage_transforms import VintageTransform

_YEARLY, _FRACTION, _USD = "fraction per year", "fraction", "USD million"
TEN_YEARS, FIVE_YEARS = 120, 60

_CORES = ("trimmed", "ex0", "double_weight", "ex3", "p55")
CORES: tuple[str, ...] = tuple(f"core_{core}_mom" for core in _CORES)
"""The five core measures of the IPCA whose mean the Banco Central do Brasil reports."""

VINTAGE_TRANSFORMS: tuple[VintageTransform, ...] = (
    VintageTransform("ipca_12m_index", "ipca_index", "growth", 12, "I / I[-12] - 1", _YEARLY, FIVE_YEARS),
    VintageTransform("ipca_12m_mom", "ipca_mom", "compounded", 12, "prod(1 + m) - 1, 12 months", _YEARLY, FIVE_YEARS),
    VintageTransform(
        "ipca_12m_ibge", "ibge_ipca_headline_mom", "compounded", 12, "prod(1 + m) - 1, 12 months", _YEARLY, FIVE_YEARS
    ),
    *(
        VintageTransform(
            f"core_{core}_3m", f"core_{core}_mom", "compounded_annual", 3, "prod(1 + m)^4 - 1", _YEARLY, TEN_YEARS
        )
        for core in _CORES
    ),
    *(
        VintageTransform(f"core_{core}_12m", f"core_{core}_mom", "compounded", 12, "prod(1 + m) - 1", _YEARLY)
        for core in _CORES
    ),
    VintageTransform(
        "services_3m", "ipca_services_mom", "compounded_annual", 3, "prod(1 + m)^4 - 1", _YEARLY, TEN_YEARS
    ),
    VintageTransform("services_12m", "ipca_services_mom", "compounded", 12, "prod(1 + m) - 1", _YEARLY),
    VintageTransform("ibc_br_yoy", "ibc_br", "growth", 12, "x / x[-12] - 1", _YEARLY, FIVE_YEARS),
    VintageTransform("ibc_br_sa_yoy", "ibc_br_sa", "growth", 12, "x / x[-12] - 1", _YEARLY, FIVE_YEARS),
    VintageTransform("ibc_br_sa_3m", "ibc_br_sa", "average_growth", 3, "mean(last 3) / mean(3 before) - 1", _FRACTION),
    VintageTransform("unemployment_change_12m", "unemployment", "difference", 12, "u - u[-12]", _FRACTION),
    VintageTransform(
        "gross_debt_change_12m", "gross_debt_gdp", "difference", 12, "d - d[-12]", "fraction of GDP", TEN_YEARS
    ),
    VintageTransform(
        "primary_need_change_12m", "primary_need_12m_gdp", "difference", 12, "p - p[-12]", "fraction of GDP", TEN_YEARS
    ),
    VintageTransform("current_account_12m", "current_account", "sum", 12, "sum of 12 months", _USD, FIVE_YEARS),
    VintageTransform("trade_balance_12m", "trade_balance", "sum", 12, "sum of 12 months", _USD, FIVE_YEARS),
    VintageTransform("us_core_pce_yoy", "us_core_pce", "growth", 12, "x / x[-12] - 1", _YEARLY, TEN_YEARS),
    VintageTransform("us_core_pce_3m", "us_core_pce", "growth_annual", 3, "(x / x[-3])^4 - 1", _YEARLY, TEN_YEARS),
    VintageTransform("us_cpi_yoy", "us_cpi", "growth", 12, "x / x[-12] - 1", _YEARLY, TEN_YEARS),
    VintageTransform(
        "us_industrial_production_yoy", "us_industrial_production", "growth", 12, "x / x[-12] - 1", _YEARLY, TEN_YEARS
    ),
    VintageTransform("fx_flow_total_21", "fx_flow_total", "sum", 21, "sum of the last 21 days published", _USD),
    VintageTransform(
        "fx_flow_commercial_21", "fx_flow_commercial", "sum", 21, "sum of the last 21 days published", _USD
    ),
    VintageTransform("fx_flow_financial_21", "fx_flow_financial", "sum", 21, "sum of the last 21 days published", _USD),
)

IPCA_GROUPS: tuple[str, ...] = (
    "food", "housing", "household", "clothing", "transport", "health", "personal", "education", "communication",
)  # fmt: skip

MODEL_SERIES: tuple[str, ...] = (
    "ipca_mom",
    *CORES,
    "ipca_services_mom",
    *(f"ipca_{group}_mom" for group in IPCA_GROUPS),
    *(f"ibge_ipca_{group}_weight" for group in IPCA_GROUPS),
    "ibc_br_sa",
    "selic_monthly",
    "usdbrl_monthly",
    "world_commodities",
    "reserves_monthly",
    "us_cpi",
    "us_core_pce",
    "us_unemployment",
    "fed_funds_monthly",
)
"""Monthly series whose vintages the agents' models are fitted on."""

WEEKLY_SERIES: tuple[str, ...] = (
    "vix_fred", "us_hy_spread", "us_financial_conditions", "ibovespa",
    "usdbrl_ptax_sell", "usdbrl_sgs_sell", "yahoo_usdbrl",
)  # fmt: skip
"""Series that are sampled once a week for the regime model."""

WEEKLY_TRANSFORMS: tuple[str, ...] = ("ibc_br_yoy", "ibc_br_sa_yoy", "ipca_12m_mom")
"""Transforms in observation time that are sampled once a week with WEEKLY_SERIES."""

WEEKLY_FALLBACKS: tuple[str, ...] = ("usdbrl", "activity_yoy")
"""Columns that catalog/fallbacks.toml chooses among WEEKLY_SERIES and WEEKLY_TRANSFORMS, for each week by the same rule
as the panel's daily columns."""
