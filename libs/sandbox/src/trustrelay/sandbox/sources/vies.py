"""VIES REST (`/vies/rest-api`): VAT numbers of the member states.

GET answers `isValid`, POST answers `valid`: the real service differs in just that way. Errors are `errorWrappers`.
"""

import hashlib
import re
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from trustrelay.sandbox.model import Company
from trustrelay.sandbox.world import World

UNDISCLOSED = "---"
STATES = frozenset(
    "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split()  # noqa: SIM905
)
FORMATS = {"BE": r"[01]\d{9}", "DE": r"\d{9}", "EL": r"\d{9}"}
ANY_FORMAT = r"[0-9A-Z+*]{2,12}"
TEST_ERRORS = {
    "201": "INVALID_INPUT", "202": "INVALID_REQUESTER_INFO", "300": "SERVICE_UNAVAILABLE", "301": "MS_UNAVAILABLE",
    "302": "TIMEOUT", "400": "VAT_BLOCKED", "401": "IP_BLOCKED", "500": "GLOBAL_MAX_CONCURRENT_REQ",
    "501": "GLOBAL_MAX_CONCURRENT_REQ_TIME", "600": "MS_MAX_CONCURRENT_REQ", "601": "MS_MAX_CONCURRENT_REQ_TIME",
}  # fmt: skip
TRADER_FIELDS = ("Name", "Street", "PostalCode", "City", "CompanyType")


def error(code: str) -> JSONResponse:
    """The error body; the service sends most of its errors with status 400, some with 500."""
    status = 400 if code.startswith("INVALID") or code.endswith("BLOCKED") else 500
    return JSONResponse({"actionSucceed": False, "errorWrappers": [{"error": code}]}, status)


def _company_name(company: Company) -> str:
    """Belgium writes the legal form in front."""
    return f"{company.form} {company.name}"


def _register(world: World) -> dict[tuple[str, str], tuple[str, str]]:
    """(state, number) → (name, address)."""
    book = {
        ("BE", c.enterprise_number): (
            _company_name(c),
            f"{c.address.street} {c.address.number}\n{c.address.postcode} {c.address.city}",
        )
        for c in world.cast.companies
        if c.standing != "stopped"
    }
    return book | {(t.country, t.number): (t.name or UNDISCLOSED, t.address or UNDISCLOSED) for t in world.cast.foreign_traders}


def _acceptable(country: str, number: str) -> bool:
    return country in STATES and bool(re.fullmatch(FORMATS.get(country, ANY_FORMAT), number))


def _proof(country: str, number: str, requester: str) -> str:
    """A consultation number, given only to callers that say who they are."""
    if not requester:
        return ""
    return "WAPIAAAA" + hashlib.sha256(f"{country}{number}{requester}".encode()).hexdigest()[:8].upper()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def get_body(found: tuple[str, str] | None, number: str, proof: str, user_error: str) -> dict[str, object]:
    """The answer of GET."""
    name, address = found or (UNDISCLOSED, UNDISCLOSED)
    approximate: dict[str, object] = {key[0].lower() + key[1:]: UNDISCLOSED for key in TRADER_FIELDS}
    return {
        "isValid": found is not None,
        "requestDate": _now(),
        "userError": user_error,
        "name": name,
        "address": address,
        "requestIdentifier": proof,
        "originalVatNumber": number,
        "vatNumber": number,
        "viesApproximate": approximate | {f"match{key}": 3 for key in TRADER_FIELDS},
    }


def post_body(found: tuple[str, str] | None, country: str, number: str, proof: str) -> dict[str, object]:
    """The answer of POST."""
    name, address = found or (UNDISCLOSED, UNDISCLOSED)
    traders: dict[str, object] = {f"trader{key}": UNDISCLOSED for key in TRADER_FIELDS}
    return {
        "countryCode": country,
        "vatNumber": number,
        "requestDate": _now(),
        "valid": found is not None,
        "requestIdentifier": proof,
        "name": name,
        "address": address,
        **traders,
        **{f"trader{key}Match": "NOT_PROCESSED" for key in TRADER_FIELDS},
    }


def router(world: World) -> APIRouter:
    """The endpoints."""
    api = APIRouter(prefix="/vies/rest-api")
    book = _register(world)

    @api.get("/ms/{country}/vat/{number}")
    def get_vat(country: str, number: str, requesterMemberStateCode: str = "", requesterNumber: str = "") -> JSONResponse:
        number = re.sub(r"[ .\-]", "", number).upper()
        if not _acceptable(country, number):
            return JSONResponse(get_body(None, number, "", "INVALID_INPUT"))
        found = book.get((country, number))
        proof = _proof(country, number, requesterMemberStateCode + requesterNumber) if found else ""
        return JSONResponse(get_body(found, number, proof, "VALID" if found else "INVALID"))

    @api.post("/check-vat-number")
    async def check(request: Request) -> JSONResponse:
        asked = await _asked(request)
        if asked is None or not _acceptable(asked["countryCode"], asked["vatNumber"]):
            return error("INVALID_INPUT")
        country, number = asked["countryCode"], asked["vatNumber"]
        found = book.get((country, number))
        requester = asked.get("requesterMemberStateCode", "") + asked.get("requesterNumber", "")
        return JSONResponse(post_body(found, country, number, _proof(country, number, requester) if found else ""))

    @api.post("/check-vat-test-service")
    async def test_service(request: Request) -> JSONResponse:
        asked = await _asked(request)
        if asked is None:
            return error("INVALID_INPUT")
        number = asked["vatNumber"]
        if number in ("100", "200"):
            found = ("John Doe", "123 Main St, Anytown") if number == "100" else None
            return JSONResponse(post_body(found, asked["countryCode"], number, ""))
        return error(TEST_ERRORS.get(number, "INVALID_INPUT"))

    @api.get("/check-status")
    def status() -> dict[str, object]:
        countries = [{"countryCode": state, "availability": "Available"} for state in sorted(STATES)]
        return {"vow": {"available": True}, "countries": countries}

    return api


async def _asked(request: Request) -> dict[str, str] | None:
    """The string fields of a POST body, or None when it is no JSON object with country and number."""
    try:
        body = await request.json()
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    fields = {key: value for key, value in body.items() if isinstance(value, str)}
    return fields if {"countryCode", "vatNumber"} <= fields.keys() else None
