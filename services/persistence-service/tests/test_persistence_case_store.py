"""CaseStoreService over a real channel, on a real Postgres."""

from __future__ import annotations

import uuid

from persistence_harness import APPROVED, CREATED, GAPS, PRE, SUBJECT_NAME, Caller, Service, refused, sha

from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_COMPANY, Party, Subject
from trustrelay.persistence.v1 import case_store_service_pb2 as pb


async def test_a_staged_request_gives_the_same_case_again(caller: Caller) -> None:
    """The same request id and body find the case they made; another body is refused."""
    request_id = str(uuid.uuid4())
    first = await caller.stage(request_id)
    again = await caller.stage(request_id)
    assert (first.case_id, first.opened) == (again.case_id, again.opened) == (again.case_id, False)
    assert "sanctions_screening" in first.policy.mandatory_check_kinds
    with refused("ALREADY_EXISTS", "REQUEST_ID_REUSED"):
        await caller.stage(request_id, body="b")


async def test_a_value_that_cannot_be_stored_is_the_callers_mistake(caller: Caller) -> None:
    """A NUL character in a fact is refused as FIELD_INVALID, not reported as an outage."""
    case_id = await caller.open()
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.move(case_id, 1, PRE, tier_set_by="rule:\x00")
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.move(case_id, 1, PRE, projection_json='{"a": "\\u0000"}')


async def test_a_case_is_no_case_until_it_is_opened(caller: Caller) -> None:
    """A staged case is invisible; opened, it has version 1, its requirements and its first audit event, once."""
    case_id = (await caller.stage()).case_id
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await caller.file(case_id)
    first = await caller.call(caller.cases.OpenCase, pb.OpenCaseRequest(case_id=case_id))
    again = await caller.call(caller.cases.OpenCase, pb.OpenCaseRequest(case_id=case_id))
    assert first.header == again.header
    file = await caller.file(case_id)
    assert (file.header.status, file.header.state_version, file.header.subject_name) == (CREATED, 1, SUBJECT_NAME)
    assert len(file.requirements) == 5
    assert [r.requirement_id for r in file.requirements] == list(file.summary.open_requirement_ids)
    assert (await caller.stage()).case_id != case_id


async def test_a_transition_moves_the_case_once(caller: Caller) -> None:
    """The same transition again is a success that changes nothing; another one at the same version is a conflict."""
    case_id = await caller.open()
    first = await caller.move(case_id, 1, PRE, projection_json='{"a": 1, "b": 2}')
    again = await caller.move(case_id, 1, PRE, projection_json='{"a": 1, "b": 2}')
    assert (first.state_version, first.etag) == (again.state_version, again.etag) == (2, first.etag)
    with refused("ABORTED", "STATE_VERSION_CONFLICT"):
        await caller.move(case_id, 1, PRE, projection_json='{"a": 2}')
    with refused("ABORTED", "STATE_VERSION_CONFLICT"):
        await caller.move(case_id, 7, GAPS)
    assert (await caller.file(case_id)).header.state_version == 2


async def test_an_illegal_pair_is_refused_by_the_database(caller: Caller) -> None:
    """CREATED does not become APPROVED, whoever asks, and nothing of the attempt is stored."""
    case_id = await caller.open()
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await caller.move(case_id, 1, APPROVED)
    assert (await caller.file(case_id)).header.status == CREATED


async def test_another_tenant_sees_nothing(caller: Caller, service: Service) -> None:
    """Every read and write of another tenant's case answers CASE_NOT_FOUND."""
    case_id = await caller.open()
    stranger = service.caller()
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await stranger.file(case_id)
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await stranger.move(case_id, 1, PRE)


async def test_declared_parties_are_parties_from_the_start(caller: Caller) -> None:
    """Whom the creator names is known, with its source, as soon as the case is open."""
    subject = Subject(
        type=SUBJECT_TYPE_COMPANY, legal_name=SUBJECT_NAME, country="BE", declared_parties=[Party(full_name="Femke Zandstra", birth_date="1961")]
    )
    request = pb.StageCaseRequest(request_id=str(uuid.uuid4()), body_sha256=sha(b"d"), template_id="kyb_standard", subject=subject, language="nl")
    case_id = (await caller.call(caller.cases.StageCase, request)).case_id
    await caller.call(caller.cases.OpenCase, pb.OpenCaseRequest(case_id=case_id))
    parties = (await caller.file(case_id)).parties
    assert [(party.full_name, party.birth_date, party.source) for party in parties] == [("Femke Zandstra", "1961", "declared")]
