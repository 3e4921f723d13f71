"""A kind of case: whom it is about, what it asks for and what its policy demands."""

from collections.abc import Callable
from dataclasses import dataclass

from trustrelay.common.v1.case_file_pb2 import CasePolicy
from trustrelay.common.v1.case_types_pb2 import SubjectType
from trustrelay.common.v1.requirement_types_pb2 import Question, Requirement


@dataclass(frozen=True)
class Template:
    """One version of one kind of case; `source` is its text.

    `policy` names every check, `policy_for(country)` those that are made of subjects of that country. `requirements(language)` gives fresh messages
    with status OPEN, `questions(language, country)` those that are asked of subjects of that country; texts are in that language (en, nl, fr).
    """

    template_id: str
    version: int
    subject_type: "SubjectType.ValueType"
    policy: CasePolicy
    source: str
    built_in: bool
    policy_for: Callable[[str], CasePolicy]
    requirements: Callable[[str], list[Requirement]]
    questions: Callable[[str, str], list[Question]]


# Which checks each path of the workflow can answer. A mandatory check that nothing answers would block every approval.
_SCREENING = frozenset({"sanctions_screening", "pep_screening", "adverse_media"})
_COMPANY = _SCREENING | {
    "registry_status", "vat_vies", "lei_gleif", "website", "peppol_participant", "withholding_social", "withholding_fiscal",
}  # fmt: skip
CHECKS_OF_PATH = {
    "kyb": _COMPANY,
    "customs": _COMPANY | {"eori", "iban_format", "payee"},
    "kyc": _SCREENING | {"identity_verification", "field"},
}
# Sanctions bind everybody: no template may do without.
ALWAYS_MANDATORY = frozenset({"sanctions_screening"})
# An override is always seen by a second officer.
ALWAYS_TRIGGERS = frozenset({"override"})
SUBJECT_OF_PATH = {"kyb": "company", "customs": "company", "kyc": "person"}
