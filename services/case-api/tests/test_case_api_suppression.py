"""SuppressionService over a real channel, with refreshes and cases on a real Temporal server."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import grpc
import pytest
from case_api_harness import Api, refused, request_id, running_api
from case_api_temporal import temporal_settings
from opentelemetry import trace
from temporalio.client import Client
from temporalio.contrib.opentelemetry import create_tracer_provider

from trustrelay.case.v1 import suppression_service_pb2 as pb
from trustrelay.case.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from trustrelay.case_api.domain.roles import SUPPRESSION_REQUIRED
from trustrelay.common.v1 import portfolio_types_pb2 as types
from trustrelay.contracts import case_workflow
from trustrelay.contracts import monitoring_workflow as wf
from trustrelay.devstack.engines import SeaweedEngine, TemporalEngine
from trustrelay.devstack.testing import Bench, running_bench, s3_engine, temporal_engine
from trustrelay.persistence.v1.screening_store_service_pb2 import ReopenedHit
from trustrelay.servicekit import temporal
from trustrelay.servicekit.grpc_client import channel

__all__ = ["running_bench", "s3_engine", "temporal_engine"]
pytestmark = pytest.mark.integration
DENIED, PRECONDITION, INVALID = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND, ABORTED = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.ABORTED


@pytest.fixture(scope="module", autouse=True)
def tracing():
    """The SDK's plugin wants its replay-safe provider, as telemetry.setup installs it."""
    trace.set_tracer_provider(create_tracer_provider())


@pytest.fixture
def settings(temporal_engine: TemporalEngine, s3_engine: SeaweedEngine, running_bench: Bench) -> temporal.TemporalSettings:
    return temporal_settings(temporal_engine, s3_engine, running_bench.folder / "suppression-keys.json")


@pytest.fixture
async def client(settings: temporal.TemporalSettings) -> Client:
    return await temporal.connect(settings)


@pytest.fixture
async def api(settings: temporal.TemporalSettings):
    async with running_api(partial(temporal.connect, settings)) as running:
        yield running


@pytest.fixture
async def lonely():
    """The same without Temporal."""
    async with running_api() as running:
        yield running


async def call(api: Api, user: str, method: str, request: Any) -> Any:
    async with channel(api.target) as opened:
        return await getattr(SuppressionServiceStub(opened), method)(request, metadata=await api.as_user(user), timeout=20)


def new_rule(**changes: Any) -> pb.CreateSuppressionRuleRequest:
    said = {"request_id": request_id(), "case_id": str(uuid.uuid4()), "hit_id": "hit-1", "reason": "another birth date"}
    request = pb.CreateSuppressionRuleRequest(**{**said, **changes})
    request.expire_time.FromDatetime(datetime.now(UTC) + timedelta(days=90))
    return request


def test_every_method_has_its_roles():
    """The table is complete: a method that is not in it could be called by nobody."""
    assert set(SUPPRESSION_REQUIRED) == {method.name for method in pb.DESCRIPTOR.services_by_name["SuppressionService"].methods}


@pytest.mark.parametrize(
    ("user", "method", "request_of"),
    [
        ("anton", "CreateSuppressionRule", new_rule),
        ("anton", "AcceptSuppressionRule", pb.AcceptSuppressionRuleRequest),
        ("anton", "RevokeSuppressionRule", pb.RevokeSuppressionRuleRequest),
        ("olivia", "RefreshSuppressionRules", pb.RefreshSuppressionRulesRequest),
    ],
)
async def test_who_may_not_is_refused(lonely: Api, user: str, method: str, request_of: Any):
    """Officers give their word, managers refresh, auditors read."""
    async with refused(DENIED, "ROLE_REQUIRED"):
        await call(lonely, user, method, request_of())


async def test_a_rule_is_made_accepted_and_listed(lonely: Api):
    """By officers of the tenant; auditors read rules and dismissed hits; another tenant sees neither."""
    kept = lonely.store.portfolio.suppression
    made = (await call(lonely, "olivia", "CreateSuppressionRule", new_rule())).rule
    proposal = kept.add("acme", status=types.SUPPRESSION_RULE_STATUS_PROPOSED, created_by="model:reasoner-1")
    kept.hits.append(types.DismissedHit(case_id=made.case_id, rule="auto@1"))
    accepted = await call(lonely, "samir", "AcceptSuppressionRule", pb.AcceptSuppressionRuleRequest(rule_id=proposal.rule_id, etag="e-1"))
    assert (made.created_by, accepted.rule.accepted_by) == ("officer:olivia", "officer:samir")
    active = pb.ListSuppressionRulesRequest(status=types.SUPPRESSION_RULE_STATUS_ACTIVE)
    assert {rule.rule_id for rule in (await call(lonely, "anton", "ListSuppressionRules", active)).rules} == {made.rule_id, proposal.rule_id}
    hits = await call(lonely, "anton", "ListDismissedHits", pb.ListDismissedHitsRequest(case_id=made.case_id))
    assert [hit.rule for hit in hits.hits] == ["auto@1"]
    assert not (await call(lonely, "omar", "ListSuppressionRules", pb.ListSuppressionRulesRequest())).rules
    async with refused(NOT_FOUND, "SUPPRESSION_RULE_NOT_FOUND"):
        await call(lonely, "omar", "AcceptSuppressionRule", pb.AcceptSuppressionRuleRequest(rule_id=made.rule_id))


