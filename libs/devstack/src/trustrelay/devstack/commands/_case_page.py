"""One case as an officer reads it: where it stands, what stands in the way, then everything that is known."""

from __future__ import annotations

from collections.abc import Iterable

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import AutomationTier
from trustrelay.common.v1.decision_types_pb2 import Decision, RiskLevel
from trustrelay.common.v1.evidence_types_pb2 import CheckOutcome
from trustrelay.contracts.case_workflow import TERMINAL, Status
from trustrelay.devstack.commands._case_sections import sections
from trustrelay.devstack.commands._case_views import moment, print_json, status_of, table
from trustrelay.devstack.commands._session import as_dict, short


def print_case(file: CaseFile, as_json: bool) -> None:
    """Header, what is open, scores, then a table for each part that has something in it, and the synthesis."""
    if as_json:
        return print_json(as_dict(file))
    for line in (*_header(file), *_in_the_way(file), *_scores(file)):
        print(line)
    for title, headings, rows in sections(file):
        if rows:
            print(f"\n{title}")
            table(headings, rows)
    if file.assessments.synthesis_markdown:
        print(f"\nSynthesis\n{file.assessments.synthesis_markdown.strip()}")


def _header(file: CaseFile) -> Iterable[str]:
    header = file.header
    yield f"{header.subject_name} ({header.country}) · {header.template_id} v{header.template_version} · case {header.case_id}"
    yield f"{status_of(header)} · version {header.state_version} · etag {header.etag} · iteration {header.iteration}"
    expiry = f" · customer has until {moment(header.expire_time)}" if header.HasField("expire_time") else ""
    yield f"owner {header.owner or '-'} · opened by {header.created_by} at {moment(header.create_time)}{expiry}"
    yield f"tier {short(AutomationTier.Name(header.tier), 'AUTOMATION_TIER_')} by {header.tier_set_by or '-'}"
    if header.predecessor_case_id:
        yield f"continues case {header.predecessor_case_id}"
    if header.successor_case_id:
        yield f"continued by case {header.successor_case_id}"


def _in_the_way(file: CaseFile) -> Iterable[str]:
    """What an approval would be refused for, or the customer still owes; nothing any more after the end."""
    if Status(status_of(file.header)) in TERMINAL:
        return
    summary, mandatory = file.summary, {one.requirement_id for one in file.requirements if one.mandatory}
    owed = [one for one in summary.open_requirement_ids if one in mandatory]
    open_things = (
        (len(summary.open_hit_ids), "open hit(s)", summary.open_hit_ids),
        (len(summary.blocking_check_ids), "mandatory check(s) not assessed", summary.blocking_check_ids),
        (summary.critical_findings, "critical finding(s)", ()),
        (len(owed), "requirement(s) open", owed),
        (len(summary.unanswered_question_ids), "question(s) unanswered", summary.unanswered_question_ids),
    )
    for count, what, names in open_things:
        if count:
            yield f"! {count} {what}{': ' + ', '.join(names) if names else ''}"


def _scores(file: CaseFile) -> Iterable[str]:
    scores = file.assessments
    if file.HasField("risk"):
        recommended = short(Decision.Name(file.risk.recommendation), "DECISION_")
        level = short(RiskLevel.Name(file.risk.level), "RISK_LEVEL_")
        yield f"risk {level} ({file.risk.score:.2f}, {file.risk.model_version}) · recommendation {recommended}"
    if scores.HasField("confidence"):
        one = scores.confidence
        parts = f"coverage {one.coverage:.2f} × agreement {one.agreement:.2f} × reliability {one.reliability:.2f} × freshness {one.freshness:.2f}"
        yield f"confidence {one.score:.2f} = {parts}"
    if scores.HasField("quality"):
        mark = scores.quality
        flag = f" · {mark.flag}" if mark.flag else ""
        parts = f"completeness {mark.completeness:.2f}, consistency {mark.consistency:.2f}, citation {mark.citation:.2f}"
        yield f"quality {mark.score:.2f} ({parts}){flag}"
    if scores.HasField("mcc"):
        mcc = scores.mcc
        known = f"{mcc.mcc} by {mcc.set_by}" if mcc.mcc else f"{_outcome(mcc.outcome)} {mcc.reason}"
        yield f"merchant category {known} · against activity codes: {_outcome(mcc.reconciliation)} {mcc.reconciliation_reason}".rstrip()


def _outcome(outcome: CheckOutcome.ValueType) -> str:
    return short(CheckOutcome.Name(outcome), "CHECK_OUTCOME_")
