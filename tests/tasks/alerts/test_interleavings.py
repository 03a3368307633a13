"""A thousand random interleavings of evaluate, send, crash and restart, on a fake clock; some of them on PostgreSQL."""

from __future__ import annotations

import json
import random

import pytest

from desk.alerts.model import AlertLine
from tasks.alerts.postgres_records import PostgresRecords
from tasks.channels.message import Message
from tasks.store import Store
from tests.tasks.alerts.memory_records import MemoryEvaluation, MemoryRecords
from tests.tasks.alerts.storm import Log, Queued, Storm, calm_rules, proofs, run_storm

BATCHES, PER_BATCH = 20, 50


class LoggedRecords(MemoryRecords):
    """Records in memory, with a log of what was committed."""

    log: Log

    def _commit(self, done: MemoryEvaluation) -> None:
        before = len(self.outbox)
        super()._commit(done)
        assert done.plan is not None
        self.log.note(done.now, done.plan)
        for number in range(before + 1, len(self.outbox) + 1):
            row = self.outbox[number].row
            for line in Message.from_json(row.payload).lines:
                self.log.queued[row.channel].append(Queued(number, done.now, line))


async def storm_in_memory(seed: int) -> tuple[Storm, Log]:
    storm = Storm(random.Random(seed))
    rules = calm_rules()
    records = LoggedRecords(rules, storm.step)
    records.log = Log()
    await run_storm(storm, records, 20, rules)
    records.log.recorded = {number: at for number, _, at in records.deliveries}
    records.log.waiting = sum(stored.sent_at is None for stored in records.outbox.values())
    return storm, records.log


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_never_none_and_never_two(batch: int) -> None:
    sent, lost = 0, 0
    for seed in range(batch * PER_BATCH, (batch + 1) * PER_BATCH):
        storm, log = await storm_in_memory(seed)
        try:
            proofs(storm, log)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        sent, lost = sent + len(storm.arrived), lost + storm.lost.total()
    assert sent > PER_BATCH * 5, "the storm sends messages"
    assert lost > 0, "and some sends are not recorded"


def line_of(log: Log) -> list[AlertLine]:
    return [queued.line for lines in log.queued.values() for queued in lines]


async def test_the_storm_has_everything_in_it() -> None:
    """What the proofs speak of does happen: repeats, held back ones, resolved ones, graver ones, several at once."""
    lines = [line for seed in range(20) for line in line_of((await storm_in_memory(seed))[1])]
    assert any(line.status == "resolved" for line in lines)
    assert any(line.held_back >= 2 for line in lines)
    assert {line.severity for line in lines if line.key.rule_id == "VAR_BREACH"} == {"warning", "critical"}


@pytest.mark.db
@pytest.mark.parametrize("seed", range(4))
async def test_never_none_and_never_two_in_postgresql(store: Store, seed: int) -> None:
    """The same storm on the real thing: its locks, its transactions, its rollback when a sender dies."""
    storm, log = Storm(random.Random(seed), crash_rate=0.1), Log()
    await run_storm(storm, PostgresRecords(store, calm_rules()), 20, log=log)
    async with store.connections.acquire() as connection:
        for row in await connection.fetch("SELECT * FROM outbox ORDER BY outbox_id"):
            for line in Message.from_json(json.loads(row["payload"])).lines:
                log.queued[row["channel"]].append(Queued(row["outbox_id"], row["created_at"], line))
        deliveries = await connection.fetch("SELECT outbox_id, delivered_at FROM delivery")
        log.waiting = await connection.fetchval("SELECT count(*) FROM v_outbox WHERE state = 'waiting'")
    log.recorded = {row["outbox_id"]: row["delivered_at"] for row in deliveries}
    assert len(deliveries) == len(log.recorded), "one record each"
    proofs(storm, log)
    assert len(storm.arrived) > 5