async def test_what_is_refused_is_in_the_audit_log(lonely: Api):
    """Of the case for a rule that nothing carries, of the rule for a word that came too late; no reason text, no facts of people."""
    request = new_rule(hit_id="unsure")
    rule = lonely.store.portfolio.suppression.add("acme", status=types.SUPPRESSION_RULE_STATUS_ACTIVE)
    for _ in range(2):
        async with refused(PRECONDITION, "DISCRIMINATORS_INSUFFICIENT"):
            await call(lonely, "olivia", "CreateSuppressionRule", request)
    async with refused(ABORTED, "ETAG_MISMATCH"):
        await call(lonely, "olivia", "AcceptSuppressionRule", pb.AcceptSuppressionRuleRequest(rule_id=rule.rule_id, etag="old"))
    noted = [(about, entry.type, json.loads(entry.data_json)["reason"]) for about, _, entry in lonely.store.events]
    assert noted == [
        (request.case_id, "message_refused", "DISCRIMINATORS_INSUFFICIENT"),
        (f"suppression-rule/{rule.rule_id}", "message_refused", "ETAG_MISMATCH"),
    ]


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"request_id": "no"}, INVALID, "FIELD_INVALID"),
        ({"reason": " "}, INVALID, "FIELD_INVALID"),
        ({"hit_id": ""}, INVALID, "FIELD_INVALID"),
        ({"case_id": "no"}, NOT_FOUND, "CASE_NOT_FOUND"),
    ],
)
async def test_a_rule_that_says_too_little_is_refused_at_the_edge(lonely: Api, changes: dict[str, str], code: Any, reason: str):
    """Nothing of it reaches the store."""
    async with refused(code, reason):
        await call(lonely, "olivia", "CreateSuppressionRule", new_rule(**changes))
    assert not lonely.store.portfolio.suppression.rules


async def test_a_rule_needs_an_end(lonely: Api):
    """No standing word lasts for ever."""
    request = new_rule()
    request.ClearField("expire_time")
    async with refused(INVALID, "FIELD_INVALID"):
        await call(lonely, "olivia", "CreateSuppressionRule", request)


async def test_nothing_ends_while_cases_cannot_be_told(lonely: Api):
    """Without the workflow engine a revocation changes nothing and may be sent again; nor does a refresh begin."""
    rule = lonely.store.portfolio.suppression.add("acme", status=types.SUPPRESSION_RULE_STATUS_ACTIVE)
    for user, method, request in (
        ("olivia", "RevokeSuppressionRule", pb.RevokeSuppressionRuleRequest(rule_id=rule.rule_id, reason="a mistake")),
        ("mara", "RefreshSuppressionRules", pb.RefreshSuppressionRulesRequest(request_id=request_id())),
    ):
        async with refused(grpc.StatusCode.UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE"):
            await call(lonely, user, method, request)
    assert rule.status == types.SUPPRESSION_RULE_STATUS_ACTIVE


async def test_revoking_tells_the_open_cases(api: Api, client: Client):
    """Each open case gets the one signal that makes it look; closed ones and those without a workflow hold nobody up."""
    told, gone, closed = (str(uuid.uuid4()) for _ in range(3))
    kept = api.store.portfolio.suppression
    kept.opens = [ReopenedHit(case_id=case, hit_id="h", reason="RULE_REVOKED", case_closed=case == closed) for case in (told, gone, closed, told)]
    rule = kept.add("acme", status=types.SUPPRESSION_RULE_STATUS_ACTIVE)
    handle = await client.start_workflow("NobodyRunsThis", id=case_workflow.workflow_id("acme", told), task_queue="nobody")
    try:
        reply = await call(api, "olivia", "RevokeSuppressionRule", pb.RevokeSuppressionRuleRequest(rule_id=rule.rule_id, reason="a mistake"))
        signals = [e.workflow_execution_signaled_event_attributes.signal_name async for e in handle.fetch_history_events() if e.event_type == 26]
    finally:
        await handle.terminate()
    assert (reply.reopened_hits, reply.rule.status) == (4, types.SUPPRESSION_RULE_STATUS_REVOKED)
    assert signals == [case_workflow.FACTS_CHANGED]


async def test_a_refresh_begins_once_per_request(api: Api, client: Client):
    """The same request names the same refresh; another one another. Alerts are found by the id that is answered."""
    request = pb.RefreshSuppressionRulesRequest(request_id=request_id())
    first, again = [(await call(api, "mara", "RefreshSuppressionRules", request)).refresh_id for _ in range(2)]
    other = (await call(api, "mara", "RefreshSuppressionRules", pb.RefreshSuppressionRulesRequest(request_id=request_id()))).refresh_id
    workflow_id = f"{wf.suppression_workflow_id('acme')}/manual/{request.request_id}"
    handle = client.get_workflow_handle(workflow_id)
    described = await handle.describe()
    assert first == again == wf.run_id_of(workflow_id) != other
    assert (described.workflow_type, described.task_queue) == (wf.SUPPRESSION_WORKFLOW, wf.TASK_QUEUE)
    async for left in client.list_workflows(f'WorkflowType = "{wf.SUPPRESSION_WORKFLOW}"'):
        await client.get_workflow_handle(left.id).terminate()
