"""Sentences the worker itself says to customers, by language; what validation says comes from document-service."""

from __future__ import annotations

from datetime import date

_REUPLOAD = {
    "en": "Please upload this document again; the reason is shown beside it.",
    "nl": "Laad dit document opnieuw op; de reden staat ernaast.",
    "fr": "Veuillez téléverser à nouveau ce document ; la raison est indiquée à côté.",
}
_MISSING = {
    "en": "This document is still missing. Please upload it.",
    "nl": "Dit document ontbreekt nog. Gelieve het op te laden.",
    "fr": "Ce document manque encore. Veuillez le téléverser.",
}
_REMINDER = {
    "en": "We are still waiting for what we asked you for. Please complete your file before {date}.",
    "nl": "We wachten nog op wat we u vroegen. Gelieve uw dossier te vervolledigen vóór {date}.",
    "fr": "Nous attendons toujours ce que nous vous avons demandé. Merci de compléter votre dossier avant le {date}.",
}
_UNREADABLE = {
    "DOCUMENT_ENCRYPTED": {
        "en": "The file is protected by a password. Please upload it without one.",
        "nl": "Het bestand is met een wachtwoord beveiligd. Laad het zonder wachtwoord op.",
        "fr": "Le fichier est protégé par un mot de passe. Veuillez le téléverser sans mot de passe.",
    },
    "DOCUMENT_CORRUPT": {
        "en": "The file is damaged or incomplete and cannot be opened. Please save it again and upload it.",
        "nl": "Het bestand is beschadigd of onvolledig en kan niet worden geopend. Bewaar het opnieuw en laad het op.",
        "fr": "Le fichier est endommagé ou incomplet et ne peut être ouvert. Veuillez l'enregistrer à nouveau et le téléverser.",
    },
    "DOCUMENT_TOO_LARGE": {
        "en": "The document is too large or has too many pages. Please upload a smaller one.",
        "nl": "Het document is te groot of heeft te veel pagina's. Laad een kleiner document op.",
        "fr": "Le document est trop volumineux ou compte trop de pages. Veuillez en téléverser un plus petit.",
    },
    "DOCUMENT_UNSAFE": {
        "en": "The file contains something that cannot be opened safely. Please upload a plain copy, for example a PDF.",
        "nl": "Het bestand bevat iets dat niet veilig kan worden geopend. Laad een gewone kopie op, bijvoorbeeld een pdf.",
        "fr": "Le fichier contient un élément qui ne peut être ouvert en toute sécurité. Veuillez téléverser une simple copie, par exemple un PDF.",
    },
    "DOCUMENT_TYPE_UNSUPPORTED": {
        "en": "Files of this kind are not accepted here. Please upload a PDF or one of the formats named in the request.",
        "nl": "Dit soort bestanden wordt hier niet aanvaard. Laad een pdf of een van de gevraagde formaten op.",
        "fr": "Ce type de fichier n'est pas accepté ici. Veuillez téléverser un PDF ou l'un des formats demandés.",
    },
    "DOCUMENT_TIMEOUT": {
        "en": "The document takes too long to open. Please upload a simpler copy.",
        "nl": "Het openen van het document duurt te lang. Laad een eenvoudigere kopie op.",
        "fr": "Le document est trop long à ouvrir. Veuillez téléverser une copie plus simple.",
    },
}

UNREADABLE_REASONS = frozenset(_UNREADABLE)


def _in(texts: dict[str, str], language: str) -> str:
    return texts.get(language, texts["en"])


def reupload(language: str, *, missing: bool) -> str:
    """Asks for a document that failed, or that is not there."""
    return _in(_MISSING if missing else _REUPLOAD, language)


def reminder(language: str, last_day: date) -> str:
    """Tells the customer until when the case waits."""
    return _in(_REMINDER, language).format(date=last_day.strftime("%d/%m/%Y"))


def unreadable(reason: str, language: str) -> str:
    """Why a document could not be opened; `reason` is one of UNREADABLE_REASONS."""
    return _in(_UNREADABLE[reason], language)
