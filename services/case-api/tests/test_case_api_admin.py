"""AdminService and the messages that look after a case: who may, and what is checked at the edge."""

import grpc
import pytest
from case_api_harness import Api, refused, request_id, running_api

from trustrelay.case.v1 import admin_service_pb2 as admin
from trustrelay.case.v1 import case_service_pb2 as pb
from trustrelay.case.v1 import portal_service_pb2 as portal
from trustrelay.case_api.entrypoints import case_messages, case_stewardship
from trustrelay.common.v1.decision_types_pb2 import DECISION_ESCALATE, DECISION_REJECT
from trustrelay.common.v1.requirement_types_pb2 import Question
from trustrelay.contracts import case_workflow as wf
from trustrelay.servicekit.errors import InvalidArgument

DENIED = grpc.StatusCode.PERMISSION_DENIED


@pytest.fixture
async def api():
    async with running_api() as running:
        yield running


def common() -> dict[str, str]:
    return {"case_id": request_id(), "request_id": request_id()}


async def test_a_manager_keeps_templates(api: Api):
    """Put, get with its text, list beside the product's own."""
    metadata = await api.as_user("mara")
    put = await api.admin.PutTemplate(admin.PutTemplateRequest(source="template_id: own"), metadata=metadata)
    assert (put.template.template_id, put.template.version, put.template.built_in) == ("own", 1, False)
    got = await api.admin.GetTemplate(admin.GetTemplateRequest(template_id="own"), metadata=metadata)
    assert got.source == "template_id: own"
    assert got.template.policy.max_iterations == 5
    listed = await api.admin.ListTemplates(admin.ListTemplatesRequest(), metadata=metadata)
    assert [(t.template_id, t.built_in) for t in listed.templates] == [("kyb_standard", True), ("own", False)]


@pytest.mark.parametrize("user", ["olivia", "anton"])
async def test_templates_are_for_managers(api: Api, user: str):
    """An officer does not write the rules that bind officers."""
    metadata = await api.as_user(user)
    for method, request in (
        ("PutTemplate", admin.PutTemplateRequest(source="x")), ("GetTemplate", admin.GetTemplateRequest(template_id="x")),
        ("ListTemplates", admin.ListTemplatesRequest()),
    ):  # fmt: skip
        async with refused(DENIED, "ROLE_REQUIRED"):
            await getattr(api.admin, method)(request, metadata=metadata)


