"""Limits scale packages, whole: never one leg of them.

Where a share of the target risk (of an instrument, of a class) is passed, the packages that add to it are scaled, each
with all its legs, until it holds. What is cut off goes to nobody. Scaling one package moves the others' contributions,
so that rounds are made; what the last round leaves is taken off the whole book. So is what is above the other limits:
to cut only what loses in a scenario would cut hedges of the rest, and could leave a book of more risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray, RowIndex
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.covariance import pull, quadratic_form
from desk.portfolio.scenario_losses import scenario_ids
from desk.units import DAYS_PER_YEAR

PLAN_LIMITS = (
    "instrument_risk_share", "class_risk_share", "worst_scenario", "stressed_margin", "gross_leverage", "gross_face",
)  # fmt: skip
"""Limits in shares of NAV, which a plan holds."""
DEPTH_LIMITS = ("open_interest", "days_to_liquidate")
"""Limits in contracts, which a decision holds at its NAV (desk.portfolio.depth_limits)."""
SIZE_LIMITS = (*PLAN_LIMITS, *DEPTH_LIMITS)
_OF_PARTS = 2
"""The first so many of PLAN_LIMITS are shares of the target risk, taken off the packages that add to them."""
_OF_LOSSES = ("worst_scenario", "stressed_margin")
"""A gain is under no limit."""
_ROUNDS = 40
_STEP = 0.7
_SLACK = 1e-3
"""Of a cap, which is below the limit by the headroom: where the rounds end."""


@dataclass(frozen=True)
class LimitedBook:
    """`per_brl` (R, S, N) within the limits less their headroom; `volatility` (R,) a year; `cut` (R, S, L) -log of what
    each of SIZE_LIMITS left of each package; `taken` (R, L) what each took of the book's volatility; `subjects` by row
    and limit the instruments, classes or scenarios."""

    per_brl: FloatArray
    volatility: FloatArray
    cut: FloatArray
    taken: FloatArray
    subjects: Sequence[Sequence[tuple[str, ...]]]

    def __getitem__(self, rows: slice) -> LimitedBook:
        return LimitedBook(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def scale(self) -> FloatArray:
        """What was left of each package (R, S), 0 to 1."""
        return np.asarray(np.exp(-self.cut.sum(axis=2)))

    @property
    def bound(self) -> IntArray:
        """The index (R, S) in SIZE_LIMITS of the limit that took most of each package, -1 for none."""
        return np.where(self.cut.max(axis=2) > 0, self.cut.argmax(axis=2), -1)


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


@dataclass(frozen=True)
class ContractUses:
    """What one contract of each instrument uses: `matrix` (R, N, N) its covariance, BRL a day; `exposure` (R, N) BRL
    for the gross exposure, `face` (R, N) BRL at full face, `margin` (R, N) BRL; `losses` (R, K, N) BRL lost by a long
    one in each scenario. What is unknown uses nothing: such a contract is not sized. `most` (R, 2, N) the contracts
    that DEPTH_LIMITS allow, infinite where no market is stored."""

    matrix: FloatArray
    exposure: FloatArray
    face: FloatArray
    margin: FloatArray
    losses: FloatArray
    most: FloatArray

    def __getitem__(self, rows: slice | RowIndex) -> ContractUses:
        return ContractUses(*(getattr(self, field.name)[rows] for field in fields(self)))


def limit_packages(per_brl: FloatArray, uses: ContractUses, parameters: DeskParameters) -> LimitedBook:
    """The packages (R, S, N), contracts per BRL of NAV, within PLAN_LIMITS. NaN in `uses` counts as zero."""
    shares, scenarios = _shares(parameters), scenario_ids(parameters)
    names, _ = class_index(parameters)
    subject_names = (parameters.instrument_ids, names, scenarios, scenarios, ("book",), ("book",), (), ())
    rows, count = per_brl.shape[:2]
    cut = np.zeros((rows, count, len(SIZE_LIMITS)))  # -log of what each limit left of each package
    taken = np.zeros((rows, len(SIZE_LIMITS)))
    touched = [np.zeros((rows, len(one)), dtype=bool) for one in subject_names]
    known = _known(uses)
    book = per_brl.copy()

    def hold(place: int, active: RowIndex, *, whole: bool) -> BoolArray:
        if not subject_names[place]:
            return np.zeros(len(active), dtype=bool)
        part, own = book[active], known[active]
        over, factor = shares.cuts(part, own, place, whole=whole)
        if not over.any():
            return np.zeros(len(active), dtype=bool)
        book[active] = part * factor[:, :, None]
        touched[place][active] |= over
        cut[active, :, place] -= np.log(factor)
        taken[active, place] += book_volatility(part, own.matrix) - book_volatility(book[active], own.matrix)
        return np.asarray(over.any(axis=1))

    active = np.arange(rows)
    for last in (*[False] * _ROUNDS, True):
        passed = [hold(place, active, whole=last) for place in range(_OF_PARTS)]
        active = active[np.any(passed, axis=0)]
        if not len(active):
            break
    for place in range(_OF_PARTS, len(PLAN_LIMITS)):  # last: they scale the whole book, and every other use with it
        hold(place, np.arange(rows), whole=True)
    subjects = [
        [tuple(one[at] for at in np.flatnonzero(held[row])) for one, held in zip(subject_names, touched, strict=True)]
        for row in range(rows)
    ]
    return LimitedBook(book, book_volatility(book, known.matrix), cut, taken, subjects)


def largest_use(per_brl: FloatArray, uses: ContractUses, parameters: DeskParameters) -> FloatArray:
    """What packages (R, S, N) use of PLAN_LIMITS less their headroom: the most of any (R,), 1.0 at a limit."""
    shares, known = _shares(parameters), _known(uses)
    found = np.zeros((len(per_brl), 1))
    for place, name in enumerate(PLAN_LIMITS):
        used = shares.parts(per_brl, known, place).sum(axis=1) / shares.caps[place]
        found = np.hstack([found, used if name in _OF_LOSSES else np.abs(used)])
    return np.asarray(found.max(axis=1))


def book_volatility(book: FloatArray, matrix: FloatArray) -> FloatArray:
    """A year (R,)."""
    return np.asarray(np.sqrt(np.maximum(quadratic_form(book.sum(axis=1), matrix), 0.0) * DAYS_PER_YEAR))


def _known(uses: ContractUses) -> ContractUses:
    return ContractUses(*(np.nan_to_num(getattr(uses, field.name)) for field in fields(uses)))


def _of_gross(book: FloatArray, lines: FloatArray, unit: FloatArray) -> FloatArray:
    """Each package's part (R, S, 1) of the sizes of the lines (R, N), at `unit` (R, N) of one contract."""
    signed = np.sign(lines) * np.abs(unit)
    return np.asarray((book * signed[:, None, :]).sum(axis=2)[:, :, None])


