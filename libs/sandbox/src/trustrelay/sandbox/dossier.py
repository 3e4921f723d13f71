"""What a demo or a test must know about a cast: how to open its cases, and how they must end."""

from datetime import date
from typing import Any

from trustrelay.sandbox.cast import Cast
from trustrelay.sandbox.model import Company, ListedPerson, Person, PrivateClient
from trustrelay.sandbox.numbers import dotted
from trustrelay.sandbox.shipment_papers import describe

Json = dict[str, Any]


def _company(company: Company) -> Json:
    place = company.address
    return {
        "name": company.name,
        "legal_form": company.form,
        "legal_name": company.legal_name,
        "country": "BE",
        "registration_number": company.enterprise_number,
        "registration_number_dotted": dotted(company.enterprise_number),
        "vat_number": company.vat,
        "lei": company.lei,
        "iban": company.iban,
        "email": company.email,
        "phone": company.phone,
        "address": {"street": place.street, "number": place.number, "postcode": place.postcode, "city": place.city, "country": "BE"},
        "founded_on": company.founded_on.isoformat(),
        "nace_2008": company.activity.nace_2008,
        "nace_2025": company.activity.nace_2025,
    }


def _person(person: Person) -> Json:
    return {
        "name": person.name,
        "given_name": person.given,
        "family_name": person.family,
        "gender": person.gender,
        "birth_date": person.birth_date.isoformat(),
        "nationality": person.nationality,
        "id_kind": person.id_kind,
        "id_number": person.id_number,
    }


def _party(person: Person, company: Company) -> Json:
    share = next((stake.percent for stake in company.owners if stake.person == person), 0)
    roles = [role for role, holds in (("director", person in [m.person for m in company.directors]), ("owner", share > 0)) if holds]
    return _person(person) | {"key": person.key, "roles": roles, "share_percent": share}


def _entry(entry: ListedPerson, dataset: str) -> Json:
    return _person(entry.person) | {"dataset": dataset, "aliases": list(entry.aka), "weak_aliases": list(entry.weak_aka)}


def _case_a(cast: Cast) -> Json:
    company = cast.subject
    return {
        "template_id": "kyb_standard",
        "company": _company(company),
        "declared_parties": [],
        "known_parties": [_party(p, company) for p in company.persons],
        "uploads": [
            {"file": "ubo-register-extract.pdf", "document_type": "ubo_register_extract", "acceptable": True},
            {"file": "wrong-document.pdf", "document_type": "invoice", "offered_as": "proof_of_address", "acceptable": False},
            {"file": "proof-of-address.png", "document_type": "proof_of_address", "acceptable": True},
            {"file": "articles-of-association.docx", "document_type": "articles_of_association", "acceptable": True},
            {"file": "shareholder-register.xlsx", "document_type": "shareholder_register", "acceptable": True},
        ],
        "expected": {
            "decision": "APPROVED",
            "needs_second_officer": True,
            "checks": {"kbo": "CLEAR", "vies": "CLEAR", "gleif": "CLEAR", "nbb": "CLEAR", "adverse_media": "CLEAR"},
            "hits": [
                {"party": cast.pep.person.key, "list": "pep", "verdict": "true_match", "topic": "role.pep"},
                {
                    "party": company.owners[0].person.key,
                    "list": "ofac_sdn",
                    "verdict": "false_positive",
                    "contradicted_by": ["birth_date", "nationality", "id_number"],
                },
            ],
        },
    }


def _case_b(cast: Cast) -> Json:
    company = cast.listed
    parties = [_party(p, company) for p in company.persons]
    owner = company.owners[0].person.key
    return {
        "template_id": "kyb_standard",
        "company": _company(company),
        "declared_parties": parties,
        "known_parties": parties,
        "uploads": [],
        "expected": {
            "decision": "REJECTED",
            "checks": {"kbo": "CLEAR", "vies": "CLEAR", "gleif": "NO_RECORD", "nbb": "CLEAR", "adverse_media": "HIT"},
            "hits": [{"party": owner, "list": "un_consolidated", "verdict": "true_match", "topic": "sanction"}],
        },
    }


def _kyc(client: PrivateClient) -> Json:
    """`identity` is what the portal's customer types at the identity provider; `answers` by kind of question."""
    person, place = client.person, client.person.address
    honest = client.vouched == person
    return {
        "template_id": "kyc_natural_person",
        "person": _person(person)
        | {
            "country": "BE",
            "address": {"street": place.street, "number": place.number, "postcode": place.postcode, "city": place.city, "country": "BE"},
        },
        "identity": client.key,
        "vouched": _person(client.vouched),
        "answers": {"be_nrn": person.id_number, "iban": client.iban},
        "uploads": [{"file": "kyc/proof-of-address.pdf", "document_type": "proof_of_address", "acceptable": True}] if honest else [],
        "expected": {"checks": {"identity": "CLEAR" if honest else "FAILED"}} | ({"decision": "APPROVED"} if honest else {}),
    }


def _customs(cast: Cast) -> Json:
    client = cast.customs
    return {
        "template_id": "customs_fiscal_representative",
        "company": _company(client.company),
        "declared_parties": [],
        "known_parties": [_party(p, client.company) for p in client.company.persons],
        "eori": client.eori,
        "bank_accounts": [{"iban": client.company.iban, "purpose": "company"}, {"iban": client.guarantee_iban, "purpose": "guarantee"}],
        "selected_services": list(client.services),
        "uploads": [
            {"file": "customs/ubo-register-extract.pdf", "document_type": "ubo_register_extract", "acceptable": True},
            {"file": "customs/proof-of-address.pdf", "document_type": "proof_of_address", "acceptable": True},
            {"file": "customs/articles-of-association.docx", "document_type": "articles_of_association", "acceptable": True},
        ],
        "expected": {
            "decision": "APPROVED",
            "checks": {"kbo": "CLEAR", "vies": "CLEAR", "gleif": "CLEAR", "nbb": "CLEAR", "adverse_media": "CLEAR"},
            "hits": [],
        },
    }


def dossier(cast: Cast, as_of: date) -> Json:
    """The content of `cast.json`."""
    return {
        "seed": cast.seed,
        "as_of": as_of.isoformat(),
        "cases": {"a": _case_a(cast), "b": _case_b(cast)} | {c.key: _kyc(c) for c in cast.private_clients} | {"customs": _customs(cast)},
        "shipments": {shipment.key: describe(shipment) for shipment in cast.shipments},
        "outsider": _company(cast.outsider),
        "list_entries": {"namesake": _entry(cast.namesake, "ofac_sdn"), "true_match": _entry(cast.true_match, "un_consolidated")},
        "pep": _person(cast.pep.person) | {"position": cast.pep.position},
    }
