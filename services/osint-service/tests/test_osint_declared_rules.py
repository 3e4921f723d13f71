"""What was declared: EORI numbers, accounts, answers, identities. All numbers are invented, with valid check digits where they must be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustrelay.osint_service.application.ports import EoriInvalid, EoriValid, NotAssessed
from trustrelay.osint_service.application.verify_eori import VerifyEori
from trustrelay.osint_service.domain.evidence.agree import same_person_name
from trustrelay.osint_service.domain.model import BankAccount, Check, Outcome, PartyType, Severity, Subject
from trustrelay.osint_service.domain.papers import Question
from trustrelay.osint_service.domain.verification import belgian, eori
from trustrelay.osint_service.domain.verification.accounts import check_accounts
from trustrelay.osint_service.domain.verification.fields import validate_fields
from trustrelay.osint_service.domain.verification.identity import Identity, Verified, verify_identity

CLEAR, FAILED, NOT_ASSESSED = Outcome.CLEAR, Outcome.FAILED, Outcome.NOT_ASSESSED
IBAN = "BE71 0961 2345 6769"
COMPANY = Subject(PartyType.COMPANY, "Zonnebeek Staalbouw NV", "BE")
PERSON = Subject(PartyType.PERSON, "Ann Ysewyn", "BE", birth_date="1961-05-14", nationality="BE")


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("BE0403019261", True),
        ("be 0403.019.261", True),
        ("BE0403019262", False),
        ("BEX123", True),
        ("FR12345678200010", True),
        ("FR12345678200011", False),
        ("FRGB123456789", True),
        ("IT76543210157", True),
        ("IT76543210158", False),
        ("NL111222333", True),
        ("NL111222334", False),
        ("DE1234567", True),
        ("GB123456789000", True),
        ("XI123456789000", True),
        ("ZZ123456", False),
        ("US123456", False),
        ("BE", False),
        ("", False),
        ("DE1234567890123456", False),
        ("DE12/34", False),
        ("D31234567", False),
    ],
)
def test_eori_form(number: str, good: bool) -> None:
    """Prefix of a country that issues them, up to 15 characters, and the check digits of a national number inside."""
    assert eori.well_formed(eori.compact(number)) is good


class Register:
    """Answers as it is told; the tests below are about what the use case makes of an answer."""

    def __init__(self, answer: EoriValid | EoriInvalid | NotAssessed) -> None:
        self.answer, self.asked = answer, [""][:0]

    async def check_eori(self, number: str) -> EoriValid | EoriInvalid | NotAssessed:
        self.asked.append(number)
        return self.answer


def with_eori(number: str) -> Subject:
    return Subject(PartyType.COMPANY, "Zonnebeek Staalbouw NV", "BE", eori=number)


@pytest.mark.parametrize(
    ("number", "outcome", "reason"),
    [
        ("", NOT_ASSESSED, "EORI_NOT_DECLARED"),
        (" ", NOT_ASSESSED, "EORI_NOT_DECLARED"),
        ("BE12", NOT_ASSESSED, "EORI_SERVICE_NOT_CONFIGURED"),
        ("GB123456789000", NOT_ASSESSED, "EORI_SERVICE_NOT_CONFIGURED"),
        ("BE0403019262", FAILED, "EORI_INVALID"),
        ("nonsense!", FAILED, "EORI_INVALID"),
    ],
)
async def test_an_eori_is_judged_by_its_form_where_nobody_else_can(number: str, outcome: Outcome, reason: str) -> None:
    """A wrong form fails; a right one proves nothing while its register is not connected."""
    check = await VerifyEori(None)(with_eori(number))
    assert (check.check_id, check.outcome, check.reason) == ("eori", outcome, reason)


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (EoriValid(""), CLEAR, ""),
        (EoriValid("NV Zonnebeek Staalbouw"), CLEAR, ""),
        (EoriValid("Maanbeek Textiel"), FAILED, "NAME_MISMATCH"),
        (EoriInvalid(), FAILED, "EORI_NOT_FOUND"),
        (NotAssessed("SOURCE_TIMEOUT"), NOT_ASSESSED, "SOURCE_TIMEOUT"),
    ],
)
async def test_what_the_eori_register_says_is_the_check(answer: EoriValid | EoriInvalid | NotAssessed, outcome: Outcome, reason: str) -> None:
    """A published name must be the declared one; a register that does not answer decides nothing."""
    register = Register(answer)
    check = await VerifyEori(register)(with_eori("BE 0403.019.261"))
    assert (check.outcome, check.reason, register.asked) == (outcome, reason, ["BE0403019261"])


async def test_british_numbers_and_wrong_forms_are_never_sent_to_the_union() -> None:
    """The Commission's service does not answer for Great Britain, and a number that cannot exist tells it nothing."""
    register = Register(EoriValid(""))
    for number in ("GB123456789000", "BE0403019262", ""):
        await VerifyEori(register)(with_eori(number))
    assert register.asked == []


