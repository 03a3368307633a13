"""The days on which the headline VaR changed, and each method's exceptions over all days."""

from __future__ import annotations

import datetime as dt

import polars as pl

from desk.catalog.desk_parameters import load_desk_parameters
from desk.gold import RISK_METRICS_DAILY, VAR_METHOD
from desk.model import decision_time
from desk.performance.var_by_year import by_method, exceptions_by_year, method_changes
from desk.portfolio.portfolio_pass import open_book
from desk.risk import run_risk
from tests.desk.portfolio.panels import LONE, make_values, views_of

DAYS = [dt.date(2026, 3, day) for day in (2, 3, 4)]


def rows_of(used: list[str], verdicts: dict[str, list[str]]) -> dict[str, pl.DataFrame]:
    methods, metrics = [], []
    for at, (day, headline) in enumerate(zip(DAYS, used, strict=True)):
        for method, own in verdicts.items():
            role = "headline" if method == headline else "challenger"
            row = {"as_of": decision_time(day), "role": role, "method": method, "verdict": own[at]}
            methods.append(dict.fromkeys(VAR_METHOD.schema) | row)
            for metric, count in (("exceptions_var_95", 20 + at), ("exceptions_var_99", 5 + at)):
                one = {"as_of": decision_time(day), "metric": metric, "method": method, "value": float(count)}
                metrics.append(dict.fromkeys(RISK_METRICS_DAILY.schema) | one)
    return {
        "var_method": pl.DataFrame(methods, schema=VAR_METHOD.schema),
        "risk_metrics_daily": pl.DataFrame(metrics, schema=RISK_METRICS_DAILY.schema),
    }


def test_a_change_is_told_with_the_verdicts_and_the_exceptions_of_its_day() -> None:
    verdicts = {
        "filtered_historical": ["doubtful", "rejected", "rejected"],
        "student_t": ["accepted", "accepted", "doubtful"],
    }
    (one,) = method_changes(rows_of(["filtered_historical", "filtered_historical", "student_t"], verdicts))
    assert (one.day, one.left, one.taken) == (DAYS[2], "filtered_historical", "student_t")
    assert (one.verdict_left, one.verdict_taken, one.exceptions) == ("rejected", "doubtful", (22, 7))
    assert method_changes(rows_of(["student_t"] * 3, verdicts)) == []


def test_each_method_is_counted_over_all_days_whichever_limits_read() -> None:
    values, parameters = make_values(620), load_desk_parameters()
    days = values["day"].to_list()[-60:]
    views = views_of(values, {"DI1_5Y": pl.Series([0.9] * len(values)).to_numpy()})
    book = open_book(values, views, LONE, parameters, days[0]).frames
    risk = run_risk(values, book, parameters, days)
    found = by_method(values, book, risk, parameters)
    assert set(found) == {"filtered_historical", "student_t"}
    headline = exceptions_by_year(values, book, risk, parameters)[0]
    assert found["filtered_historical"] == headline, "limits read it on every day here"
    tested = risk["risk_metrics_daily"].filter(metric="exception_var_95", method="student_t")["value"].drop_nulls()
    assert found["student_t"]["var_95"].exceptions == int(tested.sum())
    assert found["student_t"]["var_95"].days == len(tested) > 50
