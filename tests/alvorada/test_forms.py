"""The forms of the deployments: the flows' parameters, and what Prefect's own validator takes and refuses."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.schema_tools.validation import is_valid_schema, validate

from alvorada.prefect_objects.forms import description, forms, parameter_form
from alvorada.stack.data_dir import project_root
from alvorada.stack.prefect_yaml import deployments

pytestmark = pytest.mark.flow
INTERNAL = {"daily": {"progress", "recording", "manifest", "record"}, "backfill": {"progress"}, "verify": {"progress"}}


def test_a_form_has_the_flows_parameters_with_words_and_types_and_no_internals() -> None:
    entries = {entry["name"]: entry for entry in deployments()}
    assert set(forms()) == set(entries)
    for name, entry in entries.items():
        flow = load_flow_from_entrypoint(str(project_root() / entry["entrypoint"]))
        taken = inspect.signature(flow.fn).parameters
        form = parameter_form(name)
        is_valid_schema(form, preprocess=False)  # as the server does
        assert set(form["properties"]) == set(taken) - INTERNAL.get(name, set()), name
        required = {one for one, given in taken.items() if given.default is inspect.Parameter.empty}
        assert set(form.get("required", [])) == required, name
        for one, words in form["properties"].items():
            assert words["description"].endswith("."), (name, one)
            assert words["type"]
            if "default" in words:
                default = taken[one].default
                assert words["default"] == (list(default) if isinstance(default, tuple) else default), (name, one)
        assert validate(entry["parameters"], form, ignore_required=True) == []


@pytest.mark.parametrize(
    ("deployment", "given", "is_taken"),
    [
        ("daily", {}, True),
        ("daily", {"as_of": "2026-11-19", "sources": "stored", "reason": "a corrected settlement"}, True),
        ("daily", {"as_of": "19/11/2026"}, False),
        ("daily", {"as_of": "2026-13-01"}, False),
        ("daily", {"as_of": "yesterday"}, False),
        ("daily", {"as_of": 20261119}, False),
        ("daily", {"sources": "bloomberg"}, False),
        ("daily", {"progress": None}, False),
        ("daily", {"recording": "/etc"}, False),
        ("backfill", {"start": "2026-11-01"}, False),
        ("backfill", {"start": "2026-11-01", "end": "2026-11-19", "only": ["missing"]}, True),
        ("backfill", {"start": "2026-11-01", "end": "2026-11-19", "only": ["all"]}, False),
        ("notify", {"subject": "s", "body": "b"}, True),
    ],
)
def test_prefect_refuses_a_wrong_value_before_it_is_a_run(
    deployment: str, given: dict[str, Any], is_taken: bool
) -> None:
    assert (validate(given, parameter_form(deployment)) == []) == is_taken


def test_a_description_leads_to_the_runbook() -> None:
    assert "](https://desk.example/api/v1/runbook#a-run-failed)" in description(
        "daily", "Runs.", "https://desk.example"
    )
    assert 'docs/runbook.md, "A run failed"' in description("daily", "Runs.", None)
