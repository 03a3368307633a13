"""Mutants that cannot change a result, by module of bench/mutation.py: mutmut's function and number -> the reason."""

from __future__ import annotations

EQUIVALENT: dict[str, dict[str, str]] = {}
