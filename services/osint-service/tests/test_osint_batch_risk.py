"""Many cases scored in one call: the same rules, each case by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import decision_types_pb2 as decision_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.osint.v1 import risk_service_pb2 as messages
from trustrelay.osint.v1.risk_service_pb2_grpc import RiskServiceStub, add_RiskServiceServicer_to_server
from trustrelay.osint_service.entrypoints.risk import RiskServicer
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.errors import InvalidArgument
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import Registration, running

DAY = "2026-11-22"


@pytest.fixture
async def risk() -> AsyncIterator[RiskServiceStub]:
    """RiskService over a real channel; its rules need nothing else."""
    registration = Registration(add_RiskServiceServicer_to_server, RiskServicer(), "trustrelay.osint.v1.RiskService")
    async with running([registration]) as target, channel(target) as opened:
        with use(CallContext("t", "batch")):
            yield RiskServiceStub(opened)


def case(country: str = "BE", **more: object) -> messages.AssessRiskRequest:
    """One that the rules can judge."""
    subject = case_types.Subject(type=case_types.SUBJECT_TYPE_COMPANY, country=country)
    return messages.AssessRiskRequest(**({"subject": subject, "checkpoint": "batch", "as_of_date": DAY} | more))  # type: ignore[arg-type]


_COUNTRIES = st.sampled_from(["BE", "NL", "VN", "IR", ""])
_PARTIES = st.builds(
    case_types.Party, type=st.sampled_from([1, 2]), roles=st.lists(st.sampled_from([1, 2, 3, 4]), max_size=2), nationality=_COUNTRIES,
)  # fmt: skip
_CHECKS = st.builds(
    evidence_types.Check,
    kind=st.sampled_from(["registry_status", "adverse_media", "identity_verification"]),
    outcome=st.sampled_from([0, 1, 2, 3, 4]),
    overridden=st.booleans(),
    evidence_ids=st.lists(st.sampled_from(["e-1", "e-2"]), max_size=2),
)
_FINDINGS = st.builds(
    evidence_types.Finding, finding_id=st.just("f"), kind=st.just("k"), severity=st.sampled_from([0, 4, 6]), superseded_by=st.sampled_from(["", "g"])
)
_HITS = st.builds(evidence_types.Hit, topics=st.lists(st.sampled_from(["sanction", "role.pep"]), max_size=2), status=st.sampled_from([0, 1, 2, 3, 4]))
_CASES = st.builds(
    messages.AssessRiskRequest,
    subject=st.builds(case_types.Subject, type=st.sampled_from([0, 1, 2]), country=_COUNTRIES, nationality=_COUNTRIES),
    profiles=st.lists(st.builds(case_types.CompanyProfile, start_date=st.sampled_from(["", "2026-06-01"]), activity_codes=st.just(["2008:46190"]))),
    parties=st.lists(_PARTIES, max_size=3), checks=st.lists(_CHECKS, max_size=3), findings=st.lists(_FINDINGS, max_size=2),
    hits=st.lists(_HITS, max_size=2), as_of_date=st.sampled_from([DAY, "2020-01-01", "someday"]), checkpoint=st.just("batch"),
)  # fmt: skip


async def _alone(rules: RiskServicer, one: messages.AssessRiskRequest) -> messages.BatchAssessRiskResult:
    try:
        return messages.BatchAssessRiskResult(assessment=(await rules.AssessRisk(one, None)).assessment)
    except InvalidArgument as refused:
        return messages.BatchAssessRiskResult(not_assessed_reason=refused.reason)


@settings(max_examples=60, deadline=None)
@given(st.lists(_CASES, max_size=4))
def test_osint_batch_says_what_each_call_would_say(cases: list[messages.AssessRiskRequest]) -> None:
    """Whatever the cases, each answer is the one that AssessRisk alone gives: the same assessment, or its refusal as the reason."""

    async def compare() -> None:
        rules = RiskServicer()
        reply = await rules.BatchAssessRisk(messages.BatchAssessRiskRequest(requests=cases), None)
        assert list(reply.results) == [await _alone(rules, one) for one in cases]

    asyncio.run(compare())


async def test_osint_batch_keeps_order_and_lets_the_others_stand(risk: RiskServiceStub) -> None:
    """One case without a type and one with a number that nobody knows are not assessed; those around them are, in order."""
    nobody = case(subject=case_types.Subject(country="BE"))
    strange = case(parties=[case_types.Party(type=case_types.SUBJECT_TYPE_PERSON, roles=[99])])  # type: ignore[list-item]
    reply = await risk.BatchAssessRisk(messages.BatchAssessRiskRequest(requests=[case("IR"), nobody, strange, case()]), timeout=10)
    assert [one.not_assessed_reason for one in reply.results] == ["", "PARTY_TYPE_MISSING", "FACTS_UNREADABLE", ""]
    assert [one.assessment.level for one in reply.results] == [decision_types.RISK_LEVEL_HIGH, 0, 0, decision_types.RISK_LEVEL_LOW]


async def test_osint_batch_has_a_largest_size(risk: RiskServiceStub) -> None:
    """More than a thousand cases are refused as a whole; a thousand are not."""
    with pytest.raises(InvalidArgument) as caught:
        await risk.BatchAssessRisk(messages.BatchAssessRiskRequest(requests=[case()] * 1001), timeout=30)
    assert caught.value.reason == "BATCH_TOO_LARGE"
    assert len((await risk.BatchAssessRisk(messages.BatchAssessRiskRequest(requests=[case()] * 1000), timeout=30)).results) == 1000


async def test_osint_batch_leaves_room_for_other_calls(risk: RiskServiceStub) -> None:
    """A single case asked for while a large batch is scored is answered before the batch."""
    order: list[str] = []

    async def ask(name: str, call: object) -> None:
        await call  # type: ignore[misc]
        order.append(name)

    batch = asyncio.create_task(ask("batch", risk.BatchAssessRisk(messages.BatchAssessRiskRequest(requests=[case()] * 1000), timeout=30)))
    await asyncio.sleep(0.01)
    await ask("one", risk.AssessRisk(case(), timeout=30))
    await batch
    assert order == ["one", "batch"]
