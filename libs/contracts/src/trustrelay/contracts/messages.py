"""What every message to a workflow has in common, whatever it is about: a case, a shipment, a batch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class Envelope:
    """What every message carries.

    `expected_version` is the state_version the sender saw (0 = any). `assertion` is the Ed25519-signed statement of case-api about who acts
    (servicekit.assertions); it binds action, what it is about, version, request_id and body_sha256. `body_sha256` is `payload_sha256` of the
    message, so the assertion binds what the message says as well; for `open`, which says nothing itself, it is the digest of the request.
    """

    request_id: str
    body_sha256: str
    assertion: str
    expected_version: int = 0


@dataclass(frozen=True)
class Refusal:
    """Detail of the ApplicationError of a refused message; its `type` is the ErrorInfo reason."""

    # gRPC status code name, for example FAILED_PRECONDITION.
    code: str
    message: str
    metadata: dict[str, str] = field(default_factory=dict)


def payload_sha256(about: str, message: DataclassInstance) -> str:
    """Lower-case hex SHA-256 over the canonical JSON of a message's type, what it is about (an id) and all it says but its envelope."""
    said = {name: value for name, value in asdict(message).items() if name != "envelope"}
    canonical = json.dumps([type(message).__name__, about, said], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
