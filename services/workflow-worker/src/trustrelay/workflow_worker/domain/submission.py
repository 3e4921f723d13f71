"""What is wrong with a submission, over the documents and requirements as stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trustrelay.workflow_worker.domain.records import FailedRequirement

_NOT_ASKED = frozenset({"COVERED", "WAIVED"})
_REFUSED = frozenset({"UNREADABLE", "INVALID"})


@dataclass(frozen=True)
class AskedDocument:
    """One requirement: its status is the name of common.v1.RequirementStatus without prefix."""

    requirement_id: str
    status: str
    mandatory: bool


@dataclass(frozen=True)
class UploadedDocument:
    """One upload: its state is the name of common.v1.DocumentState without prefix; `codes` say why it was refused."""

    requirement_id: str
    state: str
    codes: tuple[str, ...] = ()


def failures(asked: Iterable[AskedDocument], uploaded: Iterable[UploadedDocument]) -> tuple[FailedRequirement, ...]:
    """Requirements the customer must answer again: refused uploads of any requirement, and mandatory ones that are MISSING.

    Superseded uploads do not count; of several uploads for one requirement one that was not refused suffices.
    """
    by_requirement: dict[str, list[UploadedDocument]] = {}
    for document in uploaded:
        if document.state != "SUPERSEDED":
            by_requirement.setdefault(document.requirement_id, []).append(document)
    failed = []
    for requirement in asked:
        if requirement.status in _NOT_ASKED:
            continue
        documents = by_requirement.get(requirement.requirement_id, [])
        if not documents and requirement.mandatory:
            failed.append(FailedRequirement(requirement.requirement_id, ("MISSING",)))
        elif documents and all(document.state in _REFUSED for document in documents):
            failed.append(FailedRequirement(requirement.requirement_id, documents[-1].codes))
    return tuple(failed)
