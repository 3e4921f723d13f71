"""VIES REST: VAT numbers of the EU member states and Northern Ireland.

GET answers `isValid`, POST answers `valid`; errors are `errorWrappers` under any HTTP status; HTTP 200 with an MS_* userError is no verdict.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import stamina

from trustrelay.osint_service.adapters.http import UNPARSABLE, Answer, Fetcher, Unreachable, refused
from trustrelay.osint_service.adapters.json_body import json_object, objects_at, text_at
from trustrelay.osint_service.application.ports import BodyUnparsable, NotAssessed, VatInvalid, VatValid

SOURCE = "vies"
_RETRYABLE = frozenset(
    {
        "SERVICE_UNAVAILABLE", "MS_UNAVAILABLE", "TIMEOUT", "GLOBAL_MAX_CONCURRENT_REQ", "GLOBAL_MAX_CONCURRENT_REQ_TIME",
        "MS_MAX_CONCURRENT_REQ", "MS_MAX_CONCURRENT_REQ_TIME",
    }
)  # fmt: skip
_UNDISCLOSED = "---"
# Each member state throttles by itself.
_PER_STATE = 2
Outcome = VatValid | VatInvalid | NotAssessed


class _TryAgain(Exception):
    """An error that VIES itself calls passing."""

    def __init__(self, outcome: NotAssessed) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Vies:
    """`requester` is our own VAT number with prefix; with it VIES gives a consultation number as proof."""

    fetcher: Fetcher
    base_url: str
    requester: str = ""
    _states: dict[str, asyncio.Semaphore] = field(default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(_PER_STATE)))

    async def check(self, country: str, number: str) -> Outcome:
        """`country` is the VAT prefix; GR is sent as EL."""
        state = "EL" if country == "GR" else country
        async with self._states[state]:
            try:
                async for attempt in stamina.retry_context(on=_TryAgain, attempts=3, wait_initial=0.2, wait_max=2.0, timeout=30.0):
                    with attempt:
                        return self._passing(await self._asked(state, number))
            except _TryAgain as error:
                return error.outcome
        raise AssertionError("unreachable: a retry context returns or raises")

    async def _asked(self, state: str, number: str) -> Outcome:
        try:
            answer = await self._answer(state, number)
        except Unreachable as error:
            return NotAssessed(error.reason)
        try:
            return _outcome(answer, json_object(answer.raw.body))
        except BodyUnparsable:
            return refused(answer) if answer.status >= 400 else NotAssessed(UNPARSABLE, (answer.raw,))

    async def _answer(self, state: str, number: str) -> Answer:
        if not self.requester:
            return await self.fetcher.fetch(SOURCE, "GET", f"{self.base_url}/ms/{state}/vat/{number}")
        body = {
            "countryCode": state, "vatNumber": number,
            "requesterMemberStateCode": self.requester[:2], "requesterNumber": self.requester[2:],
        }  # fmt: skip
        return await self.fetcher.fetch(SOURCE, "POST", f"{self.base_url}/check-vat-number", json=body)

    def _passing(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, NotAssessed) and outcome.reason in _RETRYABLE:
            raise _TryAgain(outcome)
        return outcome


def _outcome(answer: Answer, body: dict[str, Any]) -> Outcome:
    """The verdict of a body, whatever status it came with."""
    errors = [text_at(each, "error") for each in objects_at(body, "errorWrappers")] or [text_at(body, "userError")]
    problem = next((code for code in errors if code not in ("", "VALID", "INVALID")), "")
    if problem == "INVALID_INPUT":
        return VatInvalid("VAT_FORMAT_INVALID", answer.raw)
    if problem:
        return NotAssessed(problem, (answer.raw,))
    verdict = body.get("isValid", body.get("valid"))
    if verdict is True:
        return VatValid(_disclosed(body, "name"), _disclosed(body, "address"), answer.raw)
    if verdict is False:
        return VatInvalid("VAT_NUMBER_INVALID", answer.raw)
    return refused(answer) if answer.status >= 400 else NotAssessed(UNPARSABLE, (answer.raw,))


def _disclosed(body: dict[str, Any], name: str) -> str:
    text = " ".join(text_at(body, name).split("\n"))
    return "" if text == _UNDISCLOSED else text
