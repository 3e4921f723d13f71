"""Short names of contract enums, as stored: CASE_STATUS_APPROVED ↔ APPROVED."""

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from trustrelay.common.v1 import case_types_pb2, decision_types_pb2, evidence_types_pb2, requirement_types_pb2


class ShortNames:
    """One enum's numbers and short names. Unknown numbers raise ValueError, unknown names KeyError."""

    def __init__(self, enum: EnumTypeWrapper, prefix: str) -> None:
        self._enum = enum
        self._numbers = {name.removeprefix(prefix): number for name, number in enum.items()}

    def name(self, number: int) -> str:
        """7 → INVESTIGATING."""
        names = {value: name for name, value in self._numbers.items()}
        if number not in names:
            raise ValueError(f"{self._enum.DESCRIPTOR.name} has no value {number}")
        return names[number]

    def number(self, name: str) -> int:
        """INVESTIGATING → 7."""
        return self._numbers[name]


CASE_STATUS = ShortNames(case_types_pb2.CaseStatus, "CASE_STATUS_")
TIER = ShortNames(case_types_pb2.AutomationTier, "AUTOMATION_TIER_")
CHECK_OUTCOME = ShortNames(evidence_types_pb2.CheckOutcome, "CHECK_OUTCOME_")
SEVERITY = ShortNames(evidence_types_pb2.Severity, "SEVERITY_")
HIT_STATUS = ShortNames(evidence_types_pb2.HitStatus, "HIT_STATUS_")
REQUIREMENT_STATUS = ShortNames(requirement_types_pb2.RequirementStatus, "REQUIREMENT_STATUS_")
DOCUMENT_STATE = ShortNames(requirement_types_pb2.DocumentState, "DOCUMENT_STATE_")
RISK_LEVEL = ShortNames(decision_types_pb2.RiskLevel, "RISK_LEVEL_")
DECISION = ShortNames(decision_types_pb2.Decision, "DECISION_")
SECOND_DECISION = ShortNames(decision_types_pb2.SecondDecision, "SECOND_DECISION_")
