"""The mornings of the simulated month of alarms: what happens in each, and the alerts that are due."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench._alarm_desk import SimulatedDesk
from desk.catalog.alert_rules import load_alerts
from desk.model import SAO_PAULO, decision_time
from tasks.alerts.evaluation import evaluate_alerts
from tasks.alerts.postgres_records import PostgresRecords
from tasks.alerts.read_facts import read_metrics
from tasks.alerts.sending import send_due
from tasks.channels.message import Channel
from tasks.store import Store

STORM = ("cpi_us", "payrolls", "selic_target", "ipca_m", "brent", "dxy")
MOVES = {"DI1F28": 0.35, "DOL": -0.5, "NTNB35": 0.4, "TY": -0.6, "WIN": 0.31}
Deliveries = Counter[tuple[str, str, str]]
"""(rule, subject, firing or resolved) -> lines on one channel."""


@dataclass
class Month:
    """The desk, its alerts, and its clock. `expected`: the alerts that are due; `story`: a line for each event."""

    store: Store
    desk: SimulatedDesk
    channels: list[Channel]
    now: dt.datetime
    expected: Deliveries = field(default_factory=Counter)
    story: list[tuple[dt.date, str, str]] = field(default_factory=list)
    evaluations: int = 0
    is_up: bool = True

    async def evaluate(self) -> None:
        """What the deployments `alerts` and `sender` do, and the end of each run."""
        alerts = load_alerts()
        await evaluate_alerts(
            PostgresRecords(self.store, alerts.rules),
            lambda at: read_metrics(self.store, at, self.desk.catalog, alerts, self.desk.parameters),
            [channel.name for channel in self.channels],
            lambda: self.now,
            link="http://127.0.0.1:8000/api/v1/monitoring/alerts",
        )
        self.evaluations += 1
        await send_due(PostgresRecords(self.store, alerts.rules), self.channels, lambda: self.now, sleep=no_pause)

    async def until(self, at: dt.datetime) -> None:
        """Moves the clock: an evaluation every five minutes from 05:50 to 07:30, and every hour else."""
        while self.now < at:
            local = self.now.astimezone(SAO_PAULO).time()
            step = dt.timedelta(minutes=5) if dt.time(5, 50) <= local < dt.time(7, 30) else dt.timedelta(hours=1)
            self.now = min(self.now + step, at)
            if self.is_up:
                await self.evaluate()

    def expect(self, day: dt.date, event: str, delivered: str, *subjects: tuple[str, str]) -> None:
        """An event of the story; its alerts (rule, subject) are due once, and once more when they end."""
        self.story.append((day, event, delivered))
        for rule, subject in subjects:
            self.expected[rule, subject, "firing"] += 1
            self.expected[rule, subject, "resolved"] += 1


Morning = Callable[[Month, dt.date], Awaitable[None]]


async def no_pause(seconds: float) -> None:
    """The sender's pace is of no use to a clock that is moved."""


def at(day: dt.date, text: str) -> dt.datetime:
    """An hour of a day in São Paulo."""
    return dt.datetime.combine(day, dt.time.fromisoformat(text), SAO_PAULO)


async def good_run(month: Month, day: dt.date, start: str = "06:00", **gold: Any) -> None:
    """A run of four minutes that completes; the alerts are evaluated at its end."""
    run = await month.desk.begin(day, at(day, start))
    await month.until(at(day, start) + dt.timedelta(minutes=4))
    await month.desk.fetch(run, day, month.now)
    await month.desk.decide(run, day, **gold)
    await month.desk.end(run, "completed", month.now)
    await month.evaluate()


async def plain(month: Month, day: dt.date) -> None:
    """Nothing happens."""
    await month.until(decision_time(day))
    await good_run(month, day)


