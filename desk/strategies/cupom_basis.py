"""CUPOM_BASIS: the onshore dollar rate over the offshore one, against its own two years."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import TWO_YEARS


class CupomBasis(Strategy):
    """A one-year cupom further above SOFR than usual asks to receive it: scarce onshore dollars do not last."""

    id = "CUPOM_BASIS"
    asset_class = "Cupom"
    idea = "1y cupom above SOFR by more than usual (+ receive cupom)"
    inputs = ("fx_cupom_basis_1y",)
    legs = (Leg("DDI_1Y", 1.0),)

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {"cupom_basis_z": conviction(rolling.zscore(values["fx_cupom_basis_1y"], TWO_YEARS))}
