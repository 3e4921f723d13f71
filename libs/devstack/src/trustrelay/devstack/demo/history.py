"""Looks at a case's history in Temporal as an outsider would: how large, and what can be read."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio.client import Client

from trustrelay.contracts.case_workflow import workflow_id
from trustrelay.devstack.demo.privacy import ForbiddenWords, Leak

MAX_EVENTS = 500
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """What one workflow left behind. `size_bytes` is Temporal's own figure."""

    events: int
    size_bytes: int
    leaks: tuple[Leak, ...]


async def inspect_history(client: Client, tenant_id: str, case_id: str, words: ForbiddenWords) -> HistoryFacts:
    """Reads everything without the payload keys: events, failures, memo, search attributes.

    The workflow id holds tenant and case id by design; neither is personal data.
    """
    handle = client.get_workflow_handle(workflow_id(tenant_id, case_id))
    description = await handle.describe()
    history = await handle.fetch_history()
    readable = "\n".join(_readable(event.SerializeToString()) for event in history.events)
    readable += "\n" + _readable(description.raw_description.SerializeToString())
    return HistoryFacts(
        len(history.events), description.raw_description.workflow_execution_info.history_size_bytes, tuple(words.leaks_in(readable, "history"))
    )


def _readable(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
