"""A message to a workflow, before it has its envelope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from trustrelay.contracts.messages import Envelope, payload_sha256


class Payload(Protocol):
    """One of the dataclasses of trustrelay.contracts: an envelope, and what is said."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def envelope(self) -> Envelope: ...


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wants of a case, a shipment or a batch (`about`: its id). `etag` is empty when any version will do."""

    update: StrEnum
    about: str
    request_id: str
    etag: str
    payload: Callable[[Envelope], Payload]

    @property
    def body_sha256(self) -> str:
        """Identifies what is said of what: signed with the actor, so that the workflow sees it is what was asked for."""
        return payload_sha256(self.about, self.payload(Envelope("", "", "")))
