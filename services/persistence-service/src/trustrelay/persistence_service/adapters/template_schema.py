"""What a template's YAML may say: shapes and bounds. What its parts must be to each other: template_rules."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600, pattern=r"^[^\x00]+$")]
Name = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,63}$")]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
LegalForm = Annotated[str, StringConstraints(pattern=r"^[^\x00A-Z]{1,200}$")]
MediaType = Annotated[str, StringConstraints(pattern="^[a-z]+/[a-z0-9.+-]+$")]
Percent = Annotated[int, Field(ge=1, le=99)]
Trigger = Literal["confirmed_pep", "high_risk", "override", "confirmed_sanction"]
Decision = Literal["APPROVE", "APPROVE_WITH_RESTRICTIONS", "REJECT", "ESCALATE"]
FieldKind = Literal["text", "be_nrn", "nl_bsn", "iban", "vat", "eori", "lei", "date", "country"]


class Strict(BaseModel):
    """Unknown keys and values of another type are mistakes, not surprises."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Text(Strict):
    """One text in every language that customers are addressed in."""

    en: Sentence
    nl: Sentence
    fr: Sentence


class CheckRule(Strict):
    """mandatory: its NOT_ASSESSED blocks an approval until an officer overrides it. Made of subjects of `countries` only, if there are any."""

    kind: Name
    mandatory: bool = True
    countries: list[Country] = []


class Limits(Strict):
    """How long and how often. max_timeline_days in days, assisted_release_minutes in minutes."""

    max_bounces: int = Field(3, ge=0, le=10)
    max_iterations: int = Field(5, ge=1, le=10)
    max_timeline_days: int = Field(60, ge=1, le=365)
    assisted_release_minutes: int = Field(15, ge=1, le=1440)


class PolicyRules(Strict):
    """Which path a case takes, who must agree, when the customer is reminded (percent of the timeline)."""

    path: Literal["kyb", "kyc", "customs"]
    second_officer_triggers: list[Trigger]
    second_officer_decisions: list[Decision] = []
    reminder_percents: list[Percent] = [50, 80, 95]
    limits: Limits = Field(default_factory=lambda: Limits.model_validate({}))


class RequirementRule(Strict):
    """Something the customer must show: by a document, or by proving who they are."""

    title: Text
    why: Text
    how: Text | None = None
    mandatory: bool = True
    answered_by: Literal["document", "identity"] = "document"
    countries: list[Country] = []
    legal_forms: list[LegalForm] = []
    document_types: list[Name] = []
    media_types: list[MediaType] = []
    holder_required: bool = False
    max_age_days: int = Field(0, ge=0, le=3650)
    required_fields: list[Name] = []
    covered_by_evidence_kinds: list[Name] = []


class QuestionRule(Strict):
    """Something the customer answers in words, checked as `kind`; asked of subjects of `countries` only, if there are any."""

    title: Text
    why: Text
    kind: FieldKind = "text"
    mandatory: bool = True
    countries: list[Country] = []


class TemplateRules(Strict):
    """One file."""

    template_id: Name
    version: int = Field(ge=1, le=1_000_000)
    subject_type: Literal["company", "person"]
    policy: PolicyRules
    checks: list[CheckRule] = Field(min_length=1)
    requirements: dict[Name, RequirementRule] = {}
    questions: dict[Name, QuestionRule] = {}
