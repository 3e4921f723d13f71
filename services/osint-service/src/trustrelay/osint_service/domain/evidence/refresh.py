"""Works the documents' verdicts into the synthesis, mechanically: adds and marks, never writes anew and removes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trustrelay.osint_service.domain.evidence.markdown import bullets, inline, mend_section, put_section
from trustrelay.osint_service.domain.evidence.next_steps import NextSteps
from trustrelay.osint_service.domain.evidence.synthesis import NEXT_STEPS
from trustrelay.osint_service.domain.model import Finding, Party, Severity
from trustrelay.osint_service.domain.papers import Document, DocumentState, Requirement

HEADING = "Document Verification (Post-Portal)"
UBO_FINDING = "ubo_verification"
LEGAL_BASIS = "AMLD-IV Art. 14; AMLR Art. 28"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The mended synthesis, the new findings, and which earlier finding is superseded by which."""

    markdown: str
    findings: tuple[Finding, ...] = ()
    superseded: Mapping[str, str] = field(default_factory=dict)


def refresh(
    markdown: str, documents: Sequence[Document], requirements: Sequence[Requirement], findings: Iterable[Finding], statements: Iterable[Party],
    iteration: int,
) -> Refreshed:  # fmt: skip
    """`findings` are those that nothing has superseded, `statements` what documents say about parties; `iteration` 0 = before the portal.

    Run twice on its own output it changes nothing.
    """
    judged = [document for document in documents if document.judged and document.state is not DocumentState.SUPERSEDED]
    if iteration < 1 or not judged:
        return Refreshed(markdown)
    valid = _by_requirement(document for document in judged if document.state is DocumentState.VALID)
    owners = _verified_owners(statements, {document.source for held in valid.values() for document in held})
    mended = mend_section(markdown, NEXT_STEPS, NextSteps.after(requirements, frozenset(valid)).struck)
    mended = put_section(mended, HEADING, bullets([*_verdicts(judged, requirements), *_owner_lines(owners)]))
    return Refreshed(mended, (*_verified(valid, requirements), *_ubo(owners)), _superseded(findings, owners))


def _by_requirement(documents: Iterable[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if document.requirement_id:
            found[document.requirement_id].append(document)
    return found


def _verified_owners(statements: Iterable[Party], sources: set[str]) -> dict[str, list[str]]:
    """Owners that verified documents name: party id → documents that do."""
    owners: dict[str, list[str]] = defaultdict(list)
    for party in statements:
        if party.owns and party.source in sources and party.source not in owners[party.party_id]:
            owners[party.party_id].append(party.source)
    return {party_id: found for party_id, found in owners.items() if found}


def _verified(valid: Mapping[str, Sequence[Document]], requirements: Iterable[Requirement]) -> list[Finding]:
    names = {requirement.requirement_id: requirement.name for requirement in requirements}
    return [
        Finding(
            f"document_verified_{requirement_id}", "document_verified", Severity.VERIFIED,
            f"{names.get(requirement_id, requirement_id)}: verified from the customer's document ({LEGAL_BASIS})",
            tuple(sorted(document.source for document in held)),
        )
        for requirement_id, held in sorted(valid.items())
    ]  # fmt: skip


def _ubo(owners: Mapping[str, Sequence[str]]) -> list[Finding]:
    if not owners:
        return []
    statement = f"{len(owners)} owner(s) read from verified documents ({LEGAL_BASIS})"
    cited = tuple(sorted({source for found in owners.values() for source in found}))
    return [Finding(UBO_FINDING, UBO_FINDING, Severity.VERIFIED, statement, cited)]


def _superseded(findings: Iterable[Finding], owners: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Medium findings that an owner is unverified, now that verified documents name them. A finding about one owner needs that owner."""
    found = {}
    for finding in findings:
        unverified = finding.kind.startswith("unverified_") and ("owner" in finding.kind or "ubo" in finding.kind)
        about = finding.finding_id.partition(":")[2]
        if unverified and finding.severity is Severity.MEDIUM and owners and (not about or about in owners):
            found[finding.finding_id] = UBO_FINDING
    return found


def _verdicts(judged: Iterable[Document], requirements: Iterable[Requirement]) -> list[str]:
    names = {requirement.requirement_id: requirement.name for requirement in requirements}
    lines = []
    for document in sorted(judged, key=lambda d: (d.requirement_id, d.iteration, d.document_id)):
        lines.append(f"{inline(names.get(document.requirement_id, document.requirement_id))}: {_verdict(document)} ({inline(document.source)})")
    return lines


def _verdict(document: Document) -> str:
    if document.state is DocumentState.VALID:
        return "verified"
    codes = ", ".join(inline(reason.code) for reason in document.reasons)
    state = document.state.value.replace("_", " ").lower()
    return f"{state} ({codes})" if codes else state


def _owner_lines(owners: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"Owners read from verified documents: {len(owners)} ({LEGAL_BASIS})"] if owners else []
