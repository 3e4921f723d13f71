"""What a customer is told, in the case's language. Templates are data; every sentence says what to do next."""

from __future__ import annotations

from .document_types import DocumentType as T

LANGUAGES = ("en", "nl", "fr")

TYPE_NAMES: dict[str, dict[T, str]] = {
    "en": {
        T.UNKNOWN: "a document we do not recognise", T.COMPANY_EXTRACT: "a company register extract",
        T.UBO_REGISTER_EXTRACT: "a UBO register extract", T.ARTICLES_OF_ASSOCIATION: "articles of association",
        T.PROOF_OF_ADDRESS: "a proof of address", T.SHAREHOLDER_REGISTER: "a shareholder register", T.ANNUAL_ACCOUNTS: "annual accounts",
        T.BANK_STATEMENT: "a bank statement", T.INVOICE: "an invoice", T.IDENTITY_DOCUMENT: "an identity document",
        T.PACKING_LIST: "a packing list", T.CMR: "a CMR consignment note", T.TRANSIT_DECLARATION: "a transit declaration",
        T.IMPORT_DECLARATION: "an import declaration", T.CERTIFICATE_OF_ORIGIN: "a certificate of origin",
    },
    "nl": {
        T.UNKNOWN: "een document dat wij niet herkennen", T.COMPANY_EXTRACT: "een uittreksel uit het ondernemingsregister",
        T.UBO_REGISTER_EXTRACT: "een uittreksel uit het UBO-register", T.ARTICLES_OF_ASSOCIATION: "statuten",
        T.PROOF_OF_ADDRESS: "een adresbewijs", T.SHAREHOLDER_REGISTER: "een aandeelhoudersregister", T.ANNUAL_ACCOUNTS: "een jaarrekening",
        T.BANK_STATEMENT: "een rekeninguittreksel", T.INVOICE: "een factuur", T.IDENTITY_DOCUMENT: "een identiteitsdocument",
        T.PACKING_LIST: "een paklijst", T.CMR: "een CMR-vrachtbrief", T.TRANSIT_DECLARATION: "een aangifte voor douanevervoer",
        T.IMPORT_DECLARATION: "een aangifte ten invoer", T.CERTIFICATE_OF_ORIGIN: "een certificaat van oorsprong",
    },
    "fr": {
        T.UNKNOWN: "un document que nous ne reconnaissons pas", T.COMPANY_EXTRACT: "un extrait du registre des entreprises",
        T.UBO_REGISTER_EXTRACT: "un extrait du registre UBO", T.ARTICLES_OF_ASSOCIATION: "des statuts",
        T.PROOF_OF_ADDRESS: "un justificatif de domicile", T.SHAREHOLDER_REGISTER: "un registre des actionnaires",
        T.ANNUAL_ACCOUNTS: "des comptes annuels", T.BANK_STATEMENT: "un extrait de compte", T.INVOICE: "une facture",
        T.IDENTITY_DOCUMENT: "un document d’identité", T.PACKING_LIST: "une liste de colisage", T.CMR: "une lettre de voiture CMR",
        T.TRANSIT_DECLARATION: "une déclaration de transit", T.IMPORT_DECLARATION: "une déclaration d’importation",
        T.CERTIFICATE_OF_ORIGIN: "un certificat d’origine",
    },
}  # fmt: skip
OR = {"en": " or ", "nl": " of ", "fr": " ou "}

