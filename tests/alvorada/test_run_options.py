"""What --sources and its companions mean, and which combinations are refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from alvorada.cli.run_options import Asked, origin, reason_of
from desk.errors import BadInput

LATEST = dt.date(2026, 1, 16)
PAST = dt.date(2020, 3, 19)


def test_without_sources_the_latest_day_is_fetched_and_a_past_one_is_read_from_the_store() -> None:
    assert origin(Asked(), day=LATEST, latest=LATEST).kind == "live"
    stored = origin(Asked(), day=PAST, latest=LATEST)
    assert stored.kind == "stored"
    assert "nothing is fetched" in stored.label


def test_each_origin_has_its_world(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").touch()
    worlds = {
        kind: origin(Asked(sources=kind, folder=folder), day=LATEST, latest=LATEST).world
        for kind, folder in (("live", None), ("sandbox", None), ("recorded", str(tmp_path)), ("stored", None))
    }
    assert worlds == {"live": "live", "sandbox": "sandbox", "recorded": "recorded", "stored": "live"}
    assert origin(Asked(sources="stored", world="sandbox"), day=PAST, latest=LATEST).world == "sandbox"


def test_a_recording_is_named_in_both_forms(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.touch()
    apart = origin(Asked(sources="recorded", folder=str(tmp_path), manifest=str(manifest)), day=LATEST, latest=LATEST)
    joined = origin(Asked(sources=f"recorded:{tmp_path}", manifest=str(manifest)), day=LATEST, latest=LATEST)
    assert apart == joined
    assert (apart.folder, apart.manifest) == (tmp_path, manifest)


def test_a_new_folder_is_made_for_a_record(tmp_path: Path) -> None:
    chosen = origin(Asked(sources="sandbox", record=str(tmp_path / "a" / "b")), day=LATEST, latest=LATEST)
    assert chosen.record == tmp_path / "a" / "b"
    assert list(chosen.record.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (Asked(sources="mars"), "unknown --sources 'mars'; known: live, sandbox, recorded DIR, stored"),
        (Asked(sources="recorded"), "needs the folder"),
        (Asked(sources="recorded:"), "needs the folder"),
        (Asked(sources="recorded", folder="/no/such"), "no folder /no/such"),
        (Asked(sources="recorded:/tmp", folder="/tmp"), "unexpected argument '/tmp'"),
        (Asked(sources="recorded", folder="/tmp", manifest="/no/such"), "no file /no/such"),
        (Asked(sources="recorded", folder="/tmp", record="/tmp"), "--record goes with"),
        (Asked(sources="live", folder="/tmp"), "takes no folder"),
        (Asked(sources="live", manifest="x"), "--manifest goes with"),
        (Asked(sources="stored", record="x"), "fetches nothing"),
        (Asked(sources="live", world="sandbox"), "--world goes with --sources stored"),
        (Asked(world="mars"), "unknown world"),
        (Asked(sources="live", record="/proc/no"), "cannot write to /proc/no"),
    ],
)
def test_what_does_not_go_together_is_refused(asked: Asked, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        origin(asked, day=LATEST, latest=LATEST)
    assert says in str(refused.value)


def test_a_restatement_has_a_reason_and_a_reason_restates() -> None:
    assert reason_of(False, None) is None
    assert reason_of(True, " a price \n was wrong ") == "a price was wrong"
    for restate, reason in ((True, None), (True, "  "), (False, "why")):
        with pytest.raises(BadInput, match="--restate and --reason go together"):
            reason_of(restate, reason)
