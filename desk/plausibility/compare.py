"""Two sources of one fact, side by side, by what was known at a decision: rows of SOURCE_COMPARISON.

Of the last days on which both have a value, the newest broken one speaks, else the newest. What is held takes part, and
says so: the pair is then `held`, not `broken`, since nothing decides on the value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from desk import calendars
from desk.arrays import FloatArray, IntArray
from desk.catalog import Catalog
from desk.catalog.fallbacks import CurveSource, load_fallbacks
from desk.catalog.siblings import CurvePair, ForwardPair, SiblingPair
from desk.frames import parts_by
from desk.gold import SOURCE_COMPARISON
from desk.model import decision_time
from desk.plausibility.points import POINT_SCHEMA, series_key
from desk.point_in_time.as_of_grid import NAT, Grid
from desk.transforms.curves import linear_360_growth, linear_360_rate
from desk.transforms.maturities import curve_points, rates_of_source
from desk.units import DAYS_PER_YEAR

LOOKBACK_DAYS = {"D": 10, "W": 30, "M": 100, "Q": 300}
"""Calendar days before the decision whose values are compared, by the left one's frequency."""
READ_DAYS = 520
"""Calendar days of values that the longest alignment takes: a year of months, and a lag."""
COMPARED_SCHEMA = pl.Schema(
    {
        "left_date": pl.Date(),
        "right_date": pl.Date(),
        "left_value": pl.Float64(),
        "right_value": pl.Float64(),
        "difference": pl.Float64(),
        "is_held": pl.Boolean(),
    }
)
"""Every date on which a pair has both values. `difference` as in SOURCE_COMPARISON; `is_held`: one of the two is."""
_FACE_POINTS, _LONGEST_YEARS = 100_000.0, 16.0
_MARKED = pl.Schema({**POINT_SCHEMA, "is_held": pl.Boolean()})


def compare_series(
    points: pl.DataFrame, held: pl.DataFrame, pairs: Sequence[SiblingPair], catalog: Catalog, day: dt.date
) -> pl.DataFrame:
    """SOURCE_COMPARISON rows of decision day `day`, one per pair. `points`: believed values, one per key and day;
    `held`: values that are held (both POINT_SCHEMA)."""
    marked = pl.concat(
        [points.with_columns(is_held=pl.lit(False)), held.with_columns(is_held=pl.lit(True))]
    ).cast(_MARKED)  # fmt: skip
    newest = marked.sort("knowledge_time", "is_held").unique(["key", "obs_date"], keep="last", maintain_order=True)
    by_key, rows = parts_by(newest, "key"), []
    for pair in pairs:
        frequency = _frequency(pair.left, catalog)
        both = compared(by_key, pair, catalog).filter(
            pl.col("left_date") > day - dt.timedelta(days=LOOKBACK_DAYS[frequency])
        )
        unit = "share" if pair.relative else _unit(pair, catalog)
        rows.append(_row(pair.id, pair.left, pair.right, both, unit, pair.tolerance, pair.breach, day))
    return pl.DataFrame(rows, schema=SOURCE_COMPARISON.schema)


def compared(by_key: Mapping[str, pl.DataFrame], pair: SiblingPair, catalog: Catalog) -> pl.DataFrame:
    """COMPARED_SCHEMA by date, ascending. `by_key`: a key's points (POINT_SCHEMA and `is_held`), one row per date."""
    nothing = pl.DataFrame(schema=_MARKED)
    left_points, right_points = (by_key.get(series_key(name, catalog), nothing) for name in (pair.left, pair.right))
    value = pl.col("value")
    measured = ((1.0 + value) ** DAYS_PER_YEAR - 1.0) if pair.right_as == "annual_252" else value
    right = right_points.sort("obs_date").with_columns(value=measured * pair.right_scale)
    left = left_points.sort("obs_date").select(
        at=_period(pair), left_date="obs_date", left_value="value", left_held="is_held"
    )
    both = left.join(_aligned(right, pair), on="at", how="inner").sort("left_date")
    off = pl.col("left_value") - pl.col("right_value")
    return both.select(
        "left_date",
        "right_date",
        "left_value",
        "right_value",
        difference=off / pl.col("right_value").abs() if pair.relative else off,
        is_held=pl.col("left_held") | pl.col("right_held"),
    ).cast(COMPARED_SCHEMA)


def _period(pair: SiblingPair) -> pl.Expr:
    day = pl.col("obs_date")
    return day if pair.align == "same_day" else day.dt.truncate("1mo")


