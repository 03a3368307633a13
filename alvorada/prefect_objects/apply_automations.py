"""Automations, variables and concurrency limits of a Prefect server, brought to what is declared, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

TAG = "alvorada-automations"
"""Marks the variables that we keep."""
LIMIT_PREFIX = "alvorada-"
LIMITS = {"alvorada-notify": 1}
"""Global concurrency limits -> slots. `alvorada-notify`: Slack takes one message a second: one run at a time tells."""


@dataclass(frozen=True, slots=True)
class Change:
    """`done`: what came of it; with a dry run, what would."""

    CREATED: ClassVar[str] = "created"
    UPDATED: ClassVar[str] = "updated"
    REMOVED: ClassVar[str] = "removed"
    SAME: ClassVar[str] = "as it was"

    kind: str
    name: str
    done: str
    note: str = ""


@dataclass(slots=True)
class Parts:
    """One going-through of one server. `deployments`: `flow/deployment` -> id; `client`: Prefect's."""

    client: Any
    dry_run: bool
    deployments: Mapping[str, UUID]
    cloud: bool = False
    changes: list[Change] = field(default_factory=list)

    def note(self, kind: str, name: str, done: str, note: str = "") -> None:
        self.changes.append(Change(kind, name, done, note))


async def apply_automations(parts: Parts, doors: Any, limits: Any = None) -> None:
    """`doors`: automations.Doors, `limits`: automations.Thresholds."""
    from blocks.automations import PREFIX, automation, declared

    wanted = {a.name: a for a in (automation(d, doors) for d in declared(parts.deployments, limits))}
    ours = [a for a in await parts.client.read_automations() if a.name.startswith(PREFIX)]
    kept: set[str] = set()
    for found in ours:
        core = wanted.get(found.name)
        if core is None or found.name in kept:  # two of one name: made by hand, or by two at once
            parts.note("automation", found.name, Change.REMOVED)
            if not parts.dry_run:
                await parts.client.delete_automation(found.id)
            continue
        kept.add(found.name)
        core.enabled = found.enabled
        note = "" if found.enabled else "paused by hand, and left so"
        if content(found) == content(core):
            parts.note("automation", found.name, Change.SAME, note)
            continue
        parts.note("automation", found.name, Change.UPDATED, note)
        if not parts.dry_run:
            # update_automation() leaves out what stands at its default, and does not look at the answer.
            response = await parts.client._client.put(
                f"/automations/{found.id}", json=core.dict(json_compatible=True, exclude={"owner_resource"})
            )
            response.raise_for_status()
    for name, core in wanted.items():
        if name not in kept:
            parts.note("automation", name, Change.CREATED)
            if not parts.dry_run:
                await parts.client.create_automation(core)


def content(automation: Any) -> dict[str, Any]:
    """What an automation says, without what the server adds; sets and lists of labels in one order."""
    core: dict[str, Any] = automation.dict(json_compatible=True, exclude={"id", "owner_resource"})
    trigger = core["trigger"]
    for name in ("after", "expect", "for_each"):
        trigger[name] = sorted(trigger[name])
    for name in ("match", "match_related"):
        trigger[name] = {key: sorted([v] if isinstance(v, str) else v) for key, v in trigger[name].items()}
    return core


async def apply_variables(parts: Parts, wanted: Mapping[str, str]) -> None:
    """Variables by name; ours carry TAG."""
    from prefect.client.schemas.actions import VariableCreate, VariableUpdate

    ours = {v.name: v for v in await parts.client.read_variables(limit=200) if TAG in (v.tags or [])}
    for name, value in wanted.items():
        found = ours.pop(name, None) or await parts.client.read_variable_by_name(name)
        done = Change.CREATED if found is None else Change.SAME if found.value == value else Change.UPDATED
        parts.note("variable", name, done)
        if parts.dry_run or done == Change.SAME:
            continue
        if found is None:
            await parts.client.create_variable(VariableCreate(name=name, value=value, tags=[TAG]))
        else:
            await parts.client.update_variable(VariableUpdate(name=name, value=value, tags=[TAG]))
    for name in ours:
        parts.note("variable", name, Change.REMOVED)
        if not parts.dry_run:
            await parts.client.delete_variable_by_name(name)


async def apply_limits(parts: Parts) -> None:
    """Global concurrency limits by name; ours begin with LIMIT_PREFIX."""
    from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate

    there = await parts.client.read_global_concurrency_limits(limit=200)
    ours = {limit.name: limit for limit in there if limit.name.startswith(LIMIT_PREFIX)}
    for name, slots in LIMITS.items():
        found = ours.pop(name, None)
        right = found is not None and (found.limit, found.active) == (slots, True)
        done = Change.CREATED if found is None else Change.SAME if right else Change.UPDATED
        parts.note("limit", name, done)
        if parts.dry_run or done == Change.SAME:
            continue
        if found is None:
            await parts.client.create_global_concurrency_limit(
                GlobalConcurrencyLimitCreate.parse_obj({"name": name, "limit": slots})
            )
        else:
            change = GlobalConcurrencyLimitUpdate.parse_obj({"limit": slots, "active": True})
            await parts.client.update_global_concurrency_limit(name, change)
    for name in ours:
        parts.note("limit", name, Change.REMOVED)
        if not parts.dry_run:
            await parts.client.delete_global_concurrency_limit_by_name(name)
