"""The columns that statements name. The schema itself, with its constraints and policies, is in the migrations."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, Double, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


def _table(name: str, key: str, *, text: str = "", number: str = "", time: str = "", json: str = "", more: tuple[Column[object], ...] = ()) -> Table:
    """A case's table: names of its columns by type beside tenant_id and case_id; `key` names the columns of the primary key after tenant_id."""
    return _tenant_table(name, key, text=f"case_id {text}", number=number, time=time, json=json, more=more)


def _tenant_table(
    name: str, key: str, *, text: str = "", number: str = "", time: str = "", json: str = "", more: tuple[Column[object], ...] = ()
) -> Table:
    """A tenant's table: as `_table`, without a case."""
    keys = {"tenant_id", *key.split()}
    columns: list[Column[object]] = [*more]
    for names, kind in ((f"tenant_id {text}", Text), (number, BigInteger), (time, lambda: DateTime(timezone=True)), (json, JSONB)):
        columns += [Column(column, kind(), primary_key=column in keys) for column in names.split()]
    return Table(name, metadata, *columns)


cases = _table(
    "cases",
    "case_id",
    text="request_id request_sha256 template_id language status tier tier_set_by created_by trace_id owner predecessor_case_id review_of_case_id"
    " opened_by_alert_id",
    number="template_version state_version iteration",
    time="created_at updated_at opened_at expire_time decided_at",
    json="subject policy projection",
)
transitions = _table(
    "case_transitions",
    "case_id state_version",
    text="status tier tier_set_by content_sha256 actor trace_id",
    number="state_version iteration",
    time="recorded_at",
    json="projection",
)
audit_events = _table("audit_events", "case_id sequence", text="event_id type actor data trace_id chain_hash", number="sequence", time="event_time")
domain_events = _table(
    "domain_events",
    "case_id state_version",
    text="event_id type correlation_id causation_id",
    number="state_version",
    time="created_at published_at",
    json="data",
)
answers = _table("answers", "request_id", text="request_id body_sha256", time="created_at", more=(Column("answer", LargeBinary()),))

evidence = _table("evidence", "case_id evidence_id", text="evidence_id kind", number="iteration", json="body")
profiles = _table("profiles", "case_id source", text="source", json="body")
parties = _table("parties", "case_id party_id source", text="party_id source", json="body")
checks = _table("checks", "case_id check_id", text="check_id kind outcome", json="body")
check_overrides = _table("check_overrides", "case_id check_id", text="check_id actor reason", number="state_version", time="created_at")
findings = _table("findings", "case_id finding_id", text="finding_id severity superseded_by", json="body")
screenings = _table("screenings", "case_id party_id iteration", text="party_id", number="iteration", json="body")
hits = _table(
    "hits",
    "case_id hit_id",
    text="hit_id party_id status status_reason resolved_by",
    json="body",
    more=(Column("topics", ARRAY(Text())),),
)
hit_resolutions = _table(
    "hit_resolutions", "case_id hit_id state_version", text="hit_id status actor reason", number="state_version", time="created_at"
)
risk_assessments = _table(
    "risk_assessments", "case_id operation_id", text="operation_id level", number="ordinal iteration", time="created_at", json="body"
)

requirements = _table(
    "requirements",
    "case_id requirement_id",
    text="requirement_id status",
    number="position",
    json="body",
    more=(Column("set_by_officer", Boolean()),),
)
documents = _table("documents", "case_id document_id", text="document_id requirement_id state", number="iteration", time="created_at", json="body")
uploads = _table(
    "uploads",
    "upload_id",
    text="upload_id request_id body_sha256 requirement_id file_name uploaded_by",
    number="iteration max_bytes",
    time="expire_time created_at",
)
tasks = _table("tasks", "case_id task_id", text="task_id kind requirement_id", number="ordinal", json="body", more=(Column("done", Boolean()),))
decisions = _table(
    "decisions", "case_id round step", text="actor decision second_decision recommendation", number="round step state_version", json="body"
)
questions = _table("questions", "case_id question_id", text="question_id", number="position", json="body", more=(Column("mandatory", Boolean()),))
creation_answers = _table("creation_answers", "case_id question_id", text="question_id answer")
portal_answers = _table("portal_answers", "case_id question_id", text="question_id answer", time="updated_at")
portal_tokens = _table("portal_tokens", "token_sha256", text="token_sha256", time="expire_time created_at")
assessments = _table("assessments", "case_id part", text="part", time="updated_at", json="body")
identities = _table("identities", "case_id session_id", text="session_id", number="ordinal", time="created_at", json="body")
capsules = _table("capsules", "case_id", number="subject_count", time="created_at", json="body")
templates = _tenant_table("templates", "template_id version", text="template_id source created_by", number="version", time="created_at")

audited_resources = _tenant_table("audited_resources", "resource", text="resource")
resource_audit_events = _tenant_table(
    "resource_audit_events", "resource sequence", text="resource event_id type actor data trace_id chain_hash", number="sequence", time="event_time"
)
alerts = _tenant_table(
    "alerts",
    "alert_id",
    text="alert_id case_id kind severity check_kind found_by status review_case_id resolved_by reason",
    time="created_at resolved_at",
    json="body",
)

suppression_rules = _tenant_table(
    "suppression_rules",
    "rule_id",
    text="rule_id request_id request_sha256 status party_id dataset entity_id caption reason created_by accepted_by case_id hit_id end_reason"
    " ended_by operation_id",
    number="version",
    time="created_at expire_at ended_at",
    json="discriminators",
)
hit_tests = _table("hit_tests", "case_id hit_id", text="hit_id outcome reason found_by", time="tested_at", json="dataset")
hit_reopenings = _table(
    "hit_reopenings",
    "operation_id case_id hit_id",
    text="hit_id operation_id rule reason found_by alert_id",
    time="created_at",
    more=(Column("case_closed", Boolean()),),
)
batch_runs = _tenant_table(
    "batch_runs",
    "run_id",
    text="run_id request_id request_sha256 status created_by reason",
    number="state_version since_ordinal cases_total cases_scored cases_not_assessed",
    time="created_at ended_at",
    json="filter",
    more=(
        Column("dry_run", Boolean()), Column("as_of_date", Date()), Column("max_cases_per_second", Double()), Column("model_versions", ARRAY(Text())),
    ),
)  # fmt: skip
batch_results = _table(
    "batch_results",
    "run_id case_id",
    text="run_id outcome reason before_level after_level model_version",
    time="scored_at",
    json="changes",
    more=(Column("before_score", Double()), Column("after_score", Double()), Column("changed", Boolean())),
)
batch_levels = _tenant_table("batch_levels", "run_id before_level after_level", text="run_id before_level after_level", number="cases")

monitoring_schedules = _tenant_table(
    "monitoring_schedules", "", text="updated_by", number="version", time="updated_at", json="body", more=(Column("in_use", Boolean()),)
)
monitoring_runs = _tenant_table(
    "monitoring_runs",
    "run_id",
    text="run_id status trigger reason",
    number="cases_total cases_checked cases_not_assessed alerts_opened",
    time="started_at heard_at ended_at",
    json="policy",
)
monitoring_observations = _table(
    "monitoring_observations",
    "run_id case_id",
    text="run_id",
    time="observed_at",
    json="body",
    more=(Column("not_assessed", Boolean()),),
)
monitoring_states = _table("monitoring_states", "case_id check_kind", text="check_kind run_id outcome", time="observed_at", json="body")
