"""What the catch-up asks of a Prefect server, over HTTP: importing Prefect would cost seconds and 150 MB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from desk.errors import AlvoradaError
from desk.model import SAO_PAULO

TIMEOUT_SECONDS = 20.0
RUNS_READ = 100
OPEN = ("PENDING", "RUNNING", "CANCELLING")
"""Types of the states in which a run holds a place of its queue's limit."""
CAUGHT_UP = "caught-up"
"""Tag of the runs that the catch-up starts."""


@dataclass(frozen=True, slots=True)
class FlowRun:
    """A run of a deployment. `day`: its parameter as_of, None for today's; `process`: `host:pid` where a process worker
    has started it; `due`: from when it may start; `since`: of its state."""

    id: str
    name: str
    deployment_id: str
    state_type: str
    state_name: str
    message: str
    since: dt.datetime
    due: dt.datetime
    day: str | None
    process: str | None
    tags: tuple[str, ...]

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> FlowRun:
        """A run as the server gives it."""
        state = raw["state"] or {}
        return cls(
            raw["id"],
            raw["name"],
            raw["deployment_id"],
            raw["state_type"] or "",
            raw["state_name"] or "",
            state.get("message") or "",
            dt.datetime.fromisoformat(state["timestamp"]) if state else dt.datetime.fromisoformat(raw["created"]),
            dt.datetime.fromisoformat(raw["expected_start_time"] or raw["created"]),
            raw["parameters"].get("as_of"),
            raw["infrastructure_pid"],
            tuple(raw["tags"]),
        )


@dataclass(frozen=True, slots=True)
class Deployment:
    """`sources`: the world of its runs; `paused`: what a person has switched off, in words, None where nothing."""

    id: str
    name: str
    created: dt.datetime
    sources: str | None
    paused: str | None


class PrefectApi:
    """One server. Every method raises AlvoradaError where it does not answer, or refuses."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def daily(self) -> Deployment:
        """The deployment of the daily run."""
        raw = await self._request("GET", "/deployments/name/daily/daily")
        active = any(schedule["active"] for schedule in raw["schedules"])
        paused = None if active and not raw["paused"] else "the schedule of daily/daily is paused"
        return Deployment(
            raw["id"],
            raw["name"],
            dt.datetime.fromisoformat(raw["created"]),
            raw["parameters"].get("sources"),
            paused or await self._paused(raw["work_pool_name"], raw["work_queue_name"]),
        )

    async def runs(self, deployment_id: str) -> list[FlowRun]:
        """The newest runs of a deployment by the time that they are due, those to come among them."""
        body = {
            "deployments": {"id": {"any_": [deployment_id]}},
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": RUNS_READ,
        }
        return [FlowRun.of(raw) for raw in await self._request("POST", "/flow_runs/filter", body)]

    async def open_runs(self) -> list[FlowRun]:
        """The runs of all our deployments that have started and not ended."""
        body = {
            "deployments": {"tags": {"all_": ["alvorada"]}},
            "flow_runs": {"state": {"type": {"any_": list(OPEN)}}},
            "limit": RUNS_READ,
        }
        return [FlowRun.of(raw) for raw in await self._request("POST", "/flow_runs/filter", body)]

    async def run(self, run_id: str) -> FlowRun:
        """One run as it is now."""
        return FlowRun.of(await self._request("GET", f"/flow_runs/{run_id}"))

    async def was_cancelled_by_a_person(self, run_id: str) -> bool:
        """Whether somebody asked Prefect to cancel the run: a process that is merely stopped asks nobody."""
        states = await self._request("GET", f"/flow_run_states/?flow_run_id={run_id}")
        return any(state["type"] == "CANCELLING" for state in states)

    async def set_state(self, run_id: str, kind: str, message: str) -> None:
        """Puts a run into a final state, whatever the rules of transition say."""
        body = {"state": {"type": kind, "message": message}, "force": True}
        await self._request("POST", f"/flow_runs/{run_id}/set_state", body)

    async def start(self, deployment_id: str, day: dt.date, key: str, now: dt.datetime) -> FlowRun:
        """A run of the deployment for `day`, due now. A second call with the same key returns the run of the first."""
        body = {
            "name": f"daily-{day}",
            "parameters": {"as_of": str(day)},
            "idempotency_key": key,
            "tags": [CAUGHT_UP],
            "state": {
                "type": "SCHEDULED",
                "message": f"caught up at {now.astimezone(SAO_PAULO):%H:%M} America/Sao_Paulo",
                "state_details": {"scheduled_time": now.isoformat()},
            },
        }
        return FlowRun.of(await self._request("POST", f"/deployments/{deployment_id}/create_flow_run", body))

    async def _paused(self, pool: str | None, queue: str | None) -> str | None:
        if pool is None:
            return None
        if (await self._request("GET", f"/work_pools/{pool}"))["is_paused"]:
            return f"the work pool {pool} is paused"
        if (await self._request("GET", f"/work_pools/{pool}/queues/{queue}"))["is_paused"]:
            return f"the queue {queue} is paused"
        return None

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, headers=self._headers) as client:
                answer = await client.request(method, f"{self.url}{path}", json=body)
                answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise AlvoradaError(f"Prefect's server: {path} answers {error.response.status_code}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AlvoradaError(
                f"Prefect's server at {self.url} does not answer: {str(error) or type(error).__name__}"
            ) from error
        return answer.json() if answer.content else None
