"""Which articles say something bad. Titles are all that is read: an article without an adverse word in its title is a mention."""

from __future__ import annotations

import re

from rigour.text import ascii_text

# Stems in the languages of the press that is searched (English, Dutch, French, German).
_ADVERSE = re.compile(
    r"\b(?:fraud|launder|brib|corrupt|sanction|terror|traffick|prosecut|convict|embezzl|indict|arrest|charged|charges|guilty|jail|prison|raid|scam|"
    r"smuggl|extort|money mule|frozen|freez|investigat|blackmail|forg(?:ed|ery)|"
    r"fraude|witwas|omkop|veroordeel|aangehouden|verduister|sancties|gevangenis|"
    r"blanchiment|corrompu|condamn|escroqu|detournement|perquisition|inculp|"
    r"betrug|geldwasche|bestech|verurteil|verhaft|untreue)",
)


def adverse(title: str) -> bool:
    """True when the title carries an adverse word."""
    return _ADVERSE.search(ascii_text(title).casefold()) is not None
