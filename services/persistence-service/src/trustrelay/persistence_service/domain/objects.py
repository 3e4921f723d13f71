"""Keys of the evidence bucket and what an upload may be."""

import re
from dataclasses import dataclass
from typing import ClassVar

MAX_UPLOAD_BYTES = 50 * 1024 * 1024
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def tenant_is_usable(tenant: str) -> bool:
    """A tenant's id is a path segment: no slash, no leading dot."""
    return _TENANT.fullmatch(tenant) is not None


@dataclass(frozen=True)
class Folder:
    """Where the evidence of one holder lies: a case, a shipment."""

    tenant_id: str
    holder_id: str
    # case or shipment, and what its folders are numbered by.
    kind: ClassVar[str]
    step: ClassVar[str]

    @property
    def prefix(self) -> str:
        """Ends with a slash."""
        return f"tenant/{self.tenant_id}/{self.kind}/{self.holder_id}/"

    @property
    def capsule_key(self) -> str:
        """The signed capsule's key."""
        return f"{self.prefix}capsule/capsule.dsse.json"

    def contains(self, key: str) -> bool:
        """Is `key` one of this holder's objects? Keys with odd segments (.., empty, control characters) are nobody's."""
        return key.startswith(self.prefix) and all(_SEGMENT.fullmatch(s) for s in key.removeprefix(self.prefix).split("/"))

    def folder(self, number: int, name: str) -> str | None:
        """Prefix of a sub-folder of an iteration or round, or None when `name` is no clean relative path."""
        prefix = f"{self.prefix}{self.step}-{number}/{name.strip('/')}/"
        return prefix if number >= 0 and self.contains(f"{prefix}x") else None

    def upload_key(self, number: int, document_id: str, extension: str) -> str:
        """The sender's file name stays in the database: names of files hold names of people, and keys end up in URLs and traces."""
        return f"{self.prefix}{self.step}-{number}/uploads/{document_id}/original{extension}"


class CaseFolder(Folder):
    """A case's: iteration 0 is what was found before the customer was asked."""

    kind = "case"
    step = "iteration"


class ShipmentFolder(Folder):
    """A shipment's: round 0 is what came before papers were first processed."""

    kind = "shipment"
    step = "round"


def quarantine_key(tenant: str, upload_id: str) -> str:
    """Where an upload waits; exactly this key is allowed by its POST policy."""
    return f"tenant/{tenant}/upload/{upload_id}"
