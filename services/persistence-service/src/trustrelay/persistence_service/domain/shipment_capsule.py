"""The statement that a shipment's capsule signs: what its papers say, what disagreed, and who let it pass."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from trustrelay.common.v1.shipment_types_pb2 import ShipmentFile
from trustrelay.persistence_service.domain.audit import timestamp
from trustrelay.persistence_service.domain.capsule import STATEMENT_TYPE, subjects_of
from trustrelay.persistence_service.domain.enums import SHIPMENT_STATUS, TRADE_DIRECTION
from trustrelay.persistence_service.domain.objects import ShipmentFolder

PREDICATE_TYPE = "https://trustrelay.dev/shipment-capsule/v1"


def statement(file: ShipmentFile, *, words: Sequence[Mapping[str, Any]], audit_head: tuple[int, str]) -> dict[str, Any]:
    """An in-toto Statement v1 of stored facts alone: no clock, so that the same facts make the same bytes."""
    header = file.header
    folder = ShipmentFolder(header.tenant_id, header.shipment_id)
    objects = [ref for document in file.documents for ref in (document.original, document.markdown, document.docling_json)]
    return {
        "_type": STATEMENT_TYPE,
        "predicateType": PREDICATE_TYPE,
        "subject": subjects_of(folder.prefix, objects),
        "predicate": {
            "shipment": {
                "id": header.shipment_id, "tenant": header.tenant_id, "reference": header.reference,
                "direction": TRADE_DIRECTION.name(header.direction), "country_of_dispatch": header.country_of_dispatch,
                "country_of_destination": header.country_of_destination, "client_case_id": header.client_case_id or None,
                "created_by": header.created_by,
            },
            "status": SHIPMENT_STATUS.name(header.status),
            "state_version": header.state_version,
            "round": header.round,
            "rules_version": header.rules_version,
            "documents": [_json(document) for document in file.documents],
            "comparisons": [_json(comparison) for comparison in file.comparisons],
            "goods_controls": _json(file.goods_controls) if file.HasField("goods_controls") else None,
            "discrepancies": [_json(discrepancy) for discrepancy in file.discrepancies],
            "officers_words": [_word(word) for word in words],
            "decisions": [_json(record) for record in file.decisions],
            "audit_head": {"sequence": audit_head[0], "chain_hash": audit_head[1]},
            # Absence of a trusted timestamp is stated, never silent.
            "timestamp": {"rfc3161": "not configured"},
        },
    }  # fmt: skip


def _json(message: Message) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True)


def _word(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in ("discrepancy_id", "status", "actor", "reason", "state_version")}
    return told | {"time": timestamp(row["created_at"])}
