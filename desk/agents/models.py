"""The definition of an agent's model: measures computed together from a panel and from earlier models' measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import BoolArray, FloatArray
from desk.errors import BadCatalog
from desk.transforms.agent_measures import Measure, Measures
from desk.transforms.panel import Panel


class ModelData:
    """Data of a model: a panel's columns and the measures computed so far, (T,) each with NaN for unknown."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.measures: dict[str, FloatArray] = {}

    def __len__(self) -> int:
        return len(self.panel.values)

    def __getitem__(self, name: str) -> FloatArray:
        """The measure or column `name`. Raises MissingInput for a name that is neither."""
        return self.measures[name] if name in self.measures else self.panel.array(name)

    def available(self, *names: str) -> BoolArray:
        """True on the days on which all of `names` are known and not too old. Shape: (T,)."""
        return np.asarray(np.isfinite(np.stack([self[name] for name in names])).all(axis=0))


@dataclass(frozen=True, slots=True)
class Model:
    """One model: `compute` returns every measure of `specs` by name, (T,) each."""

    specs: tuple[Measure, ...]
    compute: Callable[[ModelData], Mapping[str, FloatArray]]


def run_models(models: Sequence[Model], panel: Panel) -> Measures:
    """The measures of all models, computed in order; a value that is not finite is unknown.

    Raises BadCatalog when a model does not compute exactly the measures that it declares.
    """
    data = ModelData(panel)
    for model in models:
        values = model.compute(data)
        names = [spec.name for spec in model.specs]
        if sorted(names) != sorted(values):
            raise BadCatalog(f"a model declares {sorted(names)} and computes {sorted(values)}")
        for name in names:
            data.measures[name] = np.where(np.isfinite(values[name]), values[name], np.nan)
    return Measures(tuple(spec for model in models for spec in model.specs), data.measures)


def masked(values: FloatArray, available: BoolArray) -> FloatArray:
    """`values` (T,) on the days on which `available` is True, NaN on the others."""
    return np.where(available, values, np.nan)
