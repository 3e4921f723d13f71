"""A permission to upload one file."""

from dataclasses import dataclass
from datetime import datetime

from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.objects import quarantine_key


@dataclass(frozen=True)
class Upload:
    """One row: who may post what, until when. `iteration` is the case's when the permission was given."""

    tenant_id: str
    case_id: str
    upload_id: str
    request_id: str
    body_sha256: str
    requirement_id: str
    iteration: int
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
