"""Phillips curve: core inflation a year ahead from expectations, the activity gap, the currency and commodities.

Direct regression over the trailing ten years, in the vintage of each release: twelve-month core inflation on regressors
of twelve months before, each with its publication lag of today. Core is the mean of the five cores. The rows overlap by
twelve months, so the prior has the weight of twelve rows and the standard errors are Newey-West. The forecast of core
is used for the IPCA: food and administered prices a year ahead are not forecast separately. Sources: Banco Central do
Brasil, small-scale model; Stock and Watson (1999) for the direct forecast.
"""

from __future__ import annotations

from desk.agents.gaps import hp_gap, log_or_nan
from desk.agents.models import Model, ModelData, masked
from desk.agents.regression import ridge
from desk.agents.vintages import (
    aligned_vintages,
    lagged_regressors,
    mean_of_known,
    newest_index,
    newest_value,
    spread_over_days,
    trailing_months,
)
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.monthly import CORES
from desk.transforms.vintage_transforms import compounded, difference

WINDOW_MONTHS, AHEAD_MONTHS, MIN_ROWS = 120, 12, 60
MIN_CORES = 3
REGRESSORS = ("expectations", "gap", "fx", "commodities", "inertia")
_SOURCES = ("focus_ipca_12m", "ibc_br_sa", "usdbrl_monthly", "world_commodities", "core_12m")


def _compute(data: ModelData) -> dict[str, FloatArray]:
    aligned = aligned_vintages(data.panel.model_inputs.monthly, (*CORES, *_SOURCES[:4]))
    core = compounded(mean_of_known([aligned[name] for name in CORES], MIN_CORES), AHEAD_MONTHS)
    activity = hp_gap(log_or_nan(aligned["ibc_br_sa"]))
    yearly = [difference(log_or_nan(aligned[name]), AHEAD_MONTHS) for name in ("usdbrl_monthly", "world_commodities")]
    end = newest_index(core)
    rows, now = lagged_regressors(
        [aligned["focus_ipca_12m"], activity, *yearly, core], end, WINDOW_MONTHS, AHEAD_MONTHS
    )
    fit = ridge(rows, trailing_months(core, end, WINDOW_MONTHS), now, overlap=AHEAD_MONTHS, min_rows=MIN_ROWS)
    available, length = data.available(*_SOURCES), len(data)
    out = {
        "inf_activity_gap": masked(
            spread_over_days(newest_value(activity), aligned.rows, length), data.available("ibc_br_sa")
        ),
        "inf_phillips_12m": masked(spread_over_days(fit.forecast, aligned.rows, length), available),
        "inf_phillips_error": masked(spread_over_days(fit.residual_sd, aligned.rows, length), available),
    }
    for index, name in enumerate(REGRESSORS):
        out[f"inf_phillips_slope_{name}"] = masked(
            spread_over_days(fit.slopes[:, index], aligned.rows, length), available
        )
        out[f"inf_phillips_se_{name}"] = masked(spread_over_days(fit.errors[:, index], aligned.rows, length), available)
    return out


_YEARLY = "fraction per year"
PHILLIPS = Model(
    (
        Measure("inf_activity_gap", ("ibc_br_sa",), "ln IBC-Br less the end of its five-year HP trend", "fraction"),
        Measure("inf_phillips_12m", _SOURCES, "core in twelve months by a ridge over 120 months", _YEARLY),
        Measure("inf_phillips_error", _SOURCES, "standard deviation of the fit's residuals", _YEARLY),
        *(
            Measure(f"inf_phillips_{kind}_{name}", _SOURCES, f"{text} of {name}", "per unit of the regressor")
            for kind, text in (("slope", "slope"), ("se", "Newey-West standard error of the slope"))
            for name in REGRESSORS
        ),
    ),
    _compute,
)
