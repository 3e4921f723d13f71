"""Templates: what their YAML may say, and a tenant's own beside the product's."""

from __future__ import annotations

import pathlib
from importlib import resources

import pytest
from persistence_harness import COMPANY, PERSON, Caller, Service, refused

from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_COMPANY, SUBJECT_TYPE_PERSON, Subject
from trustrelay.contracts.case_workflow import Path
from trustrelay.contracts.policies import policy_of
from trustrelay.persistence.v1 import case_store_service_pb2 as pb
from trustrelay.persistence_service.adapters.templates import YamlTemplates
from trustrelay.servicekit.errors import InvalidArgument

SHIPPED = ("customs_fiscal_representative", "kyb_standard", "kyc_natural_person")
OWN = """
template_id: tea_importer
version: 1
subject_type: company
policy:
  path: customs
  second_officer_triggers: [override, high_risk]
  second_officer_decisions: [REJECT]
checks:
  - {kind: sanctions_screening}
  - {kind: eori, countries: [BE, NO]}
requirements:
  articles_of_association:
    title: {en: Articles, nl: Statuten, fr: Statuts}
    why: {en: Who may sign, nl: Wie mag tekenen, fr: Qui peut signer}
    document_types: [articles_of_association]
    media_types: [application/pdf]
    countries: [NO]
    legal_forms: [besloten vennootschap]
"""


def shipped_text(template_id: str) -> str:
    return (resources.files("trustrelay.persistence_service") / "templates" / f"{template_id}.yaml").read_text("utf-8")


def violations(source: str) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as caught:
        YamlTemplates().parse(source)
    assert caught.value.reason == "TEMPLATE_INVALID"
    return {violation.field: violation.description for violation in caught.value.violations}


@pytest.mark.parametrize("template_id", SHIPPED)
def test_a_shipped_template_is_what_the_workflow_can_follow(template_id: str) -> None:
    """Its policy has a path that a workflow knows, its mandatory checks are among its checks, and four eyes see every override."""
    template = YamlTemplates().built_in(template_id)
    assert template is not None
    policy = policy_of(template.policy)
    assert set(policy.mandatory_check_kinds) <= set(policy.check_kinds)
    assert (policy.reminder_percents, policy.max_timeline_days, policy.max_bounces) == ((50, 80, 95), 60, 3)
    assert "override" in policy.second_officer_triggers
    assert template.subject_type == (SUBJECT_TYPE_PERSON if policy.path is Path.KYC else SUBJECT_TYPE_COMPANY)


def test_what_must_be_assessed_of_persons_and_of_customs_clients() -> None:
    """KYC: identity, sanctions, PEP, adverse media; customs: KYB's and the EORI number."""
    templates = {template.template_id: set(template.policy.mandatory_check_kinds) for template in YamlTemplates().newest()}
    assert templates["kyc_natural_person"] == {"identity_verification", "sanctions_screening", "pep_screening", "adverse_media"}
    assert templates["customs_fiscal_representative"] == templates["kyb_standard"] | {"eori"}


def test_questions_and_checks_of_some_countries_only() -> None:
    """A Dutch person is not asked for a Belgian number, and nobody asks Belgian withholding of a French company."""
    templates = YamlTemplates()
    kyc, kyb = templates.built_in("kyc_natural_person"), templates.built_in("kyb_standard")
    assert kyc is not None
    assert kyb is not None
    asked = {country: {question.question_id for question in kyc.questions("nl", country)} for country in ("BE", "NL", "FR")}
    assert asked["BE"] - asked["FR"] == {"national_number"}
    assert asked["NL"] - asked["FR"] == {"citizen_service_number"}
    assert "withholding_social" in kyb.policy_for("BE").check_kinds
    assert "withholding_social" not in kyb.policy_for("FR").check_kinds


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("version: 1", "version: nine", "version"),
        ("version: 1", "version: true", "version"),
        ("version: 1", "version: 1\nversion: 2", "source line 4"),
        ("subject_type: company", "subject_type: person", "subject_type"),
        ("path: customs", "path: banking", "policy.path"),
        ("[override, high_risk]", "[high_risk]", "policy.second_officer_triggers"),
        ("[override, high_risk]", "[override, full_moon]", "policy.second_officer_triggers[1]"),
        ("[REJECT]", "[FOLLOW_UP]", "policy.second_officer_decisions[0]"),
        ("path: customs", "path: customs\n  reminder_percents: [80, 50]", "policy.reminder_percents"),
        ("path: customs", "path: customs\n  reminder_percents: [100]", "policy.reminder_percents[0]"),
        ("path: customs", "path: customs\n  limits: {max_timeline_days: 0}", "policy.limits.max_timeline_days"),
        ("{kind: sanctions_screening}", "{kind: sanctions_screening, mandatory: false}", "checks"),
        ("{kind: sanctions_screening}", "{kind: sanctions_screening, countries: [BE]}", "checks"),
        ("kind: eori", "kind: horoscope", "checks[1].kind"),
        ("kind: eori", "kind: sanctions_screening", "checks"),
        ("countries: [NO]", "countries: [Norway]", "requirements.articles_of_association.countries[0]"),
        ("[articles_of_association]", "[tea_leaves]", "requirements.articles_of_association.document_types[0]"),
        ("    media_types: [application/pdf]\n", "", "requirements.articles_of_association.media_types"),
        ("nl: Statuten, ", "", "requirements.articles_of_association.title.nl"),
        ("    why:", "    answered_by: identity\n    why:", "requirements.articles_of_association.answered_by"),
        ("    why:", "    colour: red\n    why:", "requirements.articles_of_association.colour"),
        ("checks:", "checks: &all\n  - *all\nmore:", "source line 10"),
        (OWN, "[" * 3000, "source"),
        (OWN, "just words", "template"),
    ],
)
def test_a_fault_names_its_place_in_the_yaml(old: str, new: str, path: str) -> None:
    """Whoever wrote the template is told where it is wrong."""
    assert YamlTemplates().parse(OWN).template_id == "tea_importer"
    assert old in OWN
    assert path in violations(OWN.replace(old, new, 1))


