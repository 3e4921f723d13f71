"""Cases for a terminal: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table

from trustrelay.common.v1.case_file_pb2 import CaseHeader
from trustrelay.common.v1.case_types_pb2 import CaseStatus
from trustrelay.common.v1.decision_types_pb2 import AuditEvent
from trustrelay.devstack.commands._session import as_dict, short

Row = Sequence[str]


def print_headers(headers: Sequence[CaseHeader], as_json: bool) -> None:
    """One line a case, newest as the store orders them."""
    if as_json:
        return print_json([as_dict(header) for header in headers])
    rows = [(h.case_id, status_of(h), str(h.state_version), h.template_id, h.owner, h.subject_name, moment(h.update_time)) for h in headers]
    table(("case", "status", "version", "template", "owner", "subject", "updated"), rows)


def print_step(header: CaseHeader, as_json: bool) -> None:
    """One transition."""
    if as_json:
        print(json.dumps(as_dict(header), ensure_ascii=False), flush=True)
        return
    print(f"{moment(header.update_time)} version {header.state_version:>3} {status_of(header)}", flush=True)


def print_audit(events: Sequence[AuditEvent], as_json: bool) -> None:
    """The chain in its order."""
    if as_json:
        return print_json([as_dict(event) for event in events])
    rows = [(str(e.sequence), moment(e.event_time), e.type, e.actor, e.data_json) for e in events]
    table(("#", "time", "event", "actor", "facts"), rows)


def moment(time: Timestamp) -> str:
    """2026-11-22T04:13:57+00:00, always UTC."""
    return time.ToDatetime(UTC).isoformat("T", "seconds")


def status_of(header: CaseHeader) -> str:
    """REVIEW_PENDING."""
    return short(CaseStatus.Name(header.status), "CASE_STATUS_")


def table(headings: Row, rows: Iterable[Row]) -> None:
    """Columns without lines between them; wide ones wrap."""
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console()
    Console(width=None if console.is_terminal else 200, markup=False, highlight=False).print(table)


def print_json(value: object) -> None:
    """For programs."""
    print(json.dumps(value, indent=1, ensure_ascii=False))