def by_id(checks: tuple[Check, ...]) -> dict[str, tuple[Outcome, str]]:
    return {check.check_id: (check.outcome, check.reason) for check in checks}


def test_accounts_are_checked_by_purpose() -> None:
    """Two checks per account; whose it is nobody could say; a second one of a purpose has its own."""
    accounts = (BankAccount(IBAN, "company"), BankAccount("BE71096123456768", "guarantee"), BankAccount(IBAN, "guarantee"), BankAccount("", ""))
    found = by_id(check_accounts(Subject(PartyType.COMPANY, "x", "BE", bank_accounts=accounts)))
    unverified = (NOT_ASSESSED, "VOP_NOT_CONFIGURED")
    assert found == {
        "iban_format:company": (CLEAR, ""), "payee:company": unverified,
        "iban_format:guarantee": (FAILED, "IBAN_INVALID"), "payee:guarantee": unverified,
        "iban_format:guarantee-2": (CLEAR, ""), "payee:guarantee-2": unverified,
        "iban_format:account": (FAILED, "IBAN_INVALID"), "payee:account": unverified,
    }  # fmt: skip


def test_no_account_is_not_assessed() -> None:
    """Nothing declared is nothing verified."""
    assert by_id(check_accounts(COMPANY)) == dict.fromkeys(("iban_format", "payee"), (NOT_ASSESSED, "ACCOUNT_NOT_DECLARED"))


def test_belgian_checks_without_a_source_say_so() -> None:
    """Three checks, none of them CLEAR."""
    assert by_id((*belgian.peppol(), *belgian.withholding())) == {
        "peppol_participant": (NOT_ASSESSED, "PEPPOL_LOOKUP_NOT_AVAILABLE"),
        "withholding_social": (NOT_ASSESSED, "WITHHOLDING_ACCESS_NOT_CONFIGURED"),
        "withholding_fiscal": (NOT_ASSESSED, "WITHHOLDING_ACCESS_NOT_CONFIGURED"),
    }


@pytest.mark.parametrize(
    ("kind", "answer", "outcome", "reason"),
    [
        ("text", "anything", CLEAR, ""),
        ("be_nrn", "61.05.14-001 22", CLEAR, ""),
        ("be_nrn", "61.05.14-001 23", FAILED, "BE_NRN_INVALID"),
        ("nl_bsn", "111222333", CLEAR, ""),
        ("nl_bsn", "111222334", FAILED, "NL_BSN_INVALID"),
        ("iban", IBAN, CLEAR, ""),
        ("iban", "BE71096123456768", FAILED, "IBAN_INVALID"),
        ("vat", "BE0403019261", CLEAR, ""),
        ("vat", "be 0403.019.261", CLEAR, ""),
        ("vat", "EL123456783", CLEAR, ""),
        ("vat", "CHE123456788IVA", CLEAR, ""),
        ("vat", "GB987654311", CLEAR, ""),
        ("vat", "GB987654312", FAILED, "VAT_INVALID"),
        ("vat", "0403019261", FAILED, "VAT_INVALID"),
        ("vat", "BE0403019262", FAILED, "VAT_INVALID"),
        ("vat", "US123456", NOT_ASSESSED, "VAT_COUNTRY_UNSUPPORTED"),
        ("vat", "EUBE0403019261", NOT_ASSESSED, "VAT_COUNTRY_UNSUPPORTED"),
        ("eori", "BE0403019261", CLEAR, ""),
        ("eori", "BE0403019262", FAILED, "EORI_INVALID"),
        ("lei", "TEST00ZONNEBEEK00048", CLEAR, ""),
        ("lei", "TEST00ZONNEBEEK00049", FAILED, "LEI_INVALID"),
        ("date", "2026-02-28", CLEAR, ""),
        ("date", "2026-02-30", FAILED, "DATE_INVALID"),
        ("date", "20260228", FAILED, "DATE_INVALID"),
        ("date", "2026-W01-1", FAILED, "DATE_INVALID"),
        ("country", "be", CLEAR, ""),
        ("country", "XK", CLEAR, ""),
        ("country", "HK", CLEAR, ""),
        ("country", "SU", FAILED, "COUNTRY_INVALID"),
        ("country", "AN", FAILED, "COUNTRY_INVALID"),
        ("country", "EU", FAILED, "COUNTRY_INVALID"),
        ("country", "BEL", FAILED, "COUNTRY_INVALID"),
        ("country", "QQ", FAILED, "COUNTRY_INVALID"),
        ("telephone", "+32", NOT_ASSESSED, "FIELD_KIND_UNSUPPORTED"),
        ("be_nrn", "   ", NOT_ASSESSED, "NOT_ANSWERED"),
    ],
)
def test_answers_are_checked_by_what_they_are(kind: str, answer: str, outcome: Outcome, reason: str) -> None:
    """Check digits, calendar and country table decide; a kind nobody knows is not assessed; the answer is never repeated."""
    [check] = validate_fields([Question("q", kind, mandatory=True)], {"q": answer})
    assert (check.check_id, check.kind, check.outcome, check.reason) == ("field:q", "field", outcome, reason)
    assert answer not in check.detail or not answer.strip()


