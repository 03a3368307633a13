"""What a decision is sized by: hashes of the desk's code and of the panel's columns, and the text of the parameters."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import desk
from desk.catalog import read_toml, toml_text
from desk.catalog.desk_parameters import SIZING_FILES, DeskParameters, desk_parameters_of
from desk.errors import BadCatalog
from desk.portfolio.change_split import Cause

LOOKED_BACK = dt.timedelta(days=3 * 365)
"""How much of each panel column is hashed: more than the covariance window and the longest of the signals' but one."""
DIGITS = 12
_OLDER = (BadCatalog, ValueError, KeyError, TypeError)
"""What parameters of another release can fail with: their files had other entries."""


@dataclass(frozen=True)
class SizingBasis:
    """`inputs`: panel column -> hash of its rows of LOOKED_BACK up to a day."""

    code_sha256: str
    parameters: Mapping[str, str]
    inputs: Mapping[str, str]


@cache
def code_sha256() -> str:
    """Of all that the desk computes with: its modules, and its catalogue without the files of parameters."""
    root, found = Path(desk.__file__).parent, sha256()
    for path in sorted(root.rglob("*.py")) + sorted((root / "catalog").glob("*.toml")):
        if path.suffix == ".py" or path.stem not in SIZING_FILES:
            found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def basis_of(values: pl.DataFrame, day: dt.date) -> SizingBasis:
    """Of a decision of `day` by the wide panel."""
    rows = values.filter(pl.col("day") <= day, pl.col("day") > day - LOOKED_BACK)
    inputs = {
        name: sha256(rows[name].to_numpy().astype(np.float64).tobytes()).hexdigest()[:DIGITS]
        for name in rows.columns
        if name != "day"
    }
    return SizingBasis(code_sha256(), {name: toml_text(name) for name in SIZING_FILES}, inputs)


@dataclass(frozen=True)
class BasisChange:
    """What is another than at the last decision: `code` (empty or one entry), the entries of `parameters` and the panel
    columns of `data` whose past is another. `earlier`: the parameters then; None for today's, or where today's code
    cannot read them."""

    code: tuple[str, ...]
    parameters: tuple[str, ...]
    data: tuple[str, ...]
    earlier: DeskParameters | None

    def cause(self, *, views_differ: bool) -> Cause:
        """What a difference of the last decision's sizes from what was stored is called. Without other code it can
        only be the data; with other code only that where no input is another, and nothing can tell them apart else."""
        if self.parameters and self.earlier is None:
            return "data_or_code"
        if not self.code:
            return "data"
        return "data_or_code" if self.data or views_differ else "code"

    def as_json(self) -> str:
        """For SIZING_BASIS."""
        return json.dumps({"code": self.code, "parameters": self.parameters, "data": self.data})


def changed_since(stored: Mapping[str, Any], today: SizingBasis) -> BasisChange:
    """`stored`: the last decision's row of SIZING_BASIS; `today`: the basis of its day as it is computed now."""
    texts, inputs = json.loads(stored["parameters"]), json.loads(stored["inputs"])
    code = () if stored["code_sha256"] == today.code_sha256 else (f"{stored['code_sha256'][:DIGITS]}",)
    names = tuple(_entries(texts, today.parameters))
    earlier = None
    if names:
        try:
            earlier = desk_parameters_of(texts)
        except _OLDER:
            earlier = None
    data = tuple(sorted(name for name, value in inputs.items() if today.inputs.get(name, value) != value))
    return BasisChange(code, names, data, earlier)


def _entries(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """`portfolio.target_volatility 0.08 -> 0.06`, for every entry that is another."""
    found = []
    for name, text in now.items():
        if before.get(name) == text:
            continue
        old, new = _flat(name, before.get(name, "")), _flat(name, text)
        found += [
            f"{key} {old.get(key)} -> {new.get(key)}" for key in sorted({*old, *new}) if old.get(key) != new.get(key)
        ]
    return found


def _flat(name: str, text: str) -> dict[str, Any]:
    found, waiting = dict[str, Any](), [(name, read_toml(name, text))]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{path}.{key}", part) for key, part in value.items()]
        else:
            found[path] = value
    return found
