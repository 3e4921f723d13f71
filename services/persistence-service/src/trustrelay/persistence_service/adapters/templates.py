"""Templates from YAML: those the product ships, judged when the service starts, and the reader of everybody's."""

from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.resources.abc import Traversable

from pydantic import ValidationError

from trustrelay.common.v1.case_file_pb2 import CasePolicy
from trustrelay.common.v1.case_types_pb2 import SubjectType
from trustrelay.common.v1.requirement_types_pb2 import REQUIREMENT_STATUS_OPEN, Question, Requirement
from trustrelay.persistence_service.adapters.template_rules import faults
from trustrelay.persistence_service.adapters.template_schema import CheckRule, QuestionRule, RequirementRule, TemplateRules
from trustrelay.persistence_service.adapters.template_yaml import NotYaml, load
from trustrelay.persistence_service.domain.templates import Template
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument

_MAX_VIOLATIONS = 50


class YamlTemplates:
    """Implements ports.TemplateLibrary. Raises TEMPLATE_INVALID when a shipped file is not a template."""

    def __init__(self, folder: Traversable | None = None) -> None:
        folder = folder or resources.files("trustrelay.persistence_service") / "templates"
        shipped = [parsed(file.read_text("utf-8"), built_in=True) for file in folder.iterdir() if file.name.endswith(".yaml")]
        self._templates = {(template.template_id, template.version): template for template in shipped}
        self._newest = {template.template_id: template for template in sorted(shipped, key=lambda each: each.version)}

    def built_in(self, template_id: str, version: int = 0) -> Template | None:
        """One that the product ships; version 0 = the newest."""
        return self._templates.get((template_id, version)) if version else self._newest.get(template_id)

    def newest(self) -> Sequence[Template]:
        """The newest version of each that the product ships, in the order of their ids."""
        return [self._newest[template_id] for template_id in sorted(self._newest)]

    def parse(self, source: str) -> Template:
        """A tenant's own. Raises TEMPLATE_INVALID with one violation per fault, which names the place in the YAML."""
        return parsed(source, built_in=False)


def parsed(source: str, *, built_in: bool) -> Template:
    """The template that a text describes. Raises TEMPLATE_INVALID."""
    try:
        rules = TemplateRules.model_validate(load(source))
    except NotYaml as error:
        raise _invalid([error.violation]) from None
    except ValidationError as error:
        raise _invalid([FieldViolation(_path(each["loc"]), each["msg"]) for each in error.errors(include_url=False, include_input=False)]) from None
    if found := [FieldViolation(path, problem) for path, problem in faults(rules)]:
        raise _invalid(found)
    return _domain(rules, source, built_in=built_in)


def _invalid(violations: Sequence[FieldViolation]) -> InvalidArgument:
    count = len(violations)
    return InvalidArgument("TEMPLATE_INVALID", f"the template has {count} fault(s)", violations=violations[:_MAX_VIOLATIONS])


def _path(place: Sequence[str | int]) -> str:
    """("checks", 2, "kind") → checks[2].kind; a key that is itself at fault ends in "[key]" in pydantic's words, which says nothing here."""
    path = ""
    for step in place:
        if step != "[key]":
            path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".") or "template"


def _domain(rules: TemplateRules, source: str, *, built_in: bool) -> Template:
    def policy_for(country: str) -> CasePolicy:
        return _policy(rules, [check for check in rules.checks if not check.countries or country in check.countries])

    def requirements(language: str) -> list[Requirement]:
        return [_requirement(name, rule, language) for name, rule in rules.requirements.items()]

    def questions(language: str, country: str) -> list[Question]:
        return list(_questions(rules, language, country))

    subject_type = SubjectType.Value(f"SUBJECT_TYPE_{rules.subject_type.upper()}")
    policy = _policy(rules, rules.checks)
    return Template(rules.template_id, rules.version, subject_type, policy, source, built_in, policy_for, requirements, questions)


def _policy(rules: TemplateRules, checks: Sequence[CheckRule]) -> CasePolicy:
    said = rules.policy
    return CasePolicy(
        path=said.path,
        check_kinds=[check.kind for check in checks],
        mandatory_check_kinds=[check.kind for check in checks if check.mandatory],
        second_officer_triggers=said.second_officer_triggers,
        second_officer_decisions=said.second_officer_decisions,
        reminder_percents=said.reminder_percents,
        **said.limits.model_dump(),
    )


def _requirement(name: str, rule: RequirementRule, language: str) -> Requirement:
    plain = rule.model_dump(exclude={"title", "why", "how"})
    texts = {field: getattr(text, language) for field in ("title", "why", "how") if (text := getattr(rule, field)) is not None}
    return Requirement(requirement_id=name, status=REQUIREMENT_STATUS_OPEN, **texts, **plain)


def _questions(rules: TemplateRules, language: str, country: str) -> Iterator[Question]:
    for name, rule in rules.questions.items():
        if not rule.countries or country in rule.countries:
            yield _question(name, rule, language)


def _question(name: str, rule: QuestionRule, language: str) -> Question:
    title, why = getattr(rule.title, language), getattr(rule.why, language)
    return Question(question_id=name, title=title, why=why, mandatory=rule.mandatory, kind=rule.kind)
