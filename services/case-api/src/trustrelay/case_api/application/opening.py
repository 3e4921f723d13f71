"""Opening what has a workflow of its own: stored first, then started, answered once it exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic

from trustrelay.case_api.application.messages import Payload
from trustrelay.case_api.application.ports import Addressees, Assertions, Engine, Start
from trustrelay.case_api.application.send_message import ASSERTION_LIFETIME
from trustrelay.case_api.domain.addressees import Kind, R
from trustrelay.contracts.messages import Envelope
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import FailedPrecondition, NotFound
from trustrelay.servicekit.telemetry import get_logger


@dataclass(frozen=True, slots=True)
class Opening:
    """Something staged (`about`: its id) with the first message to its workflow. `opened`: it exists already, so the request is a repeated one."""

    about: str
    request_id: str
    body_sha256: str
    update: StrEnum
    message: Callable[[Envelope], Payload]
    # The workflow's input: a dataclass of trustrelay.contracts.
    input: object
    attributes: Mapping[str, str] = field(default_factory=dict)
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Opener(Generic[R]):
    """Starts a workflow and waits for its first answer; a request becomes one workflow, however often it is sent and whatever fails in between."""

    kind: Kind[R]
    engine: Engine
    assertions: Assertions

    async def start(self, opening: Opening) -> R:
        """The workflow's answer, the same to every repetition that it remembers. Raises what it refuses with, Unavailable."""
        token = self.assertions.sign(opening.update, opening.about, 0, opening.request_id, opening.body_sha256, ASSERTION_LIFETIME)
        message = opening.message(Envelope(opening.request_id, opening.body_sha256, token, 0))
        receipt = await self.engine.open(Start(self.kind, opening.about, opening.input, opening.update, message, opening.attributes))
        get_logger().info(f"{self.kind.name}.opened", **{f"{self.kind.name}.id": opening.about, "tenant.id": call_context.current().tenant_id})
        return receipt


@dataclass(frozen=True, slots=True)
class OpenOnce(Generic[R]):
    """Use case: open, or say again what the opening was answered with. `first` is what every opening of this kind is answered with."""

    opener: Opener[R]
    addressees: Addressees[R]
    first: R

    async def __call__(self, opening: Opening) -> R:
        """Raises AlreadyExists / REQUEST_ID_REUSED, Unavailable (the same request_id opens the same thing)."""
        if opening.opened:
            return await self._first_answer(opening)
        try:
            return await self.opener.start(opening)
        except FailedPrecondition as refusal:
            # A twin of this request opened it, and it may have moved on or even ended since.
            try:
                return await self._first_answer(opening)
            except NotFound:
                raise refusal from None

    async def _first_answer(self, opening: Opening) -> R:
        """NotFound when it never opened."""
        if (answered := await self.addressees.find_answer(opening.request_id, opening.body_sha256)) is not None:
            return answered
        await self.addressees.standing(opening.about)
        return self.first
