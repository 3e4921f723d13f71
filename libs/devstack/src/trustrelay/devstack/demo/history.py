"""Looks at a case's history in Temporal as an outsider would: how large, and what can be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from trustrelay.contracts.case_workflow import workflow_id
from trustrelay.devstack.demo.privacy import ForbiddenWords, Leak

#: What one case of the demo may leave behind; a case of five rounds may need four times as many events.
MAX_EVENTS = 500
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """What one workflow left behind. `size_bytes` is Temporal's own figure."""

    events: int
    size_bytes: int
    leaks: tuple[Leak, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """A history for people: `counts` by kind, most frequent first; `lines` are event id, time, kind, and the name of what was done."""

    counts: list[tuple[str, int]]
    lines: list[tuple[str, str, str, str]]


async def steps_of(client: Client, tenant_id: str, case_id: str) -> Steps:
    """The events of the latest run. Names of activities, updates and signals are ours and stand in clear; payloads stay closed."""
    history = await client.get_workflow_handle(workflow_id(tenant_id, case_id)).fetch_history()
    lines = [_line(event) for event in history.events]
    return Steps(Counter(f"{kind} {what}".strip() for _, _, kind, what in lines).most_common(), lines)


def _line(event: HistoryEvent) -> tuple[str, str, str, str]:
    kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
    return str(event.event_id), event.event_time.ToJsonString(), kind, _named(event)


def _named(event: HistoryEvent) -> str:
    """What the event is about: an activity, an update, a signal or a child workflow."""
    match event.WhichOneof("attributes"):
        case "activity_task_scheduled_event_attributes":
            return event.activity_task_scheduled_event_attributes.activity_type.name
        case "workflow_execution_update_accepted_event_attributes":
            return event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name
        case "workflow_execution_signaled_event_attributes":
            return event.workflow_execution_signaled_event_attributes.signal_name
        case "start_child_workflow_execution_initiated_event_attributes":
            return event.start_child_workflow_execution_initiated_event_attributes.workflow_type.name
        case _:
            return ""


async def inspect_history(client: Client, tenant_id: str, case_id: str, words: ForbiddenWords) -> HistoryFacts:
    """The history of a case; see `inspect_workflow`."""
    return await inspect_workflow(client, workflow_id(tenant_id, case_id), words)


async def inspect_workflow(client: Client, workflow: str, words: ForbiddenWords) -> HistoryFacts:
    """Reads everything without the payload keys: events, failures, memo, search attributes.

    The workflow's id names tenant and case (or shipment) by design; neither is personal data.
    """
    handle = client.get_workflow_handle(workflow)
    description = await handle.describe()
    history = await handle.fetch_history()
    readable = "\n".join(_readable(event.SerializeToString()) for event in history.events)
    readable += "\n" + _readable(description.raw_description.SerializeToString())
    return HistoryFacts(
        len(history.events), description.raw_description.workflow_execution_info.history_size_bytes, tuple(words.leaks_in(readable, "history"))
    )


def _readable(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
