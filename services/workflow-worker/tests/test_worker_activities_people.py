"""Activities on persons, answers and declared facts, against scripted servers over a real gRPC channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from worker_servers import serving_services
from worker_world import CASE, Environment, World, a_world, investigated

from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_PERSON, Party
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED, Check
from trustrelay.contracts.parties import party_id
from trustrelay.osint.v1 import verification_service_pb2 as verification
from trustrelay.osint.v1.evidence_service_pb2 import BuildTradeProfileRequest, BuildTradeProfileResponse
from trustrelay.persistence.v1.case_store_service_pb2 import RecordInvestigationRequest
from trustrelay.servicekit import errors
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import Assessed
from trustrelay.workflow_worker.entrypoints.activities.compliance.answer_activities import AnswerActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.declaration_activities import DeclarationActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.people_activities import PeopleActivities

DOWN = errors.Unavailable("LISTS_LOADING", "not yet")


@pytest.fixture
def world() -> World:
    """A case with two stored uploads, and servers that answer."""
    return a_world()


@pytest_asyncio.fixture
async def services(world: World) -> AsyncIterator[Services]:
    """Stubs that reach the scripted servers."""
    async with serving_services(world) as stubs:
        yield stubs


def a_person(world: World) -> None:
    """Makes the subject an invented person without anybody around it."""
    subject = world.file.subject
    subject.type, subject.legal_name, subject.country = SUBJECT_TYPE_PERSON, "Odalric Vantongerloo", "BE"
    subject.birth_date, subject.nationality = "1961-05-14", "NL"
    del world.file.parties[:]


def came_to(assessed: Assessed) -> tuple[str, str]:
    """Outcome and reason."""
    return assessed.outcome, assessed.reason


def stored_twice(world: World) -> RecordInvestigationRequest:
    """What two runs stored: the same, under the same id."""
    first, again = world.requests(RecordInvestigationRequest)
    assert first == again
    return first


async def twice(activity: object, environment: Environment) -> Assessed:
    """The result of an activity that is run again, as after a lost answer."""
    first = await environment.run(activity, CASE)
    assert await environment.run(activity, CASE) == first
    return first


async def test_worker_identity_is_compared_with_what_was_vouched_for(world: World, services: Services) -> None:
    """The stored identity is sent along, and the check is stored; on retry the same one."""
    world.file.assessments.identity.session_id = "session-1"
    assert came_to(await twice(PeopleActivities(services).verify_identity, Environment())) == ("CLEAR", "")
    assert world.requests(verification.VerifyIdentityRequest)[0].identity.session_id == "session-1"
    assert [check.kind for check in stored_twice(world).checks] == ["identity_verification"]


async def test_worker_identity_that_nobody_vouched_for_is_not_assessed(world: World, services: Services) -> None:
    """Without an identity the rules are asked all the same: their NOT_ASSESSED is stored, and returned."""
    check = Check(check_id="identity_verification", kind="identity_verification", outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="IDENTITY_NOT_PROVIDED")
    world.answers[verification.VerifyIdentityRequest] = verification.VerifyIdentityResponse(checks=[check])
    assessed = await Environment().run(PeopleActivities(services).verify_identity, CASE)
    assert came_to(assessed) == ("NOT_ASSESSED", "IDENTITY_NOT_PROVIDED")
    assert not world.requests(verification.VerifyIdentityRequest)[0].HasField("identity")
    assert list(world.requests(RecordInvestigationRequest)[0].checks) == [check]


async def test_worker_fields_are_the_customers_word_else_what_was_given_at_creation(world: World, services: Services) -> None:
    """Each question is checked with the portal's answer, else with the one from creation."""
    for question in ("national_number", "iban"):
        world.file.questions.add(question_id=question)
        world.file.creation_answers[question] = "at creation"
    world.file.answers["iban"], world.file.answers["national_number"] = "from the portal", ""
    assert came_to(await twice(PeopleActivities(services).validate_fields, Environment())) == ("CLEAR", "")
    sent = world.requests(verification.ValidateFieldsRequest)[0].answers
    assert dict(sent) == {"iban": "from the portal", "national_number": "at creation"}
    assert {check.check_id for check in stored_twice(world).checks} == {"field:iban", "field:national_number"}


async def test_worker_fields_without_questions_or_answers_are_not_assessed(world: World, services: Services) -> None:
    """Without questions nobody is asked and nothing is stored; questions without answers are judged, and stored, as such."""
    activities = PeopleActivities(services)
    assert came_to(await Environment().run(activities.validate_fields, CASE)) == ("NOT_ASSESSED", "NO_QUESTIONS")
    assert world.requests(RecordInvestigationRequest) == []
    world.file.questions.add(question_id="iban")
    check = Check(check_id="field:iban", kind="field", outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="NOT_ANSWERED")
    world.answers[verification.ValidateFieldsRequest] = verification.ValidateFieldsResponse(checks=[check])
    assert came_to(await Environment().run(activities.validate_fields, CASE)) == ("NOT_ASSESSED", "NOT_ANSWERED")
    assert list(world.requests(RecordInvestigationRequest)[0].checks) == [check]


