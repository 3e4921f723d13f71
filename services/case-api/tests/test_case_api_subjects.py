"""Who may be reviewed: natural persons and customs clients, in canonical form or refused by field."""

import pytest
from case_api_harness import NUMBER, company, create_request
from hypothesis import given
from hypothesis import strategies as st

from trustrelay.case_api.domain.problems import Problems
from trustrelay.case_api.domain.subjects import canonical_subject
from trustrelay.case_api.entrypoints.case_requests import staging
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_PERSON, BankAccount, Party, Subject
from trustrelay.sandbox import Cast
from trustrelay.servicekit.errors import InvalidArgument

CAST = Cast.generate(5)
PERSON, CLIENT = CAST.private_clients[0].person, CAST.customs


def person(**changes: object) -> Subject:
    declared = {
        "type": SUBJECT_TYPE_PERSON, "legal_name": PERSON.name, "country": "be", "birth_date": PERSON.birth_date.isoformat(), "nationality": "be",
        "registration_number": PERSON.id_number, **changes,
    }  # fmt: skip
    return Subject(**declared)


def customs_client(**changes: object) -> Subject:
    accounts = [BankAccount(iban=CLIENT.company.iban, purpose="company"), BankAccount(iban=CLIENT.guarantee_iban, purpose="guarantee")]
    given = {
        "eori": CLIENT.eori,
        "bank_accounts": accounts,
        "selected_services": list(CLIENT.services),
        "website": "https://client.example",
        **changes,
    }
    return company(**given)


def checked(subject: Subject) -> Subject:
    problems = Problems()
    found = canonical_subject(subject, problems)
    problems.refuse_if_any()
    return found


def test_a_person_has_one_notation():
    """Codes in capitals, the national number without dots: equal people make equal requests."""
    number = PERSON.id_number
    dotted = f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"
    assert checked(person(registration_number=dotted)) == checked(person())
    assert (checked(person()).country, checked(person()).nationality) == ("BE", "BE")


def test_a_person_may_live_anywhere_and_need_no_number():
    """Only Belgian numbers have rules here; the number may be asked in the portal."""
    assert checked(person(country="NL", registration_number="")).country == "NL"
    assert checked(person(country="NL", registration_number=" 12 ")).registration_number == "12"


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"birth_date": ""}, "birth_date", "FIELD_INVALID"),
        ({"birth_date": "1970"}, "birth_date", "FIELD_INVALID"),
        ({"birth_date": "2999-01-01", "registration_number": ""}, "birth_date", "FIELD_INVALID"),
        ({"nationality": ""}, "nationality", "FIELD_INVALID"),
        ({"country": "Belgium"}, "country", "FIELD_INVALID"),
        ({"registration_number": "12345678901"}, "registration_number", "REGISTRATION_NUMBER_INVALID"),
        ({"birth_date": "1961-05-14"}, "registration_number", "REGISTRATION_NUMBER_INVALID"),
        ({"lei": "529900T8BM49AURSDO55"}, "lei", "FIELD_INVALID"),
        ({"eori": CLIENT.eori}, "eori", "FIELD_INVALID"),
        ({"declared_parties": [Party(full_name="An Voorbeeld", type=2)]}, "declared_parties", "FIELD_INVALID"),
    ],
)
def test_a_malformed_person_is_refused_by_field(changes: dict, field: str, reason: str):
    """A number that says another birth date is a mistake too."""
    with pytest.raises(InvalidArgument) as refused:
        checked(person(**changes))
    assert (refused.value.reason, refused.value.violations[0].field) == (reason, f"subject.{field}")
    assert PERSON.family not in str(refused.value)


def test_a_customs_client_has_one_notation():
    """Blanks and case of EORI and IBAN, order and repetition of services make no difference."""
    iban = " ".join(CLIENT.company.iban[i : i + 4] for i in range(0, 16, 4)).lower()
    accounts = [BankAccount(iban=iban, purpose="Company"), BankAccount(iban=CLIENT.guarantee_iban, purpose="guarantee")]
    services = [*reversed(CLIENT.services), CLIENT.services[0].upper()]
    other = customs_client(eori=f" {CLIENT.eori[:2].lower()} {CLIENT.eori[2:]}", bank_accounts=accounts, selected_services=services)
    assert checked(other) == checked(customs_client())


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"eori": "1234"}, "eori", "EORI_INVALID"),
        ({"eori": "BE12345678901234567"}, "eori", "EORI_INVALID"),
        ({"bank_accounts": [BankAccount(iban="BE00000000000000", purpose="company")]}, "bank_accounts[0].iban", "IBAN_INVALID"),
        ({"bank_accounts": [BankAccount(iban="", purpose="company")]}, "bank_accounts[0].iban", "IBAN_INVALID"),
        ({"bank_accounts": [BankAccount(iban=CLIENT.guarantee_iban, purpose="savings")]}, "bank_accounts[0].purpose", "FIELD_INVALID"),
        ({"bank_accounts": [BankAccount(iban=CLIENT.guarantee_iban, purpose="company")] * 2}, "bank_accounts[1].purpose", "FIELD_INVALID"),
        ({"selected_services": ["smuggling"]}, "selected_services", "FIELD_INVALID"),
        ({"birth_date": "1970-01-01"}, "birth_date", "FIELD_INVALID"),
    ],
)
def test_a_malformed_customs_client_is_refused_by_field(changes: dict, field: str, reason: str):
    """Each kind of mistake has its reason; no value comes back in the error."""
    with pytest.raises(InvalidArgument) as refused:
        checked(customs_client(**changes))
    assert (refused.value.reason, refused.value.violations[0].field) == (reason, f"subject.{field}")
    assert CLIENT.guarantee_iban not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["http://a.example", "https://", "https://localhost", "https://u:p@a.example", "https://a.example:8443", "a.example"]
)
def test_a_website_is_a_public_https_address(address: str):
    """No other scheme, no credentials, no port of somebody's own."""
    with pytest.raises(InvalidArgument):
        checked(company(website=address))


@given(st.text(max_size=40), st.text(max_size=20))
def test_no_text_breaks_the_checks(website: str, eori: str):
    """Any input is either canonical or a problem."""
    problems = Problems()
    canonical_subject(company(website=website, eori=eori), problems)


def test_answers_at_creation_are_part_of_the_request():
    """Another answer is another body, so a request id cannot be used for both."""
    request = create_request(answers={"iban": CLIENT.guarantee_iban})
    same, other = create_request(answers=request.answers), create_request(answers={"iban": CLIENT.company.iban})
    assert staging(request).answers == {"iban": CLIENT.guarantee_iban}
    assert staging(request).body_sha256 == staging(same).body_sha256 != staging(other).body_sha256
    with pytest.raises(InvalidArgument):
        staging(create_request(answers={"": "x"}))


def test_the_number_of_a_company_is_still_required():
    """What holds for companies did not change."""
    assert checked(company()).registration_number == NUMBER.replace(".", "")
    with pytest.raises(InvalidArgument):
        checked(company(registration_number=""))
