"""What a hand makes of the files that the desk edits: each entry spoiled in turn is taken, or refused by name."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from desk.catalog import dealing, defence, events, plausibility, read_toml, siblings, tables
from desk.catalog.desk_parameters import _instrument, _portfolio
from desk.catalog.risk_parameters import limits, risk_parameters
from desk.errors import BadCatalog

Path = tuple[str | int, ...]
Patch = pytest.MonkeyPatch


def _instruments(raw: dict[str, Any]) -> None:
    for key, entry in tables("instruments", raw, "instrument").items():
        _instrument(key, entry)


BY_CONTENT: dict[str, Callable[[dict[str, Any]], object]] = {
    "limits": lambda raw: limits(raw, 0.08),
    "risk": risk_parameters,
    "portfolio": lambda raw: _portfolio({name: value for name, value in raw.items() if name != "minimum_order"}),
    "instruments": _instruments,
}
BY_FILE: dict[str, tuple[Any, Callable[[], object]]] = {
    "defence": (defence, defence.load_defence),
    "dealing": (dealing, dealing.load_dealing),
    "events": (events, events.read_events),
    "siblings": (siblings, siblings.load_siblings),
    "plausibility": (plausibility, plausibility.load_plausibility),
}
STEP = {"siblings": 7, "plausibility": 7, "instruments": 3}
"""Of the long files every so many entries: a prime to the length of a table."""


def places(content: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every entry of a table or list, at any depth, and its value."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in pairs:
        yield (*path, key), value
        yield from places(value, (*path, key))


def spoiled(value: Any) -> Iterator[Any]:
    yield "x"
    yield {"a": 1}
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from (True, "1", -abs(value) - 1, None)
    else:
        yield from (5, None)


def changed(raw: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """`raw` with the entry changed; taken out for None."""
    made = copy.deepcopy(raw)
    place: Any = made
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


def load(name: str, content: dict[str, Any], monkeypatch: Patch) -> object:
    """What the loader makes of a file with this content."""
    if name in BY_CONTENT:
        return BY_CONTENT[name](content)
    module, loader = BY_FILE[name]
    monkeypatch.setattr(module, "read_toml", lambda _: content)
    return loader()


@pytest.mark.parametrize("name", [*BY_CONTENT, *BY_FILE])
def test_a_spoiled_entry_is_one_error_that_names_file_and_key(name: str, monkeypatch: Patch) -> None:
    raw = read_toml(name)

    load(name, raw, monkeypatch)
    refused, unclear = 0, list[object]()
    entries = [one for one in places(raw) if name != "instruments" or len(one[0]) > 1]
    for path, value in entries[:: STEP.get(name, 1)]:
        key = [part for part in path if isinstance(part, str)][-1]
        for wrong in spoiled(value):
            try:
                load(name, changed(raw, path, wrong), monkeypatch)
            except BadCatalog as error:
                refused += 1
                text = str(error)
                named = key in text or (isinstance(wrong, dict) and "'a'" in text)
                if f"{name}.toml" not in text or not named or "\n" in text:
                    unclear.append((path, wrong, text))
            except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:  # a traceback to who edits
                unclear.append((path, wrong, repr(error)))
    assert unclear == []
    assert refused > len(entries[:: STEP.get(name, 1)])


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("limits", ("limit", "var_99", "volatility_multiple"), 150.0),
        ("limits", ("limit", "worst_scenario", "threshold"), 10.0),
        ("limits", ("limit", "gross_face", "threshold"), 1000.0),
        ("limits", ("limit", "days_to_liquidate", "threshold"), 500.0),
        ("limits", ("limit", "open_interest", "threshold"), 5.0),
        ("limits", ("amber",), 60),
        ("risk", ("var_window",), -500),
        ("risk", ("reverse_loss",), 10.0),
        ("instruments", ("instrument", "DOL", "multiplier"), -50.0),
        ("instruments", ("instrument", "DOL", "slip_ticks"), -1.0),
        ("instruments", ("instrument", "DOL", "margin_rate"), 15.0),
        ("instruments", ("instrument", "DI1_2Y", "tenor_months"), 0),
        ("defence", ("price_age", "pre"), 1000),
        ("defence", ("gate", "pnl", "threshold"), 4000.0),
        ("defence", ("gate", "volume", "threshold"), 20.0),
    ],
)
def test_a_limit_that_would_limit_nothing_is_refused(name: str, path: Path, value: float, monkeypatch: Patch) -> None:
    """A slipped decimal point in the desk's own limits: no number of the market would show it."""
    raw = changed(read_toml(name), path, value)
    with pytest.raises(BadCatalog, match=rf"{name}\.toml.*{path[-1]}"):
        load(name, raw, monkeypatch)
