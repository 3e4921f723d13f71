"""Turns what the services store into lines for the person who watches the demo."""

from __future__ import annotations

from trustrelay.case.v1.portal_service_pb2 import PortalCase
from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import AutomationTier
from trustrelay.common.v1.decision_types_pb2 import Decision, RiskLevel
from trustrelay.common.v1.evidence_types_pb2 import Agreement, CheckOutcome, Hit, HitStatus, Severity
from trustrelay.common.v1.requirement_types_pb2 import DocumentState, RequirementStatus
from trustrelay.devstack.demo.telling import Teller


class Narrator:
    """Prints parts of a case file."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def investigation(self, file: CaseFile) -> None:
        """What registers, lists and services said."""
        for check in file.checks:
            outcome = CheckOutcome.Name(check.outcome).removeprefix("CHECK_OUTCOME_")
            about = f"{_party_name(file, check.party_id)} {check.reason} {check.detail}"
            self._teller.detail(f"check  {check.kind:<22} {outcome:<13} {about}".rstrip())
        for finding in file.findings:
            if not finding.superseded_by:
                self._teller.detail(f"finding {Severity.Name(finding.severity).removeprefix('SEVERITY_'):<8} {finding.statement}")

    def hits(self, file: CaseFile) -> None:
        """Every hit with its score, feature by feature, and what tells the two persons apart."""
        for hit in file.hits:
            self.hit(file, hit)

    def hit(self, file: CaseFile, hit: Hit) -> None:
        """One hit."""
        status = HitStatus.Name(hit.status).removeprefix("HIT_STATUS_")
        self._teller.detail(
            f"hit    {_party_name(file, hit.party_id)} ~ {hit.caption} ({hit.dataset}, {','.join(hit.topics)}) score {hit.score:.2f} {status}"
        )
        features = ", ".join(f"{one.name} {one.score:.2f}×{one.weight:.2f}" for one in hit.features)
        self._teller.detail(f"         features: {features}")
        for one in hit.discriminators:
            if one.agreement != Agreement.AGREEMENT_UNKNOWN:
                word = Agreement.Name(one.agreement).removeprefix("AGREEMENT_").lower()
                strong = " (strong)" if one.strong else ""
                self._teller.detail(f"         {one.kind}: {one.query_value} / {one.list_value} {word}{strong}")
        if hit.status_reason:
            self._teller.detail(f"         {hit.status_reason} [{hit.resolved_by}]")

    def requirements(self, file: CaseFile) -> None:
        """What is asked of the customer, and why."""
        for one in file.requirements:
            status = RequirementStatus.Name(one.status).removeprefix("REQUIREMENT_STATUS_")
            self._teller.detail(f"asked  {one.requirement_id:<26} {status:<9} {one.why}")

    def gate(self, file: CaseFile) -> None:
        """Who may open the gate."""
        tier = AutomationTier.Name(file.header.tier).removeprefix("AUTOMATION_TIER_")
        self._teller.tell(f"gate: {tier}, set by {file.header.tier_set_by}")

    def risk(self, file: CaseFile) -> None:
        """Level, score and what the rules would do."""
        level = RiskLevel.Name(file.risk.level).removeprefix("RISK_LEVEL_")
        recommendation = Decision.Name(file.risk.recommendation).removeprefix("DECISION_")
        self._teller.tell(f"risk {level} ({file.risk.score:.2f}, {file.risk.model_version}), rules recommend {recommendation}")

    def scores(self, file: CaseFile) -> None:
        """Risk, and how far the facts can be relied on."""
        self.risk(file)
        scores = file.assessments
        if scores.HasField("confidence"):
            self._teller.detail(f"confidence {scores.confidence.score:.2f} ({scores.confidence.rule_version})")
        if scores.HasField("quality"):
            self._teller.detail(f"quality {scores.quality.score:.2f} {scores.quality.flag}".rstrip())
        for row in scores.matrix:
            if not row.agrees:
                severity = Severity.Name(row.severity).removeprefix("SEVERITY_")
                self._teller.detail(f"discrepancy {severity}: {row.fact}")
        if scores.HasField("trade_profile"):
            profile = scores.trade_profile
            self._teller.detail(
                f"trade profile: {', '.join(profile.services)} need {', '.join(profile.needs)}; missing {', '.join(profile.missing) or 'nothing'}"
            )

    def documents(self, case: PortalCase) -> None:
        """The customer's view of their uploads."""
        for document in case.documents:
            state = DocumentState.Name(document.state).removeprefix("DOCUMENT_STATE_")
            self._teller.detail(f"upload {document.file_name:<32} {state}")
            for reason in document.reasons:
                self._teller.detail(f"         {reason.code}: {reason.message}")


def _party_name(file: CaseFile, party_id: str) -> str:
    if not party_id:
        return ""
    return next((party.full_name for party in file.parties if party.party_id == party_id), file.subject.legal_name)
