"""Shipments over a real channel, a real database and a real object store."""

from __future__ import annotations

import asyncio
import json
import uuid
from base64 import b64decode
from pathlib import Path
from typing import Any

import httpx
import pytest
from persistence_harness import Caller, Service, post, refused, sha, state_of
from persistence_shipments import (
    CLEAR,
    CLEARED,
    DISCREPANCIES,
    EXPLAINED,
    HELD,
    HOLD,
    OPEN,
    PDF,
    PROCESSING,
    RECEIVED,
    REJECT,
    REJECTED,
    RESOLVED,
    SUPERSEDED,
    answered,
    compared,
    comparison,
    complete,
    decided,
    discrepancy,
    file,
    move,
    opened,
    processing,
    read,
    said,
    staged,
    uploaded,
    wish,
)

from trustrelay.common.v1 import evidence_types_pb2 as evidence
from trustrelay.common.v1 import requirement_types_pb2 as papers
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.persistence.v1 import shipment_store_service_pb2 as pb
from trustrelay.persistence.v1.audit_service_pb2 import ListAuditEventsRequest
from trustrelay.persistence_service.domain.shipment_capsule import PREDICATE_TYPE

CRITICAL = evidence.SEVERITY_CRITICAL
NOT_ASSESSED = evidence.CHECK_OUTCOME_NOT_ASSESSED


async def audit(caller: Caller, shipment_id: str) -> list[Any]:
    request = ListAuditEventsRequest(resource=f"shipment/{shipment_id}")
    return list((await caller.call(caller.audit.ListAuditEvents, request)).events)


async def test_persistence_the_same_request_stages_the_same_shipment(caller: Caller) -> None:
    """A retry gets the first shipment; another body under its id is refused; an unknown client case is not found."""
    request_id = str(uuid.uuid4())
    first, again = await staged(caller, request_id), await staged(caller, request_id)
    assert (first.shipment_id, again.shipment_id, again.opened) == (first.shipment_id, first.shipment_id, False)
    with refused("ALREADY_EXISTS", "REQUEST_ID_REUSED"):
        await staged(caller, request_id, body="b")
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await staged(caller, client_case_id=str(uuid.uuid4()))
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await staged(caller, country_of_dispatch="Turkey")
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await staged(caller, direction=0)


async def test_persistence_a_shipment_is_opened_once(caller: Caller) -> None:
    """Opening stores status, version and the first audit event; opening again changes nothing."""
    case_id = await caller.open()
    shipment_id = await opened(caller, client_case_id=case_id)
    again = await caller.call(caller.shipments.OpenShipment, pb.OpenShipmentRequest(shipment_id=shipment_id))
    assert (again.header.status, again.header.state_version, again.header.client_case_id) == (RECEIVED, 1, case_id)
    assert [event.type for event in await audit(caller, shipment_id)] == ["shipment_opened"]
    with refused("NOT_FOUND", "SHIPMENT_NOT_FOUND"):
        await file(caller, (await staged(caller)).shipment_id)


async def test_persistence_a_shipment_is_its_tenants(caller: Caller, service: Service) -> None:
    """For another tenant it does not exist, whatever is asked."""
    shipment_id, other = await processing(caller), service.caller()
    for asked in (
        lambda: file(other, shipment_id),
        lambda: move(other, shipment_id, 2, REJECTED, decided(REJECT, "officer:eve")),
        lambda: compared(other, shipment_id),
        lambda: wish(other, shipment_id),
        lambda: other.call(other.shipments.OpenShipment, pb.OpenShipmentRequest(shipment_id=shipment_id)),
        lambda: other.call(other.shipments.GrantShipmentWrite, pb.GrantShipmentWriteRequest(shipment_id=shipment_id, round=1, folder="a")),
        lambda: other.call(other.shipments.AssembleShipmentCapsule, pb.AssembleShipmentCapsuleRequest(shipment_id=shipment_id)),
    ):
        with refused("NOT_FOUND", "SHIPMENT_NOT_FOUND"):
            await asked()
    page = await other.call(other.shipments.ListShipments, pb.ListShipmentsRequest())
    assert not page.shipments


