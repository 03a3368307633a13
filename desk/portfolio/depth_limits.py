"""Open interest and volume cap positions: what one day's book may hold of each contract.

The other limits are shares of NAV, and hold for a plan in contracts per BRL of it. These are in contracts: they are
held at the decision, which knows its NAV, on the book that the others have left. Where a line passes one, the packages
on its side are scaled, each with all its legs, by the same part. That can take a hedge from the rest: the whole book is
then scaled back to the volatility and the uses of the other limits that it had. The breaker comes after it, as after
all limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from desk.arrays import BoolArray, FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.package_limits import DEPTH_LIMITS, SIZE_LIMITS, LimitedBook, book_volatility, largest_use
from desk.portfolio.sizing_plan import SizingPlan

_ROUNDS = 5_000
_SLACK = 1e-6
"""Of a contract: where the rounds end."""
_FIRST = SIZE_LIMITS.index(DEPTH_LIMITS[0])


def limited_at(plan: SizingPlan, row: int, nav: float, parameters: DeskParameters) -> LimitedBook:
    """What the limits leave of one row of the plan at `nav` BRL, those on depth included; of one row."""
    at = slice(row, row + 1)
    limited, uses = plan.limited[at], plan.uses[at]
    caps, book = size_caps(plan.uses.most[row], parameters), limited.per_brl[0] * nav
    if not _over(book, caps).any():
        return limited
    held, cut, touched = hold_depth(book, caps)
    kept = held[None] / nav
    grown = max(
        float(book_volatility(kept, uses.matrix)[0] / limited.volatility[0]),
        float(largest_use(kept, uses, parameters)[0] / max(largest_use(limited.per_brl, uses, parameters)[0], 1.0)),
        1.0,
    )
    kept, volatility = kept / grown, book_volatility(kept / grown, uses.matrix)
    cut[:, int(_gone(cut).argmax())] += np.log(grown)
    part, taken, whole = _gone(cut) / _gone(cut).sum(), limited.taken.copy(), limited.cut.copy()
    taken[0, _FIRST:] = (limited.volatility[0] - volatility[0]) * part
    whole[0, :, _FIRST:] = cut
    subjects = [[*limited.subjects[0][:_FIRST], *_names(touched, parameters.instrument_ids)]]
    return LimitedBook(kept, volatility, whole, taken, subjects)


def aversion_at(plan: SizingPlan, row: int, sizes: LimitedBook) -> float:
    """The risk aversion at which the `sizes` of a row are the best ones: the smaller the book, the higher."""
    kept = float(sizes.volatility[0])
    return float(plan.aversion[row]) * (float(plan.limited.volatility[row]) / kept if kept > 0 else 1.0)


def planned_legs(plan: SizingPlan, row: int, sizes: LimitedBook, nav: float) -> FloatArray:
    """The legs (S, N) in contracts that the `sizes` of a row come to at `nav` BRL; NaN for one that is not formed."""
    return np.where(np.isnan(plan.packages[row]), np.nan, sizes.per_brl[0] * nav)


def size_caps(most: FloatArray, parameters: DeskParameters) -> FloatArray:
    """The contracts (2, N) that a size may have, of the `most` (2, N) that the limits allow: less the headroom, and no
    more than whole lots of it, so that rounding passes none."""
    lots = np.array([item.lot for item in parameters.instruments], dtype=np.float64)
    return np.minimum(most * parameters.portfolio.limit_headroom, np.floor(most / lots) * lots)


def hold_depth(book: FloatArray, caps: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The packages (S, N) in contracts within the caps (2, N) of DEPTH_LIMITS; -log of what each limit has left of each
    package (S, 2); and the lines (2, N) that it has cut. The lower cap of a line is the one that cuts."""
    held, cut, touched = book.copy(), np.zeros((len(book), len(caps))), np.zeros(caps.shape, dtype=np.bool_)
    cap, limit, packages = caps.min(axis=0), caps.argmin(axis=0), np.arange(len(book))
    for _ in range(_ROUNDS):
        lines, over = held.sum(axis=0), _over(held, caps)
        if not over.any():
            break
        same = np.maximum(held * np.sign(lines), 0.0)
        excess = np.abs(lines) - np.where(over, cap, np.abs(lines))
        keep = 1.0 - excess / np.where(over, same.sum(axis=0), 1.0)
        left = np.where(same > 0, keep, 1.0)
        line = left.argmin(axis=1)
        factor = np.maximum(left[packages, line], 0.0)
        held = held * factor[:, None]
        touched[limit[over], np.flatnonzero(over)] = True
        with np.errstate(divide="ignore"):
            cut[packages, limit[line]] -= np.log(factor)
    return held, cut, touched


def with_sizes(plan: SizingPlan, sizes: Sequence[LimitedBook | None], target_volatility: float) -> SizingPlan:
    """The plan with what depth has left of its rows, where a decision has found that; `sizes` by row."""
    found = {row: one for row, one in enumerate(sizes) if one is not None}
    if not found:
        return plan
    rows, whole = np.array(list(found)), plan.limited
    arrays = {name: getattr(whole, name).copy() for name in ("per_brl", "volatility", "cut", "taken")}
    for name, array in arrays.items():
        array[rows] = np.concatenate([getattr(one, name) for one in found.values()])
    subjects = [found[row].subjects[0] if row in found else own for row, own in enumerate(whole.subjects)]
    return plan.with_limited(replace(whole, **arrays, subjects=subjects), target_volatility)


def _over(book: FloatArray, caps: FloatArray) -> BoolArray:
    """The lines (N,) of packages (S, N) that pass a cap."""
    return np.asarray(np.abs(book.sum(axis=0)) > caps.min(axis=0) + _SLACK)


def _gone(cut: FloatArray) -> FloatArray:
    """By limit, how many whole packages its cuts (S, 2) come to."""
    return np.asarray((1.0 - np.exp(-cut)).sum(axis=0))


def _names(touched: BoolArray, ids: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(ids[at] for at in np.flatnonzero(own).tolist()) for own in touched]