def test_only_what_was_asked_is_checked() -> None:
    """A mandatory question without an answer is not assessed, an optional one makes no check, an answer to no question neither."""
    questions = [Question("a", "text", mandatory=True), Question("b", "text"), Question("c", "iban")]
    found = by_id(validate_fields(questions, {"c": IBAN, "d": "x", "b": " "}))
    assert found == {"field:a": (NOT_ASSESSED, "NOT_ANSWERED"), "field:c": (CLEAR, "")}


@given(st.sampled_from(["be_nrn", "nl_bsn", "iban", "vat", "eori", "lei", "date", "country"]), st.text(max_size=40))
def test_no_answer_breaks_a_check(kind: str, answer: str) -> None:
    """Whatever a customer types, there is one typed outcome with a reason."""
    [check] = validate_fields([Question("q", kind, mandatory=True)], {"q": answer})
    assert check.outcome is CLEAR or check.reason


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Ann Ysewyn", "YSEWYN Ann", True),
        ("Ann Ysewyn", "Ann Maria Ysewyn", True),
        ("Éloïse Müller", "Eloise Muller", True),
        ("Ann Ysewyn", "Piet Ysewyn", False),
        ("Ann Ysewyn", "Ann Maenhout", False),
        ("Mario Ysewyn", "Maria Ysewyn", False),
        ("", "", False),
    ],
)
def test_person_names_agree_but_for_order_accents_and_middle_names(left: str, right: str, same: bool) -> None:
    """Another given or family name is another person."""
    assert same_person_name(left, right) is same


def identity(**changed: str) -> Identity:
    facts = {"assurance": "high", "full_name": "YSEWYN Ann", "birth_date": "1961-05-14", "nationality": "be", **changed}
    return Identity(**facts)


def verdict(done: Verified) -> tuple[Outcome, str]:
    return done.check.outcome, done.check.reason


@pytest.mark.parametrize(
    ("vouched", "expected"),
    [
        (None, (NOT_ASSESSED, "IDENTITY_NOT_PROVIDED")),
        (identity(), (CLEAR, "")),
        (identity(assurance="Substantial"), (CLEAR, "")),
        (identity(nationality=""), (CLEAR, "")),
        (identity(assurance="low"), (NOT_ASSESSED, "ASSURANCE_TOO_LOW")),
        (identity(assurance=""), (NOT_ASSESSED, "ASSURANCE_TOO_LOW")),
        (identity(assurance="very high"), (NOT_ASSESSED, "ASSURANCE_TOO_LOW")),
        (identity(birth_date=""), (NOT_ASSESSED, "IDENTITY_NOT_COMPARABLE")),
        (identity(birth_date="1961"), (NOT_ASSESSED, "IDENTITY_NOT_COMPARABLE")),
        (identity(full_name=" "), (NOT_ASSESSED, "IDENTITY_NOT_COMPARABLE")),
        (identity(full_name="Piet Maenhout"), (FAILED, "IDENTITY_MISMATCH")),
        (identity(birth_date="1961-05-15"), (FAILED, "IDENTITY_MISMATCH")),
        (identity(nationality="NL"), (FAILED, "IDENTITY_MISMATCH")),
        (identity(nationality="NL", assurance="low"), (FAILED, "IDENTITY_MISMATCH")),
    ],
)
def test_an_identity_is_compared_fact_by_fact(vouched: Identity | None, expected: tuple[Outcome, str]) -> None:
    """Silence confirms nothing, low assurance neither, and a contradiction fails with a critical finding that repeats no fact."""
    done = verify_identity(PERSON, vouched)
    assert verdict(done) == expected
    assert [finding.severity for finding in done.findings] == ([Severity.CRITICAL] if expected[0] is FAILED else [])
    told = " ".join([done.check.detail, *(finding.statement for finding in done.findings)])
    assert not any(secret in told for secret in ("Ysewyn", "Maenhout", "1961", "NL"))


_FACTS = st.builds(
    Identity,
    st.sampled_from(["low", "substantial", "high", ""]),
    st.sampled_from(["Ann Ysewyn", "Piet Maenhout", ""]),
    st.sampled_from(["1961-05-14", "1970-01-01", "1961", ""]),
    st.sampled_from(["BE", "NL", ""]),
)


@given(_FACTS)
def test_clear_means_everything_needed_was_confirmed(vouched: Identity) -> None:
    """No other combination of facts and assurance is ever CLEAR."""
    confirmed = (vouched.full_name, vouched.birth_date) == ("Ann Ysewyn", "1961-05-14") and vouched.nationality != "NL"
    assert (verify_identity(PERSON, vouched).check.outcome is CLEAR) == (confirmed and vouched.assurance in ("substantial", "high"))
