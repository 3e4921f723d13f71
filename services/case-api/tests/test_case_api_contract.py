"""CaseService over a real channel: who may call, what is refused, and what reads answer without Temporal."""

import uuid
from datetime import timedelta

import grpc
import pytest
from case_api_harness import (
    AUDIENCE,
    ISSUER_URL,
    Api,
    company,
    create_request,
    dev_issuer_client,
    dev_signer,
    login,
    no_temporal,
    refused,
    request_id,
    running_api,
)

from trustrelay.case.v1 import case_service_pb2 as pb
from trustrelay.case.v1.case_service_pb2_grpc import CaseServiceStub
from trustrelay.case_api.adapters.tokens import Issuer
from trustrelay.case_api.bootstrap import TENANTLESS, application, authentication, registrations
from trustrelay.case_api.entrypoints import case_messages
from trustrelay.case_api.entrypoints.case_requests import staging
from trustrelay.common.v1 import case_types_pb2, decision_types_pb2, evidence_types_pb2, objects_pb2
from trustrelay.common.v1.case_types_pb2 import Party
from trustrelay.servicekit.errors import Unavailable
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import running

INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


@pytest.fixture
async def api():
    async with running_api() as running:
        yield running


def every_write(case_id: str) -> dict[str, tuple[str, object]]:
    """One valid request of each method that changes a case, by the role that may send it."""
    common = {"case_id": case_id, "request_id": request_id()}
    cleared = evidence_types_pb2.HIT_STATUS_FALSE_POSITIVE
    return {
        "ApproveRequirements": ("olivia", pb.ApproveRequirementsRequest(**common)),
        "SkipDocuments": ("olivia", pb.SkipDocumentsRequest(**common, reason="by phone")),
        "ResolveHit": (
            "olivia",
            pb.ResolveHitRequest(**common, hit_id="h", resolution=cleared, reason="other person"),
        ),
        "OverrideCheck": ("olivia", pb.OverrideCheckRequest(**common, check_id="c", reason="seen elsewhere")),
        "DecideCase": ("olivia", pb.DecideCaseRequest(**common, etag="e", decision=decision_types_pb2.DECISION_REJECT, reason="no")),
        "ConfirmDecision": ("olivia", pb.ConfirmDecisionRequest(**common, decision=decision_types_pb2.SECOND_DECISION_CONFIRM, reason="agreed")),
        "WithdrawCase": ("olivia", pb.WithdrawCaseRequest(**common, reason="asked by the customer")),
        "SetAutomationTier": ("mara", pb.SetAutomationTierRequest(**common, tier=case_types_pb2.AUTOMATION_TIER_FULL_REVIEW, reason="new sector")),
        "ExtendTimeline": ("olivia", pb.ExtendTimelineRequest(**common, days=14, reason="customer is abroad")),
        "ReassignCase": ("olivia", pb.ReassignCaseRequest(**common, owner="samir", reason="holidays")),
        "ReclassifyMcc": ("olivia", pb.ReclassifyMccRequest(**common, mcc="5411", reason="it is a grocer")),
        "ResumeCase": ("mara", pb.ResumeCaseRequest(**common, reason="the source is back")),
    }


