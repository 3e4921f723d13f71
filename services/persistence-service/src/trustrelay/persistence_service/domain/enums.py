"""Short names of contract enums, as stored: CASE_STATUS_APPROVED ↔ APPROVED."""

from google.protobuf.descriptor import EnumDescriptor

from trustrelay.common.v1 import (
    case_types_pb2,
    decision_types_pb2,
    evidence_types_pb2,
    portfolio_types_pb2,
    requirement_types_pb2,
    shipment_types_pb2,
)


class ShortNames:
    """One enum's numbers and short names. Unknown numbers raise ValueError, unknown names KeyError."""

    def __init__(self, enum: EnumDescriptor, prefix: str) -> None:
        self._kind = enum.name
        self._numbers = {value.name.removeprefix(prefix): value.number for value in enum.values}
        self._names = {number: name for name, number in self._numbers.items()}

    def name(self, number: int) -> str:
        """7 → INVESTIGATING."""
        if number not in self._names:
            raise ValueError(f"{self._kind} has no value {number}")
        return self._names[number]

    def number(self, name: str) -> int:
        """INVESTIGATING → 7."""
        return self._numbers[name]


CASE_STATUS = ShortNames(case_types_pb2.CaseStatus.DESCRIPTOR, "CASE_STATUS_")
TIER = ShortNames(case_types_pb2.AutomationTier.DESCRIPTOR, "AUTOMATION_TIER_")
CHECK_OUTCOME = ShortNames(evidence_types_pb2.CheckOutcome.DESCRIPTOR, "CHECK_OUTCOME_")
SEVERITY = ShortNames(evidence_types_pb2.Severity.DESCRIPTOR, "SEVERITY_")
HIT_STATUS = ShortNames(evidence_types_pb2.HitStatus.DESCRIPTOR, "HIT_STATUS_")
REQUIREMENT_STATUS = ShortNames(requirement_types_pb2.RequirementStatus.DESCRIPTOR, "REQUIREMENT_STATUS_")
DOCUMENT_STATE = ShortNames(requirement_types_pb2.DocumentState.DESCRIPTOR, "DOCUMENT_STATE_")
RISK_LEVEL = ShortNames(decision_types_pb2.RiskLevel.DESCRIPTOR, "RISK_LEVEL_")
SUBJECT_TYPE = ShortNames(case_types_pb2.SubjectType.DESCRIPTOR, "SUBJECT_TYPE_")
DECISION = ShortNames(decision_types_pb2.Decision.DESCRIPTOR, "DECISION_")
SECOND_DECISION = ShortNames(decision_types_pb2.SecondDecision.DESCRIPTOR, "SECOND_DECISION_")
ALERT_STATUS = ShortNames(portfolio_types_pb2.AlertStatus.DESCRIPTOR, "ALERT_STATUS_")
RUN_STATUS = ShortNames(portfolio_types_pb2.RunStatus.DESCRIPTOR, "RUN_STATUS_")
RULE_STATUS = ShortNames(portfolio_types_pb2.SuppressionRuleStatus.DESCRIPTOR, "SUPPRESSION_RULE_STATUS_")
SHIPMENT_STATUS = ShortNames(shipment_types_pb2.ShipmentStatus.DESCRIPTOR, "SHIPMENT_STATUS_")
SHIPMENT_DECISION = ShortNames(shipment_types_pb2.ShipmentDecision.DESCRIPTOR, "SHIPMENT_DECISION_")
DISCREPANCY_STATUS = ShortNames(shipment_types_pb2.DiscrepancyStatus.DESCRIPTOR, "DISCREPANCY_STATUS_")
TRADE_DIRECTION = ShortNames(shipment_types_pb2.TradeDirection.DESCRIPTOR, "TRADE_DIRECTION_")
