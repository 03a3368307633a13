"""Regime: the probability of each state of the economy, and how it changed."""

from __future__ import annotations

from reports.calculations.regimes import RegimeView, regime_view
from reports.charts.regime_chart import regime_figure
from reports.elements.formats import date, month_of, number, percent, weekday_date
from reports.elements.labels import regime_name
from reports.elements.locale import translate
from reports.elements.page_elements import Section
from reports.elements.report_data import ReportData
from reports.tables.regime_table import regime_table

MEANINGS = {
    "Goldilocks": "Growth above and inflation below the means of five years.",
    "Reflation": "Growth and inflation above the means of five years; either may be falling.",
    "Stagflation": "Growth below and inflation above the means of five years.",
    "Deflation": "Growth and inflation below the means of five years; either may be rising.",
    "Mixed": "The data of five years fit none of the four names.",
}


def sentences(regimes: RegimeView) -> tuple[str, ...]:
    """The most probable regime and its change, what it means, for how long it has led, how uncertain that is, and the
    second one where it is near."""
    if regimes.leader is None:
        return ()
    name, share = regime_name(regimes.leader), regimes.today[regimes.leader]
    week = regimes.changes[regimes.leader]["1w"]
    moved = "" if week is None else translate(", {} pp over a week", number(week * 100, 0, signed=True))
    out = [translate("The most probable regime is {} at {}{}.", name, percent(share, 0), moved)]
    if regimes.leader in MEANINGS:
        out.append(translate(MEANINGS[regimes.leader]))
    if regimes.leader_yesterday is not None and regimes.leader_yesterday != regimes.leader:
        before = weekday_date(regimes.compared_with)
        out.append(translate("It was {} on {}.", regime_name(regimes.leader_yesterday), before))
    elif regimes.leader_days == len(regimes.days):
        out.append(translate("It has led since at least {}.", month_of(regimes.days[0])))
    else:
        out.append(translate("It has led since {}.", date(regimes.days[-regimes.leader_days])))
    if regimes.equally_likely is not None:
        open_regimes = number(regimes.equally_likely, 1)
        out.append(translate("The evidence leaves as much open as {} equally likely regimes would.", open_regimes))
    second = [name for name in regimes.today if name != regimes.leader]
    if second and regimes.today[second[0]] >= 0.25:
        out.append(translate("{} is not far: {}.", regime_name(second[0]), percent(regimes.today[second[0]], 0)))
    return tuple(out)


def section(data: ReportData) -> Section:
    """The section Regime."""
    regimes, day = regime_view(data), date(data.day)
    title = "Regime"
    if regimes.leader is None:
        missing = translate(
            "No regime was computed for this decision: probabilities and tilts by regime are not known."
        )
        return Section("regime", title, (), (missing,), ())
    return Section("regime", title, sentences(regimes), (), (regime_figure(regimes, day), regime_table(regimes, day)))
