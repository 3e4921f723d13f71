"""Lists, live views, answers, tasks, the portal and the audit log over a real channel."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import pytest
import rfc8785
from persistence_harness import GAPS, PRE, WITHDRAWN, Caller, Service, audit_events, refused, sha
from sqlalchemy import text

from trustrelay.common.v1.case_file_pb2 import Task
from trustrelay.persistence.v1 import audit_service_pb2 as audit
from trustrelay.persistence.v1 import case_store_service_pb2 as pb
from trustrelay.persistence.v1.case_store_service_pb2_grpc import CaseStoreServiceStub
from trustrelay.persistence.v1.object_service_pb2 import GrantReadRequest, GrantWriteRequest
from trustrelay.persistence_service.adapters.postgres.store import PostgresStore
from trustrelay.persistence_service.application.reading import WatchPace, watch_case
from trustrelay.persistence_service.domain.audit import GENESIS, timestamp
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.grpc_client import channel


async def test_lists_are_paged_newest_first(caller: Caller) -> None:
    """Every opened case once over all pages, filtered by status; staged ones and other people's tokens are refused or absent."""
    opened = [await caller.open() for _ in range(5)]
    await caller.stage()
    await caller.move(opened[0], 1, WITHDRAWN)
    seen, token = [], ""
    while True:
        request = pb.ListCasesRequest(page_size=2, page_token=token)
        page = await caller.call(caller.cases.ListCases, request)
        seen += [header.case_id for header in page.cases]
        token = page.next_page_token
        if not token:
            break
    assert seen == list(reversed(opened))
    only = await caller.call(caller.cases.ListCases, pb.ListCasesRequest(status=WITHDRAWN))
    assert [header.case_id for header in only.cases] == [opened[0]]
    for bad in (pb.ListCasesRequest(page_token="nonsense"), pb.ListCasesRequest(page_size=201), pb.ListCasesRequest(status=99)):
        with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
            await caller.call(caller.cases.ListCases, bad)


async def test_watching_shows_every_change_until_the_end(caller: Caller) -> None:
    """The header now, after each transition, and the stream ends by itself with the terminal status."""
    case_id, seen = await caller.open(), []
    with use(CallContext(caller.tenant, caller.actor)):
        stream = caller.cases.WatchCase(pb.WatchCaseRequest(case_id=case_id), timeout=30)
        async for message in stream:
            seen.append(message.header.state_version)
            if len(seen) < 3:
                await caller.move(case_id, len(seen), (PRE, GAPS)[len(seen) - 1])
            elif len(seen) == 3:
                await caller.move(case_id, 3, WITHDRAWN)
    assert seen == [1, 2, 3, 4]


async def test_watching_shows_what_happened_between_two_looks(caller: Caller, service: Service) -> None:
    """Transitions that are faster than the watcher are shown all the same, each with its own status, in order."""
    case_id = await caller.open()
    watching = watch_case(PostgresStore(service.database), caller.tenant, case_id, WatchPace(poll=0.02, tick=60))
    seen = [await anext(watching)]
    for version, status in enumerate((PRE, PRE, GAPS, WITHDRAWN), 1):
        await caller.move(case_id, version, status, iteration=version)
    seen += [case async for case in watching]
    assert [(case.state_version, case.status, case.iteration) for case in seen] == [
        (1, "CREATED", 0), (2, "PRE_INVESTIGATION", 1), (3, "PRE_INVESTIGATION", 2), (4, "DOCUMENT_GAP_ANALYSIS", 3), (5, "WITHDRAWN", 4),
    ]  # fmt: skip
    assert len({case.etag for case in seen}) == len(seen)
    assert [case.updated_at for case in seen] == sorted({case.updated_at for case in seen})


async def test_watching_ticks_when_nothing_happens(caller: Caller, service: Service) -> None:
    """A quiet case still sends messages, so that the watcher knows the stream lives."""
    case_id, versions = await caller.open(), []
    watching = watch_case(PostgresStore(service.database), caller.tenant, case_id, WatchPace(poll=0.02, tick=0.05))
    async for case in watching:
        versions.append(case.state_version)
        if len(versions) == 3:
            break
    assert versions == [1, 1, 1]
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await anext(watch_case(PostgresStore(service.database), "other", case_id, WatchPace()))


async def test_an_answer_is_kept_for_the_same_request(caller: Caller, service: Service) -> None:
    """The stored answer comes back for the same body, never for another one or another tenant."""
    case_id, request_id = await caller.open(), str(uuid.uuid4())
    answer = pb.RequestAnswer(request_id=request_id, body_sha256=sha(b"a"), answer=b"receipt")
    await caller.move(case_id, 1, PRE, pb.CaseChange(answer=answer))
    find = pb.FindAnswerRequest(request_id=request_id, body_sha256=sha(b"a"))
    found = await caller.call(caller.cases.FindAnswer, find)
    assert (found.case_id, found.answer) == (case_id, b"receipt")
    with refused("ALREADY_EXISTS", "REQUEST_ID_REUSED"):
        await caller.call(caller.cases.FindAnswer, pb.FindAnswerRequest(request_id=request_id, body_sha256=sha(b"b")))
    stranger = service.caller()
    with refused("NOT_FOUND", "ANSWER_NOT_FOUND"):
        await stranger.call(stranger.cases.FindAnswer, find)
    answer.body_sha256 = sha(b"b")
    with refused("ALREADY_EXISTS", "REQUEST_ID_REUSED"):
        await caller.move(case_id, 2, GAPS, pb.CaseChange(answer=answer))


