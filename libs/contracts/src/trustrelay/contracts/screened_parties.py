"""Who is screened in a case: the same when a case screens and when a dismissed hit is tested again."""

from __future__ import annotations

from collections.abc import Iterable

from trustrelay.common.v1.case_types_pb2 import PARTY_ROLE_SUBJECT, SUBJECT_TYPE_COMPANY, Party, Subject, SubjectType
from trustrelay.contracts.parties import party_id


def subject_party(subject: Subject) -> Party:
    """The subject itself, as a party to screen; a person with all that tells it from others of its name. Raises ValueError without a name."""
    return Party(
        party_id=party_id(subject.legal_name, SubjectType.Name(subject.type).removeprefix("SUBJECT_TYPE_")),
        type=subject.type or SUBJECT_TYPE_COMPANY,
        full_name=subject.legal_name,
        roles=[PARTY_ROLE_SUBJECT],
        birth_date=subject.birth_date,
        nationality=subject.nationality or subject.country,
        id_number=subject.registration_number,
        source="declared",
    )


def screened_parties(subject: Subject, parties: Iterable[Party]) -> list[Party]:
    """The subject and everyone around it, each once. A source that names the subject adds to what was declared, and takes nothing away."""
    others = {party.party_id: party for party in parties}
    declared = subject_party(subject)
    first = Party()
    first.CopyFrom(others.pop(declared.party_id, declared))
    if first != declared:
        first.MergeFrom(declared)
    return [first, *others.values()]
