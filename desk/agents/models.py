"""What an agent's model is: measures by name, computed together from a panel and from what earlier models said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.errors import BadCatalog
from desk.transforms.agent_measures import Measure, Measures
from desk.transforms.panel import Panel


class Known:
    """Columns of a panel and the measures computed so far, (T,) each with NaN."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.measures: dict[str, FloatArray] = {}

    def __len__(self) -> int:
        return len(self.panel.values)

    def __getitem__(self, name: str) -> FloatArray:
        """Raises MissingInput for a name that is neither."""
        return self.measures[name] if name in self.measures else self.panel.array(name)

    def fresh(self, *names: str) -> npt.NDArray[np.bool_]:
        """True on the days on which every one of `names` is known and young enough. Shape: (T,)."""
        return np.asarray(np.isfinite(np.stack([self[name] for name in names])).all(axis=0))


@dataclass(frozen=True, slots=True)
class Model:
    """`compute` returns every measure of `specs` by name, (T,) each."""

    specs: tuple[Measure, ...]
    compute: Callable[[Known], Mapping[str, FloatArray]]


def run_models(models: Sequence[Model], panel: Panel) -> Measures:
    """Each model in turn; what is not finite is unknown. Raises BadCatalog when a model keeps another list."""
    known = Known(panel)
    for model in models:
        values = model.compute(known)
        names = [spec.name for spec in model.specs]
        if sorted(names) != sorted(values):
            raise BadCatalog(f"a model declares {sorted(names)} and computes {sorted(values)}")
        for name in names:
            known.measures[name] = np.where(np.isfinite(values[name]), values[name], np.nan)
    return Measures(tuple(spec for model in models for spec in model.specs), known.measures)


def masked(values: FloatArray, seen: npt.NDArray[np.bool_]) -> FloatArray:
    """`values` on the days that `seen` allows, NaN on the others."""
    return np.where(seen, values, np.nan)
