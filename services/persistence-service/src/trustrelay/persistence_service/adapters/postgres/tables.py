"""The columns that statements name. The schema itself, with its constraints and policies, is in the migrations."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

metadata = MetaData()
_T = Text()
_TIME = DateTime(timezone=True)
_JSON = JSONB(none_as_null=True)


def _table(name: str, key: str, **columns: TypeEngine[object]) -> Table:
    """A tenant's table: `key` names the primary key's columns after tenant_id."""
    keys = key.split()
    types = {"tenant_id": _T, "case_id": _T, **columns}
    return Table(name, metadata, *(Column(c, t, primary_key=c == "tenant_id" or c in keys) for c, t in types.items()))


cases = _table(
    "cases", "case_id", request_id=_T, request_sha256=_T, template_id=_T, template_version=Integer(), subject=_JSON, language=_T, policy=_JSON, status=_T,
    state_version=BigInteger(), iteration=Integer(), tier=_T, tier_set_by=_T, projection=_JSON, created_by=_T, created_at=_TIME, updated_at=_TIME,
    opened_at=_TIME, expire_time=_TIME, trace_id=_T,
)  # fmt: skip
transitions = _table(
    "case_transitions", "case_id state_version", state_version=BigInteger(), status=_T, iteration=Integer(), tier=_T, tier_set_by=_T, projection=_JSON,
    content_sha256=_T, actor=_T, trace_id=_T, recorded_at=_TIME,
)  # fmt: skip
audit_events = _table(
    "audit_events", "case_id sequence", sequence=BigInteger(), event_id=_T, type=_T, actor=_T, event_time=_TIME, data=_T, trace_id=_T, chain_hash=_T
)
domain_events = _table(
    "domain_events", "case_id state_version", state_version=BigInteger(), event_id=_T, type=_T, correlation_id=_T, causation_id=_T, data=_JSON,
    created_at=_TIME, published_at=_TIME,
)  # fmt: skip
answers = _table("answers", "request_id", request_id=_T, body_sha256=_T, answer=LargeBinary(), created_at=_TIME)

evidence = _table("evidence", "case_id evidence_id", evidence_id=_T, iteration=Integer(), kind=_T, body=_JSON)
profiles = _table("profiles", "case_id source", source=_T, body=_JSON)
parties = _table("parties", "case_id party_id", party_id=_T, body=_JSON)
checks = _table("checks", "case_id check_id", check_id=_T, kind=_T, outcome=_T, body=_JSON)
check_overrides = _table("check_overrides", "case_id check_id", check_id=_T, actor=_T, reason=_T, state_version=BigInteger(), created_at=_TIME)
findings = _table("findings", "case_id finding_id", finding_id=_T, severity=_T, superseded_by=_T, body=_JSON)
screenings = _table("screenings", "case_id party_id iteration", party_id=_T, iteration=Integer(), body=_JSON)
hits = _table("hits", "case_id hit_id", hit_id=_T, party_id=_T, topics=ARRAY(_T), status=_T, status_reason=_T, resolved_by=_T, body=_JSON)
hit_resolutions = _table(
    "hit_resolutions", "case_id hit_id state_version", hit_id=_T, state_version=BigInteger(), status=_T, actor=_T, reason=_T, created_at=_TIME
)
risk_assessments = _table("risk_assessments", "case_id operation_id", operation_id=_T, ordinal=BigInteger(), iteration=Integer(), level=_T, body=_JSON)

requirements = _table("requirements", "case_id requirement_id", requirement_id=_T, position=Integer(), status=_T, body=_JSON)
documents = _table(
    "documents", "case_id document_id", document_id=_T, requirement_id=_T, iteration=Integer(), state=_T, body=_JSON, created_at=_TIME
)
uploads = _table(
    "uploads", "upload_id", upload_id=_T, request_id=_T, body_sha256=_T, requirement_id=_T, iteration=Integer(), file_name=_T, max_bytes=BigInteger(),
    uploaded_by=_T, expire_time=_TIME, created_at=_TIME,
)  # fmt: skip
tasks = _table("tasks", "case_id task_id", task_id=_T, kind=_T, requirement_id=_T, done=Boolean(), ordinal=BigInteger(), body=_JSON)
decisions = _table(
    "decisions", "case_id round step", round=Integer(), step=Integer(), actor=_T, decision=_T, second_decision=_T, state_version=BigInteger(), body=_JSON
)
portal_answers = _table("portal_answers", "case_id question_id", question_id=_T, answer=_T, updated_at=_TIME)
portal_tokens = _table("portal_tokens", "token_sha256", token_sha256=_T, expire_time=_TIME, created_at=_TIME)
capsules = _table("capsules", "case_id", body=_JSON, subject_count=Integer(), created_at=_TIME)
