"""MonitoringService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import portfolio_types_pb2 as portfolio
from trustrelay.osint.v1 import monitoring_service_pb2 as messages
from trustrelay.osint.v1 import monitoring_service_pb2_grpc as stubs
from trustrelay.osint_service.application.observe import Observe, Observed, Watched
from trustrelay.osint_service.application.progress import Progress
from trustrelay.osint_service.domain.monitoring.model import Change, KnownHit, Seen
from trustrelay.osint_service.entrypoints import protos, screening_protos
from trustrelay.osint_service.entrypoints.registry import progress


class MonitoringServicer(stubs.MonitoringServiceServicer):
    """Translates and delegates."""

    def __init__(self, observe: Observe) -> None:
        self._observe = observe

    async def Observe(self, request: messages.ObserveRequest, context: Any) -> AsyncIterator[messages.ObserveResponse]:
        """Progress, then one result."""
        async for event in self._observe(_watched(request)):
            if isinstance(event, Progress):
                yield messages.ObserveResponse(progress=progress(event))
            else:
                yield messages.ObserveResponse(result=_result(event, datetime.now(UTC)))


def _watched(request: messages.ObserveRequest) -> Watched:
    assessed = (evidence_types.CHECK_OUTCOME_CLEAR, evidence_types.CHECK_OUTCOME_HIT, evidence_types.CHECK_OUTCOME_FAILED)
    return Watched(
        subject=protos.subject(request.subject),
        parties=protos.parties(request.parties),
        profiles=tuple(protos.profile(one) for one in request.profiles),
        statements=protos.parties(request.party_statements),
        known_hits=tuple(KnownHit(hit.party_id, hit.dataset, hit.entity_id) for hit in request.hits),
        # Whatever a caller sends: what nobody assessed is no state to compare with.
        last={one.check_kind: dict(one.facts) for one in request.last if one.outcome in assessed},
        enabled_checks=tuple(dict.fromkeys(request.enabled_checks)),
    )


def _result(observed: Observed, now: datetime) -> messages.ObserveResult:
    return messages.ObserveResult(
        observations=[_observation(seen, now) for seen in observed.seen], changes=[_change(change) for change in observed.changes]
    )


def _observation(seen: Seen, now: datetime) -> portfolio.Observation:
    return portfolio.Observation(
        check_kind=seen.check_kind, outcome=protos.outcome_value(seen.outcome), reason=seen.reason, facts=dict(seen.facts),
        observe_time=protos.timestamp(now), datasets=[screening_protos.dataset(version) for version in seen.datasets],
    )  # fmt: skip


def _change(change: Change) -> portfolio.ObservedChange:
    return portfolio.ObservedChange(
        kind=change.kind, severity=evidence_types.Severity.Value(f"SEVERITY_{change.severity.name}"), check_kind=change.check_kind,
        changes=[portfolio.FactChange(fact=one.fact, before=one.before, after=one.after) for one in change.facts],
    )  # fmt: skip
