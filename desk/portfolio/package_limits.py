"""Limits scale packages, whole: never one leg of them.

Where a share of the target risk (of an instrument, of a class) is passed, the packages that add to it are scaled, each
with all its legs, until it holds. What is cut off goes to nobody. Scaling one package moves the others' contributions,
so that rounds are made; what the last round leaves is taken off the whole book, and so is what is above the gross
exposure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray, RowIndex
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.covariance import pull, quadratic_form
from desk.units import DAYS_PER_YEAR

SHARE_LIMITS = ("instrument_risk_share", "class_risk_share", "gross_leverage")
_OF_RISK = 2
"""The first so many of SHARE_LIMITS are shares of the target risk."""
_ROUNDS = 40
_STEP = 0.7
_SLACK = 1e-3
"""Of a cap, which is below the limit by the headroom: where the rounds end."""


@dataclass(frozen=True)
class LimitedBook:
    """`per_brl` (R, S, N) within the limits less their headroom; `volatility` (R,) a year; `scale` (R, S) what was left
    of each package, 0 to 1; `bound` (R, S) the index in SHARE_LIMITS that took most of it, -1 for none; `taken` (R, L)
    what each limit took of the book's volatility; `subjects` by row and limit the instruments or classes."""

    per_brl: FloatArray
    volatility: FloatArray
    scale: FloatArray
    bound: IntArray
    taken: FloatArray
    subjects: Sequence[Sequence[tuple[str, ...]]]


def class_index(parameters: DeskParameters) -> tuple[tuple[str, ...], RowIndex]:
    """Asset classes in order of first use, and each instrument's index among them."""
    names = tuple(dict.fromkeys(instrument.asset_class for instrument in parameters.instruments))
    return names, np.array([names.index(item.asset_class) for item in parameters.instruments], dtype=np.intp)


def class_totals(lines: FloatArray, classes: RowIndex) -> FloatArray:
    """Sums of lines (..., N) by class (..., C).

    Added up column by column: a matrix product rounds a row by how many rows stand beside it, and a day's numbers must
    not change when days are added.
    """
    totals = np.zeros((*lines.shape[:-1], int(classes.max()) + 1))
    for column, index in enumerate(classes):
        totals[..., index] += lines[..., column]
    return totals


def limit_packages(
    per_brl: FloatArray, matrix: FloatArray, exposure: FloatArray, parameters: DeskParameters
) -> LimitedBook:
    """The packages (R, S, N), contracts per BRL of NAV, within the limits. `matrix` (R, N, N) BRL a day of one
    contract, `exposure` (R, N) BRL of one contract for the gross exposure."""
    rules = parameters.portfolio
    names, classes = class_index(parameters)
    shares = _Shares(
        caps=tuple(parameters.limits.threshold(name) * rules.limit_headroom for name in SHARE_LIMITS),
        target=rules.target_volatility / np.sqrt(DAYS_PER_YEAR),
        classes=classes,
    )
    subject_names = (parameters.instrument_ids, names, ("book",))
    rows, count = per_brl.shape[:2]
    cut = np.zeros((rows, count, len(SHARE_LIMITS)))  # -log of what each limit left of each package
    taken = np.zeros((rows, len(SHARE_LIMITS)))
    touched = [np.zeros((rows, len(one)), dtype=bool) for one in subject_names]
    exposed = np.abs(np.nan_to_num(exposure))
    book = per_brl.copy()

    def hold(place: int, active: RowIndex, *, whole: bool) -> BoolArray:
        part, own = book[active], (matrix[active], exposed[active])
        over, factor = shares.cuts(part, *own, place, whole=whole)
        book[active] = part * factor[:, :, None]
        touched[place][active] |= over
        cut[active, :, place] -= np.log(factor)
        taken[active, place] += _volatility(part, own[0]) - _volatility(book[active], own[0])
        return np.asarray(over.any(axis=1))

    active = np.arange(rows)
    for last in (*[False] * _ROUNDS, True):
        passed = [hold(place, active, whole=last) for place in range(_OF_RISK)]
        active = active[np.any(passed, axis=0)]
        if not len(active):
            break
    hold(_OF_RISK, np.arange(rows), whole=True)  # last: it scales the whole book, and every share of risk with it
    bound = np.where(cut.max(axis=2) > 0, cut.argmax(axis=2), -1)
    subjects = [
        [tuple(one[at] for at in np.flatnonzero(held[row])) for one, held in zip(subject_names, touched, strict=True)]
        for row in range(rows)
    ]
    return LimitedBook(book, _volatility(book, matrix), np.exp(-cut.sum(axis=2)), bound, taken, subjects)


def _volatility(book: FloatArray, matrix: FloatArray) -> FloatArray:
    """A year (R,)."""
    return np.asarray(np.sqrt(np.maximum(quadratic_form(book.sum(axis=1), matrix), 0.0) * DAYS_PER_YEAR))


@dataclass(frozen=True)
class _Shares:
    """What the three limits are held against: their `caps`, the daily `target` risk as a fraction of NAV, and each
    instrument's class."""

    caps: tuple[float, ...]
    target: float
    classes: RowIndex

    def parts(self, book: FloatArray, matrix: FloatArray, exposed: FloatArray, place: int) -> FloatArray:
        """Each package's part of the use of the limit by subject (R, S, K), signed: the parts of a subject add up."""
        lines = book.sum(axis=1)
        if SHARE_LIMITS[place] == "gross_leverage":
            return np.asarray((book * np.sign(lines)[:, None, :] * exposed[:, None, :]).sum(axis=2)[:, :, None])
        pulled = pull(lines, matrix)
        daily = np.sqrt(np.maximum((lines * pulled).sum(axis=1), 0.0))
        found = book * pulled[:, None, :] / np.where(daily > 0, daily * self.target, 1.0)[:, None, None]
        return class_totals(found, self.classes) if SHARE_LIMITS[place] == "class_risk_share" else found

    def cuts(
        self, book: FloatArray, matrix: FloatArray, exposed: FloatArray, place: int, *, whole: bool
    ) -> tuple[BoolArray, FloatArray]:
        """Which subjects (R, K) pass the limit, and what each package (R, S) is multiplied by for it.

        The packages on the side of the excess give it up in proportion, a part of it a round, since their cut moves the
        contributions of the others too; those on the other side are left alone. `whole`: all give it up, at once.
        """
        cap = self.caps[place]
        parts = self.parts(book, matrix, exposed, place)
        used = parts.sum(axis=1)
        excess = np.abs(used) - cap
        over = excess > cap * _SLACK
        if whole:
            factor = 1.0 / np.maximum(np.abs(used).max(axis=1) / cap, 1.0)
            return over, np.where(over.any(axis=1)[:, None], factor[:, None], np.ones(book.shape[:2]))
        same = np.maximum(parts * np.sign(used)[:, None, :], 0.0)
        total = same.sum(axis=1)
        keep = 1.0 - _STEP * np.where(over, excess / np.where(total > 0, total, 1.0), 0.0)
        return over, np.where(same > 0, keep[:, None, :], 1.0).min(axis=2)