def test_the_documented_example_is_a_template() -> None:
    """What docs/templates.md shows can be stored as it stands."""
    page = (pathlib.Path(__file__).parents[3] / "docs" / "templates.md").read_text("utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert YamlTemplates().parse(example).policy.path == "customs"


def test_norway_is_a_country() -> None:
    """NO is not read as "false"."""
    assert list(YamlTemplates().parse(OWN).requirements("en")[0].countries) == ["NO"]


def test_a_check_that_waits_for_the_customer_needs_somebody_who_asks() -> None:
    """identity_verification without a requirement answered by identity, field without a question: refused."""
    text = shipped_text("kyc_natural_person").replace("kind: field, mandatory: false", "kind: field")
    found = violations(text[: text.index("requirements:")])
    assert set(found) == {"requirements", "questions"}


async def put(caller: Caller, source: str) -> pb.TemplateInfo:
    return (await caller.call(caller.templates.PutTemplate, pb.PutTemplateRequest(source=source))).template


async def test_a_tenants_template_is_its_own_and_each_version_is_written_once(caller: Caller, service: Service) -> None:
    """The same text again changes nothing; another text needs a higher version; another tenant sees none of it."""
    first = await put(caller, OWN)
    assert first == await put(caller, OWN)
    assert (first.version, first.built_in, first.policy.path, list(first.policy.second_officer_decisions)) == (1, False, "customs", ["REJECT"])
    with refused("FAILED_PRECONDITION", "TEMPLATE_VERSION_EXISTS"):
        await put(caller, OWN + "# another word\n")
    third = OWN.replace("version: 1", "version: 3")
    assert (await put(caller, third)).version == 3
    with refused("INVALID_ARGUMENT", "TEMPLATE_INVALID") as caught:
        await put(caller, OWN.replace("version: 1", "version: 2"))
    assert [violation.field for violation in caught.value.violations] == ["version"]
    for version, text in ((1, OWN), (3, third), (0, third)):
        reply = await caller.call(caller.templates.GetTemplate, pb.GetTemplateRequest(template_id="tea_importer", version=version))
        assert (reply.source, reply.template.version) == (text, version or 3)
    listed = await caller.call(caller.templates.ListTemplates, pb.ListTemplatesRequest())
    assert [(t.template_id, t.version, t.built_in) for t in listed.templates][-1] == ("tea_importer", 3, False)
    assert [t.template_id for t in listed.templates if t.built_in] == list(SHIPPED)
    stranger = service.caller()
    with refused("NOT_FOUND", "TEMPLATE_NOT_FOUND"):
        await stranger.call(stranger.templates.GetTemplate, pb.GetTemplateRequest(template_id="tea_importer"))
    assert len((await stranger.call(stranger.templates.ListTemplates, pb.ListTemplatesRequest())).templates) == len(SHIPPED)


async def test_the_products_ids_are_reserved(caller: Caller) -> None:
    """Nobody replaces kyb_standard, whatever the version; faults come back with their places."""
    with refused("PERMISSION_DENIED", "TEMPLATE_RESERVED"):
        await put(caller, shipped_text("kyb_standard").replace("version: 2", "version: 9"))
    with refused("INVALID_ARGUMENT", "TEMPLATE_INVALID") as caught:
        await put(caller, OWN.replace("path: customs", "path: none"))
    assert [violation.field for violation in caught.value.violations] == ["policy.path"]
    with refused("NOT_FOUND", "TEMPLATE_NOT_FOUND"):
        await caller.call(caller.templates.GetTemplate, pb.GetTemplateRequest(template_id="kyb_standard", version=7))


async def test_a_staged_case_keeps_its_version(caller: Caller) -> None:
    """What was staged with version 1 opens with version 1 after version 2 was stored; the next case takes version 2."""
    await put(caller, OWN)
    staged = await caller.stage(template="tea_importer")
    newer = OWN.replace("version: 1", "version: 2").replace("  articles_of_association:", "  statutes:")
    await put(caller, newer)
    await caller.call(caller.cases.OpenCase, pb.OpenCaseRequest(case_id=staged.case_id))
    file = await caller.file(staged.case_id)
    assert (file.header.template_version, [r.requirement_id for r in file.requirements]) == (1, ["articles_of_association"])
    assert (list(file.requirements[0].countries), file.requirements[0].answered_by) == (["NO"], "document")
    assert (await caller.stage(template="tea_importer")).template_version == 2


async def test_a_template_takes_its_type_of_subject_only(caller: Caller) -> None:
    """A company is no natural person, a person no company, and nothing is neither."""
    for template, subject in (("kyc_natural_person", COMPANY), ("kyb_standard", PERSON), ("kyb_standard", Subject(legal_name="x"))):
        with refused("INVALID_ARGUMENT", "SUBJECT_TYPE_MISMATCH"):
            await caller.stage(template=template, subject=subject)
    assert (await caller.stage(template="kyc_natural_person", subject=PERSON)).policy.path == "kyc"


async def test_a_case_is_staged_with_the_checks_of_its_country(caller: Caller) -> None:
    """The policy of a French company's case names no Belgian check, a Belgian one's does."""
    french = Subject(type=SUBJECT_TYPE_COMPANY, legal_name="Sablier SARL", country="FR")
    assert "withholding_fiscal" not in (await caller.stage(subject=french)).policy.check_kinds
    assert "withholding_fiscal" in (await caller.stage()).policy.check_kinds
