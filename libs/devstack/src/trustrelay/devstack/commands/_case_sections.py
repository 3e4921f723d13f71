"""The tables of a case's page, in the order in which an officer asks: what was checked, who says what, what was found, what is asked, who decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustrelay.common.v1.assessment_types_pb2 import CorroborationRow, IdentityResult, TradeProfile
from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.decision_types_pb2 import Decision, DecisionRecord, SecondDecision
from trustrelay.common.v1.evidence_types_pb2 import Check, CheckOutcome, HitStatus, Severity
from trustrelay.common.v1.requirement_types_pb2 import DocumentState, RequirementStatus
from trustrelay.devstack.commands._case_views import Row, moment
from trustrelay.devstack.commands._session import short

Section = tuple[str, Row, list[Row]]


def sections(file: CaseFile) -> Iterator[Section]:
    """Title, headings, rows; parts without rows are the caller's to leave out."""
    mandatory = frozenset(file.policy.mandatory_check_kinds)
    yield "Checks", ("id", "outcome", "must", "about", "why"), [_check(c, c.kind in mandatory, file) for c in _worst_first(file.checks)]
    yield "Corroboration", ("fact", "agrees", "who says what"), [_corroboration(row) for row in file.assessments.matrix]
    yield from _found(file)
    yield from _asked(file)
    yield "Decisions", ("step", "decision", "actor", "reason"), [(str(d.step), _decided(d), d.actor, d.reason) for d in file.decisions]


def _found(file: CaseFile) -> Iterator[Section]:
    yield (
        "Hits",
        ("id", "list", "score", "status", "why", "caption"),
        [(h.hit_id, h.dataset, f"{h.score:.2f}", short(HitStatus.Name(h.status), "HIT_STATUS_"), h.status_reason, h.caption) for h in file.hits],
    )
    yield (
        "Findings",
        ("severity", "kind", "statement"),
        [(_severity(f.severity), f.kind + (" (superseded)" if f.superseded_by else ""), f.statement) for f in file.findings],
    )
    if file.assessments.HasField("identity"):
        yield "Identity", ("provider", "assurance", "name", "born", "nationality", "verified"), [_identity(file.assessments.identity)]
    if file.assessments.HasField("trade_profile"):
        yield "Trade profile", ("services", "needs", "missing"), [_trade(file.assessments.trade_profile)]


def _asked(file: CaseFile) -> Iterator[Section]:
    yield (
        "Requirements",
        ("id", "status", "must", "answered by"),
        [
            (r.requirement_id, short(RequirementStatus.Name(r.status), "REQUIREMENT_STATUS_"), "yes" if r.mandatory else "", r.answered_by)
            for r in file.requirements
        ],
    )
    yield "Questions", ("id", "must", "answer", "said"), [
        (q.question_id, "yes" if q.mandatory else "", *_answer(file, q.question_id)) for q in file.questions
    ]  # fmt: skip
    yield "Documents", ("id", "requirement", "file", "state", "by", "reasons"), [
        (d.document_id, d.requirement_id, d.file_name, short(DocumentState.Name(d.state), "DOCUMENT_STATE_"), d.uploaded_by,
         ", ".join(reason.code for reason in d.validation.reasons))
        for d in file.documents
    ]  # fmt: skip
    yield "Tasks", ("kind", "requirement", "done", "text"), [(t.kind, t.requirement_id, "yes" if t.done else "", t.text) for t in file.tasks]


def _worst_first(checks: Iterable[Check]) -> list[Check]:
    """What needs an officer stands at the top; CLEAR and overridden ones at the end."""
    return sorted(checks, key=lambda c: (c.outcome == CheckOutcome.CHECK_OUTCOME_CLEAR, c.overridden, c.kind, c.check_id))


def _check(check: Check, mandatory: bool, file: CaseFile) -> Row:
    outcome = short(CheckOutcome.Name(check.outcome), "CHECK_OUTCOME_") + (" (overridden)" if check.overridden else "")
    # A party that is in no list of parties is the subject itself.
    about = next((p.full_name for p in file.parties if p.party_id == check.party_id), file.subject.legal_name) if check.party_id else ""
    return check.check_id, outcome, "yes" if mandatory else "", about, f"{check.reason} {check.detail}".strip()


def _corroboration(row: CorroborationRow) -> Row:
    agrees = "yes" if row.agrees else f"NO ({_severity(row.severity)})"
    return row.fact, agrees, " · ".join(f"{source}: {value}" for source, value in sorted(row.values.items()))


def _identity(result: IdentityResult) -> Row:
    return result.provider, result.assurance, result.full_name, result.birth_date, result.nationality, moment(result.verify_time)


def _trade(profile: TradeProfile) -> Row:
    return ", ".join(profile.services), ", ".join(profile.needs), ", ".join(profile.missing) or "nothing"


def _answer(file: CaseFile, question_id: str) -> tuple[str, str]:
    """The portal's answer, else the creator's, and where it was said."""
    for answers, where in ((file.answers, "in the portal"), (file.creation_answers, "at creation")):
        if question_id in answers:
            return answers[question_id], where
    return "", ""


def _decided(record: DecisionRecord) -> str:
    if record.step == 2:
        return short(SecondDecision.Name(record.second_decision), "SECOND_DECISION_")
    return short(Decision.Name(record.decision), "DECISION_")


def _severity(severity: Severity.ValueType) -> str:
    return short(Severity.Name(severity), "SEVERITY_")