async def test_worker_person_is_screened_on_lists_and_in_media(world: World, services: Services) -> None:
    """A person is screened with all that tells it from others; lists and media are stored together, on retry the same."""
    a_person(world)
    assert came_to(await twice(PeopleActivities(services).run_kyc_screening, Environment())) == ("CLEAR", "")
    party = world.requests(Party)[0]
    assert (party.type, party.birth_date, party.nationality) == (SUBJECT_TYPE_PERSON, "1961-05-14", "NL")
    found = stored_twice(world)
    assert {check.kind for check in found.checks} == {"sanctions_screening", "adverse_media"}
    assert (len(found.screenings), found.assessments.synthesis_markdown) == (1, "# What was found")


async def test_worker_source_that_names_the_subject_takes_nothing_away(world: World, services: Services) -> None:
    """A document that names the person without a birth date leaves the declared one to screen with, and adds what it knows."""
    a_person(world)
    world.file.parties.add(party_id=party_id("Odalric Vantongerloo", "PERSON"), full_name="VANTONGERLOO Odalric", gender="male")
    await Environment().run(PeopleActivities(services).run_kyc_screening, CASE)
    (party,) = world.requests(Party)
    assert (party.full_name, party.birth_date, party.gender) == ("Odalric Vantongerloo", "1961-05-14", "male")


async def test_worker_lists_that_fail_for_a_while_are_tried_again(world: World, services: Services) -> None:
    """An early attempt that a retry may mend stores nothing and is tried again."""
    a_person(world)
    world.script["screening"] = [DOWN]
    with pytest.raises(ServiceError, match="LISTS_LOADING"):
        await Environment().run(PeopleActivities(services).run_kyc_screening, CASE)
    assert world.requests(RecordInvestigationRequest) == []


@pytest.mark.parametrize(("error", "attempt"), [(DOWN, 3), (errors.InvalidArgument("PARTY_NAME_MISSING", "words"), 1)])
async def test_worker_media_are_kept_when_the_lists_fail_for_good(world: World, services: Services, error: ServiceError, attempt: int) -> None:
    """What the media said is kept, and the lists are NOT_ASSESSED with the reason: when patience is over, or at once when no retry can help."""
    a_person(world)
    world.script["screening"], world.script["investigation"] = [error], investigated()
    environment = Environment()
    environment.info = replace(environment.info, attempt=attempt)
    assessed = await environment.run(PeopleActivities(services).run_kyc_screening, CASE)
    assert came_to(assessed) == ("NOT_ASSESSED", error.reason)
    (found,) = world.requests(RecordInvestigationRequest)
    outcomes = {check.kind: check.reason for check in found.checks}
    assert outcomes == {"sanctions_screening": error.reason, "pep_screening": error.reason, "adverse_media": ""}
    assert all(check.check_id == f"{check.kind}:{check.party_id}" for check in found.checks if check.reason)


async def test_worker_kyc_screening_that_fails_whole_is_an_error(world: World, services: Services) -> None:
    """When nothing was answered there is nothing to keep: the activity fails, whichever attempt it is."""
    world.script["screening"], world.script["investigation"] = [DOWN], [errors.Unavailable("OBJECT_STORE_UNAVAILABLE", "words")]
    environment = Environment()
    environment.info = replace(environment.info, attempt=9)
    with pytest.raises(ServiceError):
        await environment.run(PeopleActivities(services).run_kyc_screening, CASE)
    assert world.requests(RecordInvestigationRequest) == []


async def test_worker_answers_say_where_they_come_from(world: World, services: Services) -> None:
    """The portal's answers, else those of the creation, else nobody's; the bodies never leave the store."""
    activities = AnswerActivities(services)
    assert came_to(await Environment().run(activities.fetch_case_answers, CASE)) == ("NOT_ASSESSED", "NO_ANSWERS")
    world.file.creation_answers["iban"] = "secret"
    assert came_to(await Environment().run(activities.fetch_case_answers, CASE)) == ("CLEAR", "CREATION")
    world.file.answers["iban"] = "secret"
    fetched = await Environment().run(activities.fetch_case_answers, CASE)
    assert came_to(fetched) == ("CLEAR", "PORTAL")
    assert "secret" not in repr(fetched)


async def test_worker_company_details_say_whether_an_officer_corrected_them(world: World, services: Services) -> None:
    """Only a profile whose source is an officer counts as a correction."""
    activities = AnswerActivities(services)
    world.file.profiles.add(source="kbo")
    assert came_to(await Environment().run(activities.fetch_company_details, CASE)) == ("CLEAR", "NONE_CORRECTED")
    world.file.profiles.add(source="officer")
    assert came_to(await Environment().run(activities.fetch_company_details, CASE)) == ("CLEAR", "OFFICER_CORRECTED")


