"""The project's build backend: it makes an editable install of the checkout, and refuses a wheel or an sdist.

Alvorada runs from a checkout or from the image, which holds one: it reads `prefect.yaml`, `migrations/` and
`reports/templates/` beside its code, and its packages have names such as `tasks`, `api` and `reports`, which must not
land in a shared site-packages. The editable install puts the checkout on the path and registers the entry points: the
command `alvorada`, and the notification blocks that Prefect's server loads.
"""

from __future__ import annotations

from typing import NoReturn

from setuptools.build_meta import (
    build_editable,
    get_requires_for_build_editable,
    prepare_metadata_for_build_editable,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "prepare_metadata_for_build_editable",
]

REFUSAL = (
    "alvorada has no wheel and no sdist: it runs from a checkout (there, ./bootstrap makes an editable install) "
    "or from the image (make image)"
)


def build_wheel(
    wheel_directory: str, config_settings: dict[str, object] | None = None, metadata_directory: str | None = None
) -> NoReturn:
    """Refuse. Raises SystemExit, which front ends show without a traceback."""
    raise SystemExit(REFUSAL)


def build_sdist(sdist_directory: str, config_settings: dict[str, object] | None = None) -> NoReturn:
    """Refuse. Raises SystemExit, which front ends show without a traceback."""
    raise SystemExit(REFUSAL)