async def test_persistence_an_upload_becomes_a_paper_that_waits_for_a_round(caller: Caller, service: Service) -> None:
    """Hashed, sniffed, below the shipment's round, without the file name in the key; completing again gives the same."""
    shipment_id = await opened(caller)
    given = await wish(caller, shipment_id)
    with refused("FAILED_PRECONDITION", "UPLOAD_MISSING"):
        await complete(caller, shipment_id, given.upload_id)
    await post(given.grant, PDF)
    document, again = await asyncio.gather(*(complete(caller, shipment_id, given.upload_id) for _ in range(2)))
    assert document == again
    assert document.original.key == f"tenant/{caller.tenant}/shipment/{shipment_id}/round-0/uploads/{document.document_id}/original.pdf"
    assert (document.original.sha256, document.state, document.scan_outcome) == (sha(PDF), 1, "NOT_ASSESSED SCANNER_NOT_CONFIGURED")
    summary = (await caller.call(caller.shipments.OpenShipment, pb.OpenShipmentRequest(shipment_id=shipment_id))).summary
    assert (list(summary.unprocessed_document_ids), summary.document_count) == ([document.document_id], 1)
    with refused("NOT_FOUND", "UPLOAD_NOT_FOUND"):
        await complete(caller, await opened(caller), given.upload_id)
    with refused("INVALID_ARGUMENT", "DOCUMENT_EMPTY"):
        await wish(caller, shipment_id, size_bytes=0)


async def test_persistence_objects_of_a_shipment_are_read_and_written_by_grant(caller: Caller) -> None:
    """A conversion is posted below the round and read back; another holder's key is refused; what was not posted is no result."""
    shipment_id = await opened(caller)
    document = await uploaded(caller, shipment_id)
    request = pb.GrantShipmentWriteRequest(shipment_id=shipment_id, round=1, folder=f"converted/{document.document_id}")
    grant = (await caller.call(caller.shipments.GrantShipmentWrite, request)).grant
    key = f"{grant.key_prefix}docling.json"
    await post(grant, b"{}", key)
    stored = ObjectRef(key=key, sha256=sha(b"{}"), size_bytes=2, media_type="application/json")
    await read(caller, shipment_id, document.document_id, docling_json=stored)
    found = (await file(caller, shipment_id)).documents[0].docling_json
    assert found.version
    url = (await caller.call(caller.shipments.GrantShipmentRead, pb.GrantShipmentReadRequest(shipment_id=shipment_id, objects=[found]))).grants[0].url
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(url)).content == b"{}"
    foreign = ObjectRef(key=f"tenant/{caller.tenant}/case/c/iteration-0/a.json")
    with refused("PERMISSION_DENIED", "OBJECT_OUTSIDE_SHIPMENT"):
        await caller.call(caller.shipments.GrantShipmentRead, pb.GrantShipmentReadRequest(shipment_id=shipment_id, objects=[foreign]))
    with refused("FAILED_PRECONDITION", "OBJECT_HASH_MISMATCH"):
        await read(caller, shipment_id, document.document_id, docling_json=ObjectRef(key=key, sha256=sha(b"other"), size_bytes=2))
    with refused("NOT_FOUND", "DOCUMENT_NOT_FOUND"):
        await read(caller, shipment_id, "nobody")