async def test_tasks_replace_the_open_ones_of_their_kind(caller: Caller) -> None:
    """New re-upload tasks replace open ones of the same requirement; several follow-ups of one transition stay together."""
    case_id = await caller.open()

    def task(task_id: str, kind: str = "reupload_document", requirement: str = "proof_of_address") -> pb.CaseChange:
        return pb.CaseChange(task=Task(task_id=task_id, kind=kind, requirement_id=requirement, text="t"))

    await caller.move(case_id, 1, PRE, task("r1"), task("f1", "follow_up", ""), task("f2", "follow_up", ""))
    await caller.move(case_id, 2, GAPS, task("r2"))
    assert sorted(t.task_id for t in (await caller.file(case_id)).tasks) == ["f1", "f2", "r2"]


async def test_the_projection_is_merged_by_key(caller: Caller, service: Service) -> None:
    """Absent keys stay, null clears, and every version keeps its own copy."""
    case_id = await caller.open()
    await caller.move(case_id, 1, PRE, projection_json='{"a": 1, "b": 2}')
    await caller.move(case_id, 2, GAPS, projection_json='{"b": null, "c": 3}')
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.move(case_id, 3, GAPS, projection_json="[1]")
    async with service.database.transaction(caller.tenant) as connection:
        query = text("SELECT projection FROM case_transitions WHERE case_id = :c ORDER BY state_version")
        assert list(await connection.scalars(query, {"c": case_id})) == [{}, {"a": 1, "b": 2}, {"a": 1, "c": 3}]
        events = await connection.scalars(text("SELECT type FROM domain_events WHERE case_id = :c ORDER BY state_version"), {"c": case_id})
        assert list(events) == ["case.opened", "case.status_changed", "case.status_changed"]


async def test_the_audit_chain_can_be_recomputed(caller: Caller) -> None:
    """Each hash is SHA-256 over the previous hash and the RFC 8785 form of the event; known event ids are skipped."""
    case_id = await caller.open()
    await caller.move(case_id, 1, PRE)
    entry = pb.AuditEntry(event_id="refused-1", type="message_refused", data_json='{"reason": "HITS_OPEN", "n": 1.5}')
    request = audit.AppendAuditEventsRequest(case_id=case_id, entries=[entry, entry])
    counts = [(await caller.call(caller.audit.AppendAuditEvents, request)).appended for _ in range(2)]
    assert counts == [1, 0]
    previous = GENESIS
    events = await audit_events(caller, case_id)
    for number, event in enumerate(events, 1):
        body = {
            "actor": event.actor, "case_id": case_id, "data": json.loads(event.data_json), "event_id": event.event_id,
            "event_time": timestamp(event.event_time.ToDatetime(tzinfo=UTC)), "sequence": number, "tenant_id": caller.tenant,
            "trace_id": event.trace_id, "type": event.type,
        }  # fmt: skip
        previous = hashlib.sha256(previous.encode() + rfc8785.dumps(body)).hexdigest()
        assert (event.sequence, event.chain_hash) == (number, previous)
    assert [event.type for event in events] == ["case_opened", "status_changed", "message_refused"]
    assert events[-1].actor == caller.actor


async def test_audit_pages_follow_each_other(caller: Caller, service: Service) -> None:
    """Pages in chain order, every event once; another tenant reads none and appends none."""
    case_id = await caller.open()
    entries = [pb.AuditEntry(event_id=f"e{n}", type="portal_visited") for n in range(6)]
    await caller.call(caller.audit.AppendAuditEvents, audit.AppendAuditEventsRequest(case_id=case_id, entries=entries))
    first = await caller.call(caller.audit.ListAuditEvents, audit.ListAuditEventsRequest(case_id=case_id, page_size=4))
    rest = await caller.call(caller.audit.ListAuditEvents, audit.ListAuditEventsRequest(case_id=case_id, page_token=first.next_page_token))
    assert [event.sequence for event in (*first.events, *rest.events)] == list(range(1, 8))
    assert rest.next_page_token == ""
    stranger = service.caller()
    for method, request in (
        (stranger.audit.ListAuditEvents, audit.ListAuditEventsRequest(case_id=case_id)),
        (stranger.audit.AppendAuditEvents, audit.AppendAuditEventsRequest(case_id=case_id, entries=entries)),
    ):
        with refused("NOT_FOUND", "CASE_NOT_FOUND"):
            await stranger.call(method, request)


