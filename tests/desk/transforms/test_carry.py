"""Carry and roll-down of DI futures, against plain repricing of the contract day by day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.catalog.fallbacks import VERTICES
from desk.errors import BadInput
from desk.transforms.carry import carry_roll
from desk.transforms.curves import flat_forward

STEEP = np.linspace(0.12, 0.14, len(VERTICES))


def test_the_parts_add_up_to_repricing_the_contract_on_the_same_curve() -> None:
    result = carry_roll(VERTICES, STEEP, [504, 1260], [0.115], 21)
    for place, bd in enumerate((504, 1260)):
        now, then = (float(flat_forward(VERTICES, [STEEP], [days])[0, 0]) for days in (bd, bd - 21))
        bought, sold = 1e5 / (1 + now) ** (bd / 252), 1e5 / (1 + then) ** ((bd - 21) / 252)
        gain = sold - bought * 1.115 ** (21 / 252)
        assert float(result.total_brl[0, place]) == pytest.approx(gain, abs=1e-9)


def test_the_horizon_in_one_step_equals_day_by_day() -> None:
    """The daily adjustment: each day the PU less yesterday's corrected by CDI, the gains left at CDI."""
    cdi, account = 0.115, 0.0
    levels = {d: float(flat_forward(VERTICES, [STEEP], [d])[0, 0]) for d in range(504 - 21, 505)}
    value = {d: 1e5 / (1 + r) ** (d / 252) for d, r in levels.items()}
    for days in range(504, 504 - 21, -1):
        account = account * (1 + cdi) ** (1 / 252) + value[days - 1] - value[days] * (1 + cdi) ** (1 / 252)
    assert float(carry_roll(VERTICES, STEEP, [504], [cdi], 21).total_brl[0, 0]) == pytest.approx(account, abs=1e-8)


def test_signs() -> None:
    steep = carry_roll(VERTICES, STEEP, [504], [0.10], 21)
    assert steep.carry_brl[0, 0] > 0  # it yields more than CDI
    assert steep.roll_down_brl[0, 0] > 0  # and slides down a rising curve
    inverted = carry_roll(VERTICES, STEEP[::-1], [504], [0.15], 21)
    assert inverted.carry_brl[0, 0] < 0
    assert inverted.roll_down_brl[0, 0] < 0


@settings(max_examples=40)
@given(st.floats(min_value=0.01, max_value=0.4), st.integers(min_value=1, max_value=63))
def test_a_flat_curve_at_cdi_earns_nothing(level: float, horizon: int) -> None:
    result = carry_roll(VERTICES, np.full(len(VERTICES), level), [252, 2520], [level], horizon)
    np.testing.assert_allclose(result.carry_brl, 0.0, atol=1e-8)
    np.testing.assert_allclose(result.roll_down_brl, 0.0, atol=1e-7)


def test_units_of_daily_volatility() -> None:
    result = carry_roll(VERTICES, [STEEP, STEEP], [252, 504], [0.115, 0.115], 21)
    units = result.in_daily_volatility([[8e-4, 10e-4], [0.0, np.nan]])
    assert units[0, 1] == pytest.approx(result.total_brl[0, 1] / (result.dv01_brl[0, 1] * 10))
    assert np.isnan(units[1]).all()


def test_days_do_not_see_each_other_and_unknown_stays_unknown() -> None:
    rates = np.stack([STEEP, np.full(len(VERTICES), np.nan), STEEP[::-1]])
    result = carry_roll(VERTICES, rates, [252], [0.115, 0.115, np.nan], 5)
    alone = carry_roll(VERTICES, STEEP, [252], [0.115], 5)
    assert result.total_brl[0, 0] == alone.total_brl[0, 0]
    assert np.isnan(result.total_brl[1:, 0]).all()
    assert np.isnan(carry_roll(VERTICES, STEEP, [2600], [0.115], 5).total_brl[0, 0])


@pytest.mark.parametrize("horizon", [0, -1, 252, 300])
def test_a_horizon_past_the_maturity_is_named(horizon: int) -> None:
    with pytest.raises(BadInput, match="a horizon of"):
        carry_roll(VERTICES, STEEP, [252, 504], [0.115], horizon)
