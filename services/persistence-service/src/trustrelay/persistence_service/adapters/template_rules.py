"""What a template's parts must be to each other; every fault names its place in the YAML."""

from collections.abc import Iterator, Sequence

from trustrelay.document.v1.document_intelligence_service_pb2 import DocumentType
from trustrelay.persistence_service.adapters.template_schema import RequirementRule, TemplateRules
from trustrelay.persistence_service.domain.templates import ALWAYS_MANDATORY, ALWAYS_TRIGGERS, CHECKS_OF_PATH, SUBJECT_OF_PATH

Fault = tuple[str, str]
DOCUMENT_TYPES = frozenset(name.removeprefix("DOCUMENT_TYPE_").lower() for name in DocumentType.keys()) - {"unspecified", "unknown"}  # noqa: SIM118


def faults(template: TemplateRules) -> Iterator[Fault]:
    """(path, what is wrong), none for a template that can be used."""
    yield from _policy(template)
    yield from _checks(template)
    for name, requirement in template.requirements.items():
        yield from _requirement(f"requirements.{name}", requirement, template.policy.path)
    yield from _answerable(template)


def _policy(template: TemplateRules) -> Iterator[Fault]:
    policy, wanted = template.policy, SUBJECT_OF_PATH[template.policy.path]
    if template.subject_type != wanted:
        yield "subject_type", f"must be {wanted} for the path {policy.path}"
    for trigger in sorted(ALWAYS_TRIGGERS - set(policy.second_officer_triggers)):
        yield "policy.second_officer_triggers", f"must name {trigger}"
    yield from _twice("policy.second_officer_triggers", policy.second_officer_triggers)
    yield from _twice("policy.second_officer_decisions", policy.second_officer_decisions)
    if list(policy.reminder_percents) != sorted(set(policy.reminder_percents)):
        yield "policy.reminder_percents", "must grow"


def _checks(template: TemplateRules) -> Iterator[Fault]:
    known = CHECKS_OF_PATH[template.policy.path]
    for position, check in enumerate(template.checks):
        if check.kind not in known:
            yield f"checks[{position}].kind", f"is no check of the path {template.policy.path}; it has {', '.join(sorted(known))}"
    yield from _twice("checks", [check.kind for check in template.checks])
    for kind in sorted(ALWAYS_MANDATORY - {check.kind for check in template.checks if check.mandatory and not check.countries}):
        yield "checks", f"must hold {kind}, mandatory and for every country"


def _requirement(path: str, requirement: RequirementRule, case_path: str) -> Iterator[Fault]:
    if requirement.answered_by == "identity":
        if case_path != "kyc":
            yield f"{path}.answered_by", "only persons (path kyc) prove who they are"
        for name in ("document_types", "media_types", "required_fields", "covered_by_evidence_kinds"):
            if getattr(requirement, name):
                yield f"{path}.{name}", "has no meaning for a requirement that is answered by identity"
        return
    for name in ("document_types", "media_types"):
        if not getattr(requirement, name):
            yield f"{path}.{name}", "must name at least one"
    for position, kind in enumerate(requirement.document_types):
        if kind not in DOCUMENT_TYPES:
            yield f"{path}.document_types[{position}]", f"is not known; there are {', '.join(sorted(DOCUMENT_TYPES))}"


def _answerable(template: TemplateRules) -> Iterator[Fault]:
    """A mandatory check that waits for the customer needs somebody who asks the customer."""
    kinds = {check.kind for check in template.checks if check.mandatory}
    if "identity_verification" in kinds and not any(r.answered_by == "identity" for r in template.requirements.values()):
        yield "requirements", "one must be answered by identity, as identity_verification is mandatory"
    if "field" in kinds and not template.questions:
        yield "questions", "must hold at least one, as field is a mandatory check"


def _twice(path: str, names: Sequence[str]) -> Iterator[Fault]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield path, f"names {name} twice"
