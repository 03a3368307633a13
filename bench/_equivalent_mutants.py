"""Mutants that cannot change a result, by module of bench/mutation.py: mutmut's function and number -> the reason."""

from __future__ import annotations

EQUIVALENT: dict[str, dict[str, str]] = {
    "state_machine": {
        "_open_state 14": "None for False: both are false where it is read",
        "_state_events 4": "the state of an alert that had none: it is open now, which no such name equals",
        "_state_events 5": "the same",
        "_state_events 6": "an open alert that goes on keeps its episode: a new one changes the state too",
    },
    "size": {
        "limit_uses 20": "every class of class_index has a line, so that the count is the same",
        "risk_contributions 2": "None is double precision to astype",
        "shares_worth_trading 24": "one sweep more or less than the settled one changes nothing beyond its tolerance",
        "shares_worth_trading 58": "the same",
        "shares_worth_trading 59": "the same",
        "shares_worth_trading 67": "at the very tolerance either side of it is nothing",
    },
    "tail": {
        "_pick 7": "the last axis is NumPy's default",
        "_tail_mean 8": "a whole loss less in the sum, the same loss with the fraction 1 beside it",
        "known_rows 17": "a sum of booleans is of 64 bits here",
        "known_rows 19": "the same",
        "normal_es 19": "single precision and whole numbers are exact in the double that they are multiplied by",
        "normal_es 21": "the same",
        "student_degrees 48": "a kurtosis of 3: 4 + 6 / 0 is infinite, and cut to the most",
        "student_es 51": "as normal_es 19",
        "student_es 53": "the same",
        "student_scale 9": "the same",
        "student_scale 11": "the same",
        "student_var 4": "the same, with degrees in double precision as the desk always has them",
        "student_var 6": "the same",
        "var_es 5": "more of the sample is sorted; the worst of it are the same",
        "var_es 6": "the same",
        "var_es 15": "the same",
        "var_es 18": "the same",
        "var_es 25": "the last axis is NumPy's default",
        "var_es 31": "the same",
    },
}
