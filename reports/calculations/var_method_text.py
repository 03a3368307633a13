"""Which VaR method the limits read and since when, and the evidence on it and on the one that is tested beside it."""

from __future__ import annotations

from desk.catalog.desk_parameters import load_desk_parameters
from desk.risk.tail_history import LEVELS
from desk.risk.var_backtest import TESTED
from reports.calculations.risk import RiskView
from reports.elements.formats import date, number, plural
from reports.elements.labels import METRIC_NAMES, method_name
from reports.elements.locale import translate
from reports.elements.report_data import Row


def var_method_sentences(risk: RiskView) -> tuple[str, ...]:
    """Empty where the decision has no method, or one of an earlier release, which tested no other beside it."""
    headline, challenger = risk.tested.get("headline"), risk.tested.get("challenger")
    if headline is None or challenger is None:
        return ()
    own = load_desk_parameters().risk.headline
    text = translate("The limits read {} since {}", method_name(headline["method"]), date(headline["since"]))
    if headline["method"] != own:
        text += translate(", in place of {}, which was rejected then", method_name(own))
    out = [f"{text}: {_evidence(risk, headline)}.", translate("Beside it {}: {}.", *_named(risk, challenger))]
    if headline["verdict"] == challenger["verdict"] == "rejected":
        out.append(translate("Both are rejected: the limits keep the one that they have."))
    return tuple(out)


def _named(risk: RiskView, row: Row) -> tuple[str, str]:
    return method_name(row["method"]), _evidence(risk, row)


def _evidence(risk: RiskView, row: Row) -> str:
    """`3 exceptions at VaR 95% (12.5 expected) and 1 exception at VaR 99% (2.5 expected) of 250 days, accepted`."""
    window = load_desk_parameters().risk.backtest_window
    counts = [risk.test_results.get((f"exceptions_{metric}", row["method"])) for metric in TESTED]
    if row["verdict"] == "untested" or None in counts:
        return translate("not tested yet, which takes {}", plural(window, "day"))
    parts = [
        translate(
            "{} at {} ({} expected)",
            plural(int(count or 0), "exception"),
            METRIC_NAMES[metric],
            number(window * (1.0 - LEVELS[metric]), 1),
        )
        for metric, count in zip(TESTED, counts, strict=True)
    ]
    return translate("{} and {} of {}, {}", *parts, plural(window, "day"), translate(row["verdict"]))