async def test_concurrent_audit_appends_keep_one_chain(caller: Caller) -> None:
    """Appends at once take turns: no sequence twice, none missing."""
    case_id = await caller.open()

    async def append(n: int) -> None:
        entry = pb.AuditEntry(event_id=f"e{n}", type="portal_visited")
        await caller.call(caller.audit.AppendAuditEvents, audit.AppendAuditEventsRequest(case_id=case_id, entries=[entry]))

    await asyncio.gather(*(append(n) for n in range(12)))
    assert [event.sequence for event in await audit_events(caller, case_id)] == list(range(1, 14))


async def test_a_portal_token_opens_one_case_without_a_tenant(caller: Caller, service: Service) -> None:
    """The hash alone finds tenant and case; unknown and expired tokens are told apart; every other call needs its tenant."""
    case_id = await caller.open()
    for name, days in (("good", 1), ("old", -1)):
        request = pb.RegisterPortalTokenRequest(case_id=case_id, token_sha256=sha(name.encode()))
        request.expire_time.FromDatetime(datetime.now(UTC) + timedelta(days=days))
        await caller.call(caller.cases.RegisterPortalToken, request)
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.call(caller.cases.RegisterPortalToken, pb.RegisterPortalTokenRequest(case_id=case_id, token_sha256=sha(b"x")))
    stub = CaseStoreServiceStub(channel(service.target))
    found = await stub.ResolvePortalToken(pb.ResolvePortalTokenRequest(token_sha256=sha(b"good")), timeout=10)
    assert (found.tenant_id, found.case_id) == (caller.tenant, case_id)
    with refused("UNAUTHENTICATED", "PORTAL_TOKEN_EXPIRED"):
        await stub.ResolvePortalToken(pb.ResolvePortalTokenRequest(token_sha256=sha(b"old")), timeout=10)
    with refused("UNAUTHENTICATED", "PORTAL_TOKEN_INVALID"):
        await stub.ResolvePortalToken(pb.ResolvePortalTokenRequest(token_sha256=sha(b"guess")), timeout=10)
    with refused("UNAUTHENTICATED", "TENANT_MISSING"):
        await stub.GetCaseFile(pb.GetCaseFileRequest(case_id=case_id), timeout=10)


async def test_portal_answers_are_kept_by_question(caller: Caller) -> None:
    """The newest answer to a question wins, others stay."""
    case_id = await caller.open()
    for answers in ({"q1": "a", "q2": "b"}, {"q2": "c"}):
        await caller.call(caller.cases.SaveAnswers, pb.SaveAnswersRequest(case_id=case_id, answers=answers))
    assert dict((await caller.file(case_id)).answers) == {"q1": "a", "q2": "c"}


async def test_grants_stay_inside_the_case(caller: Caller, service: Service) -> None:
    """Reading another key, writing outside a clean sub-folder, granting on another tenant's case: refused."""
    case_id = await caller.open()
    ref = await caller.store_object(case_id, b"{}")
    for key in ("tenant/other/case/x/a", ref.key.replace(case_id, "../" + case_id), f"{ref.key}/../../x", ""):
        bad = type(ref)(key=key)
        with refused("PERMISSION_DENIED", "OBJECT_OUTSIDE_CASE"):
            await caller.call(caller.objects.GrantRead, GrantReadRequest(case_id=case_id, objects=[bad]))
    for folder in ("../x", "a//b", "", "a/../b", "ä"):
        with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
            await caller.call(caller.objects.GrantWrite, GrantWriteRequest(case_id=case_id, folder=folder))
    stranger = service.caller()
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await stranger.call(stranger.objects.GrantRead, GrantReadRequest(case_id=case_id, objects=[ref]))


@pytest.mark.parametrize("field", ["request_id", "body_sha256", "language", "subject", "party", "template"])
async def test_a_staging_that_makes_no_sense_is_refused(caller: Caller, field: str) -> None:
    """Each mistake is named by field; an unknown template by its own reason."""
    good = pb.StageCaseRequest(request_id=str(uuid.uuid4()), body_sha256=sha(b""), template_id="kyb_standard", language="en")
    good.subject.legal_name = "Zandloper Textiel BV"
    wrong = {"request_id": "1", "body_sha256": "AB", "language": "de", "template": "tea_party"}
    if field == "subject":
        good.ClearField("subject")
    elif field == "party":
        good.subject.declared_parties.add(full_name=" - ")
    else:
        setattr(good, "template_id" if field == "template" else field, wrong[field])
    code, reason = ("NOT_FOUND", "TEMPLATE_NOT_FOUND") if field == "template" else ("INVALID_ARGUMENT", "FIELD_INVALID")
    with refused(code, reason):
        await caller.call(caller.cases.StageCase, good)


async def test_a_call_without_deadline_or_actor_is_refused(service: Service) -> None:
    """The server's own rules hold for CaseStoreService although one of its methods knows no tenant."""
    async with grpc.aio.insecure_channel(service.target, options=[("grpc.enable_http_proxy", 0)]) as plain:
        stub = CaseStoreServiceStub(plain)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ListCases(pb.ListCasesRequest(), metadata=(("x-tenant-id", "t"),), timeout=5)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ListCases(pb.ListCasesRequest(), metadata=(("x-tenant-id", "t"), ("x-actor", "a")))
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