async def test_persistence_the_same_transition_again_is_a_success_and_another_a_conflict(caller: Caller) -> None:
    """Compare-and-set: a retry stores nothing new, another content at the same version is refused, and every version has its outbox row."""
    shipment_id, request_id = await opened(caller), str(uuid.uuid4())
    change = answered(request_id)
    first = await move(caller, shipment_id, 1, PROCESSING, change)
    again = await move(caller, shipment_id, 1, PROCESSING, change)
    assert (first.state_version, first.etag) == (again.state_version, again.etag)
    with refused("ABORTED", "STATE_VERSION_CONFLICT"):
        await move(caller, shipment_id, 1, REJECTED, decided(REJECT, "officer:ines"))
    found = await caller.call(caller.shipments.FindShipmentAnswer, pb.FindShipmentAnswerRequest(request_id=request_id, body_sha256=sha(b"a")))
    assert (found.shipment_id, found.answer) == (shipment_id, b"{}")
    with refused("ALREADY_EXISTS", "REQUEST_ID_REUSED"):
        await caller.call(caller.shipments.FindShipmentAnswer, pb.FindShipmentAnswerRequest(request_id=request_id, body_sha256=sha(b"b")))
    with refused("NOT_FOUND", "ANSWER_NOT_FOUND"):
        await caller.call(caller.shipments.FindShipmentAnswer, pb.FindShipmentAnswerRequest(request_id=str(uuid.uuid4()), body_sha256=sha(b"a")))
    assert [event.type for event in await audit(caller, shipment_id)] == ["shipment_opened", "status_changed"]


async def test_persistence_a_clean_shipment_is_cleared_by_rule_and_sealed(caller: Caller, capsule_keys: tuple[Path, Path]) -> None:
    """Nothing open, everything read and compared: CLEARED with its decision, and one capsule, signed, that names every object."""
    shipment_id = await processing(caller)
    with refused("FAILED_PRECONDITION", "SHIPMENT_NOT_TERMINAL"):
        await caller.call(caller.shipments.AssembleShipmentCapsule, pb.AssembleShipmentCapsuleRequest(shipment_id=shipment_id))
    await compared(caller, shipment_id)
    await move(caller, shipment_id, 2, CLEARED, decided(CLEAR))
    request = pb.AssembleShipmentCapsuleRequest(shipment_id=shipment_id)
    first, second = await asyncio.gather(*(caller.call(caller.shipments.AssembleShipmentCapsule, request) for _ in range(2)))
    assert (first.capsule, first.subject_count) == (second.capsule, 1)
    found = await file(caller, shipment_id)
    assert (found.capsule, found.header.rules_version, found.decisions[0].actor) == (first.capsule, "trade/1", "rule:all-agree/1")
    given = pb.GrantShipmentReadRequest(shipment_id=shipment_id, objects=[found.capsule])
    url = (await caller.call(caller.shipments.GrantShipmentRead, given)).grants[0].url
    async with httpx.AsyncClient(trust_env=False) as client:
        envelope = json.loads((await client.get(url)).content)
    statement = json.loads(b64decode(envelope["payload"]))
    assert (statement["predicateType"], statement["predicate"]["status"]) == (PREDICATE_TYPE, "CLEARED")
    assert statement["subject"] == [{"name": found.documents[0].original.key.split(f"{shipment_id}/")[1], "digest": {"sha256": sha(PDF)}}]
    assert statement["predicate"]["audit_head"]["sequence"] == len(await audit(caller, shipment_id)) - 1


@pytest.mark.parametrize(("before", "cause"), [
    ("open", "DISCREPANCIES_OPEN"), ("unread", "DOCUMENTS_UNPROCESSED"), ("uncompared", "COMPARISON_MISSING"),
    ("undecided", "DECISION_MISSING"),
])  # fmt: skip
async def test_persistence_nothing_is_cleared_while_something_stands_against_it(caller: Caller, before: str, cause: str) -> None:
    """An open discrepancy, a paper that nobody read, no comparison, no decision: the database refuses each."""
    shipment_id = await processing(caller)
    if before != "uncompared":
        await compared(caller, shipment_id, *([discrepancy()] if before == "open" else []))
    if before == "unread":
        await uploaded(caller, shipment_id, PDF + b"2")
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as told:
        await move(caller, shipment_id, 2, CLEARED, *([] if before == "undecided" else [decided(CLEAR)]))
    assert told.value.metadata["cause"] == cause


