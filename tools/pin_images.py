"""`python -m tools.pin_images`: pins the images of others by digest, in docker-compose.yml and the Dockerfiles.

A version can be pushed anew, a digest cannot. Each `image:` and `FROM` that names a registry's image gets the digest
that its registry answers today, behind its version; one that has a digest gets today's. It asks through Docker's own
client (`docker buildx imagetools inspect`), needs that and the network, and changes no file where an answer is missing.
`--check` asks nobody, and names what is not pinned.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from desk.errors import BadInput

ROOT = Path(__file__).resolve().parents[1]
FILES = ("docker-compose.yml", "Dockerfile", "deploy/run.Dockerfile")
NAMED = re.compile(r"^(?P<before>\s*image: |FROM )(?P<image>[\w./-]+:[\w.-]+)(?P<digest>@sha256:[0-9a-f]{64})?", re.M)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
OWN = "alvorada:"
"""The project's own image, which is built and not fetched."""
SECONDS = 60


def others(text: str) -> dict[str, bool]:
    """The images of registries that a file names, and whether each has its digest everywhere."""
    found: dict[str, bool] = {}
    for match in NAMED.finditer(text):
        if not match["image"].startswith(OWN):
            found[match["image"]] = found.get(match["image"], True) and match["digest"] is not None
    return found


def pinned(text: str, digests: dict[str, str]) -> str:
    """The file with the digest of each image in `digests` behind its version."""
    return NAMED.sub(
        lambda m: f"{m['before']}{m['image']}@{digests[m['image']]}" if m["image"] in digests else m[0], text
    )


def digest_of(image: str) -> str:
    """What the image's registry answers. Raises BadInput where Docker's client is missing or has no answer."""
    command = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except FileNotFoundError as error:
        raise BadInput("docker is not on this machine: digests come from the registries by its client") from error
    except subprocess.TimeoutExpired as error:
        raise BadInput(f"{image}: its registry did not answer within {SECONDS} s") from error
    digest = answer.stdout.strip()
    if answer.returncode or not DIGEST.fullmatch(digest):
        raise BadInput(f"{image}: no digest ({(answer.stderr.strip() or digest or 'no answer').splitlines()[0][:200]})")
    return digest


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Pins, or with `--check` looks; 1 and one line for each image that is not pinned or has no answer."""
    texts = {root / name: (root / name).read_text(encoding="utf-8") for name in FILES}
    found = {image: False for text in texts.values() for image in others(text)}
    if "--check" in arguments:
        loose = sorted({image for text in texts.values() for image, done in others(text).items() if not done})
        print("\n".join(f"{image} is not pinned" for image in loose) or "every image is pinned")
        return 1 if loose else 0
    try:
        digests = {image: digest_of(image) for image in sorted(found)}
    except BadInput as error:
        print(f"tools.pin_images: {error}; no file was changed", file=sys.stderr)
        return 1
    for path, text in texts.items():
        path.write_text(pinned(text, digests), encoding="utf-8")
    print("\n".join(f"{image}@{digest}" for image, digest in digests.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
