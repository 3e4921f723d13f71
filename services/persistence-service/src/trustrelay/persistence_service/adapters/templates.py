"""Templates from YAML files, judged by a schema when the service starts."""

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from trustrelay.common.v1.case_file_pb2 import CasePolicy
from trustrelay.common.v1.requirement_types_pb2 import REQUIREMENT_STATUS_OPEN, Requirement
from trustrelay.persistence_service.domain.templates import Template
from trustrelay.servicekit.errors import NotFound


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Text(_Strict):
    """One text in every language that customers are addressed in."""

    en: str = Field(min_length=1)
    nl: str = Field(min_length=1)
    fr: str = Field(min_length=1)


class _Requirement(_Strict):
    title: _Text
    why: _Text
    mandatory: bool = True
    document_types: list[str] = Field(min_length=1)
    media_types: list[str] = Field(min_length=1)
    holder_required: bool = False
    max_age_days: int = Field(0, ge=0)
    required_fields: list[str] = []
    covered_by_evidence_kinds: list[str] = []


class _Policy(_Strict):
    mandatory_check_kinds: list[str] = Field(min_length=1)
    second_officer_triggers: list[Literal["confirmed_pep", "high_risk", "override", "confirmed_sanction"]]
    max_bounces: int = Field(ge=0)
    max_iterations: int = Field(ge=1)
    max_timeline_days: int = Field(ge=1)
    assisted_release_minutes: int = Field(ge=1)


class _Template(_Strict):
    template_id: str = Field(pattern="^[a-z][a-z0-9_]+$")
    version: int = Field(ge=1)
    policy: _Policy
    requirements: dict[str, _Requirement]


class YamlTemplates:
    """Implements ports.Templates. Raises pydantic.ValidationError when a file is not a template."""

    def __init__(self, folder: Traversable | None = None) -> None:
        folder = folder or resources.files("trustrelay.persistence_service") / "templates"
        parsed = [_Template.model_validate(yaml.safe_load(f.read_text("utf-8"))) for f in folder.iterdir() if f.name.endswith(".yaml")]
        self._templates = {template.template_id: _domain(template) for template in parsed}

    def get(self, template_id: str) -> Template:
        """Raises TEMPLATE_NOT_FOUND."""
        if template_id not in self._templates:
            raise NotFound("TEMPLATE_NOT_FOUND", "there is no such template")
        return self._templates[template_id]


def _domain(template: _Template) -> Template:
    def requirements(language: str) -> list[Requirement]:
        return [_message(name, requirement, language) for name, requirement in template.requirements.items()]

    return Template(template.template_id, template.version, CasePolicy(**template.policy.model_dump()), requirements)


def _message(name: str, requirement: _Requirement, language: str) -> Requirement:
    plain = requirement.model_dump(exclude={"title", "why"})
    title, why = (getattr(text, language) for text in (requirement.title, requirement.why))
    return Requirement(requirement_id=name, title=title, why=why, status=REQUIREMENT_STATUS_OPEN, **plain)
