"""`python -m grafana.build`: writes dashboards/*.json from grafana/pages, for Grafana to load."""

from __future__ import annotations

import json
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


def main() -> None:
    """Write every dashboard, and delete files of dashboards that no longer exist."""
    FOLDER.mkdir(exist_ok=True)
    texts = render_dashboards()
    for path in FOLDER.glob("*.json"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