async def test_persistence_an_officer_resolves_what_is_not_critical(caller: Caller) -> None:
    """With a reason it is resolved by one officer; an unknown one, or one that is resolved, is refused."""
    shipment_id = await processing(caller)
    assert list((await compared(caller, shipment_id, discrepancy())).open_discrepancy_ids) == ["d-1"]
    await move(caller, shipment_id, 2, DISCREPANCIES)
    with refused("FAILED_PRECONDITION", "DISCREPANCY_NOT_FOUND"):
        await move(caller, shipment_id, 3, DISCREPANCIES, said(RESOLVED, name="d-9"))
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await move(caller, shipment_id, 3, DISCREPANCIES, said(RESOLVED, reason=" "))
    reply = await move(caller, shipment_id, 3, DISCREPANCIES, said(RESOLVED))
    assert not reply.summary.open_discrepancy_ids
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await move(caller, shipment_id, 4, DISCREPANCIES, said(RESOLVED))
    found = (await file(caller, shipment_id)).discrepancies[0]
    assert (found.status, found.explained_by, found.reason) == (RESOLVED, "officer:ines", "the scale was wrong")


async def test_persistence_a_critical_discrepancy_needs_two_officers(caller: Caller) -> None:
    """One explains, another confirms or returns; the same officer, or one without the other, is refused by the database."""
    shipment_id = await processing(caller)
    hit = discrepancy("d-1", CRITICAL, "goods_control", "dual_use/8803")
    await compared(caller, shipment_id, hit)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await move(caller, shipment_id, 2, DISCREPANCIES)
    await move(caller, shipment_id, 2, HELD)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await move(caller, shipment_id, 3, HELD, said(RESOLVED))
    reply = await move(caller, shipment_id, 3, HELD, said(EXPLAINED))
    assert (list(reply.summary.holding_discrepancy_ids), dict(reply.summary.explained_by)) == (["d-1"], {"d-1": "officer:ines"})
    with refused("FAILED_PRECONDITION", "FOUR_EYES_VIOLATED"):
        await move(caller, shipment_id, 4, HELD, said(RESOLVED))
    await move(caller, shipment_id, 4, HELD, said(OPEN, "officer:bram", reason="no licence was shown"))
    await move(caller, shipment_id, 5, HELD, said(EXPLAINED, "officer:bram"))
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await move(caller, shipment_id, 6, DISCREPANCIES)
    await move(caller, shipment_id, 6, HELD, said(RESOLVED, "officer:ines"))
    await move(caller, shipment_id, 7, CLEARED, decided(CLEAR))
    found = (await file(caller, shipment_id)).discrepancies[0]
    assert (found.explained_by, found.confirmed_by) == ("officer:bram", "officer:ines")


async def test_persistence_an_officers_stop_is_released_by_two(caller: Caller) -> None:
    """HOLD makes a critical discrepancy of its own, which no later comparison makes go away."""
    shipment_id = await opened(caller)
    reply = await move(caller, shipment_id, 1, HELD, decided(HOLD, "officer:ines", "call the carrier"), round=0)
    (stop,) = reply.summary.holding_discrepancy_ids
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await move(caller, shipment_id, 2, RECEIVED, round=0)
    await move(caller, shipment_id, 2, PROCESSING)
    assert list((await compared(caller, shipment_id)).open_discrepancy_ids) == [stop]
    await move(caller, shipment_id, 3, HELD)
    await move(caller, shipment_id, 4, HELD, said(EXPLAINED, name=stop))
    await move(caller, shipment_id, 5, HELD, said(RESOLVED, "officer:bram", name=stop))
    await move(caller, shipment_id, 6, CLEARED, decided(CLEAR))


