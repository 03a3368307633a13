"""The form of each deployment's parameters, from parameters.toml, and where its description sends the reader."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from desk.text import slug

TOML = Path(__file__).with_name("parameters.toml")


@cache
def forms() -> dict[str, dict[str, Any]]:
    """Deployment -> its part of parameters.toml."""
    return tomllib.loads(TOML.read_text(encoding="utf-8"))


def parameter_form(deployment: str) -> dict[str, Any]:
    """The JSON schema of its parameters, in Prefect's form. Other names than these are refused."""
    form = forms()[deployment]
    properties = {name: {**one, "position": number} for number, (name, one) in enumerate(form["parameters"].items())}
    schema = {
        "title": "Parameters",
        "type": "object",
        "properties": properties,
        "definitions": {},
        "additionalProperties": False,
    }
    # Prefect's server takes an empty list of required names for no valid schema.
    return schema | ({"required": form["required"]} if "required" in form else {})


def description(deployment: str, text: str, public_url: str | None) -> str:
    """Its description in Prefect's UI: what it does, and what to do when it fails. Markdown."""
    heading = forms()[deployment]["runbook"]
    if public_url is None:
        return f'{text}\n\nWhen it fails: docs/runbook.md, "{heading}".'
    return f"{text}\n\nWhen it fails: [{heading}]({public_url}/api/v1/runbook#{slug(heading)})."
