"""Images pinned by digest: what the registries answer, in every place, or nothing. Docker's client is a program that
answers from a file, first on the PATH; its answers have the form of `docker buildx imagetools inspect --format`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tools.pin_images import FILES, ROOT, main, others

CLIENT = """#!/bin/sh
[ "$1 $2 $3" = "buildx imagetools inspect" ] && [ "$5 $6" = "--format {{.Manifest.Digest}}" ] || exit 64
grep -F "$4 " "$(dirname "$0")/answers" | cut -d' ' -f2 | grep . || { echo "ERROR: $4: not found" >&2; exit 1; }
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's own files, and a client that knows a digest for each of their images."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "docker").write_text(CLIENT)
    (programs / "docker").chmod(0o755)
    answer(tmp_path)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return tmp_path


def images(checkout: Path) -> list[str]:
    return sorted({image for name in FILES for image in others((checkout / name).read_text())})


def answer(checkout: Path, start: int = 1) -> None:
    lines = [f"{image} sha256:{place:064x}" for place, image in enumerate(images(checkout), start)]
    (checkout / "bin" / "answers").write_text("\n".join(lines) + "\n")


def test_every_image_of_others_gets_its_digest_and_ours_none(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = images(checkout)
    assert len(named) >= 7
    assert not any(image.startswith("alvorada") for image in named)
    assert main(["--check"], checkout) == 1
    assert capsys.readouterr().out.splitlines() == [f"{image} is not pinned" for image in named]
    assert main([], checkout) == 0
    digests = dict(line.split() for line in (checkout / "bin" / "answers").read_text().splitlines())
    services = yaml.safe_load((checkout / "docker-compose.yml").read_text())["services"]
    for service in services.values():
        name, _, digest = service["image"].partition("@")
        assert digest == ("" if name == "alvorada:local" else digests[name])
    bases = [line for line in (checkout / "Dockerfile").read_text().splitlines() if line.startswith("FROM ")]
    python = next(image for image in named if image.startswith("python:"))
    assert bases == [f"FROM {python}@{digests[python]} AS build", f"FROM {python}@{digests[python]}"]
    assert (checkout / "deploy/run.Dockerfile").read_text() == (ROOT / "deploy/run.Dockerfile").read_text()
    assert main(["--check"], checkout) == 0


def test_a_pinned_image_gets_todays_digest(checkout: Path) -> None:
    assert main([], checkout) == 0
    answer(checkout, start=100)
    assert main([], checkout) == 0
    text = (checkout / "docker-compose.yml").read_text()
    assert f"sha256:{100:064x}" in text + (checkout / "Dockerfile").read_text()
    assert f"sha256:{1:064x}" not in text


def test_one_missing_answer_changes_nothing_and_names_the_image(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = (checkout / "bin" / "answers").read_text().splitlines()
    (checkout / "bin" / "answers").write_text("\n".join(known[:-1]) + "\n")
    assert main([], checkout) == 1
    lost = known[-1].split()[0]
    assert f"{lost}: no digest (ERROR: {lost}: not found); no file was changed" in capsys.readouterr().err
    for name in FILES:
        assert (checkout / name).read_text() == (ROOT / name).read_text()


def test_without_docker_it_says_so(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(checkout / "nowhere"))
    assert main([], checkout) == 1
    assert "docker is not on this machine" in capsys.readouterr().err
