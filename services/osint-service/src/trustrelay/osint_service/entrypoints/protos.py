"""Contract messages ↔ domain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from trustrelay.common.v1 import assessment_types_pb2 as assessment_types
from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import objects_pb2 as objects
from trustrelay.osint_service.application.ports import Destination
from trustrelay.osint_service.domain.evidence.crossref import Row
from trustrelay.osint_service.domain.model import (
    BankAccount,
    Check,
    Evidence,
    Finding,
    HitStatus,
    Outcome,
    Party,
    PartyType,
    Profile,
    Role,
    Severity,
    StoredObject,
    Subject,
)
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument

_PERSON, _COMPANY = case_types.SUBJECT_TYPE_PERSON, case_types.SUBJECT_TYPE_COMPANY


def timestamp(moment: datetime) -> Timestamp:
    """UTC time as a protobuf timestamp."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def party_type(value: int, field: str) -> PartyType:
    """Raises InvalidArgument PARTY_TYPE_MISSING."""
    if value not in (_PERSON, _COMPANY):
        raise InvalidArgument("PARTY_TYPE_MISSING", "say whether it is a company or a person", violations=(FieldViolation(field, "is not set"),))
    return PartyType.PERSON if value == _PERSON else PartyType.COMPANY


def party(message: case_types.Party, field: str = "party") -> Party:
    """Raises InvalidArgument PARTY_TYPE_MISSING."""
    return Party(
        party_id=message.party_id, type=party_type(message.type, f"{field}.type"), full_name=message.full_name,
        roles=frozenset(Role[_short(case_types.PartyRole.Name(role))] for role in message.roles if role != case_types.PARTY_ROLE_UNSPECIFIED),
        birth_date=message.birth_date, nationality=message.nationality.upper(), gender=message.gender.lower(), id_number=message.id_number,
        share=message.share, source=message.source,
    )  # fmt: skip


def parties(messages: Iterable[case_types.Party]) -> tuple[Party, ...]:
    """Raises InvalidArgument PARTY_TYPE_MISSING."""
    return tuple(party(message, f"parties[{position}]") for position, message in enumerate(messages))


def party_message(value: Party) -> case_types.Party:
    """The party as the contracts write it."""
    return case_types.Party(
        party_id=value.party_id, type=_PERSON if value.type is PartyType.PERSON else _COMPANY, full_name=value.full_name,
        roles=sorted(case_types.PartyRole.Value(f"PARTY_ROLE_{role.value}") for role in value.roles),
        birth_date=value.birth_date, nationality=value.nationality, gender=value.gender, id_number=value.id_number, share=value.share,
        source=value.source,
    )  # fmt: skip


def subject(message: case_types.Subject) -> Subject:
    """Raises InvalidArgument PARTY_TYPE_MISSING."""
    declared = tuple(party(each, f"subject.declared_parties[{n}]") for n, each in enumerate(message.declared_parties))
    return Subject(
        type=party_type(message.type, "subject.type"), legal_name=message.legal_name, country=message.country.upper(),
        registration_number=message.registration_number, vat_number=message.vat_number, lei=message.lei, declared_parties=declared,
        birth_date=message.birth_date, nationality=message.nationality.upper(), eori=message.eori, website=message.website.strip(),
        bank_accounts=tuple(BankAccount(each.iban, each.purpose) for each in message.bank_accounts),
        selected_services=tuple(message.selected_services),
    )  # fmt: skip


_PROFILE_FIELDS = (
    "legal_name", "registration_number", "country", "status", "legal_form", "registered_address", "start_date", "vat_number", "lei", "source",
)  # fmt: skip


def profile(message: case_types.CompanyProfile) -> Profile:
    """The profile as the rules read it."""
    return Profile(**{name: getattr(message, name) for name in _PROFILE_FIELDS}, activity_codes=tuple(message.activity_codes))


def profile_message(value: Profile) -> case_types.CompanyProfile:
    """The profile as the contracts write it."""
    return case_types.CompanyProfile(**{name: getattr(value, name) for name in _PROFILE_FIELDS}, activity_codes=value.activity_codes)


