"""What boxes, labels and columns of trade papers are called, in English, Dutch, French and German. Folded; data, not code.

Numbers before a label (`11 Gross weight`, `18 04 Gross mass`), units and currencies behind it and what stands in parentheses are cut off before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...text import fold

_HEADER: dict[str, str] = {
    "consignor": """
        consignor | sender | shipper | exporter | seller | supplier | vendor | sold by | consignor exporter | exporter consignor | seller exporter
        exporter seller | shipper exporter | sender consignor
        afzender | verkoper | exporteur | uitvoerder | leverancier | verzender
        expediteur | exportateur | vendeur | fournisseur
        absender | verkaufer | ausfuhrer | exporteur | versender | lieferant""",
    "consignee": """
        consignee | receiver | importer | ship to | deliver to | delivered to | delivery address | consignee importer | importer consignee
        geadresseerde | ontvanger | bestemmeling | importeur | invoerder | afleveradres | leveringsadres
        destinataire | importateur | livre a | adresse de livraison
        empfanger | einfuhrer | importeur | warenempfanger | lieferadresse""",
    "buyer": """
        buyer | bill to | sold to | invoice to | billed to | customer | client
        koper | klant | afnemer | gefactureerd aan
        acheteur | facture a
        kaufer | kunde | rechnungsempfanger""",
    "declarant": """
        declarant | representative | declarant representative | holder of the transit procedure | holder of the procedure | principal
        aangever | vertegenwoordiger | houder van de regeling douanevervoer | aangever vertegenwoordiger
        representant | titulaire du regime du transit | declarant representant
        anmelder | vertreter | inhaber des verfahrens""",
    "carrier": "carrier | successive carriers | vervoerder | transporteur | transporteurs successifs | frachtfuhrer | opvolgende vervoerders",
    "gross_mass": """
        gross weight | gross mass | total gross weight | total gross mass | gross | gross wt | total gross
        brutogewicht | bruto gewicht | brutomassa | totaal brutogewicht | totale brutomassa | bruto | totaal bruto
        poids brut | masse brute | poids brut total | masse brute totale | total poids brut | brut
        bruttogewicht | bruttomasse | rohmasse | rohgewicht | gesamtbruttogewicht | bruttogewicht gesamt | brutto | gesamtrohmasse""",
    "net_mass": """
        net weight | net mass | total net weight | total net mass | net | net wt | total net
        nettogewicht | netto gewicht | nettomassa | totaal nettogewicht | totale nettomassa | netto | totaal netto
        poids net | masse nette | poids net total | masse nette totale | total poids net
        nettomasse | eigenmasse | eigengewicht | gesamtnettogewicht | nettogewicht gesamt""",
    "packages": """
        packages | number of packages | total packages | total number of packages | no of packages | nos of packages | total colli | colli
        quantity of packages | number and kind of packages | total number of colli
        aantal colli | aantal pakken | totaal colli | totaal aantal colli | aantal verpakkingen
        nombre de colis | colis | nombre total de colis | total colis | nombre des colis
        anzahl der packstucke | packstucke | packstucke gesamt | anzahl packstucke | gesamtzahl der packstucke""",
    "total": """
        total | grand total | invoice total | total amount | total invoice amount | amount due | total to pay | total invoice value | invoice value
        total amount invoiced | total value | total due
        totaal | totaalbedrag | eindtotaal | te betalen | factuurbedrag | totaal te betalen | totaal factuur
        montant total | total general | total a payer | montant de la facture | total facture | montant total facture
        gesamtbetrag | rechnungsbetrag | gesamtsumme | endbetrag | summe""",
    "currency": """
        currency | invoice currency | munt | munteenheid | valuta | factuurvaluta | devise | monnaie | wahrung
        devise de facturation | rechnungswahrung""",
    "freight": """
        freight | freight charges | freight costs | transport costs | shipping | carriage | freight amount
        vracht | vrachtkosten | transportkosten
        fret | frais de transport | port
        fracht | frachtkosten""",
    "insurance": "insurance | insurance costs | insurance amount | verzekering | verzekeringskosten | assurance | frais d assurance | versicherung",
    "incoterm": """
        incoterm | incoterms | incoterms 2020 | incoterm 2020 | delivery terms | terms of delivery | delivery condition | delivery term
        leveringsvoorwaarden | leveringsvoorwaarde | leveringsconditie
        conditions de livraison | condition de livraison
        lieferbedingung | lieferbedingungen""",
    "origin": """
        country of origin | origin | country of preferential origin | goods origin | origin of goods | country of origin of the goods
        land van oorsprong | oorsprong | land van preferentiele oorsprong
        pays d origine | origine
        ursprungsland | ursprung | ursprungsland der waren""",
    "preference": "preference | preferential treatment | preferentie | preferentiele behandeling | praferenz | regime preferentiel",
    "invoice_number": """
        invoice number | invoice no | invoice nr | invoice | invoice ref | invoice reference | commercial invoice no | commercial invoice | invoices
        invoice and date | number of invoice
        factuurnummer | factuur nr | factuurnr | factuur | handelsfactuur
        numero de facture | facture n | facture no | n de facture | facture | factures | facture commerciale
        rechnungsnummer | rechnung nr | rechnungsnr | rechnungen | handelsrechnung""",
    "invoice_date": """
        invoice date | date of invoice | factuurdatum | datum factuur | date de facture | date de la facture | rechnungsdatum | datum der rechnung""",
    "issue_date": """
        date | date of issue | issue date | issued on | established on | established in | established in on | date of declaration | declaration date
        date of acceptance | packing list date | place and date | made out in | made out at | place date | established in date | date of preparation
        place and date of issue | date and place of issue
        datum | datum van afgifte | opgemaakt te | opgemaakt op | datum aangifte | aangiftedatum | plaats en datum | opgemaakt te op | paklijstdatum
        etabli a | etabli le | fait a | date d emission | date de declaration | lieu et date | fait a le | etabli a le
        ausgefertigt in | ausgefertigt am | ausstellungsdatum | datum der anmeldung | ort und datum | ausgestellt am | ausgefertigt in am""",
    "document_number": """
        no | nr | number | certificate no | certificate number | cmr no | cmr number | cmr | cmr nr | consignment note no | consignment note number
        waybill no | cmr reference | eur 1 no | document number | certificate
        nummer | certificaat nr | vrachtbrief nr | vrachtbriefnummer
        numero | certificat no | lettre de voiture no | n
        frachtbrief nr | bescheinigung nr""",
    "transport_id": """
        registration number | registration no | vehicle registration | vehicle registration number | truck | truck trailer | vehicle | vehicle no
        identity of means of transport at departure | identity of means of transport | means of transport at departure | departure transport means
        official registration number | truck registration | licence plate | means of transport | transport means
        kenteken | nummerplaat | identiteit van het vervoermiddel bij vertrek | identiteit vervoermiddel | kenteken voertuig
        immatriculation | plaque d immatriculation | identite du moyen de transport au depart | vehicule | no d immatriculation
        kennzeichen | amtliches kennzeichen | kennzeichen des beforderungsmittels beim abgang""",
    "containers": "container | container no | container number | containers | container numbers | containernummer | conteneur | numero de conteneur",
    "lrn": "lrn | local reference number | lokaal referentienummer | numero de reference local | lokale referenznummer",
    "declaration_type": """
        declaration type | type of declaration | aangiftetype | soort aangifte | type de declaration | art der anmeldung | anmeldeart""",
    "customs_office": """
        customs office | office of departure | customs office of departure | customs office of presentation | customs office of import
        douanekantoor | kantoor van vertrek | douanekantoor van vertrek
        bureau de douane | bureau de depart
        zollstelle | abgangszollstelle | abgangsstelle""",
    "country_of_dispatch": """
        country of dispatch | country of export | country of dispatch export | dispatch country | export country
        land van verzending | land van uitvoer | land van verzending uitvoer
        pays d expedition | pays d exportation | pays d expedition exportation
        versendungsland | ausfuhrland""",
    "country_of_destination": """
        country of destination | destination country | land van bestemming | pays de destination | bestimmungsland""",
    "documents": """
        documents attached | annexed documents | supporting documents | supporting document | transport document | transport documents | documents
        bijgevoegde documenten | bewijsstukken | vervoersdocument | documents annexes | documents joints | documents justificatifs
        document de transport | beigefugte dokumente | unterlagen | beforderungspapier""",
    "goods": """
        description of goods | goods | item number marks and numbers number and kind of packages description of goods
        item number marks numbers number and kind of packages description of goods
        marks and numbers number and kind of packages description of goods | goods description
        omschrijving van de goederen | designation des marchandises | warenbezeichnung""",
    "quantity": "quantity | hoeveelheid | quantite | menge",
    # Read by nobody; they end what stands above them.
    "other": """
        notify party | notify | also notify | remarks | payment terms | terms of payment | bank details | port of loading | port of discharge
        place of delivery | place of delivery of the goods | marks and numbers | marks and nos | signature | due date
        opmerkingen | betalingsvoorwaarden | vervaldag | merken en nummers
        remarques | conditions de paiement | echeance | marques et numeros
        bemerkungen | zahlungsbedingungen | zeichen und nummern""",
}  # fmt: skip

# Columns of goods tables; masses, packages and origin are called there as in the header.
_COLUMNS: dict[str, str] = {
    "description": """
        description | description of goods | goods | goods description | article | product | item description | nature of the goods | nature of goods
        omschrijving | omschrijving van de goederen | goederenomschrijving | artikel | aard der goederen
        designation | description des marchandises | designation des marchandises | libelle | nature de la marchandise | marchandise
        bezeichnung | warenbezeichnung | beschreibung | bezeichnung des gutes | ware""",
    "commodity_code": """
        commodity code | hs code | hs | cn code | tariff code | tariff | customs tariff | taric | taric code | harmonised code | harmonized code
        hs cn code | cn | statistical number | customs code
        gn code | goederencode | goederen code | statistieknummer | hs gn code | douanecode
        code sh | code nc | code douanier | nomenclature | no statistique | code marchandise | numero statistique
        zolltarifnummer | warennummer | hs nummer | statistiknummer | kn code""",
    "quantity": "quantity | qty | aantal | hoeveelheid | quantite | qte | menge | anzahl | stuks | pcs | pieces | units",
    "unit_price": """
        unit price | price | price per unit | price unit | eenheidsprijs | prijs | stukprijs
        prix unitaire | prix | p u | einzelpreis | preis | stuckpreis""",
    "amount": """
        amount | total | line total | value | line amount | total price | net amount | item price | item amount | line value
        bedrag | totaal | regeltotaal | totaalprijs | waarde | montant | prix total | valeur | betrag | gesamt | gesamtpreis | wert""",
    "cartons": "cartons | pallets | boxes | packages | dozen | paletten | cartons | palettes | kartons",
}
_KEPT = ("gross_mass", "net_mass", "packages", "origin", "preference")


def _split(text: str) -> frozenset[str]:
    return frozenset(entry.strip() for entry in re.split(r"[|\n]", text) if entry.strip())


HEADER: dict[str, frozenset[str]] = {field: _split(text) for field, text in _HEADER.items()}
COLUMNS: dict[str, frozenset[str]] = {field: _split(text) for field, text in _COLUMNS.items()} | {field: HEADER[field] for field in _KEPT}
COLUMNS["packages"] |= COLUMNS.pop("cartons")

# `11`, `(11)`, `[1]`, `18 04`, `13 01 000 000`, `I.7`: the number of a box or data element.
_NUMBER = re.compile(r"^\W{0,2}(?P<number>\d{1,2})(?:[ ./]\d{1,3}){0,3}\W{0,2}\s+(?=[^\W\d])")
# Data elements of Union customs declarations (Delegated Regulation (EU) 2021/234, Annex B): the same number in every language.
_ELEMENT = re.compile(r"^\W{0,2}(?P<number>\d{2} \d{2})(?: \d{3}){0,2}\s+(?=[^\W\d]{2})")
_ELEMENT_HEADER = {
    "11 01": "declaration_type", "12 03": "documents", "12 05": "documents", "12 09": "lrn", "13 01": "consignor", "13 02": "consignor",
    "13 03": "consignee", "13 04": "consignee", "13 05": "declarant", "14 01": "incoterm", "14 05": "currency", "14 06": "total",
    "16 03": "country_of_destination", "16 06": "country_of_dispatch", "17 03": "customs_office", "17 09": "customs_office",
    "18 01": "net_mass", "18 04": "gross_mass", "18 06": "packages", "19 05": "transport_id",
}  # fmt: skip
_ELEMENT_COLUMN = {
    "14 11": "preference", "16 08": "origin", "18 01": "net_mass", "18 04": "gross_mass", "18 05": "description", "18 06": "packages",
    "18 09": "commodity_code",
}  # fmt: skip
_UNITS = frozenset({"kg", "kgs", "in", "en", "kilogram", "kilo"})
# Behind the head of a column of amounts.
_CURRENCY = re.compile(r"(?<=\w)\s+(?:[A-Z]{3}|[€$£])$")
_ALTERNATIVES = re.compile(r"\s*[/|]\s*|\s+[–-]\s+")
MAX_LABEL_CHARS = 140


def box_number(text: str) -> int:
    """The number that a form prints before a label; 0 when there is none."""
    match = _NUMBER.match(text)
    return int(match["number"]) if match else 0


def header_fields(text: str) -> frozenset[str]:
    """The header fields that a text labels; empty when it is no label."""
    return _fields(text, _HEADER_INDEX) or _element(text, _ELEMENT_HEADER)


def wrapped_fields(lines: Sequence[str]) -> frozenset[str]:
    """The header fields that several lines label together, as one name that a narrow box cut."""
    return _HEADER_INDEX.get(_without_units(fold(_bare(" ".join(lines)))), frozenset())


def column_fields(text: str) -> frozenset[str]:
    """The columns that a text may head; empty when it heads none."""
    return _fields(_CURRENCY.sub("", text.strip()), _COLUMN_INDEX) or _element(text, _ELEMENT_COLUMN)


Index = Mapping[str, frozenset[str]]


def _index(table: Mapping[str, frozenset[str]]) -> Index:
    names = frozenset().union(*table.values())
    return {name: frozenset(field for field, known in table.items() if name in known) for name in names}


_HEADER_INDEX, _COLUMN_INDEX = _index(HEADER), _index(COLUMNS)


def _fields(text: str, index: Index) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for name in _names(text):
        found |= _named(name.split(), index)
    return found


def _element(text: str, table: Mapping[str, str]) -> frozenset[str]:
    """The field of a data element's number; a label, so without anything behind it that could be a value."""
    match = _ELEMENT.match(text)
    field = table.get(match["number"]) if match and ":" not in text else None
    return frozenset({field}) if field else frozenset()


def _names(text: str) -> frozenset[str]:
    """The names that a label offers, folded: alternatives in several languages, and the whole of it."""
    bare = _bare(text)
    if not bare or len(bare) > MAX_LABEL_CHARS:
        return frozenset()
    return frozenset(name for part in (bare, *_ALTERNATIVES.split(bare)) if (name := _without_units(fold(part))))


def _bare(text: str) -> str:
    return re.sub(r"\([^)]*\)?", " ", _NUMBER.sub("", text)).strip().rstrip(": ")


def _without_units(folded: str) -> str:
    words = folded.split()
    while len(words) > 1 and words[-1] in _UNITS:
        words.pop()
    return " ".join(words)


def _named(words: list[str], index: Index) -> frozenset[str]:
    """The fields that the words name: by one name, or by several of the same field in a row (`Sender Expéditeur Absender`)."""
    found = index.get(" ".join(words), frozenset())
    for cut in range(1, len(words)):
        if first := index.get(" ".join(words[:cut])):
            rest = words[cut:]
            while rest and rest[0] in _UNITS:
                rest = rest[1:]
            found |= first & _named(rest, index)
    return found