def _shares(parameters: DeskParameters) -> _Shares:
    rules, limits = parameters.portfolio, parameters.limits
    return _Shares(
        caps=tuple(limits.threshold(name) * rules.limit_headroom for name in PLAN_LIMITS),
        target=rules.target_volatility / np.sqrt(DAYS_PER_YEAR),
        classes=class_index(parameters)[1],
    )


@dataclass(frozen=True)
class _Shares:
    """What the limits are held against: their `caps`, the daily `target` risk as a fraction of NAV, and each
    instrument's class."""

    caps: tuple[float, ...]
    target: float
    classes: RowIndex

    def parts(self, book: FloatArray, uses: ContractUses, place: int) -> FloatArray:
        """Each package's part of the use of the limit by subject (R, S, K), signed: the parts of a subject add up."""
        name, lines = PLAN_LIMITS[place], book.sum(axis=1)
        if name == "gross_leverage":
            return _of_gross(book, lines, uses.exposure)
        if name == "gross_face":
            return _of_gross(book, lines, uses.face)
        if name in _OF_LOSSES:
            # One product a row, all of one shape: a row's rounding must not depend on how many rows stand beside it.
            loss = np.ascontiguousarray(book) @ np.ascontiguousarray(uses.losses.transpose(0, 2, 1))
            return loss if name == "worst_scenario" else loss + _of_gross(book, lines, uses.margin)
        pulled = pull(lines, uses.matrix)
        daily = np.sqrt(np.maximum((lines * pulled).sum(axis=1), 0.0))
        found = book * pulled[:, None, :] / np.where(daily > 0, daily * self.target, 1.0)[:, None, None]
        return class_totals(found, self.classes) if name == "class_risk_share" else found

    def cuts(self, book: FloatArray, uses: ContractUses, place: int, *, whole: bool) -> tuple[BoolArray, FloatArray]:
        """Which subjects (R, K) pass the limit, and what each package (R, S) is multiplied by for it.

        The packages on the side of the excess give it up in proportion, a part of it a round, since their cut moves the
        contributions of the others too; those on the other side are left alone. `whole`: all give it up, at once.
        """
        cap = self.caps[place]
        parts = self.parts(book, uses, place)
        used = parts.sum(axis=1)
        if PLAN_LIMITS[place] in _OF_LOSSES:
            used = np.maximum(used, 0.0)
        excess = np.abs(used) - cap
        over = excess > cap * _SLACK
        if whole:
            factor = 1.0 / np.maximum(np.abs(used).max(axis=1) / cap, 1.0)
            return over, np.where(over.any(axis=1)[:, None], factor[:, None], np.ones(book.shape[:2]))
        same = np.maximum(parts * np.sign(used)[:, None, :], 0.0)
        total = same.sum(axis=1)
        keep = 1.0 - _STEP * np.where(over, excess / np.where(total > 0, total, 1.0), 0.0)
        return over, np.where(same > 0, keep[:, None, :], 1.0).min(axis=2)
