"""Who may call what: method × role, the whole of it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType

from trustrelay.servicekit.errors import PermissionDenied

OFFICER = "officer"
MANAGER = "manager"
AUDITOR = "auditor"
CUSTOMER = "customer"

_OFFICERS = frozenset({OFFICER})
_MANAGERS = frozenset({MANAGER})
_AUDITORS = frozenset({AUDITOR})
_READERS = frozenset({OFFICER, MANAGER, AUDITOR})

#: CaseService; any one of the roles suffices. A method that is not here is refused to everyone.
REQUIRED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "CreateCase": _OFFICERS,
        "GetCase": _READERS,
        "ListCases": _READERS,
        "WatchCase": _READERS,
        "ApproveRequirements": _OFFICERS,
        "SkipDocuments": _OFFICERS,
        "ResolveHit": _OFFICERS,
        "OverrideCheck": _OFFICERS,
        "DecideCase": _OFFICERS,
        "ConfirmDecision": _OFFICERS,
        "WithdrawCase": _OFFICERS,
        "SetAutomationTier": _MANAGERS,
        "ExtendTimeline": _OFFICERS | _MANAGERS,
        # Whether an officer owns the case is the workflow's to judge.
        "ReassignCase": _OFFICERS | _MANAGERS,
        "ReclassifyMcc": _OFFICERS,
        "ResumeCase": _MANAGERS,
        "CreatePortalLink": _OFFICERS,
        "CreateUpload": _OFFICERS,
        "CompleteUpload": _OFFICERS,
        "ListAuditEvents": _READERS,
        "GetCapsule": _READERS,
    }
)

#: AdminService.
ADMIN_REQUIRED: Mapping[str, frozenset[str]] = MappingProxyType(
    {"PutTemplate": _MANAGERS, "GetTemplate": _MANAGERS, "ListTemplates": _MANAGERS},
)

#: ShipmentService.
SHIPMENT_REQUIRED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "CreateShipment": _OFFICERS,
        "GetShipment": _READERS,
        "ListShipments": _READERS,
        "CreateShipmentUpload": _OFFICERS,
        "CompleteShipmentUpload": _OFFICERS,
        "SubmitShipmentDocuments": _OFFICERS,
        "ResolveDiscrepancy": _OFFICERS,
        "ConfirmResolution": _OFFICERS,
        "DecideShipment": _OFFICERS,
        "ListShipmentAuditEvents": _READERS,
        "GetShipmentCapsule": _READERS,
    }
)

#: MonitoringService.
MONITORING_REQUIRED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "GetMonitoringSchedule": _READERS,
        "PutMonitoringSchedule": _MANAGERS,
        "DeleteMonitoringSchedule": _MANAGERS,
        "PauseMonitoringSchedule": _MANAGERS,
        "ResumeMonitoringSchedule": _MANAGERS,
        "TriggerMonitoring": _MANAGERS,
        "BackfillMonitoring": _MANAGERS,
        "GetMonitoringRun": _READERS,
        "ListMonitoringRuns": _READERS,
        "ListAlerts": _READERS,
        "ResolveAlert": _OFFICERS,
    }
)

#: BatchService.
BATCH_REQUIRED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "StartBatch": _MANAGERS,
        "GetBatch": _MANAGERS | _AUDITORS,
        "ListBatches": _MANAGERS | _AUDITORS,
        "PauseBatch": _MANAGERS,
        "ResumeBatch": _MANAGERS,
        "CancelBatch": _MANAGERS,
        "ListBatchResults": _MANAGERS | _AUDITORS,
    }
)

#: SuppressionService.
SUPPRESSION_REQUIRED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "CreateSuppressionRule": _OFFICERS,
        "AcceptSuppressionRule": _OFFICERS,
        "RevokeSuppressionRule": _OFFICERS | _MANAGERS,
        "ListSuppressionRules": _READERS,
        "ListDismissedHits": _READERS,
        "RefreshSuppressionRules": _MANAGERS,
    }
)


def require_role(method: str, roles: Set[str], required: Mapping[str, frozenset[str]] = REQUIRED) -> None:
    """Raise PermissionDenied / ROLE_REQUIRED unless one of `roles` may call `method` of the service that `required` is about."""
    wanted = required.get(method, frozenset())
    if wanted.isdisjoint(roles):
        names = ", ".join(sorted(wanted)) or "none"
        raise PermissionDenied("ROLE_REQUIRED", f"{method} needs one of the roles: {names}", metadata={"method": method, "roles": names})
