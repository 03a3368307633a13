"""US Treasuries: discount factors from the par curve, forward rates from discount factors, price and risk of a bond.

Yields are half-yearly compounded fractions. A par yield c of n half-years prices its bond at its face, c/2 (D1 + ... +
Dn) + Dn = 1, which gives Dn from the earlier discount factors. Between the published maturities par yields are
interpolated linearly. Arrays are (T, K): T days by K maturities in years; NaN is unknown and makes longer maturities
unknown. A forward rate comes from two discount factors, never from (r2 t2 - r1 t1) on annual rates. Source: US
Treasury, "Treasury Yield Curve Methodology"; Fabozzi, "Bond Markets, Analysis and Strategies".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.errors import BadInput
from desk.transforms.curves import linear_par, log_linear
from desk.units import BASIS_POINT

_PER_YEAR = 2


@dataclass(frozen=True)
class ZeroCurve:
    """`discount` (T, G) at the half-years `years` (G,); between them the forward rate is constant."""

    years: FloatArray
    discount: FloatArray

    def discount_at(self, years: npt.ArrayLike) -> FloatArray:
        """Discount factors (T, M) at `years` (M,), 1 at zero; NaN beyond the curve."""
        at = np.atleast_1d(np.asarray(years, dtype=np.float64))
        shape = (len(self.discount), len(at))
        nodes = np.broadcast_to(self.years, self.discount.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = log_linear(nodes, -np.log(self.discount), np.broadcast_to(at, shape), flat_below=True)
        return np.asarray(np.exp(-growth))

    def zero_rate(self, years: npt.ArrayLike) -> FloatArray:
        """Zero rates (T, M), half-yearly compounded."""
        at = np.atleast_1d(np.asarray(years, dtype=np.float64))
        return compounded(self.discount_at(at), at)

    def forward_rate(self, near: npt.ArrayLike, far: npt.ArrayLike) -> FloatArray:
        """Rates (T, M) from `near` to `far` years (M,), half-yearly compounded; NaN where far <= near."""
        start = np.atleast_1d(np.asarray(near, dtype=np.float64))
        end = np.atleast_1d(np.asarray(far, dtype=np.float64))
        return compounded(self.discount_at(end) / self.discount_at(start), end - start)


def zero_curve(years: npt.ArrayLike, par: npt.ArrayLike) -> ZeroCurve:
    """Discount factors at each half-year up to the longest of `years` (K,), from par yields (T, K).

    Raises BadInput for an empty curve, a maturity that is not positive or repeated, or an infinite yield.
    """
    term, yields = _checked(years, par)
    grid = np.arange(1, int(np.floor(term.max() * _PER_YEAR + 1e-9)) + 1) / _PER_YEAR
    coupon = linear_par(term, yields, grid) / _PER_YEAR
    discount = np.full_like(coupon, np.nan)
    annuity = np.zeros(len(coupon))
    for place in range(len(grid)):
        discount[:, place] = (1.0 - coupon[:, place] * annuity) / (1.0 + coupon[:, place])
        annuity = annuity + discount[:, place]
    return ZeroCurve(grid, discount)


def compounded(discount: npt.ArrayLike, years: npt.ArrayLike) -> FloatArray:
    """Half-yearly compounded rate of a discount factor over `years`; NaN where years <= 0."""
    span = np.asarray(years, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.asarray(discount, dtype=np.float64) ** (-1.0 / (_PER_YEAR * span))
    return np.asarray(np.where(span > 0, _PER_YEAR * (growth - 1.0), np.nan))


def bond_price(coupon: npt.ArrayLike, rate: npt.ArrayLike, years: npt.ArrayLike) -> FloatArray:
    """Dirty price per 100 of face with `years` to maturity at the yield `rate`; coupons each half-year before maturity.

    Shapes broadcast. The price is 100 when the yield equals the coupon and `years` is a whole number of half-years.
    Raises BadInput where years <= 0.
    """
    amounts, times, level = _flows(coupon, rate, years)
    return np.asarray((amounts * (1.0 + level / _PER_YEAR) ** (-_PER_YEAR * times)).sum(axis=-1))


def modified_duration(coupon: npt.ArrayLike, rate: npt.ArrayLike, years: npt.ArrayLike) -> FloatArray:
    """Modified duration in years: -dP/dy / P, on the dirty price. Shapes broadcast."""
    amounts, times, level = _flows(coupon, rate, years)
    values = amounts * (1.0 + level / _PER_YEAR) ** (-_PER_YEAR * times)
    macaulay = (values * times).sum(axis=-1) / values.sum(axis=-1)
    return np.asarray(macaulay / (1.0 + level[..., 0] / _PER_YEAR))


def dv01(coupon: npt.ArrayLike, rate: npt.ArrayLike, years: npt.ArrayLike, face: float = 100.0) -> FloatArray:
    """USD gained by `face` USD held long when its yield falls by one basis point; positive."""
    price = bond_price(coupon, rate, years)
    return np.asarray(face / 100.0 * price * modified_duration(coupon, rate, years) * BASIS_POINT)


def _flows(
    coupon: npt.ArrayLike, rate: npt.ArrayLike, years: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Amounts per 100 of face, times in years, and the yield, (..., F): the last flow first, 0 where there is none."""
    paid, level, left = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (coupon, rate, years)))
    if (left <= 0).any() or np.isinf(left).any():
        raise BadInput(f"Treasury bond: {left[(left <= 0) | np.isinf(left)].flat[0]:g} years to maturity")
    if np.isinf(level).any() or (level <= -_PER_YEAR).any():
        raise BadInput("Treasury bond: a yield that is not a rate")
    count = int(np.ceil(np.nanmax(left, initial=0.0) * _PER_YEAR - 1e-9))
    times = left[..., None] - np.arange(max(count, 1)) / _PER_YEAR
    is_payment = times > 1e-9  # a coupon paid on the settlement day belongs to the seller
    amounts = np.where(is_payment, 100.0 * paid[..., None] / _PER_YEAR, 0.0)
    amounts[..., 0] += 100.0
    return np.where(np.isnan(times), np.nan, amounts), np.where(is_payment, times, 0.0), level[..., None]


def _checked(years: npt.ArrayLike, par: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    term = np.asarray(years, dtype=np.float64)
    yields = np.atleast_2d(np.asarray(par, dtype=np.float64))
    if not len(term):
        raise BadInput("Treasury curve: no maturities")
    if yields.shape[1] != len(term):
        raise BadInput(f"Treasury curve: {len(term)} maturities and {yields.shape[1]} yields")
    if not (np.isfinite(term) & (term > 0)).all() or len(np.unique(term)) != len(term):
        raise BadInput(f"Treasury curve: maturities {term.tolist()} are not positive and different")
    if np.isinf(yields).any():
        raise BadInput("Treasury curve: an infinite yield")
    return term, yields
