"""The hash chain of a case's audit log."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One event before it has its place. `data` holds facts by key, no names; `event_time` is aware."""

    event_id: str
    type: str
    actor: str
    event_time: datetime
    data: dict[str, Any]
    trace_id: str = ""


@dataclass(frozen=True)
class Link:
    """An event in its place. `data` is canonical JSON text."""

    tenant_id: str
    case_id: str
    sequence: int
    event_id: str
    type: str
    actor: str
    event_time: datetime
    data: str
    trace_id: str
    chain_hash: str


def link(tenant_id: str, case_id: str, entry: Entry, sequence: int, previous: str) -> Link:
    """The event at `sequence` after the event whose hash is `previous` (64 hex digits, GENESIS before the first)."""
    data = canonical(entry.data)
    moment = entry.event_time.astimezone(UTC)
    unchained = Link(tenant_id, case_id, sequence, entry.event_id, entry.type, entry.actor, moment, data, entry.trace_id, "")
    return Link(**{**unchained.__dict__, "chain_hash": chain_hash(unchained, previous)})


def chained(tenant_id: str, case_id: str, entries: Iterable[Entry], head: tuple[int, str]) -> list[Link]:
    """The events one after the other behind `head`: sequence and hash of the newest event, (0, GENESIS) before the first."""
    (sequence, previous), links = head, list[Link]()
    for position, entry in enumerate(entries, sequence + 1):
        links.append(link(tenant_id, case_id, entry, position, previous))
        previous = links[-1].chain_hash
    return links


def chain_hash(event: Link, previous: str) -> str:
    """sha256(previous hash as 64 hex characters || RFC 8785 JSON of the event without its hash), lower-case hex."""
    body = {
        "actor": event.actor,
        "case_id": event.case_id,
        "data": json.loads(event.data),
        "event_id": event.event_id,
        "event_time": timestamp(event.event_time),
        "sequence": event.sequence,
        "tenant_id": event.tenant_id,
        "trace_id": event.trace_id,
        "type": event.type,
    }
    return hashlib.sha256(previous.encode() + rfc8785.dumps(body)).hexdigest()


def canonical(data: dict[str, Any]) -> str:
    """RFC 8785 text. Raises ValueError for what JSON cannot carry (NaN, integers beyond 2^53)."""
    return rfc8785.dumps(data).decode()


def timestamp(moment: datetime) -> str:
    """UTC with microseconds: 2026-01-02T03:04:05.000006Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
