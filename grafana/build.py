"""`python -m grafana.build`: writes dashboards/*.json from grafana/pages, for Grafana to load."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.pages import PAGES

FOLDER = Path(__file__).parent / "dashboards"


def render_dashboards() -> dict[str, str]:
    """File name -> JSON text of every dashboard."""
    return {
        f"{name}.json": json.dumps(page(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"
        for name, page in PAGES.items()
    }


def main(arguments: list[str]) -> int:
    """Writes every dashboard and deletes files of dashboards that no longer exist; with `--check` compares them.

    Returns 1 where a file differs from what the code renders.
    """
    texts = render_dashboards()
    if "--check" in arguments:
        stored = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
        print(f"grafana/dashboards {'are in step' if stored == texts else 'are out of step: python -m grafana.build'}")
        return 0 if stored == texts else 1
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
