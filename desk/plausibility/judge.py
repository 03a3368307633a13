"""Verdicts on new values: `ok`, `suspect` or `held`, each with the rule that spoke, what was expected, and why.

Rows are judged in the order of their days, and a held one is no history of the next. Done without a loop over rows: all
are judged as if nothing were held; then of every key the first held one is taken out and the rest of that key is judged
again, until nothing new is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.calendars import by_name
from desk.catalog import Catalog
from desk.catalog.plausibility import Plausibility
from desk.frames import parts_by
from desk.plausibility.grids import ROUND_FAR, ends_round, on_grid, printed_on_grid
from desk.plausibility.levels import kept, unheard
from desk.plausibility.peers import PEER_SCHEMA
from desk.plausibility.points import POINT_SCHEMA, kinds_of
from desk.plausibility.steps import scaled_value, with_steps

SLIPS: tuple[float, ...] = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001, -1.0)
"""What a slipped value was multiplied by: a decimal point misplaced either way, per cent for fractions, a lost sign."""
RULES: tuple[str, ...] = ("bounds", "slip", "digits", "sibling", "shift", "stale", "step", "calendar")
"""In the order in which they speak: the first that holds a value is the one that is named."""
VERDICT_SCHEMA = pl.Schema(
    {
        **POINT_SCHEMA,
        "kind": pl.String(),
        "verdict": pl.String(),
        "rule": pl.String(),
        "expected": pl.Float64(),
        "score": pl.Float64(),
        "peer": pl.String(),
        "peer_value": pl.Float64(),
        "kept": pl.Boolean(),
    }
)
DISPLACED_ROWS, DISPLACED_SHARE = 3, 0.8
"""A fetch whose revisions, this many and this share of them, are the stored values of the day beside is shifted."""
REPEATED = 3
"""Values in a row that a moving sibling makes stale."""
_STILL = 1e-12


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`verdicts`: one row per judged point, VERDICT_SCHEMA. `rule` is empty where the verdict is ok; `kept`: held, but
    the next value of the same rows keeps its level."""

    verdicts: pl.DataFrame

    def having(self, verdict: str) -> pl.DataFrame:
        """The rows with this verdict."""
        return self.verdicts.filter(pl.col("verdict") == verdict)


def judge(
    points: pl.DataFrame, history: pl.DataFrame, peers: pl.DataFrame, rules: Plausibility, catalog: Catalog
) -> Verdicts:
    """Every point of `points` (POINT_SCHEMA) against `history` (the same, accepted values alone) and `peers`
    (PEER_SCHEMA).

    A point whose key and day stand in the history is a revision: it is believed where it is near the value it revises.
    Points of a key without a kind pass.
    """
    kinds = kinds_of(points["key"].unique().sort().to_list(), rules, catalog)
    newest = points.sort("knowledge_time", nulls_last=False).unique(["key", "obs_date"], keep="last")
    known = newest.join(kinds, on="key", how="inner")
    frame = _together(known, history, kinds)
    frame = _with_peers(frame, peers)
    decided: list[pl.DataFrame] = []
    while frame.height:
        scored = _scored(frame)
        held = scored.filter(pl.col("new") & ~pl.col("done") & (pl.col("hold") != "")).unique(
            "key", keep="first", maintain_order=True
        )
        keys = held.select("key")
        decided.append(scored.join(keys, on="key", how="anti").filter("new"))
        if keys.is_empty():
            break
        # What is held leaves the history of the days after it, unless the next day stands at its level.
        marks = held.select("key", "obs_date", "kept", mark=True)
        again = frame.join(keys, on="key", how="semi").join(marks, on=["key", "obs_date"], how="left")
        out = pl.col("mark").fill_null(False) & ~pl.col("kept").fill_null(False)
        decided.append(held.filter(~pl.col("kept")))
        frame = (
            again.filter(~out)
            .with_columns(
                done=pl.col("done") | pl.col("mark").fill_null(False),
                earlier=pl.when(pl.col("mark").fill_null(False)).then(pl.lit("kept")).otherwise(pl.col("earlier")),
            )
            .drop("mark", "kept")
        )
        kept = held.filter("kept")
        if kept.height:
            decided.append(kept)
    verdicts = _verdicts(decided)
    passed = newest.join(kinds, on="key", how="anti").select(
        *POINT_SCHEMA, kind=pl.lit(""), verdict=pl.lit("ok"), rule=pl.lit(""), expected=None, score=None, peer=None,
        peer_value=None, kept=False,
    )  # fmt: skip
    return Verdicts(pl.concat([verdicts, passed.cast(VERDICT_SCHEMA)]).sort("key", "obs_date"))