def _aligned(right: pl.DataFrame, pair: SiblingPair) -> pl.DataFrame:
    """The right's value by the left's period: columns at, right_date, right_value, right_held."""
    value, is_held = pl.col("value"), pl.col("is_held")
    if pair.align == "same_day":
        return right.select(at="obs_date", right_date="obs_date", right_value="value", right_held="is_held")
    if pair.align == "year_compounded":
        months = right.with_columns(at=pl.col("obs_date").dt.truncate("1mo"))
        whole = pl.col("at").shift(11) == pl.col("at").dt.offset_by("-11mo")
        return months.select(
            "at",
            right_date="obs_date",
            right_value=(1.0 + value).log().rolling_sum(12).exp() - 1.0,
            right_held=is_held.cast(pl.Int8).rolling_max(12).cast(pl.Boolean),
            whole=whole,
        ).filter("whole")
    how = {
        "month_end": value.last(),
        "month_mean": value.mean(),
        "month_compounded": (1.0 + value).product() - 1.0,
    }[pair.align]
    months = right.group_by(at=_period(pair)).agg(
        right_date=pl.col("obs_date").max(), right_value=how, right_held=is_held.any(), first=pl.col("obs_date").min()
    )
    # A month is whole once another has begun; the first one may have begun before what was read.
    edges = [right["obs_date"].min(), right["obs_date"].max()]
    starts = [edge.replace(day=1) for edge in edges if isinstance(edge, dt.date)]
    return months.filter(~pl.col("at").is_in(starts))


def _frequency(name: str, catalog: Catalog) -> str:
    return catalog.series[name].frequency if name in catalog.series else "D"


def _unit(pair: SiblingPair, catalog: Catalog) -> str:
    return catalog.series[pair.left].unit if pair.left in catalog.series else "fraction per year"


def _row(
    pair_id: str,
    left: str,
    right: str,
    both: pl.DataFrame,
    unit: str,
    tolerance: float,
    breach: float,
    day: dt.date,
) -> dict[str, object]:
    shown: dict[str, object] = dict.fromkeys(COMPARED_SCHEMA)
    broken = both.filter(pl.col("difference").abs() > breach)
    state = "absent"
    if both.height:
        shown = (broken if broken.height else both).row(-1, named=True)
        size = abs(float(str(shown["difference"])))
        state = "agree" if size <= tolerance else "apart" if size <= breach else "broken"
        # The newest broken date may be held while another is not: what is not held speaks first.
        loose = broken.filter(~pl.col("is_held"))
        if state == "broken":
            state = "broken" if loose.height else "held"
            shown = (loose if loose.height else broken).row(-1, named=True)
    values = {name: shown[name] for name in COMPARED_SCHEMA if name != "is_held"}
    return {
        "as_of": decision_time(day), "pair_id": pair_id, "left_source": left, "right_source": right, **values,
        "unit": unit, "tolerance": tolerance, "breach": breach, "state": state, "compared": both.height,
        "broken": broken.height,
    }  # fmt: skip


def compare_curves(silver: Mapping[str, pl.DataFrame], pairs: Sequence[CurvePair], day: dt.date) -> pl.DataFrame:
    """SOURCE_COMPARISON rows of decision day `day`: each pair's vertex that is farthest apart, on the newest date that
    both sources have. `silver`: believed rows known at the decision, with every table of desk.model.SILVER."""
    rows = []
    for pair in pairs:
        tenor, both = _curve_apart(silver, pair, day)
        left, right = (f"{name}|{tenor}" if tenor else name for name in (pair.left, pair.right))
        rows.append(_row(pair.id, left, right, both, "fraction per year", pair.tolerance, pair.breach, day))
    return pl.DataFrame(rows, schema=SOURCE_COMPARISON.schema)


def _curve_apart(silver: Mapping[str, pl.DataFrame], pair: CurvePair, day: dt.date) -> tuple[int | None, pl.DataFrame]:
    spec = next(one for one in load_fallbacks().curves if (one.origin or one.prefix) == pair.curve)
    sources = {source.name: source for source in spec.sources}
    chosen = [sources[pair.left], sources[pair.right]]
    nothing = None, pl.DataFrame(schema=COMPARED_SCHEMA)
    since = day - dt.timedelta(days=LOOKBACK_DAYS["D"])
    recent = {name: frame.filter(pl.col("obs_date") > since) for name, frame in silver.items()}
    grid = Grid.of([day])
    # The newest date of each bounds the other: twice brings both to the newest common one where they have every day.
    for _ in range(LOOKBACK_DAYS["D"]):
        curves = [rates_of_source(spec, source, recent, grid) for source in chosen]
        dates = [obs[0] for _, obs in curves]
        if any(obs == NAT or obs != obs for obs in dates):
            return nothing
        if dates[0] == dates[1]:
            break
        until = min(dates).item()
        recent = {name: frame.filter(pl.col("obs_date") <= until) for name, frame in recent.items()}
    else:
        return nothing
    apart = [
        (abs(left - right), tenor, left, right)
        for tenor, left, right in zip(spec.vertices, curves[0][0][0], curves[1][0][0], strict=True)
        if tenor in pair.vertices and left == left and right == right
    ]
    if not apart:
        return nothing
    _, tenor, left, right = max(apart)
    date = dates[0].item()
    row = (date, date, float(left), float(right), float(left - right), False)
    return tenor, pl.DataFrame([row], schema=COMPARED_SCHEMA, orient="row")