async def test_persistence_a_later_comparison_keeps_officers_words(caller: Caller) -> None:
    """The same disagreement stays resolved, one that is gone is SUPERSEDED, one that comes back is open again; the same operation is stored once."""
    shipment_id = await processing(caller)
    await compared(caller, shipment_id, discrepancy("d-1"), discrepancy("d-2", about="packages"))
    assert len((await compared(caller, shipment_id, discrepancy("d-9", about="origin"))).open_discrepancy_ids) == 2
    await move(caller, shipment_id, 2, DISCREPANCIES)
    await move(caller, shipment_id, 3, DISCREPANCIES, said(RESOLVED))
    await move(caller, shipment_id, 4, PROCESSING, round=2)
    summary = await compared(caller, shipment_id, discrepancy("d-1"), operation="op-2", round=2)
    assert not summary.open_discrepancy_ids
    found = {one.discrepancy_id: one for one in (await file(caller, shipment_id)).discrepancies}
    assert (found["d-1"].status, found["d-1"].explained_by, found["d-2"].status) == (RESOLVED, "officer:ines", SUPERSEDED)
    await compared(caller, shipment_id, discrepancy("d-2", about="packages"), operation="op-3", round=2)
    summary = await compared(caller, shipment_id, discrepancy("d-1"), operation="op-4", round=2)
    assert list(summary.open_discrepancy_ids) == ["d-1"], "what went away and comes back is judged anew"
    assert {one.discrepancy_id: one.explained_by for one in (await file(caller, shipment_id)).discrepancies}["d-1"] == ""


@pytest.mark.parametrize("silent", [
    {"comparisons": [comparison("origin", evidence.CHECK_OUTCOME_FAILED)]},
    {"comparisons": [comparison("origin", NOT_ASSESSED)]},
    {"goods_controls": types.GoodsControlResult(outcome=NOT_ASSESSED)},
    {"goods_controls": types.GoodsControlResult(outcome=evidence.CHECK_OUTCOME_HIT)},
    {"goods_controls": types.GoodsControlResult()},
])  # fmt: skip
async def test_persistence_what_was_not_found_in_order_may_not_be_silent(caller: Caller, silent: dict[str, Any]) -> None:
    """A mandatory row that is not CLEAR, or goods controls that nobody looked at, without a discrepancy: refused, never cleared."""
    shipment_id = await processing(caller)
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await compared(caller, shipment_id, **silent)
    assert not (await file(caller, shipment_id)).comparisons


async def test_persistence_a_late_result_of_another_round_is_refused(caller: Caller) -> None:
    """A comparison counts only while its round is processed."""
    shipment_id = await processing(caller)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await compared(caller, shipment_id, round=2)
    await compared(caller, shipment_id, discrepancy())
    await move(caller, shipment_id, 2, DISCREPANCIES)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as told:
        await compared(caller, shipment_id, operation="late")
    assert told.value.metadata["cause"] == "NOT_PROCESSING"


async def test_persistence_a_closed_shipment_takes_nothing_more(caller: Caller) -> None:
    """A rejection needs an officer; after it neither uploads, documents, words nor statuses change anything."""
    shipment_id = await processing(caller)
    given = await wish(caller, shipment_id)
    await post(given.grant, PDF)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await move(caller, shipment_id, 2, REJECTED, decided(REJECT))
    await move(caller, shipment_id, 2, REJECTED, decided(REJECT, "officer:ines", "the goods are not what the papers say"))
    for asked in (lambda: wish(caller, shipment_id), lambda: complete(caller, shipment_id, given.upload_id),
                  lambda: read(caller, shipment_id, (given.upload_id))):  # fmt: skip
        with refused(*("FAILED_PRECONDITION", "SHIPMENT_CLOSED") if asked.__code__.co_names[0] != "read" else ("NOT_FOUND", "DOCUMENT_NOT_FOUND")):
            await asked()
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await move(caller, shipment_id, 3, PROCESSING, round=2)
    document = (await file(caller, shipment_id)).documents[0]
    with refused("FAILED_PRECONDITION", "SHIPMENT_CLOSED"):
        await read(caller, shipment_id, document.document_id, state=papers.DOCUMENT_STATE_NEEDS_REVIEW)


