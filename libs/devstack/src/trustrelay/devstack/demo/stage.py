"""What every story needs on a stack that is up: the cast, the proofs, where case-api is."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.devstack.client import Endpoint
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.privacy import ForbiddenWords
from trustrelay.devstack.demo.proofs import Proofs, written_files
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.wishes import Wishes
from trustrelay.devstack.supervisor import Stack


@dataclass(frozen=True, slots=True)
class Stage:
    """Made before the story begins, so that only what the story writes is judged."""

    stack: Stack
    teller: Teller
    cast: DemoCast
    proofs: Proofs
    endpoint: Endpoint

    @classmethod
    def of(cls, stack: Stack, wishes: Wishes, teller: Teller) -> Stage:
        """The cast's files and the capsules lie in the stack's folder."""
        environment = stack.environment
        folder = environment.data.root / "demo"
        cast = DemoCast.generate(wishes.seed, folder)
        before = {path: path.stat().st_size for path in written_files(environment.data)}
        proofs = Proofs(stack, teller, ForbiddenWords(cast.forbidden), folder, wishes.trace_out, before)
        return cls(stack, teller, cast, proofs, Endpoint(environment.target("case-api"), environment.issuer_url))
