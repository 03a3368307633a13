"""Mutants that cannot change a result, by module of bench/mutation.py: mutmut's function and number -> the reason."""

from __future__ import annotations

EQUIVALENT: dict[str, dict[str, str]] = {
    "state_machine": {
        "_open_state 14": "None for False: both are false where it is read",
        "_state_events 4": "the state of an alert that had none: it is open now, which no such name equals",
        "_state_events 5": "the same",
        "_state_events 6": "an open alert that goes on keeps its episode: a new one changes the state too",
    },
}
