"""`alvorada init`: the .env that docker compose reads, from .env.example, with a random value for every secret."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from desk.errors import BadInput

EXAMPLE, OWN = ".env.example", ".env"
RANDOM = re.compile(r"=RANDOM$", re.MULTILINE)
SECRET_BYTES = 24


def write_env_file(root: Path) -> Path:
    """Writes `root`/.env, readable by its owner alone, and returns its path. Raises BadInput where one exists.

    Secrets are 192 bits as hexadecimal digits, which need no quoting in URLs.
    """
    path = root / OWN
    try:
        example = (root / EXAMPLE).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"no {EXAMPLE} in {root}: run this where the project is checked out") from None
    text = RANDOM.sub(lambda _: f"={secrets.token_hex(SECRET_BYTES)}", example)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInput(f"{path} is there already: its passwords are those of the volumes, so it stays") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path
