"""The case file in the words of the workflow and of the services."""

from __future__ import annotations

from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseSummary
from trustrelay.common.v1.case_types_pb2 import CompanyProfile, Party
from trustrelay.common.v1.decision_types_pb2 import Decision, RiskLevel
from trustrelay.common.v1.evidence_types_pb2 import Evidence
from trustrelay.contracts.screened_parties import screened_parties
from trustrelay.workflow_worker.domain.compliance.official_documents import is_official_document
from trustrelay.workflow_worker.domain.compliance.state import Summary


def to_summary(summary: CaseSummary) -> Summary:
    """The stored facts as the workflow takes them."""
    return Summary(
        open_hits=tuple(summary.open_hit_ids),
        blocking_checks=tuple(summary.blocking_check_ids),
        critical_findings=summary.critical_findings,
        confirmed_pep=summary.confirmed_pep,
        confirmed_sanction=summary.confirmed_sanction,
        has_override=summary.has_override,
        risk_level=RiskLevel.Name(summary.risk_level).removeprefix("RISK_LEVEL_"),
        recommendation=Decision.Name(summary.recommendation).removeprefix("DECISION_"),
        open_requirements=tuple(summary.open_requirement_ids),
        unprocessed_documents=tuple(summary.unprocessed_document_ids),
        document_count=summary.document_count,
        # Sorted, so that the same facts are the same bytes in the history.
        requirement_statuses=dict(sorted(summary.requirement_statuses.items())),
        unanswered_questions=tuple(summary.unanswered_question_ids),
    )


def all_parties(file: CaseFile) -> list[Party]:
    """The subject and everyone around it, each once."""
    return screened_parties(file.subject, file.parties)


def expected_holder(file: CaseFile) -> CompanyProfile:
    """The subject as a register knows it, else as it was declared."""
    declared = CompanyProfile(
        legal_name=file.subject.legal_name,
        registration_number=file.subject.registration_number,
        country=file.subject.country,
        vat_number=file.subject.vat_number,
        source="declared",
    )
    registered = next((profile for profile in file.profiles if profile.registered_address), None)
    if registered is not None:
        declared.registered_address = registered.registered_address
    return declared


def official_documents(file: CaseFile) -> list[Evidence]:
    """Documents that registers published, as stored."""
    return [one for one in file.evidence if is_official_document(one.object.key, one.object.media_type)]


def answers_of(file: CaseFile) -> dict[str, str]:
    """The customer's word for each question, else what was given at creation."""
    said = {key: value for key, value in file.answers.items() if value}
    return dict(sorted({**file.creation_answers, **said}.items()))
