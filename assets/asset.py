"""The declaration of an asset."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Layer = Literal["source", "bronze", "silver", "gold", "lake", "model", "forecast", "index", "report"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
"""In the order in which data goes through them."""
PartitionKind = Literal["decision_day", "observation_day", "week", "month", "none"]
Severity = Literal["block", "warn"]
KEY = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*")
"""`gold/feature`: the layer, then names."""
FUNCTION = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_.]*")
"""`package.module:name`."""


class AssetError(ValueError):
    """A declaration that cannot be: it names the asset and what is wrong."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind`: text, float, int, date, time, json, bool, bytes. `unit`: of a number; empty where it is none
    (a code, a day)."""

    name: str
    kind: str
    description: str
    unit: str = ""
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A check that runs by itself. block: what does not pass is not stored, or not acted on; warn: it is told.

    `function`: where it is made, `package.module:name`.
    """

    id: str
    description: str
    severity: Severity
    function: str


@dataclass(frozen=True, slots=True)
class Partitions:
    """Which parts an asset has. `calendar`: whose days they are; empty where it has no parts."""

    kind: PartitionKind
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """How fresh it is: its newest part is at most `business_days` of `calendar` old at the decision."""

    business_days: int
    calendar: str


@dataclass(frozen=True, slots=True)
class Asset:
    """Anything stored that somebody relies on.

    key         unique: `LAYER/NAME...`
    upstream    keys of the assets that it is made of; it is not made without them
    optional    keys of those that it is made of where they are there
    is_required whether a decision needs it
    retention   how long it is kept, in words
    function    what makes it, `package.module:name`; of a source: what reads it
    Raises AssetError for a key, a layer or a function that is none.
    """

    key: str
    layer: Layer
    product: str
    owner: str
    description: str
    columns: tuple[Column, ...]
    partitions: Partitions
    checks: tuple[Check, ...]
    retention: str
    function: str
    upstream: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    promise: Promise | None = None
    is_required: bool = False

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise AssetError(f"asset {self.key!r}: a key is lower-case names with / between them")
        if self.layer not in LAYERS:
            raise AssetError(f"asset {self.key}: unknown layer {self.layer!r}; known: {', '.join(LAYERS)}")
        if not self.key.startswith(f"{self.layer}/"):
            raise AssetError(f"asset {self.key}: the key of an asset of the layer {self.layer} begins with it")
        for function in (self.function, *(check.function for check in self.checks)):
            if not FUNCTION.fullmatch(function):
                raise AssetError(f"asset {self.key}: {function!r} is no function: package.module:name")
        if self.key in self.inputs:
            raise AssetError(f"asset {self.key} is made of itself")
        twice = sorted({one for one in self.inputs if self.inputs.count(one) > 1})
        if twice:
            raise AssetError(f"asset {self.key}: {', '.join(twice)} is named twice among what it is made of")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of all that it is made of."""
        return (*self.upstream, *self.optional)
