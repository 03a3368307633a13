"""The rows that the runs of a simulated month leave, and nothing else: what the alert rules read."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from desk.agents import AGENTS
from desk.alerts.rules import STAGES
from desk.catalog import Catalog
from desk.catalog.desk_parameters import DeskParameters
from desk.model import decision_time
from tasks.store.holds import Hold, insert_holds

INSTRUMENTS = ("DI1F28", "DOL", "NTNB35", "TY", "WDO", "WIN")


@dataclass
class SimulatedDesk:
    """Writes what runs would have written. `conviction`: instrument -> its last one."""

    connection: asyncpg.Connection
    catalog: Catalog
    parameters: DeskParameters
    conviction: dict[str, float] = field(default_factory=lambda: dict.fromkeys(INSTRUMENTS, 0.2))

    async def begin(self, day: dt.date, at: dt.datetime) -> uuid.UUID:
        """A run that is at work."""
        run = uuid.uuid4()
        await self._put("pipeline_runs", run_id=run, kind="daily", as_of=decision_time(day), sources="live",
                        state="running", started_at=at, code_version="simulated")  # fmt: skip
        return run

    async def end(self, run: uuid.UUID, state: str, at: dt.datetime, message: str = "") -> None:
        """The run's end."""
        stages = json.dumps([{"name": name, "seconds": 1.0, "rows": 1} for name in STAGES])
        await self.connection.execute(
            "UPDATE pipeline_runs SET state = $2, finished_at = $3, message = $4, stages = $5 WHERE run_id = $1",
            run, state, at, message, stages,
        )  # fmt: skip

    async def fetch(self, run: uuid.UUID, day: dt.date, at: dt.datetime, failed: Collection[str] = ()) -> None:
        """A fetch of every dataset; those of the sources in `failed` without success."""
        for dataset in self.catalog.datasets.values():
            bad = dataset.source in failed
            attempts = await self.connection.fetchval(
                "SELECT count(*) FROM ledger WHERE dataset = $1 AND day = $2", dataset.id, day
            )
            await self._put(
                "ledger", dataset=dataset.id, day=day, attempt=attempts + 1, run_id=run,
                state="failed" if bad else "ok", started_at=at, finished_at=at, code_version="simulated",
                error="503 Service Unavailable" if bad else None,
            )  # fmt: skip

    async def decide(
        self,
        run: uuid.UUID,
        day: dt.date,
        moves: Mapping[str, float] | None = None,
        absent: Collection[str] = (),
    ) -> None:
        """The gold of a decision: quiet, but for the `moves` of convictions, and for the datasets that are `absent`."""
        as_of = decision_time(day)
        for dataset in self.catalog.datasets.values():
            state = "absent" if dataset.id in absent else "ok"
            seen = None if dataset.id in absent else day
            await self._put("dataset_status", run_id=run, as_of=as_of, dataset=dataset.id, state=state,
                            last_obs_date=seen)  # fmt: skip
        if absent:
            return
        for metric, value in (("var_95", 0.012), ("var_99", 0.02)):
            await self._put("risk_metrics_daily", run_id=run, as_of=as_of, metric=metric, value=value,
                            method=self.parameters.risk.headline)  # fmt: skip
        await self._put("var_method", run_id=run, as_of=as_of, role="headline", method=self.parameters.risk.headline)
        await self._put("portfolio_state", run_id=run, as_of=as_of, drawdown=0.01)
        for limit in self.parameters.limits.limits:
            await self._put("risk_limits_status", run_id=run, as_of=as_of, limit_id=limit, utilisation=0.5)
        for name, before in self.conviction.items():
            after = before + (moves or {}).get(name, 0.0)
            await self._put("aggregated_signal", run_id=run, as_of=as_of, instrument_id=name, conviction=after,
                            flip=int(before * after < 0))  # fmt: skip
            self.conviction[name] = after
        for agent in AGENTS:
            await self._put("agent_view", run_id=run, as_of=as_of, agent_id=agent.id, score=0.1)

    async def hold(self, run: uuid.UUID, day: dt.date, at: dt.datetime, entities: Collection[str]) -> None:
        """A value of each series is held."""
        holds = [
            Hold(
                "observation",
                "value",
                name,
                day,
                at,
                "fred_daily",
                100.0,
                "jump",
                1.0,
                None,
                None,
                "100 times the last",
            )
            for name in entities
        ]
        await insert_holds(self.connection, holds, run, at)

    async def release_all(self, at: dt.datetime) -> None:
        """A person's word on every value that is held."""
        await self.connection.execute(
            "INSERT INTO hold_decision (hold_id, decision, decided_by, reason, known_from, decided_at)"
            " SELECT hold_id, 'rejected', 'ana', 'a revision that was taken back', $1, $1 FROM v_hold_open",
            at,
        )

    async def _put(self, table: str, **values: Any) -> None:
        names = ", ".join(values)
        places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
        await self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *values.values())
