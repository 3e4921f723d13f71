"""What trade papers call things, per language, and how they write numbers."""

from decimal import Decimal

from trustrelay.sandbox.trade import Language

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "invoice": "COMMERCIAL INVOICE", "packing_list": "PACKING LIST", "seller": "Seller / Exporter", "buyer": "Buyer / Importer",
        "shipper": "Shipper", "consignee": "Consignee", "invoice_no": "Invoice number", "invoice_date": "Invoice date",
        "terms": "Delivery terms (Incoterms 2020)", "currency": "Currency", "origin": "Origin", "description": "Description of goods",
        "code": "HS/CN code", "quantity": "Quantity", "price": "Unit price", "amount": "Amount", "total": "Total", "list_no": "Packing list no.",
        "date": "Date", "container": "Container no.", "packages": "Packages", "gross": "Gross weight (kg)", "net": "Net weight (kg)",
        "total_gross": "Total gross weight", "total_packages": "Total packages", "no": "No.",
    },
    "nl": {
        "invoice": "HANDELSFACTUUR", "packing_list": "PAKLIJST", "seller": "Verkoper", "buyer": "Koper", "shipper": "Afzender",
        "consignee": "Geadresseerde", "invoice_no": "Factuurnummer", "invoice_date": "Factuurdatum", "terms": "Leveringsvoorwaarden",
        "currency": "Munt", "origin": "Oorsprong", "description": "Omschrijving", "code": "Goederencode", "quantity": "Aantal",
        "price": "Eenheidsprijs", "amount": "Bedrag", "total": "Totaal", "list_no": "Paklijst nr.", "date": "Datum", "container": "Containernummer",
        "packages": "Colli", "gross": "Brutogewicht (kg)", "net": "Nettogewicht (kg)", "total_gross": "Totaal brutogewicht",
        "total_packages": "Totaal colli", "no": "Nr.",
    },
    "fr": {
        "invoice": "FACTURE COMMERCIALE", "packing_list": "LISTE DE COLISAGE", "seller": "Vendeur", "buyer": "Acheteur", "shipper": "Expéditeur",
        "consignee": "Destinataire", "invoice_no": "Numéro de facture", "invoice_date": "Date de facture", "terms": "Conditions de livraison",
        "currency": "Devise", "origin": "Origine", "description": "Désignation des marchandises", "code": "Code NC", "quantity": "Quantité",
        "price": "Prix unitaire", "amount": "Montant", "total": "Total", "list_no": "Liste no", "date": "Date", "container": "Conteneur",
        "packages": "Colis", "gross": "Poids brut (kg)", "net": "Poids net (kg)", "total_gross": "Poids brut total",
        "total_packages": "Nombre total de colis", "no": "No",
    },
}  # fmt: skip
COUNTRY_NAMES: dict[Language, dict[str, str]] = {
    "en": {"BE": "Belgium", "CH": "Switzerland", "RS": "Serbia", "GE": "Georgia", "DE": "Germany"},
    "nl": {"BE": "België", "CH": "Zwitserland", "RS": "Servië", "GE": "Georgië", "DE": "Duitsland"},
    "fr": {"BE": "Belgique", "CH": "Suisse", "RS": "Serbie", "GE": "Géorgie", "DE": "Allemagne"},
}
PACKAGING = {"CT": "cartons", "BX": "boxes", "CS": "cases"}


def number(value: Decimal, language: Language) -> str:
    """`1,234.50`, `1.234,50`, `1 234,50`."""
    english = f"{value:,.2f}"
    thousands, decimals = {"en": (",", "."), "nl": (".", ","), "fr": (" ", ",")}[language]
    return english.replace(",", "_").replace(".", decimals).replace("_", thousands)