async def source_down(month: Month, day: dt.date) -> None:
    """A source that nothing required rests on does not answer; it does the next morning."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:04"))
    await month.desk.fetch(run, day, month.now, failed={"cftc_cot"})
    await month.desk.decide(run, day)
    await month.desk.end(run, "completed_with_gaps", month.now, "cftc_tff failed")
    await month.evaluate()
    month.expect(
        day, "a source is down", "with the run's end; over the next morning", ("PIPELINE_FAILURE", "source:cftc_cot")
    )


async def required_absent(month: Month, day: dt.date) -> None:
    """What every price rests on is absent: the run fails. A person runs the day again at 08:10."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:04"))
    await month.desk.fetch(run, day, month.now, failed={"bcb_ptax"})
    await month.desk.decide(run, day, absent={"bcb_ptax"})
    await month.desk.end(run, "failed", month.now, "required dataset bcb_ptax is absent")
    await month.evaluate()
    await month.until(at(day, "08:10"))
    await month.desk.connection.execute("DELETE FROM dataset_status WHERE as_of = $1", decision_time(day))
    await good_run(month, day, "08:10")
    parts = (("PIPELINE_FAILURE", subject) for subject in ("daily", "source:bcb_ptax", "dataset:bcb_ptax"))
    month.expect(day, "a required dataset is absent, the run fails", "in one message; over at 08:14", *parts)


async def killed(month: Month, day: dt.date) -> None:
    """The run's process is killed at 06:01, and the day caught up at 06:03."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:01"))
    await month.desk.end(run, "died", month.now, "the process ended before the run did")
    await month.evaluate()
    await month.until(at(day, "06:03"))
    await good_run(month, day, "06:03")
    month.expect(day, "the run is killed and caught up", "by Prefect's Automation at once; by the rules nothing")


async def machine_down(month: Month, day: dt.date) -> None:
    """The machine is down from 05:30 to 09:10."""
    await month.until(at(day, "05:30"))
    month.is_up = False
    await month.until(at(day, "09:10"))
    month.is_up = True
    await month.evaluate()
    await good_run(month, day, "09:10")
    month.expect(
        day,
        "the machine is down over the deadline",
        "when it is back; over with the caught-up run",
        ("PIPELINE_FAILURE", "daily"),
    )


async def restarted(month: Month, day: dt.date) -> None:
    """`down` and `up` after the run, for ten minutes."""
    await plain(month, day)
    await month.until(at(day, "06:20"))
    month.is_up = False
    await month.until(at(day, "06:30"))
    month.is_up = True
    month.expect(day, "a restart after the run", "nothing")


async def restarted_in_the_run(month: Month, day: dt.date) -> None:
    """`down` in the middle of the run: it is cancelled, and caught up eight minutes later."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:02"))
    await month.desk.end(run, "cancelled", month.now, "stopped by a signal")
    month.is_up = False
    await month.until(at(day, "06:10"))
    month.is_up = True
    await month.evaluate()
    await good_run(month, day, "06:10")
    month.expect(day, "a restart in the run", "nothing: the run is cancelled, and caught up")


async def storm(month: Month, day: dt.date) -> None:
    """Forty series are revised: six values are not believed, five convictions jump, two of them to the other side."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:04"))
    await month.desk.fetch(run, day, month.now)
    await month.desk.hold(run, day, month.now, STORM)
    await month.desk.decide(run, day, moves=MOVES)
    await month.desk.end(run, "completed", month.now)
    await month.evaluate()
    await month.until(at(day, "08:00"))
    await month.desk.release_all(month.now)
    alerts = [("DATA_SUSPECT", name) for name in STORM] + [("CONVICTION_SURGE", name) for name in MOVES]
    flips = [("SIGNAL_FLIP", name) for name in ("DOL", "TY")]
    month.expect(
        day,
        "a revision storm: 6 values held, 5 convictions jump, 2 change sides",
        "in one message of 13 alerts",
        *alerts,
        *flips,
    )


SCRIPT: Mapping[int, Morning] = {
    3: source_down, 7: required_absent, 9: restarted, 11: killed, 13: storm, 16: machine_down, 19: restarted_in_the_run,
}  # fmt: skip
"""Morning, counted from 0 -> what happens. All others are plain."""
