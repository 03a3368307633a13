"""The rules as data: every stored number has a kind, every name exists, and what cannot be is refused by name."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

import desk.catalog.plausibility as plausibility_module
import desk.catalog.siblings as siblings_module
from desk.catalog import load_catalog, read_toml
from desk.catalog.fallbacks import load_fallbacks
from desk.catalog.plausibility import JUDGED, load_plausibility
from desk.catalog.siblings import load_siblings
from desk.errors import BadCatalog
from desk.model import SILVER
from desk.plausibility.points import kinds_of, point_key, series_key, split_key
from desk.plausibility.words import reason

CATALOG, RULES, PAIRS = load_catalog(), load_plausibility(), load_siblings()


def test_every_series_has_a_kind() -> None:
    keys = [series_key(name, CATALOG) for name in CATALOG.series]
    assert set(keys) - set(kinds_of(keys, RULES, CATALOG)["key"]) == set()


@pytest.mark.parametrize(
    "key",
    [
        *(f"curve_point.rate:{curve}|252" for curve in ("PRE", "REAL", "CUPOM", "UST", "UST_REAL")),
        *(
            f"settlement.rate:{root}"
            for root in ("DI1F28", "DAPK29", "DDIJ27", "TD:NTN-F_2031-01-01", "TD:LFT_2029-03-01")
        ),
        *(f"settlement.price:{root}" for root in ("DOLZ26", "INDZ26", "DI1F28", "AUCTION:LTN_2028-01-01")),
        *(f"expectation.median:{name}|2026|0" for name in ("IPCA", "Selic", "Câmbio", "PIB Total")),
    ],
)
def test_what_is_no_series_has_a_kind(key: str) -> None:
    assert kinds_of([key], RULES, CATALOG).height == 1


def test_every_unit_dataset_pattern_and_name_exists() -> None:
    assert set(RULES.units) <= {series.unit for series in CATALOG.series.values()}
    assert set(RULES.datasets) <= set(CATALOG.datasets)
    raw = read_toml("plausibility")["series"]
    for name, entry in raw.items():
        for pattern in entry["match"]:
            assert any(fnmatchcase(series, pattern) for series in CATALOG.series), (name, pattern)
    compared = {name for pair in PAIRS for name in (pair.left, pair.right)}
    compared |= {name for total in RULES.totals for name in (total.whole, *total.parts)}
    compared |= {name for order in RULES.orders for name in (order.low, order.high)}
    for name in compared:
        table, _, entity = split_key(series_key(name, CATALOG))
        assert entity in CATALOG.series or (table == "curve_point" and entity.partition("|")[0] in ("UST", "UST_REAL"))


def test_every_kind_is_of_use() -> None:
    used = {*RULES.units.values(), *RULES.datasets.values(), *(one.kind for one in RULES.series)}
    used |= {kind for columns in RULES.entities.values() for prefixes in columns.values() for kind in prefixes.values()}
    assert set(RULES.kinds) == used - {None}


def test_what_may_stand_for_another_is_compared_with_it() -> None:
    """Series ids among a column's candidates in one measure must be siblings, directly or through a third."""
    joined = {frozenset((pair.left, pair.right)) for pair in PAIRS}
    for column in load_fallbacks().columns:
        ids = [name for name in column.candidates if name in CATALOG.series]
        same = [name for name in ids if CATALOG.series[name].unit == CATALOG.series[ids[0]].unit]
        for name in same[1:]:
            if column.name in ("usd_short_rate", "usd_overnight", "activity_yoy"):
                continue  # stand-ins of another maturity or measure, not the same fact
            assert any(frozenset((name, other)) in joined for other in ids if other != name), (column.name, name)


def test_the_judged_columns_are_the_tables_own() -> None:
    for table, columns in JUDGED.items():
        assert set(columns) <= set(SILVER[table].values)
        assert split_key(point_key(table, columns[0], "A:b|1")) == (table, columns[0], "A:b|1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": {"fx": {"scale": "cubic"}}}, "kind fx: unknown scale"),
        ({"kind": {"fx": {"floor": 0.5}}}, "floor, prior and crash"),
        ({"kind": {"fx": {"lower": -1.0}}}, "a logarithm needs a lower bound"),
        ({"kind": {"fx": {"reason": " "}}}, "a reason is missing"),
        ({"kind": {"fx": {"speed": 1.0}}}, "kind fx: .*speed"),
        ({"unit": {"BRL": "mystery"}}, "unknown kind 'mystery'"),
        ({"series": {"facility": {"match": ["x"], "kind": "fx", "floor": 0.1}}}, "changed numbers need a reason"),
        ({"series": {"facility": {"match": ["x"], "kind": "fx", "scale": "log"}}}, "no scale to change"),
        ({"entity": {"rumour": {}}}, "no silver table 'rumour'"),
    ],
)
def test_bad_rules_are_refused_by_name(change: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = read_toml("plausibility")
    for part, entries in change.items():
        for name, entry in entries.items():
            old = raw[part].get(name)
            raw[part][name] = {**old, **entry} if isinstance(old, dict) and isinstance(entry, dict) else entry
    monkeypatch.setattr(plausibility_module, "read_toml", lambda name: raw)
    with pytest.raises(BadCatalog, match=words):
        load_plausibility()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tolerance": 0.0}, "0 < tolerance <= breach"),
        ({"right": "usdbrl_ptax_sell"}, "no sibling of itself"),
        ({"right_as": "squared"}, "unknown measure"),
        ({"colour": "red"}, "colour"),
        ({"id": "vix"}, "vix is listed twice"),
    ],
)
def test_bad_pairs_are_refused_by_name(change: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = read_toml("siblings")
    raw["pair"][0] = {**raw["pair"][0], **change}
    monkeypatch.setattr(siblings_module, "read_toml", lambda name: raw)
    with pytest.raises(BadCatalog, match=words):
        load_siblings()


def test_rates_that_rightly_stand_still_are_not_suspect_for_repeating() -> None:
    still = [("curve_point", "rate", "PRE|1"), ("curve_point", "rate", "UST|21"), ("observation", "value", "dgs1mo"),
             ("settlement", "rate", "TD:LFT_2028-03-01")]  # fmt: skip
    for place in still:
        kind = RULES.kind_of(*place, CATALOG)
        assert kind is not None
        assert kind.stale == 0, place
    assert all(any(fnmatchcase(entity, pattern) for *_, entity in still) for pattern in RULES.still)
    for name in ("PRE|126", "PRE|12", "UST|210", "REAL|1"):
        kind = RULES.kind_of("curve_point", "rate", name, CATALOG)
        assert kind is not None
        assert kind.stale > 0, name


def test_a_repeat_without_a_sibling_is_not_said_to_contradict_one() -> None:
    verdict = {"rule": "stale", "peer": None, "peer_value": None, "score": 0.0, "value": 0.0765, "expected": 0.0765}
    assert reason(verdict) == "0.0765 against 0.0765 expected: repeated as often as no live market repeats"
    assert reason(verdict | {"peer": "dgs1mo"}).endswith("repeated while dgs1mo moved")
