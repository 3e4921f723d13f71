"""Tasks for the customer, trade profiles, and which requirements apply."""

from __future__ import annotations

import pytest

from trustrelay.osint_service.domain.evidence.gaps import Asked, analyze_gaps
from trustrelay.osint_service.domain.evidence.task_texts import texts
from trustrelay.osint_service.domain.evidence.tasks import suggest_tasks
from trustrelay.osint_service.domain.evidence.trade import NEEDS, build_trade_profile
from trustrelay.osint_service.domain.model import BankAccount, PartyType, Profile, Severity, Subject
from trustrelay.osint_service.domain.papers import Document, DocumentState, Question, Reason, Requirement, RequirementStatus

ADDRESS = Requirement(
    "proof_of_address", "Proof of address", "Confirms where you live", status=RequirementStatus.OPEN, media_types=("application/pdf", "image/x-odd"),
    holder_required=True, max_age_days=120,
)  # fmt: skip
IDENTITY = Requirement("identity", "Your identity", "The law asks for it.", status=RequirementStatus.OPEN, answered_by="identity")
NUMBER = Question("national_number", "be_nrn", "National number", "To tell you apart.", mandatory=True)


def test_a_task_names_the_requirement_why_and_what_satisfies_it() -> None:
    """One task per open requirement or unanswered question, under an id that a retry repeats."""
    document, identity, question = suggest_tasks([ADDRESS, IDENTITY], [NUMBER], ["national_number"], [], "en")
    assert (document.task_id, document.kind, document.requirement_id) == ("reupload/proof_of_address", "reupload_document", "proof_of_address")
    assert document.text == (
        "Please upload: Proof of address. Why: Confirms where you live. "
        "What satisfies it: a file of type PDF, image/x-odd; not older than 120 days; in the name of the customer."
    )
    assert (identity.task_id, identity.kind) == ("identity/identity", "follow_up")
    assert "identity provider of substantial or high assurance" in identity.text
    assert (question.task_id, question.kind, question.requirement_id) == ("answer/national_number", "follow_up", "")
    assert question.text.endswith("What satisfies it: a Belgian national register number (11 digits).")


def test_a_bounced_document_says_what_was_wrong_with_the_latest_upload() -> None:
    """The customer reads the reason of the last round, in the words of validation."""
    bounced = Requirement("proof_of_address", "Proof of address", how="A utility bill!", mandatory=False, status=RequirementStatus.BOUNCED)
    uploads = [
        Document("d2", "proof_of_address", DocumentState.INVALID, 2, True, (Reason("TOO_OLD", "It is too old."), Reason("ILLEGIBLE"))),
        Document("d1", "proof_of_address", DocumentState.INVALID, 1, True, (Reason("WRONG_HOLDER"),)),
        Document("d3", "other", DocumentState.INVALID, 3, True, (Reason("INCOMPLETE"),)),
    ]
    [task] = suggest_tasks([bounced], [], [], uploads, "en")
    assert task.text == (
        "Please upload again: Proof of address. What was wrong: It is too old.; ILLEGIBLE. This is optional. What satisfies it: A utility bill!"
    )
    [unexplained] = suggest_tasks([bounced], [], [], [], "en")
    assert unexplained.text.startswith("Please upload: Proof of address.")


@pytest.mark.parametrize("status", [s for s in RequirementStatus if s.name not in ("UNSPECIFIED", "OPEN", "BOUNCED")])
def test_what_is_settled_or_being_judged_is_not_asked_again(status: RequirementStatus) -> None:
    """Submitted, satisfied, covered, waived and not applicable requirements make no task; nor does an answered question."""
    assert suggest_tasks([Requirement("r", status=status)], [NUMBER], [], [], "en") == ()


@pytest.mark.parametrize(
    ("language", "begins"), [("en", "Please upload"), ("nl", "Gelieve"), ("fr", "Veuillez"), ("de", "Please upload"), ("", "Please")]
)
def test_tasks_speak_the_language_of_the_case(language: str, begins: str) -> None:
    """English, Dutch, French; English where nobody wrote the language yet."""
    tasks = suggest_tasks([ADDRESS, IDENTITY], [NUMBER], ["national_number"], [], language)
    assert tasks[0].text.startswith(begins)
    assert all("Proof of address" in t.text or "identity" in t.task_id or "National number" in t.text for t in tasks)


def test_every_language_knows_every_kind_of_field() -> None:
    """A kind added to one language is added to all."""
    assert texts("en").kinds.keys() == texts("nl").kinds.keys() == texts("fr").kinds.keys()


def client(*services: str, **facts: object) -> Subject:
    return Subject(PartyType.COMPANY, "Zonnebeek NV", "BE", selected_services=services, **facts)  # type: ignore[arg-type]


def test_the_trade_profile_names_what_the_services_need_and_what_is_missing() -> None:
    """Needs of several services are one list; what a register knows is there."""
    guarantee = BankAccount("BE71096123456769", "guarantee")
    subject = client("import_clearance", "TRANSIT_T1 ", "import_clearance", eori="BE0403019261", bank_accounts=(guarantee,))
    profile, findings = build_trade_profile(subject, iter([Profile("vies", vat_number="BE0403019261")]))
    assert profile.services == ("import_clearance", "transit_t1")
    assert profile.needs == ("eori", "vat_number", "guarantee", "company_account")
    assert profile.missing == ("company_account",)
    assert [(f.finding_id, f.severity) for f in findings] == [("trade_need_missing:company_account", Severity.MEDIUM)]


@pytest.mark.parametrize("service", sorted(NEEDS))
def test_a_bare_client_misses_all_that_its_service_needs(service: str) -> None:
    """Nothing declared, everything missing."""
    profile, findings = build_trade_profile(client(service), [])
    assert set(profile.missing) == set(profile.needs) == set(NEEDS[service])
    assert len(findings) == len(profile.missing)


def test_no_service_and_an_unknown_service_are_findings() -> None:
    """What the rules cannot judge is shown, never dropped."""
    assert [f.finding_id for f in build_trade_profile(client(), [])[1]] == ["trade_services_missing"]
    profile, findings = build_trade_profile(client("teleport"), [])
    assert (profile.services, profile.needs) == (("teleport",), ())
    assert [f.finding_id for f in findings] == ["trade_service_unknown:teleport"]


@pytest.mark.parametrize(
    ("countries", "forms", "country", "known", "applies"),
    [
        ((), (), "BE", ["bv"], True),
        (("BE", "nl"), (), "NL", [], True),
        (("NL",), (), "BE", [], False),
        (("NL",), (), "", [], True),
        ((), ("NV",), "BE", ["nv "], True),
        ((), ("nv",), "BE", ["bv"], False),
        ((), ("nv",), "BE", ["", " "], True),
        ((), ("nv",), "BE", ["bv", "nv"], True),
        (("NL",), ("nv",), "BE", ["nv"], False),
    ],
)
def test_requirements_of_other_countries_and_forms_do_not_apply(
    countries: tuple[str, ...], forms: tuple[str, ...], country: str, known: list[str], applies: bool
) -> None:
    """While nobody knows the country or the form, the requirement is asked."""
    [verdict] = analyze_gaps([Asked("r", "w", (), (), countries, forms)], [], [], country=country, legal_forms=known)
    assert (verdict.applicable, verdict.why, verdict.covered_by) == (applies, "w", "")