async def test_template_refusals_stay_what_they_are(api: Api):
    """Reserved ids, unknown templates, empty texts, nobody at all."""
    metadata = await api.as_user("mara")
    async with refused(DENIED, "TEMPLATE_RESERVED"):
        await api.admin.PutTemplate(admin.PutTemplateRequest(source="template_id: kyb_standard"), metadata=metadata)
    async with refused(grpc.StatusCode.NOT_FOUND, "TEMPLATE_NOT_FOUND"):
        await api.admin.GetTemplate(admin.GetTemplateRequest(template_id="none"), metadata=metadata)
    for source in ("", "x" * 200_001):
        async with refused(grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
            await api.admin.PutTemplate(admin.PutTemplateRequest(source=source), metadata=metadata)
    async with refused(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING"):
        await api.admin.ListTemplates(admin.ListTemplatesRequest())


def test_each_message_says_what_was_asked():
    """Days, owner, category and reason reach the workflow as they were sent."""
    envelope = wf.Envelope("", "", "")
    extend = case_stewardship.extend_timeline(pb.ExtendTimelineRequest(**common(), days=14, reason=" abroad "))
    assert (extend.update, extend.payload(envelope)) == (wf.Update.EXTEND_TIMELINE, wf.ExtendTimeline(envelope, 14, "abroad"))
    reassign = case_stewardship.reassign(pb.ReassignCaseRequest(**common(), owner="samir", reason="holidays"))
    assert (reassign.update, reassign.payload(envelope)) == (wf.Update.REASSIGN, wf.Reassign(envelope, "samir", "holidays"))
    mcc = case_stewardship.reclassify_mcc(pb.ReclassifyMccRequest(**common(), mcc="5411", reason="a grocer"))
    assert (mcc.update, mcc.payload(envelope)) == (wf.Update.MCC_UPDATE, wf.MccUpdate(envelope, "5411", "a grocer"))
    resume = case_stewardship.resume(pb.ResumeCaseRequest(**common(), reason="mended"))
    assert (resume.update, resume.payload(envelope)) == (wf.Update.RESUME, wf.Resume(envelope, "mended"))
    escalate = case_messages.decide(pb.DecideCaseRequest(**common(), etag="e", decision=DECISION_ESCALATE, reason="r", escalation_owner="mara"))
    assert escalate.payload(envelope).escalation_owner == "mara"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("call", "request_", "reason"),
    [
        (case_stewardship.extend_timeline, pb.ExtendTimelineRequest(days=0, reason="r"), "FIELD_INVALID"),
        (case_stewardship.extend_timeline, pb.ExtendTimelineRequest(days=366, reason="r"), "FIELD_INVALID"),
        (case_stewardship.extend_timeline, pb.ExtendTimelineRequest(days=1), "FIELD_INVALID"),
        (case_stewardship.reassign, pb.ReassignCaseRequest(reason="r"), "FIELD_INVALID"),
        (case_stewardship.reclassify_mcc, pb.ReclassifyMccRequest(mcc="541", reason="r"), "MCC_UNKNOWN"),
        (case_stewardship.reclassify_mcc, pb.ReclassifyMccRequest(mcc="541A", reason="r"), "MCC_UNKNOWN"),
        (case_stewardship.reclassify_mcc, pb.ReclassifyMccRequest(mcc="9876", reason="r"), "MCC_UNKNOWN"),
        (case_stewardship.resume, pb.ResumeCaseRequest(), "FIELD_INVALID"),
        (case_messages.decide, pb.DecideCaseRequest(etag="e", decision=DECISION_ESCALATE, reason="r"), "OWNER_REQUIRED"),
        (case_messages.decide, pb.DecideCaseRequest(etag="e", decision=DECISION_REJECT, reason="r", escalation_owner="mara"), "FIELD_INVALID"),
    ],
)
def test_what_is_missing_or_wrong_is_named(call, request_, reason: str):
    """Before anything is asked of the workflow."""
    request_.case_id, request_.request_id = request_id(), request_id()
    with pytest.raises(InvalidArgument) as refused_:
        call(request_)
    assert refused_.value.reason == reason


async def test_a_failed_case_is_not_closed(api: Api):
    """FAILED waits for a manager: the message goes to the workflow, and a link can still be made."""
    case_id = api.stored_case(status="FAILED")
    async with refused(grpc.StatusCode.UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE"):
        await api.cases.ResumeCase(
            pb.ResumeCaseRequest(case_id=case_id, request_id=request_id(), reason="mended"), metadata=await api.as_user("mara")
        )
    assert (await api.cases.CreatePortalLink(pb.CreatePortalLinkRequest(case_id=case_id), metadata=await api.as_user("olivia"))).token


async def test_watching_goes_on_past_a_failure(api: Api):
    """The stream of a case that failed and was resumed ends where the case ends."""
    case_id = api.stored_case(status="FAILED")
    seen = []
    async for message in api.cases.WatchCase(pb.WatchCaseRequest(case_id=case_id), metadata=await api.as_user("olivia")):
        seen.append(message.header.status)
        api.store.transition("acme", case_id, "REVIEW_PENDING" if len(seen) == 1 else "WITHDRAWN")
    assert len(seen) == 3


async def test_the_customer_sees_the_questions(api: Api):
    """What is asked in words stands beside the requirements."""
    case_id = api.stored_case(status="AWAITING_DOCUMENTS")
    api.store.file("acme", case_id).questions.append(Question(question_id="iban", title="Your account", kind="iban", mandatory=True))
    made = await api.cases.CreatePortalLink(pb.CreatePortalLinkRequest(case_id=case_id), metadata=await api.as_user("olivia"))
    shown = (await api.portal.GetPortalCase(portal.GetPortalCaseRequest(), metadata=(("x-portal-token", made.token),))).portal_case
    assert [question.question_id for question in shown.questions] == ["iban"]