def compare_forwards(silver: Mapping[str, pl.DataFrame], pairs: Sequence[ForwardPair], day: dt.date) -> pl.DataFrame:
    """SOURCE_COMPARISON rows of decision day `day`: each pair's forward that is farthest apart, on the newest date that
    both sides have. `silver`: as of `compare_curves`."""
    rows = []
    for pair in pairs:
        span, both = _forward_apart(silver, pair, day)
        left, right = (f"{name}|{span}" if span else name for name in (pair.curve_id, pair.root))
        rows.append(_row(pair.id, left, right, both, "fraction per year", pair.tolerance, pair.breach, day))
    return pl.DataFrame(rows, schema=SOURCE_COMPARISON.schema)


def _forward_apart(silver: Mapping[str, pl.DataFrame], pair: ForwardPair, day: dt.date) -> tuple[str, pl.DataFrame]:
    """`21-252` (business days to the near and the far end) and the row of that forward."""
    sides = (
        CurveSource(pair.curve_id, "points", curve_id=pair.curve_id, shortest_bd=pair.shortest_bd),
        CurveSource(pair.root, "futures", root=pair.root, day=pair.day),
    )
    recent = pl.col("obs_date").is_between(day - dt.timedelta(days=LOOKBACK_DAYS["D"]), day)
    points, futures = (
        curve_points(side, silver, _LONGEST_YEARS)
        .filter(recent)
        .sort("knowledge_time")
        .unique(["obs_date", "order"], keep="last")
        for side in sides
    )
    nothing = "", pl.DataFrame(schema=COMPARED_SCHEMA)
    common = set(points["obs_date"]) & set(futures["obs_date"])
    if not common:
        return nothing
    date = max(common)
    days, left, settled = _settled(date, futures.filter(obs_date=date).sort("order"))
    clean = _clean(date, points.filter(obs_date=date).sort("order"), days)
    known = np.flatnonzero((left >= pair.shortest_bd) & np.isfinite(settled) & np.isfinite(clean))
    if len(known) < 2:
        return nothing
    near, far = known[0], known[1:]
    forwards = [linear_360_rate(side[far] - side[near], days[far] - days[near]) for side in (clean, settled)]
    worst = int(np.argmax(np.abs(forwards[0] - forwards[1])))
    one, other = float(forwards[0][worst]), float(forwards[1][worst])
    row = (date, date, one, other, one - other, False)
    return f"{left[near]}-{left[far[worst]]}", pl.DataFrame([row], schema=COMPARED_SCHEMA, orient="row")


def _settled(date: dt.date, contracts: pl.DataFrame) -> tuple[FloatArray, IntArray, FloatArray]:
    """Calendar and business days to each contract's payment, and minus the log of the discount that it was settled
    at."""
    start = np.datetime64(date, "D")
    ends = calendars.anbima().offset_array((contracts["order"].to_numpy() // 10).astype("datetime64[D]"), 0)
    days = (ends - start).astype(np.float64)
    left = calendars.anbima().count_array(np.full(len(ends), start), ends)
    prices = contracts["price"].cast(pl.Float64).to_numpy()
    rates = linear_360_growth(contracts["rate"].cast(pl.Float64).to_numpy(), days)
    with np.errstate(invalid="ignore", divide="ignore"):
        return days, left, np.where(prices > 0, -np.log(prices / _FACE_POINTS), rates)


def _clean(date: dt.date, vertices: pl.DataFrame, days: FloatArray) -> FloatArray:
    """Minus the log of the curve's discount at calendar `days`; NaN outside of its vertices."""
    start, tenors = np.datetime64(date, "D"), vertices["order"].to_numpy()
    ends = calendars.anbima().offset_array(np.full(len(tenors), start), tenors)
    nodes = (ends - start).astype(np.float64)
    growth = linear_360_growth(vertices["rate"].to_numpy(), nodes)
    return np.asarray(np.interp(days, nodes, growth, left=np.nan, right=np.nan))
