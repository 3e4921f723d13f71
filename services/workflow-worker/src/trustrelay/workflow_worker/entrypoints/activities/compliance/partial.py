"""Several questions in one activity: what was answered is kept, whatever became of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.persistence.v1.case_store_service_pb2 import RecordInvestigationRequest
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.entrypoints.activities.calling import FINAL_CODES
from trustrelay.workflow_worker.entrypoints.activities.compliance.unanswered import unanswered

# From this attempt on, the answers that are there count more than those that may still come.
_PATIENCE = 3


@dataclass(frozen=True)
class Part:
    """One question: the kinds of checks that answer it, and how it is asked; `ask` adds what was found to its argument."""

    kinds: tuple[str, ...]
    ask: Callable[[RecordInvestigationRequest], Awaitable[None]]


async def ask_all(found: RecordInvestigationRequest, file: CaseFile, parts: Sequence[Part]) -> None:
    """Asks side by side and adds every answer to `found`; a part that fails becomes NOT_ASSESSED with the error's reason.

    Raises ServiceError, for another attempt, when all parts failed, or one that a retry may mend did so in an early attempt.
    """
    pieces = [RecordInvestigationRequest() for _ in parts]
    results = await asyncio.gather(*(part.ask(piece) for part, piece in zip(parts, pieces, strict=True)), return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    for error in errors:
        if not isinstance(error, ServiceError) or len(errors) == len(parts) or _worth_another_attempt(error):
            raise error
    for part, piece, result in zip(parts, pieces, results, strict=True):
        if isinstance(result, ServiceError):
            found.checks.extend(unanswered(part.kinds, file, result.reason, f"{found.stage} got no answer"))
        else:
            found.MergeFrom(piece)


def _worth_another_attempt(error: ServiceError) -> bool:
    return error.code not in FINAL_CODES and activity.info().attempt < _PATIENCE
