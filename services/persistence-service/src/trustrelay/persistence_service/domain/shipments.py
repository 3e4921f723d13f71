"""A shipment as stored, and what is derived from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from trustrelay.common.v1.evidence_types_pb2 import SEVERITY_CRITICAL
from trustrelay.common.v1.requirement_types_pb2 import DOCUMENT_STATE_SUPERSEDED
from trustrelay.common.v1.shipment_types_pb2 import Discrepancy, FieldComparison, GoodsControlResult, ShipmentDocument, ShipmentHeader
from trustrelay.contracts.etags import etag as etag_of
from trustrelay.contracts.shipment_workflow import TERMINAL, resource
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.documents import merged
from trustrelay.persistence_service.domain.enums import CHECK_OUTCOME, SHIPMENT_STATUS, TRADE_DIRECTION
from trustrelay.persistence_service.domain.objects import quarantine_key

_TERMINAL_NAMES = frozenset(status.value for status in TERMINAL)
HOLD = "hold"
# Facts of the upload itself: evidence, not up for revision.
_FIXED = frozenset({"document_id", "file_name", "original", "uploaded_by", "scan_outcome"})


@dataclass(frozen=True)
class Shipment:
    """One row. status is the short name, empty while the shipment is staged (state_version 0). Times are aware."""

    tenant_id: str
    shipment_id: str
    request_id: str
    request_sha256: str
    reference: str
    direction: str
    country_of_dispatch: str
    country_of_destination: str
    client_case_id: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    status: str = ""
    state_version: int = 0
    round: int = 0
    opened_at: datetime | None = None
    trace_id: str = ""
    # Read only: of the newest comparison.
    rules_version: str = ""

    @property
    def opened(self) -> bool:
        """Staged shipments are not shipments yet."""
        return self.opened_at is not None

    @property
    def terminal(self) -> bool:
        """Nothing follows this status."""
        return self.status in _TERMINAL_NAMES

    @property
    def etag(self) -> str:
        """Changes with every transition."""
        return etag_of(self.shipment_id, self.state_version)

    @property
    def resource(self) -> str:
        """Its audit chain."""
        return resource(self.shipment_id)


@dataclass(frozen=True)
class ShipmentUpload:
    """One row: who may post what, until when. `round` is the shipment's when the permission was given."""

    tenant_id: str
    shipment_id: str
    upload_id: str
    request_id: str
    body_sha256: str
    round: int
    file_name: str
    max_bytes: int
    uploaded_by: str
    expire_time: datetime
    created_at: datetime

    @property
    def document_id(self) -> str:
        """The document it becomes."""
        return ids.document_id(self.upload_id)

    @property
    def quarantine_key(self) -> str:
        """Where its body waits."""
        return quarantine_key(self.tenant_id, self.upload_id)


def header(shipment: Shipment) -> ShipmentHeader:
    """What lists show of an opened shipment."""
    plain = (
        "shipment_id", "tenant_id", "state_version", "etag", "reference", "country_of_dispatch", "country_of_destination", "client_case_id",
        "rules_version", "round", "created_by", "trace_id",
    )  # fmt: skip
    shown = ShipmentHeader(**{name: getattr(shipment, name) for name in plain})
    shown.status = SHIPMENT_STATUS.number(shipment.status)  # type: ignore[assignment]  # the stubs want the enum's NewType
    shown.direction = TRADE_DIRECTION.number(shipment.direction)  # type: ignore[assignment]
    shown.create_time.FromDatetime(shipment.created_at)
    shown.update_time.FromDatetime(shipment.updated_at)
    return shown


def revised(stored: ShipmentDocument, update: ShipmentDocument) -> ShipmentDocument:
    """`stored` with the fields set in `update`; a superseded document stays superseded, whatever comes late."""
    result = merged(stored, update, _FIXED)
    if stored.state == DOCUMENT_STATE_SUPERSEDED:
        result.state = DOCUMENT_STATE_SUPERSEDED
    return result


def unexplained(comparisons: Iterable[FieldComparison], controls: GoodsControlResult, discrepancies: Sequence[Discrepancy]) -> list[str]:
    """Mandatory comparisons, and goods controls, that are not CLEAR without a discrepancy that clearance would wait for.

    Whoever compares may not be silent about what it could not compare. Of goods controls tells a hit, or what CRITICAL thing nobody assessed.
    """
    told = {(one.kind, one.about) for one in discrepancies}
    silent = [
        one.field
        for one in comparisons
        if one.mandatory and CHECK_OUTCOME.name(one.outcome) != "CLEAR" and not {("field", one.field), ("not_assessed", one.field)} & told
    ]
    tells = any(one.kind == "goods_control" or (one.kind == "not_assessed" and one.severity == SEVERITY_CRITICAL) for one in discrepancies)
    return silent if tells or CHECK_OUTCOME.name(controls.outcome) == "CLEAR" else [*silent, "goods_controls"]