MESSAGES: dict[str, dict[str, str]] = {
    "WRONG_DOCUMENT_TYPE": {
        "en": "This looks like {found}. Please upload {wanted} instead.",
        "nl": "Dit lijkt op {found}. Gelieve in de plaats {wanted} op te laden.",
        "fr": "Ceci ressemble à {found}. Veuillez téléverser {wanted} à la place.",
    },
    "TYPE_UNCERTAIN": {
        "en": "We are not sure that this is {wanted}; a colleague will check it.",
        "nl": "Wij zijn niet zeker dat dit {wanted} is; een collega kijkt het na.",
        "fr": "Nous ne sommes pas certains qu’il s’agisse de : {wanted}. Un collègue va vérifier.",
    },
    "WRONG_HOLDER": {
        "en": "This document is about another company. Please upload the one issued for your own company.",
        "nl": "Dit document gaat over een andere onderneming. Gelieve het document van uw eigen onderneming op te laden.",
        "fr": "Ce document concerne une autre entreprise. Veuillez téléverser celui de votre propre entreprise.",
    },
    "HOLDER_NOT_FOUND": {
        "en": "We could not find your company’s name or number in this document. Please upload a version that shows it.",
        "nl": "Wij vinden de naam of het nummer van uw onderneming niet in dit document. Gelieve een versie op te laden waarop dit staat.",
        "fr": "Nous ne trouvons ni le nom ni le numéro de votre entreprise dans ce document. Veuillez téléverser une version qui les mentionne.",
    },
    "HOLDER_UNCERTAIN": {
        "en": "The company named in this document differs a little from your company; a colleague will check it.",
        "nl": "De onderneming in dit document wijkt licht af van uw onderneming; een collega kijkt het na.",
        "fr": "L’entreprise mentionnée dans ce document diffère légèrement de la vôtre. Un collègue va vérifier.",
    },
    "TOO_OLD": {
        "en": "This document dates from {date}; it may be at most {days} days old. Please upload a recent one.",
        "nl": "Dit document dateert van {date}; het mag hoogstens {days} dagen oud zijn. Gelieve een recent document op te laden.",
        "fr": "Ce document date du {date} ; il peut avoir au plus {days} jours. Veuillez en téléverser un récent.",
    },
    "EXPIRED": {
        "en": "This document expired on {date}. Please upload a valid one.",
        "nl": "Dit document is vervallen op {date}. Gelieve een geldig document op te laden.",
        "fr": "Ce document a expiré le {date}. Veuillez en téléverser un valable.",
    },
    "DATE_NOT_FOUND": {
        "en": "We could not find when this document was issued; a colleague will check it.",
        "nl": "Wij vinden niet wanneer dit document werd afgegeven; een collega kijkt het na.",
        "fr": "Nous ne trouvons pas la date de délivrance de ce document. Un collègue va vérifier.",
    },
    "DATE_IN_FUTURE": {
        "en": "This document carries a date in the future ({date}); a colleague will check it.",
        "nl": "Dit document draagt een datum in de toekomst ({date}); een collega kijkt het na.",
        "fr": "Ce document porte une date future ({date}). Un collègue va vérifier.",
    },
    "ILLEGIBLE": {
        "en": "We cannot read this document. Please upload a sharper scan or the original file.",
        "nl": "Wij kunnen dit document niet lezen. Gelieve een scherpere scan of het originele bestand op te laden.",
        "fr": "Nous ne pouvons pas lire ce document. Veuillez téléverser une numérisation plus nette ou le fichier original.",
    },
    "LOW_QUALITY": {
        "en": "This document is hard to read; a colleague will check it.",
        "nl": "Dit document is moeilijk leesbaar; een collega kijkt het na.",
        "fr": "Ce document est difficile à lire. Un collègue va vérifier.",
    },
    "INCOMPLETE": {
        "en": "This document lacks: {missing}. Please upload the complete document.",
        "nl": "In dit document ontbreekt: {missing}. Gelieve het volledige document op te laden.",
        "fr": "Il manque dans ce document : {missing}. Veuillez téléverser le document complet.",
    },
    "SUSPICIOUS_CONTENT": {
        "en": "This document contains unusual text; a colleague will check it.",
        "nl": "Dit document bevat ongewone tekst; een collega kijkt het na.",
        "fr": "Ce document contient un texte inhabituel. Un collègue va vérifier.",
    },
}

FIELD_NAMES: dict[str, dict[str, str]] = {
    "en": {
        "persons": "the list of persons", "legal_name": "the company name", "registration_number": "the company number",
        "issue_date": "the date of issue", "address": "the address", "holder": "the holder’s name", "iban": "the account number",
        "registered_seat": "the registered office", "legal_form": "the legal form",
    },
    "nl": {
        "persons": "de lijst van personen", "legal_name": "de naam van de onderneming", "registration_number": "het ondernemingsnummer",
        "issue_date": "de datum van afgifte", "address": "het adres", "holder": "de naam van de houder", "iban": "het rekeningnummer",
        "registered_seat": "de zetel", "legal_form": "de rechtsvorm",
    },
    "fr": {
        "persons": "la liste des personnes", "legal_name": "le nom de l’entreprise", "registration_number": "le numéro d’entreprise",
        "issue_date": "la date de délivrance", "address": "l’adresse", "holder": "le nom du titulaire", "iban": "le numéro de compte",
        "registered_seat": "le siège", "legal_form": "la forme juridique",
    },
}  # fmt: skip


def language_of(wanted: str) -> str:
    """The supported language closest to the one wanted: `nl-BE` is nl; others are English."""
    short = wanted[:2].lower()
    return short if short in LANGUAGES else "en"


def message(code: str, language: str, **facts: str) -> str:
    """The sentence for a reason; raises KeyError for a code or fact that does not exist."""
    return MESSAGES[code][language].format(**facts)


def type_names(types: tuple[T, ...], language: str) -> str:
    """`a proof of address or a bank statement`."""
    return OR[language].join(TYPE_NAMES[language][kind] for kind in types)


def field_name(field: str, language: str) -> str:
    """A field as a customer would call it."""
    return FIELD_NAMES[language].get(field, field.replace("_", " "))
