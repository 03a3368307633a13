"""What `up` asks: real questions, and for how long they have gone unanswered."""

from __future__ import annotations

import pytest

from alvorada.stack.postgres import Postgres
from alvorada.stack.postgres_account import free_port
from alvorada.stack.probe import Probe, check_database, check_prefect


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_trouble_is_counted_from_the_first_unanswered_question_and_gone_with_an_answer() -> None:
    clock, answers = Clock(), iter([None, "refused", "still refused", None, "refused"])
    probe = Probe({"it": lambda: next(answers)}, clock)
    assert probe.trouble("it") is None
    probe.check()
    assert probe.trouble("it") is None
    for later in (2.0, 3.0):
        clock.now += later
        probe.check()
    assert probe.trouble("it") == (3.0, "still refused")
    clock.now += 5.0
    assert probe.trouble("it") == (8.0, "still refused")
    probe.check()
    assert probe.trouble("it") is None
    probe.check()
    assert probe.trouble("it") == (0.0, "refused")


@pytest.mark.db
def test_a_database_is_asked_a_query_and_its_password_is_never_told(postgres: Postgres) -> None:
    assert check_database(postgres.url("postgres")) is None
    reason = check_database(f"postgresql://alvorada:hush@127.0.0.1:{free_port()}/prefect")
    assert reason is not None
    assert "cannot be reached" in reason
    assert "hush" not in reason


def test_a_prefect_server_that_is_not_there_is_told() -> None:
    port = free_port()
    assert f"Prefect's server at http://127.0.0.1:{port}/api does not answer" in (
        check_prefect(f"http://127.0.0.1:{port}/api") or ""
    )
