"""What a curve, or a contract's own other number, leaves for a point. Rows of PEER_SCHEMA that never confirm.

Curve: between neighbouring vertices of a day the forward rate stays within the curve's bounds, so that discount factors
fall. Where it does not, each of the two vertices gets what its other neighbours leave for it. And a vertex moves with
its neighbours: it gets its own last rate and their move since. Zero: a published price
and a published rate of one contract say the same. Settlement: a future's rate stands on the curve of its day.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from desk.catalog import Catalog
from desk.catalog.plausibility import AgainstCurve, CurveBounds, Plausibility, ZeroPrice
from desk.catalog.siblings import SiblingPair
from desk.frames import parts_by
from desk.plausibility.peers import PEER_SCHEMA, peers_of
from desk.plausibility.points import point_key
from desk.transforms.cashflows import business_days
from desk.transforms.curves import flat_forward, pu, rate_from_pu
from desk.units import DAYS_PER_YEAR

_MONTHS = "FGHJKMNQUVXZ"
_CALENDAR_DAYS = 365.0 / DAYS_PER_YEAR


def every_peer(
    values: pl.DataFrame,
    pairs: Sequence[SiblingPair],
    rules: Plausibility,
    catalog: Catalog,
    judged: Collection[str] | None = None,
) -> pl.DataFrame:
    """All that is declared to speak of `values` (POINT_SCHEMA, one row per key and day). Columns: PEER_SCHEMA.

    `judged`: the keys whose peers are of interest; others may be left out. None: all.
    """
    return pl.concat([peers_of(values, pairs, rules, catalog, judged), identity_peers(values, rules, judged)])


def identity_peers(values: pl.DataFrame, rules: Plausibility, judged: Collection[str] | None = None) -> pl.DataFrame:
    """Every curve's, zero's and settlement's identity over `values` (POINT_SCHEMA, one row per key and day).

    `judged` as in `every_peer`.
    """

    def concerns(*prefixes: str) -> bool:
        return judged is None or any(key.startswith(prefixes) for key in judged)

    parts = [pl.DataFrame(schema=PEER_SCHEMA)]
    for bounds in rules.curves:
        if concerns(_curve_prefix(bounds.id)):
            vertices = _vertices(values, bounds.id)
            parts.append(_forward_peers(vertices, bounds))
            if bounds.kink > 0:
                parts.append(_kink_peers(vertices, bounds))
    for zero in rules.zeros:
        if concerns(*(point_key("settlement", column, zero.prefix) for column in ("price", "rate"))):
            parts.append(_zero_peers(values, zero))
    for against in rules.against_curve:
        if concerns(point_key("settlement", "rate", against.root)):
            parts.append(_settlement_peers(values, _vertices(values, against.curve), against))
    return pl.concat(parts)


def _curve_prefix(curve_id: str) -> str:
    return point_key("curve_point", "rate", f"{curve_id}|")


def _vertices(values: pl.DataFrame, curve_id: str) -> pl.DataFrame:
    prefix = _curve_prefix(curve_id)
    return (
        values.filter(pl.col("key").str.starts_with(prefix))
        .with_columns(tenor=pl.col("key").str.strip_prefix(prefix).cast(pl.Float64))
        .sort("obs_date", "tenor")
    )


def _forward_peers(vertices: pl.DataFrame, bounds: CurveBounds) -> pl.DataFrame:
    """Where a forward leaves its bounds, for both its vertices: the rate on the line between their own neighbours."""
    tenor, rate = pl.col("tenor"), pl.col("value")
    if bounds.compounding == "annual_252":
        growth = pl.when(rate > -1).then((1.0 + rate).log()) * tenor / DAYS_PER_YEAR
    else:
        accrued = 1.0 + rate * tenor * _CALENDAR_DAYS / 360.0
        growth = pl.when(accrued > 0).then(accrued.log())
    years = tenor / DAYS_PER_YEAR
    frame = vertices.with_columns(growth=growth, years=years)
    forward = (pl.col("growth").diff() / pl.col("years").diff()).exp() - 1.0
    out = (forward < bounds.lowest_forward) | (forward > bounds.highest_forward)
    frame = frame.with_columns(out=out.over("obs_date").fill_null(False))
    touched = pl.col("out") | pl.col("out").shift(-1).over("obs_date").fill_null(False)
    before, after = (pl.col("value").shift(step).over("obs_date") for step in (1, -1))
    years_before, years_after = (pl.col("years").shift(step).over("obs_date") for step in (1, -1))
    share = (pl.col("years") - years_before) / (years_after - years_before)
    between = before + (after - before) * share
    frame = frame.with_columns(touched=touched, peer_value=pl.coalesce(between, before, after))
    return _shaped(
        frame.filter("touched").with_columns(peer_known="knowledge_time", within=pl.lit(-1.0), beyond=pl.lit(0.0)),
        f"{bounds.id}, its neighbours",
    )


def _kink_peers(vertices: pl.DataFrame, bounds: CurveBounds) -> pl.DataFrame:
    """For each vertex its own rate of the day before and its neighbours' move since that day, on the line between
    them."""
    chosen = vertices.filter(pl.col("tenor") >= bounds.kink_from_bd).sort("obs_date", "tenor")
    stored = chosen.select("tenor", since="obs_date", was="value")
    frame = chosen.with_columns(since=pl.col("obs_date").shift(1).over("key", order_by="obs_date"))
    frame = frame.join(stored, on=["tenor", "since"], how="left", maintain_order="left")
    moves = []
    for side, step in (("before", 1), ("after", -1)):
        frame = frame.with_columns(
            pl.col("tenor").shift(step).over("obs_date").alias(side),
            pl.col("value").shift(step).over("obs_date").alias(f"value_{side}"),
        ).join(
            stored.rename({"tenor": side, "was": f"was_{side}"}), on=[side, "since"], how="left", maintain_order="left"
        )  # fmt: skip
        moves.append(pl.col(f"value_{side}") - pl.col(f"was_{side}"))
    share = (pl.col("tenor") - pl.col("before")) / (pl.col("after") - pl.col("before"))
    beside = pl.coalesce(moves[0] + (moves[1] - moves[0]) * share, *moves)
    rows = frame.with_columns(
        peer_value=pl.col("was") + beside,
        peer_known="knowledge_time",
        within=pl.lit(-1.0),
        beyond=pl.lit(bounds.kink),
    )
    return _shaped(rows, f"{bounds.id}, how its neighbours moved")


def _zero_peers(values: pl.DataFrame, zero: ZeroPrice) -> pl.DataFrame:
    rows = {}
    for column in ("price", "rate"):
        start = point_key("settlement", column, "")
        one = values.filter(pl.col("key").str.starts_with(start + zero.prefix))
        rows[column] = one.with_columns(contract=pl.col("key").str.strip_prefix(start))
    both = rows["price"].join(rows["rate"], on=["contract", "obs_date"], suffix="_rate")
    both = _with_days(both)
    if both.is_empty():
        return pl.DataFrame(schema=PEER_SCHEMA)
    days, price, rate = (both[name].to_numpy() for name in ("days", "value", "value_rate"))
    from_rate, from_price = pu(rate, days, zero.face), rate_from_pu(price, days, zero.face)
    # A price's relative error of e is one of e x 252/days in the rate.
    per_year = (1.0 + rate) * DAYS_PER_YEAR / days
    prices = both.select("key", "obs_date", peer_known="knowledge_time_rate").with_columns(
        peer_value=pl.Series(from_rate),
        within=pl.Series(zero.within * from_rate),
        beyond=pl.Series(zero.beyond * from_rate),
    )
    rates = both.select("obs_date", key="key_rate", peer_known="knowledge_time").with_columns(
        peer_value=pl.Series(from_price),
        within=pl.Series(zero.within * per_year),
        beyond=pl.Series(zero.beyond * per_year),
    )
    return pl.concat([_shaped(prices, "its own rate"), _shaped(rates, "its own price")])


def _settlement_peers(values: pl.DataFrame, vertices: pl.DataFrame, against: AgainstCurve) -> pl.DataFrame:
    start = point_key("settlement", "rate", "")
    rows = values.filter(pl.col("key").str.starts_with(start + against.root)).with_columns(
        contract=pl.col("key").str.strip_prefix(start)
    )
    rows = _with_days(rows.join(vertices.select("obs_date").unique(), on="obs_date", how="semi"))
    found = [pl.DataFrame(schema=PEER_SCHEMA)]
    for day, part in parts_by(rows, "obs_date").items():
        curve = vertices.filter(pl.col("obs_date") == day)
        on_curve = flat_forward(curve["tenor"].to_numpy(), curve["value"].to_numpy()[None, :], part["days"].to_numpy())
        peers = part.with_columns(
            peer_value=pl.Series(on_curve[0]),
            within=pl.lit(against.within),
            beyond=pl.lit(against.beyond),
            peer_known=pl.lit(curve["knowledge_time"].max()),
        )
        found.append(_shaped(peers, f"curve {against.curve}"))
    return pl.concat(found)


def _with_days(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` of contracts whose maturity can be read, with `days`: business days from the observation, 1 or more."""
    terms = {name: _maturity(name) for name in rows["contract"].unique().to_list()}
    dated = rows.with_columns(
        maturity=pl.col("contract").replace_strict(terms, default=None, return_dtype=pl.Date)
    ).filter(pl.col("maturity").is_not_null())
    if dated.is_empty():
        return dated.with_columns(days=pl.lit(None, dtype=pl.Float64))
    settle = dated["obs_date"].to_numpy().astype("datetime64[D]")
    until = dated["maturity"].to_numpy().astype("datetime64[D]")
    days = business_days(settle, until[:, None])[:, 0]
    return dated.with_columns(days=pl.Series(days)).filter(pl.col("days") >= 1)


def _maturity(contract: str) -> object:
    """DI1F28 -> 2028-01-01, DAPK29 -> 2029-05-15, ANBIMA:LTN_2028-01-01 -> 2028-01-01; None for anything else."""
    if match := re.fullmatch(rf"(DI1|DDI|DAP)([{_MONTHS}])(\d{{2}})", contract):
        day = "15" if match[1] == "DAP" else "01"
        return np.datetime64(f"20{match[3]}-{_MONTHS.index(match[2]) + 1:02d}-{day}", "D").item()
    if match := re.fullmatch(r".+_(\d{4}-\d{2}-\d{2})", contract):
        return np.datetime64(match[1], "D").item()
    return None


def _shaped(rows: pl.DataFrame, peer: str) -> pl.DataFrame:
    return (
        rows.with_columns(peer=pl.lit(peer), before=pl.lit(None, dtype=pl.Float64))
        .with_columns(confirms=False, repeats=False)
        .filter(pl.col("peer_value").is_not_null() & pl.col("peer_value").is_finite())
        .select(pl.col(name).cast(dtype) for name, dtype in PEER_SCHEMA.items())
    )
