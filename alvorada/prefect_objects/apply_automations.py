"""Automations, variables and concurrency limits of a Prefect server: creates, updates and removes them one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import (
    GlobalConcurrencyLimitCreate,
    GlobalConcurrencyLimitUpdate,
    VariableCreate,
    VariableUpdate,
)
from prefect.events.schemas.automations import AutomationCore

from blocks.automations import PREFIX, NotificationTargets, Thresholds, Words, automations, english

TAG = "alvorada-automations"
"""Marks the variables that we keep."""
LIMIT_PREFIX = "alvorada-"
LIMITS = {"alvorada-notify": 1}
"""Global concurrency limit -> slots. `alvorada-notify`: Slack takes one message a second, so one run sends."""


@dataclass(frozen=True, slots=True)
class Change:
    """One object of the server. `action`: what was done to it; in a dry run, what would be done."""

    CREATED: ClassVar[str] = "created"
    UPDATED: ClassVar[str] = "updated"
    REMOVED: ClassVar[str] = "removed"
    SAME: ClassVar[str] = "as it was"

    kind: str
    name: str
    action: str
    note: str = ""


@dataclass(slots=True)
class ApplyContext:
    """One pass over one server. `deployments`: `flow/deployment` -> id; `changes` collects what the pass did."""

    client: PrefectClient
    dry_run: bool
    deployments: Mapping[str, UUID]
    cloud: bool = False
    changes: list[Change] = field(default_factory=list)

    def record(self, kind: str, name: str, action: str, note: str = "") -> None:
        """Adds a change."""
        self.changes.append(Change(kind, name, action, note))


async def apply_automations(
    context: ApplyContext, targets: NotificationTargets, limits: Thresholds | None = None, words: Words = english
) -> None:
    """Automations by name; ours begin with PREFIX. One that was paused in the UI stays paused. `words`: the language of
    their descriptions and messages."""
    declared = {core.name: core for core in automations(context.deployments, targets, limits, words)}
    ours = [a for a in await context.client.read_automations() if a.name.startswith(PREFIX)]
    kept: set[str] = set()
    for found in ours:
        core = declared.get(found.name)
        if core is None or found.name in kept:  # two of one name: made by hand, or by two commands at once
            context.record("automation", found.name, Change.REMOVED)
            if not context.dry_run:
                await context.client.delete_automation(found.id)
            continue
        kept.add(found.name)
        core.enabled = found.enabled
        note = "" if found.enabled else "paused by hand, and left so"
        if content(found) == content(core):
            context.record("automation", found.name, Change.SAME, note)
            continue
        context.record("automation", found.name, Change.UPDATED, note)
        if not context.dry_run:
            # update_automation() leaves out what stands at its default, and does not look at the answer.
            response = await context.client._client.put(
                f"/automations/{found.id}", json=core.dict(json_compatible=True, exclude={"owner_resource"})
            )
            response.raise_for_status()
    for name, core in declared.items():
        if name not in kept:
            context.record("automation", name, Change.CREATED)
            if not context.dry_run:
                await context.client.create_automation(core)


def content(automation: AutomationCore) -> dict[str, Any]:
    """An automation without what the server adds, its sets and lists of labels in one order: for comparing."""
    core: dict[str, Any] = automation.dict(json_compatible=True, exclude={"id", "owner_resource"})
    trigger = core["trigger"]
    for name in ("after", "expect", "for_each"):
        trigger[name] = sorted(trigger[name])
    for name in ("match", "match_related"):
        trigger[name] = {key: sorted([v] if isinstance(v, str) else v) for key, v in trigger[name].items()}
    return core


async def apply_variables(context: ApplyContext, values: Mapping[str, str]) -> None:
    """Variables by name; ours carry TAG, and one of ours that is not in `values` is removed."""
    ours = {v.name: v for v in await context.client.read_variables(limit=200) if TAG in (v.tags or [])}
    for name, value in values.items():
        found = ours.pop(name, None) or await context.client.read_variable_by_name(name)
        action = Change.CREATED if found is None else Change.SAME if found.value == value else Change.UPDATED
        context.record("variable", name, action)
        if context.dry_run or action == Change.SAME:
            continue
        if found is None:
            await context.client.create_variable(VariableCreate(name=name, value=value, tags=[TAG]))
        else:
            await context.client.update_variable(VariableUpdate(name=name, value=value, tags=[TAG]))
    for name in ours:
        context.record("variable", name, Change.REMOVED)
        if not context.dry_run:
            await context.client.delete_variable_by_name(name)


async def apply_limits(context: ApplyContext) -> None:
    """Global concurrency limits by name; ours begin with LIMIT_PREFIX."""
    existing = await context.client.read_global_concurrency_limits(limit=200)
    ours = {limit.name: limit for limit in existing if limit.name.startswith(LIMIT_PREFIX)}
    for name, slots in LIMITS.items():
        found = ours.pop(name, None)
        same = found is not None and (found.limit, found.active) == (slots, True)
        action = Change.CREATED if found is None else Change.SAME if same else Change.UPDATED
        context.record("limit", name, action)
        if context.dry_run or action == Change.SAME:
            continue
        if found is None:
            await context.client.create_global_concurrency_limit(
                GlobalConcurrencyLimitCreate.parse_obj({"name": name, "limit": slots})
            )
        else:
            change = GlobalConcurrencyLimitUpdate.parse_obj({"limit": slots, "active": True})
            await context.client.update_global_concurrency_limit(name, change)
    for name in ours:
        context.record("limit", name, Change.REMOVED)
        if not context.dry_run:
            await context.client.delete_global_concurrency_limit_by_name(name)
