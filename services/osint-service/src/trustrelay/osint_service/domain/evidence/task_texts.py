"""Sentences of the tasks for customers, in the languages the product speaks."""

from __future__ import annotations

from dataclasses import dataclass

_EN_KINDS = {
    "text": "an answer in words",
    "be_nrn": "a Belgian national register number (11 digits)",
    "nl_bsn": "a Dutch citizen service number (9 digits)",
    "iban": "an IBAN",
    "vat": "a VAT number with its country prefix",
    "eori": "an EORI number with its country prefix",
    "lei": "a legal entity identifier (20 characters)",
    "date": "a date, as 2026-11-22",
    "country": "a country code of two letters, as BE",
}
_NL_KINDS = {
    "text": "een antwoord in woorden",
    "be_nrn": "een Belgisch rijksregisternummer (11 cijfers)",
    "nl_bsn": "een Nederlands burgerservicenummer (9 cijfers)",
    "iban": "een IBAN",
    "vat": "een btw-nummer met landcode",
    "eori": "een EORI-nummer met landcode",
    "lei": "een legal entity identifier (20 tekens)",
    "date": "een datum, zoals 2026-11-22",
    "country": "een landcode van twee letters, zoals BE",
}
_FR_KINDS = {
    "text": "une réponse en mots",
    "be_nrn": "un numéro de registre national belge (11 chiffres)",
    "nl_bsn": "un numéro de service citoyen néerlandais (9 chiffres)",
    "iban": "un IBAN",
    "vat": "un numéro de TVA avec le préfixe du pays",
    "eori": "un numéro EORI avec le préfixe du pays",
    "lei": "un identifiant d'entité juridique (20 caractères)",
    "date": "une date, comme 2026-11-22",
    "country": "un code de pays à deux lettres, comme BE",
}


@dataclass(frozen=True, slots=True)
class Texts:
    """One language. `{name}`, `{why}`, `{how}`, `{reasons}`, `{days}` and `{formats}` are filled in."""

    upload: str
    upload_again: str
    verify: str
    answer: str
    optional: str
    why: str
    how: str
    in_formats: str
    not_older: str
    holder: str
    identity: str
    kinds: dict[str, str]


EN = Texts(
    upload="Please upload: {name}.",
    upload_again="Please upload again: {name}. What was wrong: {reasons}",
    verify="Please verify your identity: {name}.",
    answer="Please answer: {name}.",
    optional="This is optional.",
    why="Why: {why}",
    how="What satisfies it: {how}",
    in_formats="a file of type {formats}",
    not_older="not older than {days} days",
    holder="in the name of the customer",
    identity="a sign-in with an identity provider of substantial or high assurance",
    kinds=_EN_KINDS,
)
NL = Texts(
    upload="Gelieve op te laden: {name}.",
    upload_again="Gelieve opnieuw op te laden: {name}. Wat er mis was: {reasons}",
    verify="Gelieve uw identiteit te bevestigen: {name}.",
    answer="Gelieve te antwoorden: {name}.",
    optional="Dit is niet verplicht.",
    why="Waarom: {why}",
    how="Wat volstaat: {how}",
    in_formats="een bestand van het type {formats}",
    not_older="niet ouder dan {days} dagen",
    holder="op naam van de klant",
    identity="een aanmelding bij een identiteitsprovider met betrouwbaarheidsniveau substantieel of hoog",
    kinds=_NL_KINDS,
)
FR = Texts(
    upload="Veuillez téléverser : {name}.",
    upload_again="Veuillez téléverser à nouveau : {name}. Ce qui n'allait pas : {reasons}",
    verify="Veuillez confirmer votre identité : {name}.",
    answer="Veuillez répondre : {name}.",
    optional="C'est facultatif.",
    why="Pourquoi : {why}",
    how="Ce qui suffit : {how}",
    in_formats="un fichier de type {formats}",
    not_older="datant de moins de {days} jours",
    holder="au nom du client",
    identity="une connexion auprès d'un fournisseur d'identité de niveau de garantie substantiel ou élevé",
    kinds=_FR_KINDS,
)
_LANGUAGES = {"en": EN, "nl": NL, "fr": FR}


def texts(language: str) -> Texts:
    """English for a language that nobody has written yet."""
    return _LANGUAGES.get(language, EN)
