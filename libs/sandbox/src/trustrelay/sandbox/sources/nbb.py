"""NBB CBSO (`/nbb`): annual accounts with administrators and shareholders. It knows names and shares, never birth dates."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from trustrelay.sandbox.documents.accounts import annual_accounts_pdf, figures
from trustrelay.sandbox.model import Company, Mandate, Stake
from trustrelay.sandbox.refusal import Refusal
from trustrelay.sandbox.world import World

JSON_TYPE = "application/x.jsonxbrl"
PDF_TYPE = "application/pdf"
FIRST_JSON_DEPOSIT = date(2022, 4, 4)
DIRECTOR = "fct:m13"
FORM_CODES = {"NV": "lgf:m14", "BV": "lgf:m610"}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deposit:
    """One filing for one financial year."""

    company: Company
    reference: str
    year: int
    deposited_on: date

    @property
    def has_json(self) -> bool:
        """Only filings since April 2022 exist as structured data."""
        return self.deposited_on >= FIRST_JSON_DEPOSIT


def deposits(world: World) -> dict[str, Deposit]:
    """Per company the latest year and, if it is old enough, one filing from before structured data."""
    latest = world.as_of.year - (1 if world.as_of >= date(world.as_of.year, 7, 1) else 2)
    found = {}
    for index, company in enumerate(world.cast.companies, 1):
        for year in (latest, 2020):
            reference = f"{year + 1}-{index:04d}{world.cast.seed % 10_000:04d}"
            found[reference] = Deposit(company, reference, year, date(year + 1, 6, 10 + index % 18))
    return found


def reference_body(deposit: Deposit, base: str) -> Json:
    """One element of the references list."""
    place = deposit.company.address
    return {
        "ReferenceNumber": deposit.reference,
        "DepositDate": deposit.deposited_on.isoformat(),
        "ExerciseDates": {"startDate": f"{deposit.year}-01-01", "endDate": f"{deposit.year}-12-31"},
        "ModelType": "m07-f",
        "DepositType": "Initial",
        "Language": "NL",
        "Currency": "EUR",
        "EnterpriseNumber": deposit.company.enterprise_number,
        "EnterpriseName": deposit.company.name,
        "Address": {"Street": place.street, "Number": place.number, "City": place.city, "PostalCode": place.postcode, "CountryCode": "BE"},
        "LegalForm": FORM_CODES[deposit.company.form],
        "LegalSituation": "000",
        "FullFillLegalValidation": True,
        "ActivityCode": deposit.company.activity.nace_2008,
        "GeneralAssemblyDate": f"{deposit.year + 1}-05-28",
        "DataVersion": "Authentic",
        "ImprovementDate": None,
        "CorrectedData": None,
        "AccountingDataURL": f"{base}/nbb/authentic/deposit/{deposit.reference}/accountingData",
    }


def _administrator(mandate: Mandate, year: int) -> Json:
    person = mandate.person
    return {
        "Person": {"FirstName": person.given, "LastName": person.family, "Profession": None, "Address": None},
        "Mandates": [{"FunctionMandate": DIRECTOR, "MandateDates": {"StartDate": mandate.since.isoformat(), "EndDate": f"{year + 4}-05-28"}}],
    }


def _shareholder(stake: Stake) -> Json:
    person = stake.person
    held = {"Nature": "Shares", "Line": "Ordinary", "Number": str(stake.shares), "PercentageDirectlyHeld": str(stake.percent / 100)}
    return {"Person": {"FirstName": person.given, "LastName": person.family, "Address": None}, "SharesHeld": [held]}


def accounting_body(deposit: Deposit) -> Json:
    """The structured accounts. Values are strings, shares of ownership fractions of one."""
    company = deposit.company
    rubrics = [{"Code": code, "Value": f"{value}.00", "Period": period} for code, value, period in figures(company, deposit.year)]
    return {
        "ReferenceNumber": deposit.reference,
        "EnterpriseName": company.name,
        "EnterpriseNumber": company.enterprise_number,
        "LegalForm": FORM_CODES[company.form],
        "Rubrics": rubrics,
        "Administrators": {"NaturalPersons": [_administrator(m, deposit.year) for m in company.directors], "LegalPersons": []},
        "ParticipatingInterests": [],
        "Shareholders": {"EntityShareHolders": [], "IndividualShareHolders": [_shareholder(s) for s in company.owners]},
    }


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"statusCode": status, "message": message}, status, headers)


def router(world: World) -> APIRouter:
    """The endpoints, behind a subscription key."""
    limit = world.bucket("nbb", world.limits.nbb_per_minute, 60)

    def admitted(request: Request) -> None:
        key = request.headers.get("NBB-CBSO-Subscription-Key", "")
        if not key or key != (world.nbb_key or key):
            raise Refusal(_error(403, "Access denied due to missing or invalid subscription key."))
        if request.headers.get("User-Agent", "").startswith("Python-urllib"):
            raise Refusal(Response("Forbidden", 403))
        if limit.refuses():
            raise Refusal(_error(429, "Rate limit is exceeded. Try again in 60 seconds.", {"Retry-After": "60"}))

    api = APIRouter(prefix="/nbb", dependencies=[Depends(admitted)])
    filed = deposits(world)

    @api.get("/authentic/legalEntity/{number}/references")
    def references(request: Request, number: str) -> Response:
        base = str(request.base_url).rstrip("/")
        found = [reference_body(d, base) for d in filed.values() if d.company.enterprise_number == number]
        headers = {"X-Request-Id": request.headers.get("X-Request-Id", "")}
        return JSONResponse(found, headers=headers) if found else _error(404, "No filings found for this legal entity.", headers)

    @api.get("/authentic/deposit/{reference}/accountingData")
    def accounting_data(request: Request, reference: str) -> Response:
        deposit = filed.get(reference)
        if deposit is None:
            return _error(404, "Deposit not found.")
        accept = request.headers.get("Accept", "")
        if PDF_TYPE in accept:
            return Response(annual_accounts_pdf(deposit.company, deposit.year, deposit.reference), media_type=PDF_TYPE)
        if JSON_TYPE in accept:
            return JSONResponse(accounting_body(deposit), media_type=JSON_TYPE) if deposit.has_json else _error(404, "No structured data.")
        return _error(406, f"Accept must be {JSON_TYPE} or {PDF_TYPE}.")

    return api
