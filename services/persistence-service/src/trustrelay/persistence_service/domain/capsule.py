"""The statement that a capsule signs: who decided what, on which evidence, by which versions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import rfc8785
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.evidence_types_pb2 import ScreeningRecord
from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.persistence_service.domain.audit import timestamp
from trustrelay.persistence_service.domain.enums import CASE_STATUS
from trustrelay.persistence_service.domain.objects import CaseFolder

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://trustrelay.dev/capsule/v1"


def statement(
    file: CaseFile,
    *,
    screenings: Iterable[ScreeningRecord],
    overrides: Sequence[Mapping[str, Any]],
    resolutions: Sequence[Mapping[str, Any]],
    audit_head: tuple[int, str],
) -> dict[str, Any]:
    """An in-toto Statement v1 of stored facts alone: no clock, so that the same facts make the same bytes."""
    header = file.header
    return {
        "_type": STATEMENT_TYPE,
        "predicateType": PREDICATE_TYPE,
        "subject": subjects(file),
        "predicate": {
            "case": {"id": header.case_id, "tenant": header.tenant_id, "country": header.country, "created_by": header.created_by},
            "template": {"id": header.template_id, "version": header.template_version},
            "status": CASE_STATUS.name(header.status),
            "state_version": header.state_version,
            "reviewed_subject": _json(file.subject),
            "parties": [_json(party) for party in file.parties],
            "decisions": [_json(record) for record in file.decisions],
            "checks": [_json(check) for check in file.checks],
            "overrides": [_row(row, "check_id", "actor", "reason", "state_version") for row in overrides],
            "screenings": [_without_hits(record) for record in screenings],
            "hits": [_json(hit) for hit in file.hits],
            "hit_resolutions": [_row(row, "hit_id", "status", "actor", "reason", "state_version") for row in resolutions],
            "findings": [_json(finding) for finding in file.findings],
            "requirements": [_json(requirement) for requirement in file.requirements],
            "documents": [_json(document) for document in file.documents],
            "evidence": [_json(evidence) for evidence in file.evidence],
            "risk_assessment": _json(file.risk) if file.HasField("risk") else None,
            "assessments": {name: value for name, value in _json(file.assessments).items() if name != "identity"},
            "identity": _identity(file),
            "predecessor_case_id": header.predecessor_case_id or None,
            "policy": _json(file.policy),
            "audit_head": {"sequence": audit_head[0], "chain_hash": audit_head[1]},
            # Absence of a trusted timestamp is stated, never silent.
            "timestamp": {"rfc3161": "not configured"},
        },
    }


def canonical(document: Mapping[str, Any]) -> bytes:
    """RFC 8785 bytes."""
    return rfc8785.dumps(dict(document))


def subjects(file: CaseFile) -> list[dict[str, Any]]:
    """Every stored object of the case once."""
    return subjects_of(CaseFolder(file.header.tenant_id, file.header.case_id).prefix, _objects(file))


def subjects_of(prefix: str, refs: Iterable[ObjectRef]) -> list[dict[str, Any]]:
    """Each object's key below its holder's folder and its digest, in the order of names.

    Where a key was written again with other content, each of its versions is a subject: `<name>@<version>`.
    """
    objects = {(ref.key.removeprefix(prefix), ref.sha256): ref.version for ref in refs if ref.key}
    times = Counter(name for name, _ in objects)
    named = {f"{name}@{version}" if times[name] > 1 else name: digest for (name, digest), version in objects.items()}
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(named.items())]


def _objects(file: CaseFile) -> Iterable[ObjectRef]:
    for evidence in file.evidence:
        yield from (evidence.object, evidence.markdown, evidence.docling_json)
    for document in file.documents:
        yield from (document.original, document.markdown, document.docling_json)


def _json(message: Message) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True)


def _identity(file: CaseFile) -> dict[str, Any] | None:
    """Which signed token of which provider; what it says of the person stays with the provider's token and the case."""
    if not file.assessments.HasField("identity"):
        return None
    told = ("session_id", "provider", "assurance", "verify_time", "token_sha256")
    return {name: value for name, value in _json(file.assessments.identity).items() if name in told}


def _without_hits(record: ScreeningRecord) -> dict[str, Any]:
    """Hits appear once, with their final status."""
    return {name: value for name, value in _json(record).items() if name != "hits"}


def _row(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names} | {"time": timestamp(row["created_at"])}
