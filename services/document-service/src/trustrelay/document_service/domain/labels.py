"""What labels and table headers are called, in English, Dutch and French. Folded; data, not code."""

from __future__ import annotations

import re

from .text import fold

_SYNONYMS: dict[str, str] = {
    "legal_name": """
        company name | legal name | name of the company | company | registered name | entity | entity name | corporate name
        name of entity | business name | name of the legal entity | reporting company
        vennootschap | naam van de vennootschap | maatschappelijke naam | vennootschapsnaam | naam vennootschap | onderneming
        naam van de onderneming | bedrijfsnaam | statutaire naam | benaming | naam onderneming | naam entiteit
        denomination | denomination sociale | raison sociale | nom de la societe | societe | nom de l entreprise | entreprise
        denomination legale | nom de l entite""",
    "registration_number": """
        enterprise number | registration number | company number | register number | kbo number | cbe number
        business number
        company registration number | registered number | kbo | enterprise no | registration no | company no
        ondernemingsnummer | kbo nummer | kbo nr | registratienummer | inschrijvingsnummer | ondernemingsnr
        rechtspersonenregister
        numero d entreprise | numero bce | n d entreprise | no d entreprise | numero d immatriculation | bce
        numero d enregistrement
        numero de societe""",
    "vat_number": "vat number | vat | btw nummer | btw | numero de tva | tva | vat no | btw nr | n tva",
    "address": """
        address | registered office | registered address | registered seat | seat | office address | head office
        principal address
        service address | supply address | residential address | delivery address | address of supply
        adres | zetel | maatschappelijke zetel | adres van de zetel | statutaire zetel | vestigingsadres | leveringsadres
        verbruiksadres | adres zetel
        adresse | siege | siege social | adresse du siege | adresse de fourniture | adresse de livraison
        siege statutaire""",
    "legal_form": """
        legal form | company type | type of company | legal type | legal entity type | entity type
        rechtsvorm | juridische vorm | vennootschapsvorm
        forme juridique | forme legale | type de societe""",
    "status": "status | company status | toestand | statut | situation | juridische toestand | situation juridique",
    "start_date": """
        start date | incorporation date | date of incorporation | established | founded | date of formation
        begindatum | oprichtingsdatum | datum van oprichting
        date de debut | date de constitution | date de creation""",
    "issue_date": """
        issue date | date of issue | issued | issued on | date issued | extract date | date of extract | date | document date
        statement date | bill date | billing date | state of the register on | situation on | register as of
        invoice date | date of invoice | generated on | printed on | dated | as at | date of the extract
        date of register | register date | date of statement | as of | last updated | updated on
        afgiftedatum | datum van afgifte | datum uittreksel | datum van het uittreksel | datum | afgegeven op
        opgemaakt op | uitgegeven op
        factuurdatum | datum factuur | gedateerd | datum van opmaak | afschriftdatum | bijgewerkt op | stand op
        datum afgifte
        date d emission | date de delivrance | delivre le | date de l extrait | etabli le | emis le | fait le
        date de facture
        date de la facture | date du releve | mis a jour le | date d etablissement | situation au""",
    "expiry_date": """
        expiry date | date of expiry | valid until | expires | expires on | expiry
        vervaldatum | geldig tot | geldig tot en met
        date d expiration | valable jusqu au | expire le""",
    "holder": """
        holder | customer | customer name | account holder | name | client | name of holder | bill to | occupant | subscriber
        account name | contract holder | addressee
        houder | klant | klantnaam | rekeninghouder | naam | titularis | naam klant | contracthouder | bestemmeling | abonnee
        titulaire | nom | client name | nom du client | titulaire du compte | abonne | titulaire du contrat
        destinataire""",
    "seller": """
        seller | supplier | vendor | from | sold by | issuer | invoice from
        verkoper | leverancier | van
        vendeur | fournisseur | emetteur""",
    "buyer": """
        buyer | customer | bill to | sold to | billed to | client | invoice to | koper | klant | afnemer
        acheteur | facture a""",
    "invoice_number": """
        invoice number | invoice no | invoice nr | invoice id | invoice
        factuurnummer | factuur nr | factuurnr | factuur
        numero de facture | facture n | facture no | n de facture | facture""",
    "reference": """
        reference | deposit number | filing number | reference number | deposit reference | accounts reference
        referentie | neerleggingsnummer | referentienummer
        numero de depot | reference du depot""",
    "period": """
        period | financial year | reporting period | fiscal year | accounting period | accounts for the period
        financial period
        boekjaar | periode | verslagperiode
        exercice | exercice comptable | exercice social""",
    "iban": "iban | account number | account | rekeningnummer | rekening | numero de compte | compte | iban number",
    "full_name": """
        full name | name | name and surname | surname and first name | beneficial owner | shareholder | owner
        director | name of owner
        name of beneficial owner | name of shareholder | person | holder | ubo | manager | registered holder | member
        naam | volledige naam | naam en voornaam | voornaam en naam | uiteindelijke begunstigde | aandeelhouder | bestuurder
        begunstigde | eigenaar | houder | zaakvoerder | naam aandeelhouder | naam van de aandeelhouder
        nom | nom complet | nom et prenom | nom et prenoms | prenom et nom | beneficiaire effectif | beneficiaire
        actionnaire
        administrateur | titulaire | associe | gerant | nom de l actionnaire""",
    "first_name": "first name | given name | given names | first names | forename | voornaam | voornamen | prenom | prenoms",
    "last_name": "last name | surname | family name | achternaam | familienaam | nom de famille",
    "birth_date": """
        date of birth | birth date | born | dob | born on | birthdate
        geboortedatum | geboren | geboren op
        date de naissance | ne le | nee le | ne e le""",
    "nationality": """
        nationality | citizenship | country of nationality
        nationaliteit | staatsburgerschap
        nationalite | citoyennete""",
    "share": """
        share | shares % | ownership | percentage | stake | ownership % | interest | share % | % of shares
        shareholding | percent
        ownership percentage | % | share of capital | extent of interest | beneficial interest | percentage held
        holding | % held
        share percentage | economic interest | percentage of shares | % shares | share in capital
        aandeel | belang | aandeel % | percentage aandelen | deelneming | aandelenbezit | belang % | aandeel in kapitaal
        omvang van het belang | participatie | percentage van de aandelen
        part | participation | parts % | pourcentage | part du capital | detention | quote part | interet
        pourcentage detenu
        part en % | pourcentage des parts""",
    "role": """
        role | function | capacity | position | title | nature of control | type of control | office
        functie | rol | hoedanigheid | mandaat | aard van de controle
        fonction | qualite | mandat | nature du controle""",
    "id_number": """
        id number | national number | identity number | passport number | document number | id card number | personal number
        national register number | identification number | identification no | identification | id no | id no
        passport no | id
        identiteitskaartnummer | rijksregisternummer | identificatienummer | identificatie nr | identificatienr
        paspoortnummer | documentnummer
        numero national | numero d identification | n d identification | no d identification | numero d identite
        numero de passeport | numero de document | numero de registre national""",
    "gender": "sex | gender | geslacht | sexe",
}

SYNONYMS: dict[str, frozenset[str]] = {
    field: frozenset(entry.strip() for entry in re.split(r"[|\n]", text) if entry.strip()) for field, text in _SYNONYMS.items()
}
ALL_LABELS: frozenset[str] = frozenset().union(*SYNONYMS.values())


def label_key(text: str) -> str:
    """A label made comparable: folded, without what stands in parentheses; `%` stays a word."""
    bare = re.sub(r"\([^)]*\)", " ", text).replace("%", " percentsign ")
    return fold(bare).replace("percentsign", "%").strip()


def is_label(text: str, field: str) -> bool:
    """Whether a text is one of the names of a field."""
    return label_key(text) in SYNONYMS[field]
