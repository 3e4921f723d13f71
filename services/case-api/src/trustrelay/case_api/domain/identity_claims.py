"""What an identity provider's claims mean: itsme's own names beside those of OpenID Connect Core."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from trustrelay.common.v1.assessment_types_pb2 import IdentityResult

_ITSME = "http://itsme.services/v2/claim/"
NATIONAL_NUMBER = f"{_ITSME}BENationalNumber"
CITIZENSHIP = f"{_ITSME}claim_citizenship"
CITIZENSHIP_ISO = f"{_ITSME}claim_citizenship_as_iso"
ACR_BASIC, ACR_ADVANCED = f"{_ITSME}acr_basic", f"{_ITSME}acr_advanced"
LOW, SUBSTANTIAL, HIGH = "low", "substantial", "high"

#: Everything we ask to be in the id_token.
WANTED_CLAIMS = ("name", "given_name", "family_name", "birthdate", NATIONAL_NUMBER, CITIZENSHIP, CITIZENSHIP_ISO)

#: How sure the provider is, in the words of eIDAS (Regulation (EU) 910/2014 Art. 8). itsme is notified as high; a fingerprint in place of the
#: secret code is what its basic method allows, so it counts one step less here. What is not in this table is low: nobody vouched for more.
_ASSURANCE: Mapping[str, str] = MappingProxyType(
    {
        ACR_ADVANCED: HIGH,
        ACR_BASIC: SUBSTANTIAL,
        "http://eidas.europa.eu/LoA/high": HIGH,
        "http://eidas.europa.eu/LoA/substantial": SUBSTANTIAL,
        "http://eidas.europa.eu/LoA/low": LOW,
    }
)
_ISO_COUNTRY = re.compile(r"[A-Z]{2}")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def identity_of(claims: Mapping[str, object], provider: str) -> IdentityResult:
    """The claims as a result without its session and token. What the provider does not say, or says in another form, stays empty."""
    birth_date = _text(claims, "birthdate")
    result = IdentityResult(
        provider=provider,
        assurance=_ASSURANCE.get(_text(claims, "acr"), LOW),
        full_name=_full_name(claims),
        birth_date=birth_date if _ISO_DATE.fullmatch(birth_date) else "",
        nationality=_nationality(claims),
        national_number="".join(c for c in _text(claims, NATIONAL_NUMBER) if c.isalnum()),
    )
    when = claims.get("auth_time", claims.get("iat"))
    if isinstance(when, int | float):
        result.verify_time.FromSeconds(int(when))
    return result


def _full_name(claims: Mapping[str, object]) -> str:
    return _text(claims, "name") or " ".join(filter(None, (_text(claims, "given_name"), _text(claims, "family_name"))))


def _nationality(claims: Mapping[str, object]) -> str:
    """Only a code is a fact that can be compared; itsme's older claim may hold words."""
    for name in (CITIZENSHIP_ISO, CITIZENSHIP):
        if _ISO_COUNTRY.fullmatch(code := _text(claims, name).upper()):
            return code
    return ""


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""
