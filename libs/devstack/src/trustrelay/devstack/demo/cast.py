"""The invented companies and people of one seed, and the customer's files, as the sandbox generates them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from trustrelay.common.v1.case_types_pb2 import (
    PARTY_ROLE_DIRECTOR,
    PARTY_ROLE_OWNER,
    SUBJECT_TYPE_COMPANY,
    SUBJECT_TYPE_PERSON,
    BankAccount,
    Party,
    Subject,
)
from trustrelay.common.v1.requirement_types_pb2 import Question, Requirement
from trustrelay.contracts.parties import party_id
from trustrelay.sandbox.cast import Cast
from trustrelay.sandbox.dossier import dossier
from trustrelay.sandbox.examples import write_examples
from trustrelay.sandbox.forbidden import forbidden

_ROLES = {"director": PARTY_ROLE_DIRECTOR, "owner": PARTY_ROLE_OWNER}


@dataclass(frozen=True, slots=True)
class DemoCast:
    """What the demo needs to know: how to open the cases, which files to upload, and how it must end."""

    cases: dict[str, Any]
    forbidden: dict[str, object]
    files: Path
    shipments: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def generate(cls, seed: int, folder: Path) -> DemoCast:
        """Writes the customer's files into `folder`; dates in them lie shortly before today."""
        cast, today = Cast.generate(seed), date.today()
        write_examples(cast, folder, today)
        described = dossier(cast, today)
        return cls(described["cases"], forbidden(cast), folder, described["shipments"])

    def subject(self, key: str) -> Subject:
        """The subject of a case (`a`, `b`, `customs`, `kyc_clean`, `kyc_mismatch`) as its creator declares it."""
        case = self.cases[key]
        if "person" in case:
            return _person(case["person"])
        company = case["company"]
        return Subject(
            type=SUBJECT_TYPE_COMPANY,
            legal_name=company["legal_name"],
            country=company["country"],
            registration_number=company["registration_number"],
            vat_number=company["vat_number"],
            lei=company["lei"] or "",
            declared_parties=[_declared(person) for person in case["declared_parties"]],
            eori=case.get("eori", ""),
            bank_accounts=[BankAccount(**account) for account in case.get("bank_accounts", [])],
            selected_services=case.get("selected_services", []),
        )

    def papers(self, key: str) -> list[Path]:
        """The files of a shipment (`clean`, `weight-mismatch`, `controlled-good`)."""
        return [self.files / str(upload["file"]) for upload in self.shipments[key]["uploads"]]

    def answers(self, key: str, questions: Iterable[Question]) -> dict[str, str]:
        """What the customer of a case says to the mandatory questions, by what kind of value each wants. Raises KeyError for a kind nobody knows."""
        known = self.cases[key]["answers"]
        return {question.question_id: known[question.kind] for question in questions if question.mandatory}

    def file_for(self, key: str, requirement: Requirement) -> Path | None:
        """The customer's paper of a kind that the requirement takes; None when there is none."""
        for upload in self.cases[key]["uploads"]:
            if upload["document_type"] in requirement.document_types:
                return self.files / str(upload["file"])
        return None


def _person(person: dict[str, Any]) -> Subject:
    """A natural person; the national number is asked in the portal."""
    return Subject(
        type=SUBJECT_TYPE_PERSON,
        legal_name=person["name"],
        country=person["country"],
        birth_date=person["birth_date"],
        nationality=person["nationality"],
    )


def _declared(person: dict[str, Any]) -> Party:
    share = person["share_percent"]
    return Party(
        party_id=party_id(person["name"], "PERSON"),
        type=SUBJECT_TYPE_PERSON,
        full_name=person["name"],
        roles=[_ROLES[role] for role in person["roles"]],
        birth_date=person["birth_date"],
        nationality=person["nationality"],
        gender=person["gender"],
        id_number=person["id_number"],
        share=str(share / 100) if share else "",
        source="declared",
    )
