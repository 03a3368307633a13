"""What --sources and the options that belong to it mean, and which combinations are refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from alvorada.cli.run_options import RunOptions, run_origin
from desk.errors import BadInput

LATEST = dt.date(2026, 1, 16)
PAST = dt.date(2020, 3, 19)


def test_without_sources_the_latest_day_is_fetched_and_a_past_one_is_read_from_the_store() -> None:
    assert run_origin(RunOptions(), day=LATEST, latest=LATEST).kind == "live"
    stored = run_origin(RunOptions(), day=PAST, latest=LATEST)
    assert stored.kind == "stored"
    assert "nothing is fetched" in stored.label


def test_each_origin_has_its_world(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").touch()
    worlds = {
        kind: run_origin(RunOptions(sources=kind, folder=folder), day=LATEST, latest=LATEST).world
        for kind, folder in (("live", None), ("sandbox", None), ("recorded", str(tmp_path)), ("stored", None))
    }
    assert worlds == {"live": "live", "sandbox": "sandbox", "recorded": "recorded", "stored": "live"}
    assert run_origin(RunOptions(sources="stored", world="sandbox"), day=PAST, latest=LATEST).world == "sandbox"


def test_a_recording_is_named_in_both_forms(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.touch()
    apart = run_origin(
        RunOptions(sources="recorded", folder=str(tmp_path), manifest=str(manifest)), day=LATEST, latest=LATEST
    )
    joined = run_origin(RunOptions(sources=f"recorded:{tmp_path}", manifest=str(manifest)), day=LATEST, latest=LATEST)
    assert apart == joined
    assert (apart.folder, apart.manifest) == (tmp_path, manifest)


def test_a_new_folder_is_made_for_a_record(tmp_path: Path) -> None:
    chosen = run_origin(RunOptions(sources="sandbox", record=str(tmp_path / "a" / "b")), day=LATEST, latest=LATEST)
    assert chosen.record == tmp_path / "a" / "b"
    assert list(chosen.record.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (RunOptions(sources="mars"), "unknown --sources 'mars'; known: live, sandbox, recorded DIR, stored"),
        (RunOptions(sources="recorded"), "needs the folder"),
        (RunOptions(sources="recorded:"), "needs the folder"),
        (RunOptions(sources="recorded", folder="/no/such"), "no folder /no/such"),
        (RunOptions(sources="recorded:/tmp", folder="/tmp"), "unexpected argument '/tmp'"),
        (RunOptions(sources="recorded", folder="/tmp", manifest="/no/such"), "no file /no/such"),
        (RunOptions(sources="recorded", folder="/tmp", record="/tmp"), "--record goes with"),
        (RunOptions(sources="live", folder="/tmp"), "takes no folder"),
        (RunOptions(sources="live", manifest="x"), "--manifest goes with"),
        (RunOptions(sources="stored", record="x"), "fetches nothing"),
        (RunOptions(sources="live", world="sandbox"), "--world goes with --sources stored"),
        (RunOptions(world="mars"), "unknown world"),
        (RunOptions(sources="live", record="/proc/no"), "cannot write to /proc/no"),
    ],
)
def test_what_does_not_go_together_is_refused(options: RunOptions, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        run_origin(options, day=LATEST, latest=LATEST)
    assert says in str(refused.value)
