"""The rules of the edge, by themselves."""

import uuid

import grpc
import pytest
from case_api_harness import NUMBER, company, create_request, request_id
from hypothesis import given
from hypothesis import strategies as st

from trustrelay.case.v1 import case_service_pb2 as pb
from trustrelay.case.v1.case_service_pb2 import DESCRIPTOR
from trustrelay.case_api.domain import fields, preconditions
from trustrelay.case_api.domain.addressees import Standing
from trustrelay.case_api.domain.digests import body_sha256, token_sha256
from trustrelay.case_api.domain.preconditions import status_of, status_value
from trustrelay.case_api.domain.problems import Problems
from trustrelay.case_api.domain.roles import REQUIRED, require_role
from trustrelay.case_api.domain.subjects import canonical_subject
from trustrelay.case_api.entrypoints import case_messages
from trustrelay.case_api.entrypoints.case_requests import staging
from trustrelay.common.v1.case_file_pb2 import CaseHeader
from trustrelay.common.v1.case_types_pb2 import CaseStatus, Party
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE_WITH_RESTRICTIONS, DECISION_FOLLOW_UP
from trustrelay.common.v1.requirement_types_pb2 import REQUIREMENT_STATUS_WAIVED
from trustrelay.contracts.case_workflow import TERMINAL, Status
from trustrelay.contracts.etags import etag
from trustrelay.servicekit.errors import Aborted, FailedPrecondition, InvalidArgument, PermissionDenied

DIGITS = NUMBER.replace(".", "")


@pytest.mark.parametrize("notation", [NUMBER, DIGITS, f"BE {NUMBER}", f"be{DIGITS}", f" {DIGITS} "])
def test_one_company_has_one_notation(notation: str):
    """However a number is written, the same company makes the same request."""
    problems = Problems()
    subject = canonical_subject(company(registration_number=notation, vat_number=f"BE{NUMBER}", country="be"), problems)
    problems.refuse_if_any()
    assert (subject.registration_number, subject.vat_number, subject.country) == (DIGITS, f"BE{DIGITS}", "BE")


@given(st.text(max_size=20))
def test_any_text_as_number_is_right_or_a_problem(number: str):
    """No input breaks the check, and nothing wrong passes it."""
    problems = Problems()
    found = canonical_subject(company(registration_number=number), problems).registration_number
    if found:
        assert len(found) == 10
        assert (int(found[:8]) + int(found[8:])) % 97 == 0
    else:
        with pytest.raises(InvalidArgument, match="REGISTRATION_NUMBER_INVALID"):
            problems.refuse_if_any()


def test_declared_parties_get_their_id_and_source_here():
    """What a caller sends as id or source is not taken over; the order of a name's parts does not matter."""
    parties = [Party(full_name="Voorbeeld An", type=2, party_id="mine", source="kbo"), Party(full_name="An  VOORBEELD", type=2)]
    problems = Problems()
    first, second = canonical_subject(company(declared_parties=parties), problems).declared_parties
    assert first.party_id == second.party_id != "mine"
    assert first.source == "declared"


def test_a_request_is_identified_by_its_content():
    """Not by its id; and one id cannot serve two methods or two cases."""
    one, other = pb.WithdrawCaseRequest(case_id="c", request_id="1", reason="r"), pb.WithdrawCaseRequest(case_id="c", request_id="2", reason="r")
    assert body_sha256(one) == body_sha256(other)
    assert body_sha256(one) != body_sha256(pb.WithdrawCaseRequest(case_id="c", reason="s"))
    assert body_sha256(one) != body_sha256(pb.SkipDocumentsRequest(case_id="c", reason="r"))


def test_a_message_is_identified_by_what_it_says_of_which_case():
    """Not by its id or the version it saw; the workflow computes the same digest from what it gets."""
    case, other = (str(uuid.UUID(int=number, version=4)) for number in (1, 2))

    def digest(case_id: str = case, reason: str = "r", etag: str = "") -> str:
        request = pb.WithdrawCaseRequest(case_id=case_id, request_id=str(uuid.uuid4()), reason=reason, etag=etag)
        return case_messages.withdraw(request).body_sha256

    assert digest() == digest(etag="seen")
    assert len({digest(), digest(reason="s"), digest(case_id=other)}) == 3


def test_the_default_language_is_english():
    """Leaving it out and asking for it is the same request."""
    request = create_request()
    same = create_request(request_id=request.request_id, language="en")
    assert staging(request) == staging(same)
    assert staging(request).language == "en"


@pytest.mark.parametrize("value", ["", "1", "6a4c1d0e-8f0b-1b7e-9d38-0a6f6f4a1c11", "not-a-uuid"])
def test_a_request_id_is_a_uuid4(value: str):
    """Other versions can repeat across machines."""
    problems = Problems()
    fields.request_id(value, problems)
    with pytest.raises(InvalidArgument, match="FIELD_INVALID"):
        problems.refuse_if_any()


def test_request_ids_have_one_notation():
    """Upper case is the same id."""
    wanted = request_id()
    assert fields.request_id(wanted.upper(), Problems()) == wanted


def test_every_method_has_its_roles():
    """The table is complete: a method that is not in it could be called by nobody."""
    methods = {method.name for method in DESCRIPTOR.services_by_name["CaseService"].methods}
    assert set(REQUIRED) == methods
    with pytest.raises(PermissionDenied):
        require_role("Unheard", {"officer", "manager", "auditor"})