class TestAuthentication:
    async def test_a_call_without_a_token_is_refused(self, api: Api):
        """Nobody reads a case without saying who they are."""
        async with refused(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING"):
            await api.cases.ListCases(pb.ListCasesRequest())

    @pytest.mark.parametrize("header", ["Bearer not-a-token", "Bearer a.b.c"])
    async def test_a_made_up_token_is_refused(self, api: Api, header: str):
        """What the issuer did not sign is no token."""
        async with refused(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID"):
            await api.cases.ListCases(pb.ListCasesRequest(), metadata=(("authorization", header),))

    async def test_tenant_metadata_of_the_caller_counts_for_nothing(self, api: Api):
        """The tenant comes from the token alone, whatever else the call carries."""
        case_id = api.stored_case("acme")
        metadata = (*(await api.as_user("omar")), ("x-tenant-id", "acme"), ("x-actor-roles", "officer"))
        async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
            await api.cases.GetCase(pb.GetCaseRequest(case_id=case_id), metadata=metadata)

    @pytest.mark.parametrize("method", [*every_write(""), "CreateCase", "CreatePortalLink", "CreateUpload", "CompleteUpload"])
    async def test_an_auditor_changes_nothing(self, api: Api, method: str):
        """Auditors read; every method that writes is refused to them."""
        request = {
            "CreateCase": create_request(), "CreatePortalLink": pb.CreatePortalLinkRequest(), "CreateUpload": pb.CreateUploadRequest(),
            "CompleteUpload": pb.CompleteUploadRequest(), **{name: r for name, (_, r) in every_write("x").items()},
        }[method]  # fmt: skip
        async with refused(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED"):
            await getattr(api.cases, method)(request, metadata=await api.as_user("anton"))

    async def test_an_auditor_reads(self, api: Api):
        """Case, list and audit log are open to auditors."""
        metadata, case_id = await api.as_user("anton"), api.stored_case()
        found = await api.cases.GetCase(pb.GetCaseRequest(case_id=case_id), metadata=metadata)
        assert found.case_file.header.case_id == case_id
        assert len((await api.cases.ListCases(pb.ListCasesRequest(), metadata=metadata)).cases) == 1
        assert not (await api.cases.ListAuditEvents(pb.ListAuditEventsRequest(case_id=case_id), metadata=metadata)).events

    @pytest.mark.parametrize("method", ["SetAutomationTier", "ResumeCase"])
    async def test_an_officer_is_no_manager(self, api: Api, method: str):
        """An officer may neither lower the review of the own case nor take a failed one up again."""
        _, request = every_write(api.stored_case())[method]
        async with refused(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED"):
            await getattr(api.cases, method)(request, metadata=await api.as_user("olivia"))


class TestBadInput:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"registration_number": "0999.000.031"}, "REGISTRATION_NUMBER_INVALID"),
            ({"registration_number": "abc"}, "REGISTRATION_NUMBER_INVALID"),
            ({"registration_number": ""}, "REGISTRATION_NUMBER_INVALID"),
            ({"vat_number": "BE0999000031"}, "VAT_NUMBER_INVALID"),
            ({"vat_number": "0999000030"}, "VAT_NUMBER_INVALID"),
            ({"lei": "529900T8BM49AURSDO56"}, "LEI_INVALID"),
            ({"country": "NL"}, "COUNTRY_UNSUPPORTED"),
            ({"country": "Belgium"}, "FIELD_INVALID"),
            ({"legal_name": "  "}, "FIELD_INVALID"),
            ({"type": case_types_pb2.SUBJECT_TYPE_UNSPECIFIED}, "FIELD_INVALID"),
            ({"declared_parties": [Party(full_name="An Voorbeeld", type=2, birth_date="14-05-1961")]}, "FIELD_INVALID"),
            ({"declared_parties": [Party(full_name="An Voorbeeld", type=2, share="60%")]}, "FIELD_INVALID"),
        ],
    )
    async def test_a_malformed_subject_is_refused_by_its_own_reason(self, api: Api, changes: dict, reason: str):
        """Each kind of mistake has its reason, and the violation names the field."""
        async with refused(INVALID, reason) as error:
            await api.cases.CreateCase(create_request(subject=company(**changes)), metadata=await api.as_user("olivia"))
        (path,) = changes
        assert error().violations[0].field.startswith(f"subject.{path}")
        assert not api.store.staged

    async def test_all_mistakes_are_told_at_once(self, api: Api):
        """A caller does not learn of mistakes one by one, and no refused value comes back in the error."""
        subject = company(registration_number="9999999999", lei="nonsense")
        async with refused(INVALID, "FIELD_INVALID") as error:
            await api.cases.CreateCase(create_request(request_id="1", subject=subject, language="de"), metadata=await api.as_user("olivia"))
        assert [v.field for v in error().violations] == ["request_id", "language", "subject.registration_number", "subject.lei"]
        assert error().metadata["subject.lei"] == "LEI_INVALID"
        assert "9999999999" not in str(error().violations)

    async def test_an_unknown_template_is_refused(self, api: Api):
        """The store knows the templates."""
        async with refused(grpc.StatusCode.NOT_FOUND, "TEMPLATE_NOT_FOUND"):
            await api.cases.CreateCase(create_request(template_id="kyb_unknown"), metadata=await api.as_user("olivia"))

    @pytest.mark.parametrize("case_id", ["6a4c1d0e-8f0b-4b7e-9d38-0a6f6f4a1c11", "no-such-case"])
    async def test_an_unknown_case_is_not_found(self, api: Api, case_id: str):
        """An id that names no case is no case, whatever its form."""
        async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
            await api.cases.GetCase(pb.GetCaseRequest(case_id=case_id), metadata=await api.as_user("olivia"))

    async def test_another_tenants_case_is_not_found(self, api: Api):
        """Another tenant's case looks exactly like none, for reads and for writes."""
        case_id = api.stored_case("acme")
        metadata = await api.as_user("omar")
        async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
            await api.cases.GetCase(pb.GetCaseRequest(case_id=case_id), metadata=metadata)
        async with refused(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"):
            await api.cases.WithdrawCase(every_write(case_id)["WithdrawCase"][1], metadata=metadata)

    @pytest.mark.parametrize("method", list(every_write("")))
    async def test_every_message_needs_case_and_request_id(self, api: Api, method: str):
        """An empty request is refused with the fields that it lacks."""
        user, request = every_write("x")[method]
        async with refused(INVALID, "FIELD_INVALID") as error:
            await getattr(api.cases, method)(type(request)(), metadata=await api.as_user(user))
        assert {"case_id", "request_id"} <= {v.field for v in error().violations}

    async def test_a_decision_needs_the_etag_of_what_was_seen(self, api: Api):
        """One decides on what one saw."""
        request = every_write(api.stored_case())["DecideCase"][1]
        request.etag = ""
        async with refused(INVALID, "FIELD_INVALID") as error:
            await api.cases.DecideCase(request, metadata=await api.as_user("olivia"))
        assert [v.field for v in error().violations] == ["etag"]

    @pytest.mark.parametrize(("size", "fine"), [(-1, False), (0, True), (200, True), (201, False)])
    async def test_page_sizes_have_bounds(self, api: Api, size: int, fine: bool):
        """1..200, and 0 for the default."""
        metadata = await api.as_user("olivia")
        if fine:
            await api.cases.ListCases(pb.ListCasesRequest(page_size=size), metadata=metadata)
            return
        async with refused(INVALID, "FIELD_INVALID"):
            await api.cases.ListCases(pb.ListCasesRequest(page_size=size), metadata=metadata)

    async def test_a_portal_link_never_outlives_zero_time(self, api: Api):
        """A lifetime must be positive."""
        request = pb.CreatePortalLinkRequest(case_id=api.stored_case())
        request.lifetime.FromSeconds(-5)
        async with refused(INVALID, "FIELD_INVALID"):
            await api.cases.CreatePortalLink(request, metadata=await api.as_user("olivia"))


class TestWithoutTemporal:
    @pytest.mark.parametrize("method", list(every_write("")))
    async def test_every_message_says_that_the_engine_is_away(self, api: Api, method: str):
        """Nothing is queued: the caller is told to send the same request again."""
        case_id = api.stored_case()
        user, request = every_write(case_id)[method]
        if hasattr(request, "etag"):
            metadata = await api.as_user("olivia")
            request.etag = (await api.cases.GetCase(pb.GetCaseRequest(case_id=case_id), metadata=metadata)).case_file.header.etag
        async with refused(grpc.StatusCode.UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE") as error:
            await getattr(api.cases, method)(request, metadata=await api.as_user(user))
        assert error().retry_after is not None
        assert not api.store.events

    async def test_creating_says_so_too_and_leaves_no_case(self, api: Api):
        """A staged case is no case."""
        metadata = await api.as_user("olivia")
        async with refused(grpc.StatusCode.UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE"):
            await api.cases.CreateCase(create_request(), metadata=metadata)
        assert not (await api.cases.ListCases(pb.ListCasesRequest(), metadata=metadata)).cases

    async def test_a_closed_case_answers_closed(self, api: Api):
        """The store knows that it is over; Temporal is not needed for that. The refusal is audited under the officer's name."""
        case_id = api.stored_case(status="APPROVED")
        async with refused(PRECONDITION, "CASE_CLOSED"):
            await api.cases.WithdrawCase(every_write(case_id)["WithdrawCase"][1], metadata=await api.as_user("olivia"))
        ((audited, actor, entry),) = api.store.events
        assert (audited, actor, entry.type) == (case_id, "olivia", "message_refused")

    async def test_a_stale_etag_is_refused_and_audited_once(self, api: Api):
        """Sending the same stale request twice is one refusal in the log."""
        case_id = api.stored_case(status="REVIEW_PENDING")
        request = every_write(case_id)["DecideCase"][1]
        for _ in range(2):
            async with refused(grpc.StatusCode.ABORTED, "ETAG_MISMATCH"):
                await api.cases.DecideCase(request, metadata=await api.as_user("olivia"))
        assert [entry.type for _, _, entry in api.store.events] == ["message_refused"]

    async def test_a_repeated_creation_is_answered_from_the_store(self, api: Api):
        """The first answer comes again without the workflow; another body with the same id is refused."""
        metadata, request = await api.as_user("olivia"), create_request()
        async with refused(grpc.StatusCode.UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE"):
            await api.cases.CreateCase(request, metadata=metadata)
        ((_, staged),) = api.store.staged.items()
        assert staged.body_sha256 == staging(request).body_sha256
        case_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"acme/{request.request_id}"))
        api.store.open("acme", case_id, staged, "olivia")
        api.store.transition("acme", case_id, "APPROVED")
        same = pb.CreateCaseRequest()
        same.CopyFrom(request)
        same.subject.registration_number = "BE 0999 000 030"
        receipt = (await api.cases.CreateCase(same, metadata=metadata)).receipt
        assert (receipt.case_id, receipt.state_version, receipt.status) == (case_id, 1, case_types_pb2.CASE_STATUS_CREATED)
        same.subject.legal_name = "Iets Anders NV"
        async with refused(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
            await api.cases.CreateCase(same, metadata=metadata)

    async def test_a_stored_answer_comes_again(self, api: Api):
        """A message that was applied is answered from the store, even when the case is closed and Temporal away; with another body it is refused."""
        case_id = api.stored_case(status="REVIEW_PENDING")
        request = every_write(case_id)["WithdrawCase"][1]
        api.store.transition("acme", case_id, "WITHDRAWN", request.request_id, case_messages.withdraw(request).body_sha256)
        metadata = await api.as_user("olivia")
        receipt = (await api.cases.WithdrawCase(request, metadata=metadata)).receipt
        assert (receipt.status, receipt.state_version) == (case_types_pb2.CASE_STATUS_WITHDRAWN, 3)
        header = (await api.cases.GetCase(pb.GetCaseRequest(case_id=case_id), metadata=metadata)).case_file.header
        assert receipt.etag == header.etag
        request.reason = "another one"
        async with refused(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
            await api.cases.WithdrawCase(request, metadata=metadata)

    async def test_watching_ends_with_the_case(self, api: Api):
        """Each transition is seen once, in order; the stream ends after the terminal one."""
        case_id = api.stored_case()
        seen = []
        async for reply in api.cases.WatchCase(pb.WatchCaseRequest(case_id=case_id), metadata=await api.as_user("anton")):
            seen.append(reply.header.state_version)
            if reply.header.status < case_types_pb2.CASE_STATUS_APPROVED:
                api.store.transition("acme", case_id, "REJECTED" if len(seen) == 3 else "INVESTIGATING")
        assert seen == [1, 2, 3, 4]

    async def test_lists_page_and_filter(self, api: Api):
        """Pages join up to the whole list; a status narrows it."""
        for status in ("CREATED", "REVIEW_PENDING", "APPROVED"):
            api.stored_case(status=status)
        metadata = await api.as_user("olivia")
        first = await api.cases.ListCases(pb.ListCasesRequest(page_size=2), metadata=metadata)
        rest = await api.cases.ListCases(pb.ListCasesRequest(page_size=2, page_token=first.next_page_token), metadata=metadata)
        assert (len(first.cases), len(rest.cases), rest.next_page_token) == (2, 1, "")
        approved = await api.cases.ListCases(pb.ListCasesRequest(status=case_types_pb2.CASE_STATUS_APPROVED), metadata=metadata)
        assert [c.status for c in approved.cases] == [case_types_pb2.CASE_STATUS_APPROVED]


class TestUploadsAndCapsule:
    async def test_an_officer_uploads_for_the_customer(self, api: Api):
        """The document says which officer brought it."""
        case_id, metadata = api.stored_case(status="AWAITING_DOCUMENTS"), await api.as_user("olivia")
        common = {"case_id": case_id, "request_id": request_id()}
        request = pb.CreateUploadRequest(**common, requirement_id="ubo_register_extract", file_name="ubo.pdf", size_bytes=10)
        made = await api.cases.CreateUpload(request, metadata=metadata)
        done = await api.cases.CompleteUpload(pb.CompleteUploadRequest(case_id=case_id, upload_id=made.upload_id), metadata=metadata)
        assert done.document.uploaded_by == "officer:olivia"

    async def test_uploads_wait_for_their_state(self, api: Api):
        """Where nobody would look at a document, none is taken; the refusal names state and message."""
        request = pb.CreateUploadRequest(case_id=api.stored_case(), request_id=request_id(), requirement_id="r", file_name="f", size_bytes=1)
        async with refused(PRECONDITION, "MESSAGE_NOT_ALLOWED") as error:
            await api.cases.CreateUpload(request, metadata=await api.as_user("olivia"))
        assert error().metadata == {"status": "CREATED", "message": "create_upload"}

    async def test_a_capsule_is_ready_after_the_decision(self, api: Api):
        """Before, CAPSULE_NOT_READY; then a grant for exactly that object."""
        case_id, metadata = api.stored_case(status="APPROVED"), await api.as_user("anton")
        async with refused(PRECONDITION, "CAPSULE_NOT_READY"):
            await api.cases.GetCapsule(pb.GetCapsuleRequest(case_id=case_id), metadata=metadata)
        api.store.file("acme", case_id).capsule.CopyFrom(objects_pb2.ObjectRef(key="k", sha256="s"))
        assert (await api.cases.GetCapsule(pb.GetCapsuleRequest(case_id=case_id), metadata=metadata)).capsule.object.key == "k"


class TestPersistenceDown:
    async def test_its_own_reason_passes(self, api: Api):
        """DATABASE_UNAVAILABLE of persistence-service reaches the caller as it is."""
        api.store.down = Unavailable("DATABASE_UNAVAILABLE", "no database", retry_after=timedelta(seconds=1))
        async with refused(grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE") as error:
            await api.cases.ListCases(pb.ListCasesRequest(), metadata=await api.as_user("olivia"))
        assert error().retry_after is not None

    async def test_silence_is_upstream_unavailable(self, unused_tcp_port: int):
        """A persistence-service that is not there is told as such, with when to try again."""
        issuer = Issuer(ISSUER_URL, f"{ISSUER_URL}/jwks.json", AUDIENCE)
        async with dev_issuer_client() as http, channel(f"127.0.0.1:{unused_tcp_port}") as nobody:
            served = registrations(application(nobody, no_temporal, dev_signer()))
            interceptors = (authentication(http, issuer, nobody),)
            async with running(served, interceptors=interceptors, tenantless=TENANTLESS) as target, channel(target) as own:
                metadata = (("authorization", f"Bearer {await login(http, 'olivia')}"),)
                async with refused(grpc.StatusCode.UNAVAILABLE, "UPSTREAM_UNAVAILABLE") as error:
                    await CaseServiceStub(own).ListCases(pb.ListCasesRequest(), metadata=metadata)
                assert error().retry_after is not None
