"""Term structures: discounting, flat-forward interpolation and forward rates, for many days at once.

Arrays are (T, K): T days by K vertices. NaN is unknown. BRL rates are annual effective fractions on BUS/252, cupom is
linear ACT/360, Treasury par yields are half-yearly. Interpolation is flat-forward: the logarithm of the discount factor
is linear in business days between vertices, so the forward rate is constant there (the rule of B3 and ANBIMA).
Outside the vertices a rate is NaN unless the caller requests an extension by keyword.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray, IntArray
from desk.errors import BadInput
from desk.units import BASIS_POINT, DAYS_PER_YEAR

FACE_BRL = 100_000.0


def pu(rate: npt.ArrayLike, bd: npt.ArrayLike, face: float = FACE_BRL) -> FloatArray:
    """Unit price of `face` BRL due in `bd` business days: face / (1 + rate)^(bd/252). Source: B3, DI1 contract."""
    growth = (1.0 + np.asarray(rate, dtype=np.float64)) ** (np.asarray(bd, dtype=np.float64) / DAYS_PER_YEAR)
    return np.asarray(face / growth)


def rate_from_pu(price: npt.ArrayLike, bd: npt.ArrayLike, face: float = FACE_BRL) -> FloatArray:
    """Annual effective rate (fraction, BUS/252) that gives `price`; the inverse of `pu`. NaN where bd <= 0."""
    days = np.asarray(bd, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = face / np.asarray(price, dtype=np.float64)
        return np.asarray(np.where(days > 0, ratio ** (DAYS_PER_YEAR / days) - 1.0, np.nan))


def pu_dv01(rate: npt.ArrayLike, bd: npt.ArrayLike, face: float = FACE_BRL) -> FloatArray:
    """BRL per bp for one contract held long the price; positive when a fall in the rate gains. Shape: broadcast."""
    level = np.asarray(rate, dtype=np.float64)
    years = np.asarray(bd, dtype=np.float64) / DAYS_PER_YEAR
    return np.asarray(pu(level, bd, face) * years / (1.0 + level) * BASIS_POINT)


def forward_rate(
    near_rate: npt.ArrayLike, near_bd: npt.ArrayLike, far_rate: npt.ArrayLike, far_bd: npt.ArrayLike
) -> FloatArray:
    """Annual effective rate between `near_bd` and `far_bd` implied by two zero rates. NaN where far <= near."""
    near, far = np.asarray(near_bd, dtype=np.float64), np.asarray(far_bd, dtype=np.float64)
    growth = _log_growth(far_rate, far) - _log_growth(near_rate, near)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(far > near, np.expm1(growth * DAYS_PER_YEAR / (far - near)), np.nan))


def breakeven(pre: npt.ArrayLike, real: npt.ArrayLike) -> FloatArray:
    """Inflation implied by a nominal and a real rate of one tenor: (1 + pre) / (1 + real) - 1 (Fisher)."""
    nominal = 1.0 + np.asarray(pre, dtype=np.float64)
    return np.asarray(nominal / (1.0 + np.asarray(real, dtype=np.float64)) - 1.0)


def flat_forward(
    tenors_bd: npt.ArrayLike,
    rates: npt.ArrayLike,
    at_bd: npt.ArrayLike,
    *,
    flat_below: bool = False,
    forward_above: float = 1.0,
) -> FloatArray:
    """Zero rates (BUS/252) at `at_bd`: rates (T, K), tenors (K,) or (T, K), at (M,) or (T, M) give (T, M).

    Vertices whose rate or tenor is not finite are left out, row by row. Below the first vertex: NaN, or its rate when
    `flat_below`. Above the last: the last forward up to last * `forward_above` (1 means no extension), then NaN.
    Raises BadInput when a row has a known tenor twice.
    """
    values = np.atleast_2d(np.asarray(rates, dtype=np.float64))
    tenors = np.broadcast_to(np.asarray(tenors_bd, dtype=np.float64), values.shape)
    targets = np.broadcast_to(np.asarray(at_bd, dtype=np.float64), (len(values), np.shape(at_bd)[-1]))
    growth = log_linear(
        tenors, _log_growth(values, tenors), targets, flat_below=flat_below, forward_above=forward_above
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(targets > 0, np.expm1(growth * DAYS_PER_YEAR / targets), np.nan))


def log_linear(
    tenors: FloatArray,
    growth: FloatArray,
    targets: FloatArray,
    *,
    flat_below: bool = False,
    forward_above: float = 1.0,
) -> FloatArray:
    """Minus the log discount factor at `targets` (T, M), linear between the known nodes of each row (T, K).

    `flat_below` connects the first node to the origin; `forward_above` extends the last slope up to that multiple of
    the last tenor. NaN elsewhere outside the nodes. Raises BadInput for a tenor twice in one row.
    """
    nodes, heights, count = _sorted_nodes(tenors, growth, origin=flat_below)
    if nodes.shape[1] == 0:
        return np.full(targets.shape, np.nan)
    if nodes.shape[1] == 1:
        return np.where(targets == nodes, heights, np.nan)
    upper = (nodes[:, None, :] < targets[:, :, None]).sum(axis=2)
    right = np.clip(upper, 1, np.maximum(count - 1, 1)[:, None])
    rows = np.arange(len(nodes))[:, None]
    x0, x1 = nodes[rows, right - 1], nodes[rows, right]
    y0, y1 = heights[rows, right - 1], heights[rows, right]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (y1 - y0) / (x1 - x0)
        result = y0 + slope * (targets - x0)
    first = nodes[:, :1]
    last = np.take_along_axis(nodes, np.maximum(count - 1, 0)[:, None], axis=1)
    inside = (targets >= first) & (targets <= last * forward_above)
    single = (count == 1)[:, None] & (targets == first)
    result = np.where(single, heights[:, :1], result)
    return np.where(inside & ((count > 1)[:, None] | single), result, np.nan)


def _sorted_nodes(tenors: FloatArray, growth: FloatArray, *, origin: bool) -> tuple[FloatArray, FloatArray, IntArray]:
    """Nodes sorted by tenor in each row, unknown ones last (as inf), and the number of known ones per row."""
    known = np.isfinite(tenors) & np.isfinite(growth) & (tenors > 0)
    x = np.where(known, tenors, np.inf)
    y = np.where(known, growth, np.nan)
    if origin:
        zeros = np.where(known.any(axis=1, keepdims=True), 0.0, np.inf)
        x, y = np.hstack([zeros, x]), np.hstack([np.where(zeros == 0.0, 0.0, np.nan), y])
    order = np.argsort(x, axis=1, kind="stable")
    x, y = np.take_along_axis(x, order, axis=1), np.take_along_axis(y, order, axis=1)
    twice = np.isfinite(x[:, 1:]) & (x[:, 1:] == x[:, :-1])
    if twice.any():
        row = int(np.flatnonzero(twice.any(axis=1))[0])
        raise BadInput(f"curve: tenor {x[:, 1:][twice][0]:g} stands twice in row {row}")
    return x, y, np.isfinite(x).sum(axis=1)


def checked_nodes(
    name: str, tenors: npt.ArrayLike, rates: npt.ArrayLike, min_points: int = 1, first: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """One curve's tenors and rates (K,), sorted by tenor, for callers that need a complete curve.

    Raises BadInput for fewer than `min_points` points, a number that is not finite, a tenor below `first` or a repeated
    tenor.
    """
    x, y = np.asarray(tenors, dtype=np.float64), np.asarray(rates, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise BadInput(f"{name}: tenors {x.shape} and rates {y.shape} do not pair up")
    if len(x) < min_points:
        raise BadInput(f"{name}: {len(x)} points, and at least {min_points} are needed")
    invalid = ~(np.isfinite(x) & np.isfinite(y)) | (x < first)
    if invalid.any():
        raise BadInput(f"{name}: rate {y[invalid][0]:g} at tenor {x[invalid][0]:g}")
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    twice = np.flatnonzero(np.diff(x) == 0)
    if len(twice):
        raise BadInput(f"{name}: tenor {x[twice[0]]:g} stands twice")
    return x, y


def _log_growth(rate: npt.ArrayLike, bd: npt.ArrayLike) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            np.log1p(np.asarray(rate, dtype=np.float64)) * np.asarray(bd, dtype=np.float64) / DAYS_PER_YEAR
        )


def linear_360_growth(rate: npt.ArrayLike, calendar_days: npt.ArrayLike) -> FloatArray:
    """Minus the log discount factor of a linear ACT/360 rate (cupom cambial): ln(1 + rate * days / 360)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            np.log1p(np.asarray(rate, dtype=np.float64) * np.asarray(calendar_days, dtype=np.float64) / 360)
        )


def linear_360_rate(growth: npt.ArrayLike, calendar_days: npt.ArrayLike) -> FloatArray:
    """The linear ACT/360 rate that gives `growth`; the inverse of `linear_360_growth`. NaN where days <= 0."""
    days = np.asarray(calendar_days, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(days > 0, np.expm1(np.asarray(growth, dtype=np.float64)) * 360 / days, np.nan))


def linear_par(tenors_bd: npt.ArrayLike, rates: npt.ArrayLike, at_bd: npt.ArrayLike) -> FloatArray:
    """Par yields (T, M) by straight line between the published maturities (T, K); NaN outside them."""
    values = np.atleast_2d(np.asarray(rates, dtype=np.float64))
    tenors = np.broadcast_to(np.asarray(tenors_bd, dtype=np.float64), values.shape)
    targets = np.broadcast_to(np.asarray(at_bd, dtype=np.float64), (len(values), np.shape(at_bd)[-1]))
    return log_linear(tenors, values, targets)
