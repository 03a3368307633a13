"""Phillips curve: core inflation a year ahead from expectations, the activity gap, the currency and commodities.

Direct regression over the trailing ten years, in the vintage of each release: core over twelve months on what stood
twelve months before it (each regressor as late as it is today). Core is the mean of the five cores. The rows overlap
by twelve months, so the prior weighs twelve rows and the standard errors are Newey-West. The forecast is of core, and
stands for the IPCA: food and administered prices a year ahead are not forecast beyond what core carries.
Source of the form: Banco Central do Brasil, small-scale model; Stock and Watson (1999) for the direct forecast.
"""

from __future__ import annotations

from desk.agents.gaps import gap, log_of
from desk.agents.models import Known, Model, masked
from desk.agents.regression import ridge
from desk.agents.vintages import design, last_known, mean_of_known, newest, on_days, trailing, vintages
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.monthly import CORES
from desk.transforms.vintage_transforms import compounded, difference

WINDOW_MONTHS, AHEAD_MONTHS, FEWEST_ROWS = 120, 12, 60
FEWEST_CORES = 3
REGRESSORS = ("expectations", "gap", "fx", "commodities", "inertia")
_SOURCES = ("focus_ipca_12m", "ibc_br_sa", "usdbrl_monthly", "world_commodities", "core_12m")


def _compute(known: Known) -> dict[str, FloatArray]:
    held = vintages(known.panel.histories.monthly, (*CORES, *_SOURCES[:4]))
    core = compounded(mean_of_known([held[name] for name in CORES], FEWEST_CORES), AHEAD_MONTHS)
    activity = gap(log_of(held["ibc_br_sa"]))
    yearly = [difference(log_of(held[name]), AHEAD_MONTHS) for name in ("usdbrl_monthly", "world_commodities")]
    end = newest(core)
    rows, now = design([held["focus_ipca_12m"], activity, *yearly, core], end, WINDOW_MONTHS, AHEAD_MONTHS)
    fit = ridge(rows, trailing(core, end, WINDOW_MONTHS), now, overlap=AHEAD_MONTHS, fewest=FEWEST_ROWS)
    seen, length = known.fresh(*_SOURCES), len(known)
    out = {
        "inf_activity_gap": masked(on_days(last_known(activity), held.rows, length), known.fresh("ibc_br_sa")),
        "inf_phillips_12m": masked(on_days(fit.forecast, held.rows, length), seen),
        "inf_phillips_error": masked(on_days(fit.residual_sd, held.rows, length), seen),
    }
    for index, name in enumerate(REGRESSORS):
        out[f"inf_phillips_slope_{name}"] = masked(on_days(fit.slopes[:, index], held.rows, length), seen)
        out[f"inf_phillips_se_{name}"] = masked(on_days(fit.errors[:, index], held.rows, length), seen)
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
