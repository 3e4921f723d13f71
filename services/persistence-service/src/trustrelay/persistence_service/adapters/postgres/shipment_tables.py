"""The columns of shipments that statements name; the schema itself is in migration 0015."""

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from trustrelay.persistence_service.adapters.postgres.tables import metadata


def _table(name: str, key: str, *, text: str = "", number: str = "", time: str = "", json: str = "", more: tuple[Column[object], ...] = ()) -> Table:
    """As tables.py does, for tables that belong to a shipment."""
    keys = {"tenant_id", *key.split()}
    columns: list[Column[object]] = [*more]
    for names, kind in ((f"tenant_id shipment_id {text}", Text), (number, BigInteger), (time, lambda: DateTime(timezone=True)), (json, JSONB)):
        columns += [Column(column, kind(), primary_key=column in keys) for column in names.split()]
    return Table(name, metadata, *columns)


shipments = _table(
    "shipments",
    "shipment_id",
    text="request_id request_sha256 reference direction country_of_dispatch country_of_destination client_case_id status created_by trace_id",
    number="state_version round",
    time="created_at updated_at opened_at",
)
transitions = _table(
    "shipment_transitions",
    "shipment_id state_version",
    text="status content_sha256 actor trace_id",
    number="state_version round",
    time="recorded_at",
)
events = _table(
    "shipment_events",
    "shipment_id state_version",
    text="event_id type correlation_id causation_id",
    number="state_version",
    time="created_at published_at",
    json="data",
)
answers = _table("shipment_answers", "request_id", text="request_id body_sha256", time="created_at", more=(Column("answer", LargeBinary()),))
decisions = _table("shipment_decisions", "shipment_id state_version", text="decision actor reason", number="state_version", time="decided_at")
comparisons = _table(
    "shipment_comparisons",
    "shipment_id operation_id",
    text="operation_id rules_version",
    number="ordinal round",
    time="created_at",
    json="body",
)
documents = _table("shipment_documents", "shipment_id document_id", text="document_id state", number="round", time="created_at", json="body")
uploads = _table(
    "shipment_uploads",
    "upload_id",
    text="upload_id request_id body_sha256 file_name uploaded_by",
    number="round max_bytes",
    time="expire_time created_at",
)
discrepancies = _table(
    "shipment_discrepancies",
    "shipment_id discrepancy_id",
    text="discrepancy_id kind about severity explanation status explained_by reason confirmed_by",
    number="round ordinal",
)
words = _table(
    "discrepancy_words",
    "shipment_id discrepancy_id state_version",
    text="discrepancy_id status actor reason",
    number="state_version",
    time="created_at",
)
capsules = _table("shipment_capsules", "shipment_id", number="subject_count", time="created_at", json="body")
