"""Which phrases speak for which document type, with their weight. Data; phrases are written folded.

Weights: 3 names the type, 2 is typical for it, 1 supports it, below 0 speaks against it.
A phrase in a heading counts half as much again. The rule set's hash is recorded with every result.
"""

from __future__ import annotations

from .document_types import DocumentType as T

PHRASES: dict[T, dict[str, float]] = {
    T.COMPANY_EXTRACT: {
        "extract from the company register": 4, "company extract": 4, "commercial register": 3, "companies register": 3,
        "crossroads bank for enterprises": 3, "extract from the crossroads bank": 4, "extract of company data": 3,
        "certificate of incorporation": 3, "certificate of good standing": 3, "register of companies": 3, "trade register": 3,
        "uittreksel kruispuntbank": 4, "kruispuntbank van ondernemingen": 3, "uittreksel kbo": 4, "uittreksel uit de kbo": 4,
        "handelsregister": 3, "uittreksel handelsregister": 4,
        "banque carrefour des entreprises": 3, "extrait de la banque carrefour": 4, "registre du commerce": 3, "extrait kbis": 4,
        "legal form": 1, "legal situation": 1, "rechtsvorm": 1, "rechtstoestand": 1, "forme juridique": 1, "start date": 1,
        "begindatum": 1, "establishment units": 1, "nace": 1, "vestigingseenheden": 1, "board of directors": 0.5, "functies": 0.5,
    },
    T.UBO_REGISTER_EXTRACT: {
        "ubo register": 4, "ultimate beneficial owner": 2, "ultimate beneficial owners": 3, "beneficial owners": 2, "beneficial owner": 1.5,
        "register of beneficial owners": 3, "extract from the ubo register": 3, "register of ultimate beneficial owners": 3,
        "uiteindelijke begunstigden": 3, "uiteindelijke begunstigde": 2, "uittreksel uit het ubo register": 4,
        "register van uiteindelijke begunstigden": 3,
        "registre ubo": 4, "beneficiaires effectifs": 3, "beneficiaire effectif": 2, "registre des beneficiaires effectifs": 3,
        "nature of control": 1, "aard van de controle": 1, "nature du controle": 1,
    },
    T.ARTICLES_OF_ASSOCIATION: {
        "articles of association": 4, "articles of incorporation": 4, "deed of incorporation": 2, "memorandum of association": 3,
        "coordinated articles": 3, "bylaws": 2, "coordinated text": 1,
        "statuten": 3, "gecoordineerde statuten": 4, "oprichtingsakte": 3, "akte van oprichting": 2,
        "statuts": 3, "statuts coordonnes": 4, "acte constitutif": 3, "acte de constitution": 2,
        "object of the company": 2, "article 1": 1, "artikel 1": 1, "registered office": 0.5, "doel van de vennootschap": 2,
        "objet de la societe": 2, "general meeting": 1, "algemene vergadering": 1, "assemblee generale": 1, "voorwerp van de vennootschap": 2,
    },
    T.PROOF_OF_ADDRESS: {
        "electricity bill": 4, "utility bill": 4, "water bill": 4, "gas bill": 4, "energy bill": 4, "telephone bill": 3, "internet bill": 3,
        "supply address": 2.5, "billing period": 2, "electricity consumption": 2, "meter reading": 2, "meter number": 2, "kwh": 1.5,
        "proof of address": 4, "certificate of residence": 4, "proof of residence": 4, "ean code": 1.5, "tax assessment": 2,
        "elektriciteitsfactuur": 4, "energiefactuur": 4, "waterfactuur": 4, "gasfactuur": 4, "leveringsadres": 2, "verbruiksadres": 2.5,
        "elektriciteitsverbruik": 2, "meterstand": 2, "verbruiksperiode": 2, "bewijs van woonplaats": 4, "attest van woonst": 4,
        "facture d electricite": 4, "facture d energie": 4, "facture d eau": 4, "facture de gaz": 4, "adresse de fourniture": 2.5,
        "consommation d electricite": 2, "releve de compteur": 2, "justificatif de domicile": 4, "certificat de residence": 4,
        "periode de facturation": 2, "customer number": 0.5, "klantnummer": 0.5, "numero de client": 0.5,
    },
    T.SHAREHOLDER_REGISTER: {
        "register of shareholders": 4, "shareholder register": 4, "share register": 4, "register of members": 4, "shareholders register": 4,
        "cap table": 3, "register of registered shares": 4, "shareholder": 1, "number of shares": 1.5, "entry in register": 1,
        "aandeelhoudersregister": 4, "register van aandeelhouders": 4, "register van aandelen op naam": 4, "aandelenregister": 4,
        "aantal aandelen": 1.5, "aandeelhouder": 1,
        "registre des actionnaires": 4, "registre des actions nominatives": 4, "registre des associes": 4, "registre des parts": 4,
        "nombre d actions": 1.5, "nombre de parts": 1.5, "actionnaire": 1,
    },
    T.ANNUAL_ACCOUNTS: {
        "annual accounts": 4, "financial statements": 4, "annual report": 3, "balance sheet": 2, "income statement": 2,
        "profit and loss": 2, "total assets": 1.5, "financial year from": 1, "deposit reference": 1,
        "jaarrekening": 4, "balans": 2, "resultatenrekening": 2, "boekjaar": 1, "totaal der activa": 1.5, "jaarverslag": 3,
        "comptes annuels": 4, "bilan": 2, "compte de resultats": 2, "exercice": 0.5, "total de l actif": 1.5, "rapport annuel": 3,
    },
    T.BANK_STATEMENT: {
        "bank statement": 4, "account statement": 4, "statement of account": 4, "opening balance": 2, "closing balance": 2,
        "account holder": 1.5, "bic": 0.5, "transactions": 1,
        "rekeninguittreksel": 4, "rekeningafschrift": 4, "bankafschrift": 4, "beginsaldo": 2, "eindsaldo": 2, "rekeninghouder": 1.5,
        "nieuw saldo": 2, "vorig saldo": 2,
        "extrait de compte": 4, "releve de compte": 4, "releve bancaire": 4, "solde initial": 2, "solde final": 2, "nouveau solde": 2,
        "titulaire du compte": 1.5, "ancien solde": 2,
    },
    T.INVOICE: {
        "invoice": 3, "invoice number": 2, "invoice date": 1.5, "invoice to": 1, "due date": 1, "unit price": 1.5, "bill to": 1,
        "factuur": 3, "factuurnummer": 2, "factuurdatum": 1.5, "vervaldag": 1, "eenheidsprijs": 1.5,
        "facture": 3, "numero de facture": 2, "date de facture": 1.5, "echeance": 1, "prix unitaire": 1.5,
        "commercial invoice": 4, "handelsfactuur": 4, "facture commerciale": 4, "handelsrechnung": 4, "rechnung": 3, "rechnungsnummer": 2,
        "rechnungsdatum": 1.5, "einzelpreis": 1.5, "packing list": -1, "paklijst": -1, "liste de colisage": -1, "packliste": -1,
        "total to pay": 0.5, "te betalen": 0.5, "a payer": 0.5, "supply address": -3, "leveringsadres": -1, "adresse de fourniture": -3,
    },
    T.IDENTITY_DOCUMENT: {
        "passport": 3, "identity card": 4, "national identity card": 4, "driving licence": 3, "residence permit": 4,
        "paspoort": 3, "identiteitskaart": 4, "rijbewijs": 3, "verblijfstitel": 4,
        "passeport": 3, "carte d identite": 4, "permis de conduire": 3, "titre de sejour": 4,
        "given names": 1.5, "date of expiry": 1.5, "place of birth": 1, "geboorteplaats": 1, "lieu de naissance": 1, "signature of bearer": 2,
    },
    T.PACKING_LIST: {
        "packing list": 4, "packing note": 3, "weight list": 3, "net weight": 1, "gross weight": 0.5, "number of packages": 0.5, "total packages": 1,
        "packages": 0.5, "shipping marks": 1, "dimensions": 0.5,
        "paklijst": 4, "pakbon": 3, "colli": 0.5, "nettogewicht": 1, "brutogewicht": 0.5, "aantal colli": 1,
        "liste de colisage": 4, "note de colisage": 4, "poids net": 1, "poids brut": 0.5, "nombre de colis": 0.5,
        "packliste": 4, "packzettel": 3, "packstucke": 0.5, "bruttogewicht": 0.5,
        "consignment note": -2, "declaration type": -2, "certificate of origin": -1,
    },
    T.CMR: {
        "international consignment note": 4, "cmr": 3, "consignment note": 2, "successive carriers": 2, "sender s instructions": 2, "carrier": 1,
        "taking over the goods": 2, "method of packing": 2, "statistical number": 1, "international carriage of goods by road": 3,
        "carriage paid": 1, "cash on delivery": 1, "goods received": 1,
        "internationale vrachtbrief": 4, "vrachtbrief": 2, "vervoerder": 1, "opvolgende vervoerders": 2, "wijze van verpakking": 2,
        "lettre de voiture internationale": 4, "lettre de voiture": 2, "transporteurs successifs": 2, "mode d emballage": 2, "transporteur": 1,
        "internationaler frachtbrief": 4, "frachtbrief": 2, "frachtfuhrer": 1, "nachfolgende frachtfuhrer": 2, "art der verpackung": 2,
    },
    T.TRANSIT_DECLARATION: {
        "cc015c": 6, "transit declaration": 4, "transit accompanying document": 4, "union transit": 3, "common transit": 3,
        "holder of the transit procedure": 3, "holderofthetransitprocedure": 3, "office of departure": 2, "customs office of departure": 2,
        "office of destination": 1, "guarantee reference": 1,
        "aangifte voor douanevervoer": 4, "begeleidingsdocument douanevervoer": 4, "houder van de regeling douanevervoer": 3,
        "kantoor van vertrek": 2,
        "declaration de transit": 4, "document d accompagnement transit": 4, "titulaire du regime du transit": 3, "bureau de depart": 2,
        "versandanmeldung": 4, "versandbegleitdokument": 4, "inhaber des verfahrens": 3, "abgangszollstelle": 2,
    },
    T.IMPORT_DECLARATION: {
        "import declaration": 4, "customs declaration": 3, "release for free circulation": 3, "declaration type": 2, "requested procedure": 2,
        "valuation method": 1.5, "nature of transaction": 1, "preference": 1, "total amount invoiced": 1, "importer": 1, "taxes": 0.5,
        "invoeraangifte": 4, "aangifte ten invoer": 4, "in het vrije verkeer brengen": 3, "gevraagde regeling": 2, "aangiftetype": 2,
        "declaration d importation": 4, "mise en libre pratique": 3, "regime demande": 2, "type de declaration": 2,
        "einfuhranmeldung": 4, "zollanmeldung": 3, "uberlassung zum freien verkehr": 3, "beantragtes verfahren": 2, "art der anmeldung": 2,
        "transit declaration": -3, "office of departure": -2,
    },
    T.CERTIFICATE_OF_ORIGIN: {
        "certificate of origin": 4, "movement certificate": 4, "eur 1": 3, "customs endorsement": 2, "declaration by the exporter": 2,
        "goods originate in": 2, "undersigned authority certifies": 3, "chamber of commerce": 1.5, "preferential trade between": 3,
        "country of origin": 0.5,
        "certificaat van oorsprong": 4, "certificaat inzake goederenverkeer": 4, "kamer van koophandel": 1.5, "visum van de douane": 2,
        "certificat d origine": 4, "certificat de circulation des marchandises": 4, "chambre de commerce": 1.5, "visa de la douane": 2,
        "ursprungszeugnis": 4, "warenverkehrsbescheinigung": 4, "handelskammer": 1.5, "sichtvermerk der zollbehorde": 2,
    },
}  # fmt: skip

HEADING_FACTOR = 1.5
# Headings of letters and office files are often plain lines: short passages among the first ones count as headings.
TITLE_PASSAGES = 3
TITLE_CHARS = 80
# Below this score nothing is recognised.
MIN_SCORE = 3.0
# Long phrases are also searched without blanks, which OCR loses.
SQUEEZED_FROM = 12
