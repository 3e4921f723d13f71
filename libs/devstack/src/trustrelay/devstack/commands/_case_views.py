"""Cases for a terminal: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC

from rich.console import Console
from rich.table import Table

from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseHeader
from trustrelay.common.v1.case_types_pb2 import AutomationTier, CaseStatus
from trustrelay.common.v1.decision_types_pb2 import AuditEvent, Decision, DecisionRecord, RiskLevel, SecondDecision
from trustrelay.common.v1.evidence_types_pb2 import CheckOutcome, HitStatus
from trustrelay.common.v1.requirement_types_pb2 import DocumentState, RequirementStatus
from trustrelay.devstack.commands._session import as_dict, short

Row = Sequence[str]


def print_headers(headers: Sequence[CaseHeader], as_json: bool) -> None:
    """One line a case, newest as the store orders them."""
    if as_json:
        return _json([as_dict(header) for header in headers])
    rows = [
        (h.case_id, _status(h), str(h.state_version), h.country, h.subject_name, h.update_time.ToDatetime(UTC).isoformat("T", "seconds"))
        for h in headers
    ]
    _table(("case", "status", "version", "country", "subject", "updated"), rows)


def print_step(header: CaseHeader, as_json: bool) -> None:
    """One transition."""
    if as_json:
        print(json.dumps(as_dict(header), ensure_ascii=False), flush=True)
        return
    print(f"{header.update_time.ToDatetime(UTC).isoformat('T', 'seconds')} version {header.state_version:>3} {_status(header)}", flush=True)


def print_audit(events: Sequence[AuditEvent], as_json: bool) -> None:
    """The chain in its order."""
    if as_json:
        return _json([as_dict(event) for event in events])
    rows = [(str(e.sequence), e.event_time.ToDatetime(UTC).isoformat("T", "seconds"), e.type, e.actor, e.data_json) for e in events]
    _table(("#", "time", "event", "actor", "facts"), rows)


def print_case(file: CaseFile, as_json: bool) -> None:
    """Header, then a table for each part that has something in it."""
    if as_json:
        return _json(as_dict(file))
    header = file.header
    print(f"{header.subject_name} ({header.country}) · {header.template_id} v{header.template_version}")
    print(f"{_status(header)} · version {header.state_version} · etag {header.etag} · iteration {header.iteration}")
    print(f"tier {short(AutomationTier.Name(header.tier), 'AUTOMATION_TIER_')} by {header.tier_set_by or '-'}")
    if file.HasField("risk"):
        recommended = short(Decision.Name(file.risk.recommendation), "DECISION_")
        print(f"risk {short(RiskLevel.Name(file.risk.level), 'RISK_LEVEL_')} ({file.risk.score:.2f}) · recommendation {recommended}")
    for title, headings, rows in _sections(file):
        if rows:
            print(f"\n{title}")
            _table(headings, rows)


def _sections(file: CaseFile) -> Iterable[tuple[str, Row, list[Row]]]:
    yield (
        "Checks",
        ("id", "kind", "outcome", "reason"),
        [
            (c.check_id, c.kind, short(CheckOutcome.Name(c.outcome), "CHECK_OUTCOME_") + (" (overridden)" if c.overridden else ""), c.reason)
            for c in file.checks
        ],
    )
    yield (
        "Hits",
        ("id", "list", "score", "status", "why", "caption"),
        [(h.hit_id, h.dataset, f"{h.score:.2f}", short(HitStatus.Name(h.status), "HIT_STATUS_"), h.status_reason, h.caption) for h in file.hits],
    )
    yield (
        "Requirements",
        ("id", "status", "mandatory"),
        [(r.requirement_id, short(RequirementStatus.Name(r.status), "REQUIREMENT_STATUS_"), "yes" if r.mandatory else "") for r in file.requirements],
    )
    yield "Documents", ("id", "requirement", "file", "state", "by", "reasons"), [
        (d.document_id, d.requirement_id, d.file_name, short(DocumentState.Name(d.state), "DOCUMENT_STATE_"), d.uploaded_by,
         ", ".join(reason.code for reason in d.validation.reasons))
        for d in file.documents
    ]  # fmt: skip
    yield "Tasks", ("kind", "requirement", "done", "text"), [(t.kind, t.requirement_id, "yes" if t.done else "", t.text) for t in file.tasks]
    yield "Decisions", ("step", "decision", "actor", "reason"), [(str(d.step), _decided(d), d.actor, d.reason) for d in file.decisions]


def _decided(record: DecisionRecord) -> str:
    if record.step == 2:
        return short(SecondDecision.Name(record.second_decision), "SECOND_DECISION_")
    return short(Decision.Name(record.decision), "DECISION_")


def _status(header: CaseHeader) -> str:
    return short(CaseStatus.Name(header.status), "CASE_STATUS_")


def _table(headings: Row, rows: Iterable[Row]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console()
    Console(width=None if console.is_terminal else 200, markup=False, highlight=False).print(table)


def _json(value: object) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False))
