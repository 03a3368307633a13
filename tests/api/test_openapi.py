"""schemathesis over the OpenAPI document: no input makes a server error, and every answer is as described."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from alvorada.stack.postgres import Postgres
from api.app import create_app, described
from tests.api.conftest import NOW, Api, copy_tokens, settings_of
from tests.fixtures.flows import FILLED, drop_database

pytestmark = [pytest.mark.db, pytest.mark.flow]
EXAMPLES = 15
DATABASE = "api_fuzzed"
# What a schema cannot say: that a silence ends after now, that a day has a session, that a text
# names orders; and there is no Prefect behind it.
EXCLUDED: dict[str, list[Any]] = {
    "POST /api/v1/alerts/silences": [positive_data_acceptance],
    "GET /api/v1/what-if": [positive_data_acceptance],
    "POST /api/v1/gate/release": [positive_data_acceptance],
    "POST /api/v1/runs": [positive_data_acceptance, not_a_server_error],
}


@pytest.fixture(scope="session")
def api_schema(postgres: Postgres, api: Api) -> Iterator[schemathesis.schemas.BaseSchema]:
    """The description, of an application behind a real socket on a database of its own."""
    url = postgres.ensure_database(DATABASE, FILLED)
    asyncio.run(copy_tokens(api.url, url))
    app = create_app(settings_of(url), lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    assert server.started
    port = server.servers[0].sockets[0].getsockname()[1]
    schema = schemathesis.openapi.from_dict(described(app))
    schema.config.update(base_url=f"http://127.0.0.1:{port}")
    yield schema
    server.should_exit = True
    thread.join(20)
    asyncio.run(drop_database(postgres, DATABASE))


def labels() -> list[str]:
    document = described(create_app(settings_of("postgresql://nobody@127.0.0.1/nothing"), lambda: NOW))
    return [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]


@pytest.mark.parametrize("label", labels())
def test_an_operation_does_as_it_says(label: str, api_schema: schemathesis.schemas.BaseSchema, api: Api) -> None:
    method, path = label.split(" ")
    operation = api_schema[path][method]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def fuzz(case: Any) -> None:
        case.call_and_validate(
            headers={"Authorization": f"Bearer {api.secrets['admin']}"}, excluded_checks=EXCLUDED.get(label, [])
        )

    fuzz()