async def test_worker_belgian_company_is_asked_about_peppol_and_withholding(world: World, services: Services) -> None:
    """Three checks, stored together; on retry the same."""
    assert came_to(await twice(DeclarationActivities(services).run_peppol_verification, Environment())) == ("CLEAR", "")
    assert {check.kind for check in stored_twice(world).checks} == {"peppol_participant", "withholding_social", "withholding_fiscal"}


async def test_worker_peppol_is_not_asked_of_other_countries(world: World, services: Services) -> None:
    """Elsewhere the question does not arise: no call, no check that would look like a gap."""
    world.file.subject.country = "NL"
    assessed = await Environment().run(DeclarationActivities(services).run_peppol_verification, CASE)
    assert came_to(assessed) == ("NOT_ASSESSED", "NOT_APPLICABLE_COUNTRY")
    assert world.requests(verification.VerifyPeppolRequest) == []
    assert world.requests(RecordInvestigationRequest) == []


async def test_worker_withholding_is_kept_when_peppol_fails(world: World, services: Services) -> None:
    """One obligation that cannot be looked up leaves the other's answer as it is."""
    world.answers[verification.VerifyPeppolRequest] = errors.FailedPrecondition("PEPPOL_LOOKUP_NOT_AVAILABLE", "words")
    assessed = await Environment().run(DeclarationActivities(services).run_peppol_verification, CASE)
    assert came_to(assessed) == ("NOT_ASSESSED", "PEPPOL_LOOKUP_NOT_AVAILABLE")
    (found,) = world.requests(RecordInvestigationRequest)
    assert {check.kind: check.reason for check in found.checks} == {
        "peppol_participant": "PEPPOL_LOOKUP_NOT_AVAILABLE",
        "withholding_social": "",
        "withholding_fiscal": "",
    }


async def test_worker_eori_is_verified(world: World, services: Services) -> None:
    """The check of the EORI number is stored; on retry the same."""
    assert came_to(await twice(DeclarationActivities(services).validate_eori, Environment())) == ("CLEAR", "")
    assert [check.check_id for check in stored_twice(world).checks] == ["eori"]


async def test_worker_eori_that_nobody_checked_is_an_error(world: World, services: Services) -> None:
    """A service that is away makes the activity fail, so that it is tried again; nothing is stored."""
    world.answers[verification.VerifyEoriRequest] = errors.DeadlineExceeded("EORI_TIMEOUT", "words")
    with pytest.raises(ServiceError, match="EORI_TIMEOUT"):
        await Environment().run(DeclarationActivities(services).validate_eori, CASE)
    assert world.requests(RecordInvestigationRequest) == []


async def test_worker_every_account_is_verified(world: World, services: Services) -> None:
    """Form and payee of each account are stored; the worst of them is what the step came to."""
    for purpose in ("company", "guarantee"):
        world.file.subject.bank_accounts.add(purpose=purpose)
    assert came_to(await twice(DeclarationActivities(services).verify_iban, Environment())) == ("NOT_ASSESSED", "VOP_NOT_CONFIGURED")
    assert len(stored_twice(world).checks) == 4


async def test_worker_company_without_account_is_not_assessed(world: World, services: Services) -> None:
    """Without an account the rules are asked all the same: their NOT_ASSESSED is stored, so that a template that demands the check blocks."""
    assessed = await Environment().run(DeclarationActivities(services).verify_iban, CASE)
    assert came_to(assessed) == ("NOT_ASSESSED", "ACCOUNT_NOT_DECLARED")
    assert [check.check_id for check in world.requests(RecordInvestigationRequest)[0].checks] == ["iban_format"]


async def test_worker_trade_profile_is_kept_and_says_what_is_missing(world: World, services: Services) -> None:
    """The profile is stored; without services nobody can say, and what is missing is a failure to look at."""
    activities = DeclarationActivities(services)
    assert came_to(await Environment().run(activities.build_trade_profile, CASE)) == ("NOT_ASSESSED", "NO_SERVICES_SELECTED")
    world.file.subject.selected_services.append("transit_t1")
    world.asked.clear()
    assert came_to(await twice(activities.build_trade_profile, Environment())) == ("CLEAR", "")
    assert list(stored_twice(world).assessments.trade_profile.services) == ["transit_t1"]
    lacking = BuildTradeProfileResponse()
    lacking.profile.services.append("transit_t1")
    lacking.profile.missing.append("guarantee")
    world.answers[BuildTradeProfileRequest] = lacking
    assert came_to(await Environment().run(activities.build_trade_profile, CASE)) == ("FAILED", "NEEDS_MISSING")