def _together(known: pl.DataFrame, history: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    stored = history.join(kinds.select("key"), on="key", how="semi").unique(["key", "obs_date"], keep="last")
    new = known.with_columns(new=True).join(
        stored.select("key", "obs_date", stored="value"), on=["key", "obs_date"], how="left"
    )
    old = stored.join(known.select("key", "obs_date"), on=["key", "obs_date"], how="anti").join(kinds, on="key")
    old = old.with_columns(new=False, stored=pl.lit(None, dtype=pl.Float64)).select(new.columns)
    new = _with_closed(new)
    old = old.with_columns(closed=pl.lit(False)).select(new.columns)
    return pl.concat([_displaced(new, stored), old.with_columns(displaced=pl.lit(False))]).with_columns(
        done=pl.lit(False), earlier=pl.lit("")
    )


def _with_closed(new: pl.DataFrame) -> pl.DataFrame:
    """`new` with `closed`: no new number may come from this day. A repeated one may: some services fill every day."""
    days = new.select("calendar", "obs_date").unique()
    parts = [days.clear().with_columns(closed=pl.lit(False))]
    for name, part in parts_by(days, "calendar").items():
        if name:
            busy = np.is_busday(part["obs_date"].to_numpy().astype("datetime64[D]"), busdaycal=by_name(name).busday)
            parts.append(part.with_columns(closed=pl.Series(~busy)))
    return new.join(pl.concat(parts), on=["calendar", "obs_date"], how="left").with_columns(
        pl.col("closed").fill_null(False)
    )


def _displaced(new: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """`new` with `displaced`: its key's revisions repeat what is stored for the day before, or for the day after."""
    by_day = stored.select("key", "obs_date", neighbour="value").sort("obs_date")
    rows = new.sort("obs_date")
    for name, strategy in (("day_before", "backward"), ("day_after", "forward")):
        rows = rows.join_asof(
            by_day.rename({"neighbour": name}), on="obs_date", by="key", strategy=strategy,  # type: ignore[arg-type]
            allow_exact_matches=False, check_sortedness=False,
        )  # fmt: skip
    revised = (pl.col("value") != pl.col("stored")).fill_null(False)
    counts = [revised.sum().over("key")] + [
        (revised & (pl.col("value") == pl.col(name))).sum().over("key") for name in ("day_before", "day_after")
    ]
    shifted = (counts[0] >= DISPLACED_ROWS) & (pl.max_horizontal(counts[1:]) >= DISPLACED_SHARE * counts[0])
    by_new = pl.col("stored").is_null() & (pl.col("value") == pl.col("day_before")).fill_null(False)
    return rows.with_columns(displaced=shifted & (revised | by_new)).select(*new.columns, "displaced")


def _with_peers(frame: pl.DataFrame, peers: pl.DataFrame) -> pl.DataFrame:
    """Of each point: whether an independent peer confirms it, and its nearest peer's values for the contradiction."""
    met = frame.filter("new").select("key", "obs_date", "value", "knowledge_time").join(
        peers.cast(PEER_SCHEMA), on=["key", "obs_date"], how="inner"
    )  # fmt: skip
    off = (pl.col("value") - pl.col("peer_value")).abs()
    off_before = (pl.col("value") - pl.col("before")).abs()
    met = met.with_columns(agrees=off <= pl.col("within"), breaks=off > pl.col("beyond"))
    summary = met.group_by("key", "obs_date").agg(
        confirmed=(pl.col("agrees") & pl.col("confirms")).any(),
        measured=(pl.col("agrees") & pl.col("confirms") & ~pl.col("repeats")).any(),
        agreed=pl.col("agrees").any(),
        broken=pl.col("breaks").any(),
        dated=(pl.col("agrees") & pl.col("confirms") & (off_before > pl.col("within"))).any(),
        elsewhere=(pl.col("breaks") & pl.col("confirms")).any(),
        peer=pl.col("peer").filter(pl.col("breaks")).first(),
        peer_value=pl.col("peer_value").filter(pl.col("breaks")).first(),
        before=pl.col("before").filter(pl.col("breaks")).first(),
        beyond=pl.col("beyond").filter(pl.col("breaks")).first(),
    )
    return frame.join(summary, on=["key", "obs_date"], how="left").with_columns(
        pl.col("confirmed", "measured", "agreed", "broken", "elsewhere", "dated").fill_null(False)
    )


def _scored(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `hold` (the rule that holds a point, or empty) and `doubt` (the rule that makes it suspect)."""
    scored = with_steps(frame)
    scored = scored.with_columns(
        printed_on_grid=printed_on_grid(),
        ends_round=ends_round(),
        run=_run_length(),
        undone_tens=pl.min_horizontal(_undone(one) for one in SLIPS if one > 1),
        undone=pl.min_horizontal(_undone(one) for one in SLIPS),
        unheard=unheard(),
    )
    size = pl.col("step").abs()
    value, expected = pl.col("value"), pl.col("expected")
    low = pl.when(pl.col("open_lower")).then(value <= pl.col("lower")).otherwise(value < pl.col("lower"))
    bounds = low | (value > pl.col("upper")) | ~value.is_finite()
    near_stored = (
        (pl.col("z") - scaled_value(pl.col("stored"), pl.col("level"))).abs() <= pl.col("slip_near") * pl.col("sigma")
    ).fill_null(False)
    measured = pl.col("measured") & ~pl.col("elsewhere")
    confirmed = pl.when("unheard").then(measured).otherwise("confirmed")
    agreed = pl.when("unheard").then(measured).otherwise("agreed")
    free = ~confirmed & ~near_stored
    slip = (
        (pl.col("score") > pl.col("slip_far"))
        & (pl.col("undone") <= pl.col("slip_near"))
        & (pl.col("undone") * pl.col("slip_ratio") < pl.col("score"))
    )
    appended = (
        pl.col("ends_round")
        & (pl.col("score") > ROUND_FAR * pl.col("slip_far"))
        & (pl.col("undone_tens") <= pl.col("slip_near"))
        & (pl.col("undone_tens") * pl.col("slip_ratio") < pl.col("score"))
    )
    off_grid = (pl.col("grid") > 0) & ~on_grid(value) & pl.col("printed_on_grid")
    digits = off_grid & pl.any_horizontal(
        on_grid(value / factor) & (_undone(factor) <= pl.col("slip_near")) for factor in SLIPS if abs(factor) < 1
    )
    closer = (pl.col("peer_value") - expected).abs() < (value - expected).abs()
    moved = pl.col("score") > pl.col("contradict_sigmas")
    # A contradiction by another source is answered by a third alone; one within a table by any that agrees.
    contradicted = (pl.col("elsewhere") & ~confirmed) | (pl.col("broken") & ~agreed)
    # A first value has no past to have moved from: the other's word stands against it.
    sibling = contradicted & ((closer & moved) | expected.is_null())
    # Today's number is yesterday's to the last digit while a sibling that agreed yesterday has gone on.
    with_sibling = (pl.col("before") - expected).abs() <= pl.col("beyond")
    shift = pl.col("broken") & pl.col("elsewhere") & ~pl.col("agreed") & (value == expected) & with_sibling
    shift = (shift & free) | (pl.col("displaced") & ~pl.col("dated"))
    repeated = (pl.col("run") >= REPEATED) & pl.col("broken") & pl.col("elsewhere") & ~pl.col("agreed")
    stale = (pl.col("stale") > 0) & (pl.col("run") >= pl.col("stale"))
    step = (pl.col("score") > pl.col("hold_sigmas")) & (size > pl.col("crash"))
    holds = {
        "bounds": bounds,
        "slip": (slip | appended) & free & ~agreed,
        "digits": digits & free & ~agreed,
        "sibling": sibling & free,
        "shift": shift,
        "stale": repeated & free,
        "step": step & free,
    }
    doubts = {
        "slip": slip | appended,
        "digits": off_grid,
        "sibling": pl.col("broken") & (closer | pl.col("agreed")),
        "stale": stale,
        "step": pl.col("score") > pl.col("suspect_sigmas"),
        "calendar": pl.col("closed") & (value != expected),
    }
    scored = scored.with_columns(hold=_first_of(holds), doubt=_first_of(doubts))
    return scored.with_columns(kept=kept())


def _first_of(rules: dict[str, pl.Expr]) -> pl.Expr:
    return pl.coalesce(
        *(pl.when(speaks.fill_null(False)).then(pl.lit(name)) for name, speaks in rules.items()), pl.lit("")
    )


def _undone(factor: float) -> pl.Expr:
    """The score of the value that the point would be without this slip."""
    without = scaled_value(pl.col("value") / factor, pl.col("level"))
    return (without - pl.col("z_expected")).abs() / pl.col("sigma")


def _run_length() -> pl.Expr:
    """How many values up to this one, itself included, are equal in a row."""
    changed = (pl.col("value").diff().abs() > _STILL * pl.col("value").abs()).fill_null(True)
    count = pl.int_range(pl.len())
    begun = pl.when(changed).then(count).forward_fill()
    return (count - begun + 1).over("key")


def _verdicts(decided: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The last word on each point: what was held first stays held, though it has become the level since."""
    columns = ["hold", "doubt", "kept", "earlier"]
    rows = [part.select(*POINT_SCHEMA, "kind", "expected", "score", "peer", "peer_value", *columns) for part in decided]
    if not rows:
        return pl.DataFrame(schema=VERDICT_SCHEMA)
    every = pl.concat(rows).with_columns(held=(pl.col("hold") != "") & (pl.col("earlier") == ""))
    last = every.sort("held", descending=True, maintain_order=True).unique(
        ["key", "obs_date"], keep="first", maintain_order=True
    )
    return last.with_columns(
        verdict=pl.when("held").then(pl.lit("held")).when(pl.col("doubt") != "").then(pl.lit("suspect")).otherwise(
            pl.lit("ok")
        ),
        rule=pl.when("held").then(pl.col("hold")).otherwise(pl.col("doubt")),
        kept=pl.col("kept") & pl.col("held"),
    ).select(pl.col(name).cast(dtype) for name, dtype in VERDICT_SCHEMA.items())  # fmt: skip