def destination(grant: objects.WriteGrant) -> Destination:
    """Where evidence goes."""
    return Destination(grant.url, tuple(grant.fields.items()), grant.key_prefix, grant.max_bytes)


def evidence(message: evidence_types.Evidence) -> Evidence:
    """The evidence as the rules read it."""
    ref = message.object
    stored = StoredObject(ref.key, ref.version, ref.sha256, ref.size_bytes, ref.media_type)
    return Evidence(message.evidence_id, message.source, message.url, message.fetch_time.ToDatetime(), stored, message.kind)


def evidence_message(value: Evidence) -> evidence_types.Evidence:
    """The evidence as the contracts write it."""
    ref = value.stored
    return evidence_types.Evidence(
        evidence_id=value.evidence_id, source=value.source, url=value.url, fetch_time=timestamp(value.fetched_at), kind=value.kind,
        object=objects.ObjectRef(key=ref.key, version=ref.version, sha256=ref.sha256, size_bytes=ref.size_bytes, media_type=ref.media_type),
    )  # fmt: skip


def check(message: evidence_types.Check) -> Check:
    """An unspecified outcome is read as NOT_ASSESSED: silence is never clear."""
    name = _short(evidence_types.CheckOutcome.Name(message.outcome), "CHECK_OUTCOME_")
    outcome = Outcome.NOT_ASSESSED if name == "UNSPECIFIED" else Outcome[name]
    reason, ids = message.reason or "UNSPECIFIED", tuple(message.evidence_ids)
    return Check(message.kind, outcome, reason, message.detail, message.party_id, ids, message.overridden)


def outcome_value(value: Outcome) -> evidence_types.CheckOutcome.ValueType:
    """The outcome as the contracts write it."""
    return evidence_types.CheckOutcome.Value(f"CHECK_OUTCOME_{value.value}")


def check_message(value: Check, now: datetime) -> evidence_types.Check:
    """The check as the contracts write it, made at `now`."""
    return evidence_types.Check(
        check_id=value.check_id, kind=value.kind, party_id=value.party_id, reason=value.reason, detail=value.detail,
        outcome=outcome_value(value.outcome), evidence_ids=value.evidence_ids, check_time=timestamp(now),
    )  # fmt: skip


def finding(message: evidence_types.Finding) -> Finding:
    """An unspecified severity is read as INFO."""
    severity = Severity(message.severity) if message.severity else Severity.INFO
    return Finding(message.finding_id, message.kind, severity, message.statement, tuple(message.evidence_ids))


def live_findings(messages: Iterable[evidence_types.Finding]) -> tuple[Finding, ...]:
    """Findings that no later one has replaced."""
    return tuple(finding(message) for message in messages if not message.superseded_by)


def finding_message(value: Finding) -> evidence_types.Finding:
    """The finding as the contracts write it."""
    return evidence_types.Finding(
        finding_id=value.finding_id, kind=value.kind, severity=evidence_types.Severity.Value(f"SEVERITY_{value.severity.name}"),
        statement=value.statement, evidence_ids=value.evidence_ids,
    )  # fmt: skip


def hit_status(value: evidence_types.HitStatus.ValueType) -> HitStatus:
    """An unspecified status is read as OPEN: nobody has judged it."""
    name = _short(evidence_types.HitStatus.Name(value), "HIT_STATUS_")
    return HitStatus.OPEN if name == "UNSPECIFIED" else HitStatus[name]


def row(message: assessment_types.CorroborationRow) -> Row:
    """A disagreement without severity is read as LOW."""
    severity = None if message.agrees else Severity(message.severity) if message.severity else Severity.LOW
    return Row(message.fact, dict(message.values), message.agrees, severity)


def row_message(value: Row) -> assessment_types.CorroborationRow:
    """The row as the contracts write it."""
    severity = evidence_types.SEVERITY_UNSPECIFIED if value.severity is None else evidence_types.Severity.Value(f"SEVERITY_{value.severity.name}")
    return assessment_types.CorroborationRow(fact=value.fact, values=dict(value.values), agrees=value.agrees, severity=severity)


def _short(name: str, prefix: str = "PARTY_ROLE_") -> str:
    return name.removeprefix(prefix)
