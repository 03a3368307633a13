"""prefect.yaml: the deployments of the project, as both the stack and the code that applies them read it."""

from __future__ import annotations

from typing import Any

import yaml

from alvorada.stack.data_dir import project_root

WORK_POOL = "alvorada"


def deployments() -> list[dict[str, Any]]:
    """The entries under `deployments`. Raises FileNotFoundError outside a checkout."""
    with (project_root() / "prefect.yaml").open(encoding="utf-8") as file:
        entries: list[dict[str, Any]] = yaml.safe_load(file)["deployments"]
    return entries


def deployment_names() -> list[str]:
    """`flow/deployment`, as Prefect names them. A flow has the name of its function."""
    return [f"{entry['entrypoint'].rpartition(':')[2]}/{entry['name']}" for entry in deployments()]