@pytest.mark.parametrize("status", list(Status))
def test_statuses_of_store_and_workflow_are_the_same(status: Status):
    """The names agree both ways, and terminal ones refuse every message."""
    header = CaseHeader(status=status_value(status))
    assert status_of(header) is status
    if status in TERMINAL:
        with pytest.raises(FailedPrecondition, match="CASE_CLOSED"):
            preconditions.require_open(header)
    else:
        preconditions.require_open(header)
    assert len(CaseStatus.items()) == len(Status) + 1


def test_an_etag_belongs_to_one_version_of_one_thing():
    """An absent one means any version; a past one is a mismatch, or, where the workflow judges, the version it was made for."""
    standing = Standing("c", "CREATED", 3, closed=False)
    assert (standing.require_etag(etag("c", 3)), standing.require_etag("")) == (3, 0)
    assert [standing.version_seen(seen) for seen in ("", etag("c", 1), etag("c", 3))] == [0, 1, 3]
    for judged in (standing.require_etag, standing.version_seen):
        with pytest.raises(Aborted, match="ETAG_MISMATCH"):
            judged(etag("d", 3))
    with pytest.raises(Aborted, match="ETAG_MISMATCH"):
        standing.require_etag(etag("c", 2))


def test_a_token_is_kept_as_sha256_only():
    """Lower-case hex, as persistence-service looks it up."""
    assert token_sha256("secret") == "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"


def test_problems_of_one_kind_keep_their_reason():
    """Two mistakes of one kind are that kind; of several kinds FIELD_INVALID, with each field's own in the metadata."""
    problems = Problems()
    problems.add("lei", "x", "LEI_INVALID")
    with pytest.raises(InvalidArgument, match="LEI_INVALID"):
        problems.refuse_if_any()
    problems.add("name", "y")
    with pytest.raises(InvalidArgument, match="FIELD_INVALID") as caught:
        problems.refuse_if_any()
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.metadata == {"lei": "LEI_INVALID", "name": "FIELD_INVALID"}


def paths_of(problems: Problems) -> list[str]:
    with pytest.raises(InvalidArgument) as caught:
        problems.refuse_if_any()
    return [violation.field for violation in caught.value.violations]


def test_texts_and_lists_have_bounds():
    """What is too long or too many is refused by its path."""
    problems = Problems()
    fields.text("reason", "x" * 5000, problems)
    fields.texts("restrictions", ["ok", " "], problems)
    fields.texts("tasks", ["x"] * 101, problems)
    assert paths_of(problems) == ["reason", "restrictions[1]", "tasks"]


def test_answers_have_bounds():
    """Values are never repeated in the error; keys are named by position."""
    problems = Problems()
    fields.answers({"a": "x" * 5000, " ": "y"}, problems)
    fields.answers({str(i): "" for i in range(201)}, problems)
    assert paths_of(problems) == ["answers.keys[0]", "answers.values[1]", "answers"]


@pytest.mark.parametrize(
    ("party", "field"),
    [
        (Party(full_name="An Voorbeeld"), "type"),
        (Party(full_name=" ", type=2), "full_name"),
        (Party(full_name="???", type=2), "full_name"),
        (Party(full_name="An Voorbeeld", type=2, nationality="Belgian"), "nationality"),
        (Party(full_name="An Voorbeeld", type=2, gender="x"), "gender"),
        (Party(full_name="An Voorbeeld", type=2, share="1.2"), "share"),
        (Party(full_name="An Voorbeeld", type=2, id_number="1" * 65), "id_number"),
    ],
)
def test_a_declared_party_is_checked_field_by_field(party: Party, field: str):
    """The path names party and field."""
    problems = Problems()
    canonical_subject(company(declared_parties=[Party(full_name="Goed Voorbeeld", type=1, birth_date="1961-05", share="0.6"), party]), problems)
    assert paths_of(problems) == [f"subject.declared_parties[1].{field}"]


def test_there_is_a_limit_of_declared_parties():
    """More than a hundred are refused as a whole."""
    problems = Problems()
    canonical_subject(company(declared_parties=[Party(full_name="An Voorbeeld", type=2)] * 101), problems)
    assert paths_of(problems) == ["subject.declared_parties"]


def test_messages_need_what_they_mean():
    """Restrictions with their decision, tasks with a follow-up, a reason for a waiver."""
    common = {"case_id": "c", "request_id": request_id(), "reason": "r"}
    for decision, field in ((DECISION_APPROVE_WITH_RESTRICTIONS, "restrictions"), (DECISION_FOLLOW_UP, "follow_up_tasks")):
        with pytest.raises(InvalidArgument) as caught:
            case_messages.decide(pb.DecideCaseRequest(**common, etag="e", decision=decision))
        assert [v.field for v in caught.value.violations] == [field]
    changes = [pb.RequirementModification(requirement_id="a", status=REQUIREMENT_STATUS_WAIVED), pb.RequirementModification(requirement_id="b")]
    with pytest.raises(InvalidArgument) as caught:
        case_messages.approve_requirements(pb.ApproveRequirementsRequest(**common, modifications=changes))
    assert [v.field for v in caught.value.violations] == ["modifications[0].reason", "modifications[1].status"]
