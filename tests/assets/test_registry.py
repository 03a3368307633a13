"""The registry by itself: names, circles, reach and search, for any graph."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import Asset, AssetError, Check, Column, Partitions, Registry, faults, whole

CHECK = Check("any", "Checks it.", "block", "pack.module:function")
COLUMN = Column("value", "float", "What it is.", "BRL")


def asset(key: str, *upstream: str, **fields: Any) -> Asset:
    plain: dict[str, Any] = {
        "layer": "gold", "product": "shop", "owner": "ana", "description": "A table.", "columns": (COLUMN,),
        "partitions": Partitions("none"), "checks": (CHECK,), "retention": "a year", "function": "pack.module:make",
    }  # fmt: skip
    return Asset(key=f"gold/{key}", upstream=tuple(f"gold/{one}" for one in upstream), **{**plain, **fields})


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """node -> the nodes before it: never a circle."""
    count = draw(st.integers(1, 12))
    names = [f"n{place}" for place in range(count)]
    return {
        name: draw(st.lists(st.sampled_from(names[:place]), unique=True)) if place else []
        for place, name in enumerate(names)
    }


def closure(edges: dict[str, list[str]], start: str) -> set[str]:
    """By repetition until nothing is added."""
    found = set(edges[start])
    while more := {after for one in found for after in edges[one]} - found:
        found |= more
    return found


@given(graphs(), st.randoms())
def test_reach_is_the_transitive_closure_in_any_order_of_declaration(edges: dict[str, list[str]], random: Any) -> None:
    declared = [asset(name, *before) for name, before in edges.items()]
    random.shuffle(declared)
    registry = Registry(declared)
    order = [one.key for one in registry]
    back: dict[str, list[str]] = {name: [after for after in edges if name in edges[after]] for name in edges}
    for name, before in edges.items():
        key = f"gold/{name}"
        assert all(order.index(f"gold/{one}") < order.index(key) for one in before), "after what it is made of"
        assert {one.key for one in registry.upstream(key)} == {f"gold/{one}" for one in closure(edges, name)}
        assert {one.key for one in registry.downstream(key)} == {f"gold/{one}" for one in closure(back, name)}
        assert {one.key for one in registry.downstream(key, depth=1)} == {f"gold/{one}" for one in back[name]}
        assert registry.downstream(key, depth=0) == []


def test_a_circle_a_second_key_and_an_unknown_input_are_named() -> None:
    with pytest.raises(AssetError, match=r"in a circle: gold/\w <- gold/\w <- gold/\w"):
        Registry([asset("a", "b"), asset("b", "a")])
    with pytest.raises(AssetError, match="gold/a is declared twice"):
        Registry([asset("a"), asset("a")])
    with pytest.raises(AssetError, match="gold/a is made of gold/b, which no declaration has"):
        Registry([asset("a", "b")])
    with pytest.raises(AssetError, match="there is no asset 'gold/orders'; there is gold/orders_old"):
        Registry([asset("orders_old")])["gold/orders"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"key": "gold/Upper"}, "lower-case"),
        ({"layer": "platinum"}, "unknown layer 'platinum'"),
        ({"layer": "silver"}, "begins with it"),
        ({"function": "no function"}, "is no function"),
        ({"checks": (Check("c", "d", "block", "nowhere"),)}, "is no function"),
        ({"upstream": ("gold/self",), "key": "gold/self"}, "made of itself"),
        ({"upstream": ("gold/b",), "optional": ("gold/b",)}, "gold/b is named twice"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(fields: dict[str, Any], words: str) -> None:
    plain = asset("a")
    values = {name: getattr(plain, name) for name in Asset.__slots__}
    with pytest.raises(AssetError, match=words):
        Asset(**{**values, **fields})


def test_what_a_declaration_lacks_is_said_line_by_line() -> None:
    bare = asset(
        "a", owner="", description="", checks=(), partitions=Partitions("decision_day"),
        columns=(Column("price", "float", ""), Column("code", "text", "A code."), Column("code", "text", "Again.")),
    )  # fmt: skip
    assert faults(bare) == [
        "gold/a: no owner",
        "gold/a: no description",
        "gold/a: no checks",
        "gold/a: partitions by decision_day without a calendar",
        "gold/a: made of nothing",
        "gold/a: column code twice",
        "gold/a.price: no description",
        "gold/a.price: no unit",
    ]
    assert faults(asset("b", "a")) == []


def test_search_has_every_word_and_keeps_to_layer_owner_and_tag() -> None:
    registry = Registry([
        asset("nav", tags=("money",), description="Net asset value."),
        asset("orders", "nav", owner="rui", columns=(Column("side", "text", "Buy or sell."),)),
    ])  # fmt: skip
    assert [one.key for one in registry.search("NET value")] == ["gold/nav"]
    assert [one.key for one in registry.search("sell")] == ["gold/orders"]
    assert registry.search("net sell") == []
    assert [one.key for one in registry.search(owner="rui")] == ["gold/orders"]
    assert [one.key for one in registry.search(tag="money")] == ["gold/nav"]
    assert registry.search(layer="lake") == []
    assert len(registry) == 2
    assert "gold/nav" in registry
    shown = whole(registry["gold/nav"], registry)
    assert (shown["downstream"], shown["rests_on_it"]) == (["gold/orders"], ["gold/orders"])
