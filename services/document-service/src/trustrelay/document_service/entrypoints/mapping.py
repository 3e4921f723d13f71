"""Messages to domain values and back; nothing is decided here."""

from __future__ import annotations

from datetime import date

from trustrelay.common.v1 import case_types_pb2, evidence_types_pb2, objects_pb2, requirement_types_pb2
from trustrelay.document.v1 import conversion_service_pb2 as conversion_pb2
from trustrelay.document.v1 import document_intelligence_service_pb2 as intelligence_pb2
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument

from ..application.convert import ConversionResult, ConvertRequest
from ..application.ports import ReadGrant, StoredObject, WriteGrant
from ..domain.conversion import Notice
from ..domain.document import Span
from ..domain.document_types import DocumentType
from ..domain.extract import ExtractedField
from ..domain.holder import Subject
from ..domain.parties import Party
from ..domain.validate import Requirement, Validation


def invalid(field: str, description: str) -> InvalidArgument:
    """A request that cannot be understood."""
    return InvalidArgument("REQUEST_INVALID", f"{field}: {description}", violations=[FieldViolation(field, description)])


def read_grant(field: str, message: objects_pb2.ReadGrant) -> ReadGrant:
    """Raises InvalidArgument when the grant has no address or no hash."""
    if not message.url or not message.object.sha256:
        raise invalid(field, "url and object.sha256 are required")
    stored = message.object
    return ReadGrant(StoredObject(stored.key, stored.version, stored.sha256, stored.size_bytes, stored.media_type), message.url)


def convert_request(message: conversion_pb2.ConvertRequest) -> ConvertRequest:
    if not message.destination.url:
        raise invalid("destination", "url is required")
    if message.timeout_seconds < 0:
        raise invalid("timeout_seconds", "must not be negative")
    target = message.destination
    return ConvertRequest(
        source=read_grant("source", message.source),
        destination=WriteGrant(target.url, dict(target.fields), target.key_prefix, target.max_bytes),
        timeout_seconds=message.timeout_seconds,
        allowed_media_types=tuple(message.allowed_media_types),
    )


def requirement(message: requirement_types_pb2.Requirement) -> Requirement:
    try:
        accepted = tuple(DocumentType(name) for name in message.document_types)
    except ValueError as error:
        raise invalid("requirement.document_types", "names an unknown document type") from error
    return Requirement(
        requirement_id=message.requirement_id,
        accepted=accepted,
        holder_required=message.holder_required,
        max_age_days=message.max_age_days,
        required_fields=tuple(message.required_fields),
    )


def subject(message: case_types_pb2.CompanyProfile) -> Subject:
    return Subject(message.legal_name, message.registration_number, message.registered_address)


def as_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid("as_of_date", "must be an ISO 8601 date") from error


def document_type(number: intelligence_pb2.DocumentType.ValueType) -> DocumentType:
    name = intelligence_pb2.DocumentType.Name(number) if number in intelligence_pb2.DocumentType.values() else ""
    short = name.removeprefix("DOCUMENT_TYPE_").lower()
    if short not in set(DocumentType):
        raise invalid("document_type", "must be one of the known types")
    return DocumentType(short)


def document_type_message(kind: DocumentType) -> intelligence_pb2.DocumentType.ValueType:
    return intelligence_pb2.DocumentType.Value(f"DOCUMENT_TYPE_{kind.name}")


def object_message(stored: StoredObject) -> objects_pb2.ObjectRef:
    return objects_pb2.ObjectRef(
        key=stored.key,
        version=stored.version,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        media_type=stored.media_type,
    )


def result_message(result: ConversionResult, source_sha256: str) -> conversion_pb2.ConversionResult:
    return conversion_pb2.ConversionResult(
        markdown=object_message(result.markdown),
        docling_json=object_message(result.docling_json),
        media_type=result.media_type.value,
        pages=result.pages,
        tables=result.tables,
        quality=result.quality.score,
        needs_review=result.quality.needs_review,
        pipeline=result.pipeline,
        versions=dict(result.versions),
        findings=[finding_message(notice, source_sha256) for notice in result.notices],
    )


def finding_message(notice: Notice, source_sha256: str) -> evidence_types_pb2.Finding:
    return evidence_types_pb2.Finding(
        finding_id=f"{notice.kind}:{source_sha256[:16]}",
        kind=notice.kind,
        severity=evidence_types_pb2.Severity.Value(f"SEVERITY_{notice.severity.upper()}"),
        statement=notice.statement,
    )


def span_message(span: Span) -> requirement_types_pb2.Span:
    return requirement_types_pb2.Span(page=span.page, box=span.box or (), text=span.text, item=span.item)


def field_message(field: ExtractedField) -> requirement_types_pb2.ExtractedField:
    return requirement_types_pb2.ExtractedField(name=field.name, value=field.value, span=span_message(field.span))


def validation_message(found: Validation) -> requirement_types_pb2.ValidationResult:
    return requirement_types_pb2.ValidationResult(
        verdict=requirement_types_pb2.ValidationVerdict.Value(f"VALIDATION_VERDICT_{found.verdict.value}"),
        document_type=found.type.value,
        confidence=found.confidence,
        reasons=[requirement_types_pb2.ValidationReason(code=reason.code.value, message=reason.message) for reason in found.reasons],
    )


def party_message(party: Party) -> case_types_pb2.Party:
    return case_types_pb2.Party(
        party_id=party.party_id,
        type=case_types_pb2.SUBJECT_TYPE_PERSON,
        full_name=party.full_name,
        roles=[case_types_pb2.PartyRole.Value(f"PARTY_ROLE_{role.name}") for role in party.roles],
        birth_date=party.birth_date,
        nationality=party.nationality,
        gender=party.gender,
        id_number=party.id_number,
        share=party.share,
        source=party.source,
    )
