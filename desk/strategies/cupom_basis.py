"""CUPOM_BASIS: the one-year onshore dollar rate less the offshore rate, against its own two years."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import TWO_YEARS


class CupomBasis(Strategy):
    """Receive the one-year cupom when its basis over the offshore dollar rate is wide: a shortage of onshore dollars
    fades.

    Sign: + receive cupom (long DDI). Unit: z-score over two years of the basis, a fraction per year.
    Source: Du, Tepper and Verdelhan, Journal of Finance 73 (2018).
    """

    id = "CUPOM_BASIS"
    asset_class = "Cupom"
    idea = "1y cupom above SOFR by more than usual (+ receive cupom)"
    inputs = ("fx_cupom_basis_1y",)
    legs = (Leg("DDI_1Y", 1.0),)
    neutrality = "outright"

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`cupom_basis_z`: z-score of the one-year basis over two years."""
        return {"cupom_basis_z": conviction(rolling.zscore(values["fx_cupom_basis_1y"], TWO_YEARS))}
