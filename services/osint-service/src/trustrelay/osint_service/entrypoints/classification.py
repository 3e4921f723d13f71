"""ClassificationService."""

from __future__ import annotations

from typing import Any

from trustrelay.common.v1 import assessment_types_pb2 as types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.osint.v1 import classification_service_pb2 as messages
from trustrelay.osint.v1 import classification_service_pb2_grpc as stubs
from trustrelay.osint_service.domain.classification.codes import ActivityCode, Classification, UnknownMcc, classify
from trustrelay.osint_service.domain.classification.reconcile import reconcile
from trustrelay.osint_service.domain.model import Outcome
from trustrelay.osint_service.entrypoints import protos
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument


class ClassificationServicer(stubs.ClassificationServiceServicer):
    """Translates and delegates to pure rules."""

    async def ClassifyMcc(self, request: messages.ClassifyMccRequest, context: Any) -> messages.ClassifyMccResponse:
        """INVALID_ARGUMENT: MCC_UNKNOWN."""
        enriched = [_code(each) for each in request.pre_enrichment_codes]
        try:
            found = classify(request.officer_mcc, enriched, [protos.profile(each) for each in request.profiles])
        except UnknownMcc as error:
            violation = FieldViolation("officer_mcc", "a merchant category code is four digits")
            raise InvalidArgument("MCC_UNKNOWN", "no such merchant category", violations=(violation,)) from error
        return messages.ClassifyMccResponse(classification=_message(found))

    async def ReconcileNace(self, request: messages.ReconcileNaceRequest, context: Any) -> messages.ReconcileNaceResponse:
        """The same classification with its reconciliation."""
        return messages.ReconcileNaceResponse(classification=_message(reconcile(_classification(request.classification))))


def _code(message: types.ActivityCode) -> ActivityCode:
    return ActivityCode(message.revision, message.code, message.origin)


def _classification(message: types.MccClassification) -> Classification:
    """An unspecified outcome is read as NOT_ASSESSED: silence is never clear."""
    name = evidence_types.CheckOutcome.Name(message.outcome).removeprefix("CHECK_OUTCOME_")
    outcome = Outcome.NOT_ASSESSED if name == "UNSPECIFIED" else Outcome[name]
    return Classification(message.mcc, outcome, message.reason, message.set_by, tuple(_code(each) for each in message.codes))


def _message(value: Classification) -> types.MccClassification:
    unasked = evidence_types.CHECK_OUTCOME_UNSPECIFIED
    return types.MccClassification(
        mcc=value.mcc, outcome=protos.outcome_value(value.outcome), reason=value.reason, set_by=value.set_by,
        codes=[types.ActivityCode(revision=each.revision, code=each.code, origin=each.origin) for each in value.codes],
        reconciliation=unasked if value.reconciliation is None else protos.outcome_value(value.reconciliation),
        reconciliation_reason=value.reconciliation_reason,
    )  # fmt: skip