async def test_persistence_a_superseded_paper_stays_superseded(caller: Caller) -> None:
    """A late result does not bring it back, and it counts no more."""
    shipment_id = await opened(caller)
    document = await uploaded(caller, shipment_id)
    await read(caller, shipment_id, document.document_id, state=papers.DOCUMENT_STATE_SUPERSEDED)
    summary = await read(caller, shipment_id, document.document_id)
    assert (summary.document_count, (await file(caller, shipment_id)).documents[0].state) == (0, papers.DOCUMENT_STATE_SUPERSEDED)


async def test_persistence_shipments_are_listed_in_pages(caller: Caller) -> None:
    """Newest first, by status, a page at a time."""
    ids = [await opened(caller) for _ in range(3)]
    await move(caller, ids[0], 1, PROCESSING)
    first = await caller.call(caller.shipments.ListShipments, pb.ListShipmentsRequest(page_size=2))
    rest = await caller.call(caller.shipments.ListShipments, pb.ListShipmentsRequest(page_size=2, page_token=first.next_page_token))
    assert [one.shipment_id for one in (*first.shipments, *rest.shipments)] == ids[::-1]
    some = await caller.call(caller.shipments.ListShipments, pb.ListShipmentsRequest(status=PROCESSING))
    assert [one.shipment_id for one in some.shipments] == [ids[0]]
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.call(caller.shipments.ListShipments, pb.ListShipmentsRequest(page_token="?"))


_ROW = "tenant_id = :t AND shipment_id = :s"


@pytest.mark.parametrize(("statement", "state"), [
    (f"UPDATE shipments SET status = 'CLEARED', state_version = 3 WHERE {_ROW}", "TR001"),
    (f"UPDATE shipments SET reference = 'x' WHERE {_ROW}", "TR001"),
    (f"UPDATE shipments SET state_version = 9 WHERE {_ROW}", "TR002"),
    (f"UPDATE shipments SET state_version = 3, round = 2 WHERE {_ROW}", "TR001"),
    (f"DELETE FROM shipments WHERE {_ROW}", "42501"),
    (f"UPDATE shipment_discrepancies SET status = 'RESOLVED', explained_by = 'a', reason = 'b', confirmed_by = 'c' WHERE {_ROW}", "TR001"),
    (f"UPDATE shipment_discrepancies SET status = 'EXPLAINED', explained_by = 'a', reason = 'b' WHERE {_ROW}", "TR001"),
    (f"UPDATE shipment_discrepancies SET severity = 'LOW' WHERE {_ROW}", "TR001"),
    (f"UPDATE shipment_comparisons SET round = 7 WHERE {_ROW}", "42501"),
    (f"DELETE FROM shipment_transitions WHERE {_ROW}", "42501"),
    ("INSERT INTO shipments (tenant_id, shipment_id, request_id, request_sha256, reference, direction, country_of_dispatch, country_of_destination,"
     " status, state_version, created_by, created_at, updated_at, opened_at)"
     " SELECT tenant_id, 'x', 'x', 'x', 'x', 'IMPORT', 'TR', 'BE', 'CLEARED', 1, 'x', now(), now(), now() FROM shipments WHERE " + _ROW, "TR001"),
])  # fmt: skip
async def test_persistence_no_script_goes_round_the_rules_of_shipments(caller: Caller, service: Service, statement: str, state: str) -> None:
    """Asked directly, as the service's own role, the database refuses what the service would."""
    shipment_id = await processing(caller)
    await compared(caller, shipment_id, discrepancy("d-1", CRITICAL, "goods_control"))
    assert await state_of(service, caller.tenant, statement, t=caller.tenant, s=shipment_id) == state
