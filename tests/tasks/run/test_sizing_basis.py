"""What has changed since the last decision is told apart by hashes of code and data and the text of the parameters;
what cannot be told apart is said to be so."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from desk.catalog import toml_text
from tasks.run.sizing_basis import SizingBasis, basis_of, changed_since, code_sha256

DAY = dt.date(2026, 11, 19)
DAYS = [DAY - dt.timedelta(days=back) for back in range(1500, -1, -1)]


def values(**changed: float) -> pl.DataFrame:
    """Two columns of 1,500 days; `changed`: column -> what its value of a month ago is."""
    columns = {name: np.arange(len(DAYS), dtype=np.float64) for name in ("pre_252", "usdbrl")}
    for name, value in changed.items():
        columns[name][-30] = value
    return pl.DataFrame({"day": DAYS, **columns})


def stored(basis: SizingBasis, **other: Any) -> dict[str, Any]:
    row = {
        "code_sha256": basis.code_sha256,
        "parameters": json.dumps(dict(basis.parameters)),
        "inputs": json.dumps(dict(basis.inputs)),
    }
    return row | other


def test_nothing_has_changed_where_all_is_as_it_was() -> None:
    basis = basis_of(values(), DAY)
    found = changed_since(stored(basis), basis_of(values(), DAY))
    assert (found.code, found.parameters, found.data, found.earlier) == ((), (), (), None)
    assert len(code_sha256()) == 64


def test_a_revised_past_is_data_by_the_names_of_its_columns() -> None:
    found = changed_since(stored(basis_of(values(), DAY)), basis_of(values(usdbrl=-1.0), DAY))
    assert found.data == ("usdbrl",)
    assert found.cause(views_differ=True) == "data"


def test_rows_after_the_day_and_new_columns_are_no_revision() -> None:
    early = values().filter(pl.col("day") <= DAY - dt.timedelta(days=10))
    then = basis_of(early, DAY - dt.timedelta(days=10))
    later = values().with_columns(new=pl.lit(1.0))
    assert changed_since(stored(then), basis_of(later, DAY - dt.timedelta(days=10))).data == ()


@pytest.mark.parametrize(
    ("data", "views_differ", "cause"),
    [
        (False, False, "code"),
        (False, True, "data_or_code"),
        (True, False, "data_or_code"),
        (True, True, "data_or_code"),
    ],
)
def test_other_code_beside_another_past_cannot_be_told_apart(data: bool, views_differ: bool, cause: str) -> None:
    now = basis_of(values(usdbrl=-1.0) if data else values(), DAY)
    found = changed_since(stored(basis_of(values(), DAY), code_sha256="f" * 64), now)
    assert found.code == ("f" * 12,)
    assert found.cause(views_differ=views_differ) == cause


def test_a_changed_parameter_is_named_with_both_values_and_can_be_sized_by_again() -> None:
    text = toml_text("portfolio").replace("dead_band = 0.05", "dead_band = 0.15")
    basis = basis_of(values(), DAY)
    found = changed_since(stored(basis, parameters=json.dumps({**basis.parameters, "portfolio": text})), basis)
    assert found.parameters == ("portfolio.dead_band 0.15 -> 0.05",)
    assert found.earlier is not None
    assert found.earlier.portfolio.dead_band == 0.15
    assert found.cause(views_differ=False) == "data"


def test_parameters_that_todays_code_cannot_read_make_no_guess() -> None:
    text = toml_text("portfolio") + "\n[gone]\nx = 1\n"
    basis = basis_of(values(), DAY)
    found = changed_since(stored(basis, parameters=json.dumps({**basis.parameters, "portfolio": text})), basis)
    assert found.earlier is None
    assert found.parameters
    assert found.cause(views_differ=False) == "data_or_code"
