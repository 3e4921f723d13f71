"""What a person at the terminal can do about a refusal."""

from __future__ import annotations

from trustrelay.servicekit.errors import ServiceError

#: By reason; everything else speaks for itself.
_ADVICE = {
    "ETAG_MISMATCH": "look at it again (`trustrelay case show`, `shipment show`, `batch show`), then decide on what you see",
    "ROLE_REQUIRED": "use another dev user with --as (officers: olivia, samir; manager: mara; auditor: anton)",
    "SAME_OFFICER": "a second officer must do this: --as samir",
    "HITS_OPEN": "close the open hits with `trustrelay case resolve-hit`",
    "CHECKS_NOT_ASSESSED": "override them with a reason (`trustrelay case override-check`), or decide otherwise",
    "CASE_NOT_FOUND": "`trustrelay case list` shows the cases of this user's tenant",
    "CASE_CLOSED": "the case has ended; open a new one if need be",
    "CAPSULE_NOT_READY": "wait for the decision, then try again",
    "PORTAL_CLOSED": "the customer can only act while documents are awaited or processed",
    "PORTAL_TOKEN_EXPIRED": "make a new link with `trustrelay portal link`",
    "NOT_CASE_OWNER": "the case's owner or a manager hands it over: `trustrelay case show` names the owner",
    "TIMELINE_LIMIT": "a case may wait for a year after its opening at most",
    "IDENTITY_NOT_CONFIGURED": "set TRUSTRELAY_IDENTITY_* for case-api (`trustrelay settings`)",
    "TEMPLATE_NOT_FOUND": "`trustrelay template list` shows what there is",
    "TEMPLATE_VERSION_EXISTS": "raise `version` in the file: open cases keep the one they were opened with",
    "SUBJECT_TYPE_MISMATCH": "`trustrelay template list` shows which template takes persons, which companies",
    "SHIPMENT_NOT_FOUND": "`trustrelay shipment list` shows the shipments of this user's tenant",
    "SHIPMENT_CLOSED": "the shipment is cleared or rejected; open a new one if need be",
    "DOCUMENTS_MISSING": "give the papers: `trustrelay shipment submit FILE… --shipment ID`",
    "DISCREPANCIES_OPEN": "`trustrelay shipment show` names them; explain each with `trustrelay shipment resolve`",
    "DISCREPANCY_NOT_OPEN": "`trustrelay shipment show` says who explained it; only what is OPEN can be explained",
    "DISCREPANCY_NOT_EXPLAINED": "one officer explains it first: `trustrelay shipment resolve`",
    "MONITORING_SCHEDULE_NOT_FOUND": "make one with `trustrelay monitor schedule set --every 1d --check registry`",
    "MONITORING_RUNNING": "`trustrelay monitor runs` shows it; wait for its end",
    "MONITORING_RUN_NOT_FOUND": "`trustrelay monitor runs` shows what has run",
    "ALERT_NOT_FOUND": "`trustrelay monitor alerts` shows the alerts of this user's tenant",
    "ALERT_RESOLVED": "`trustrelay monitor alerts` says by whom",
    "BATCH_RUN_NOT_FOUND": "`trustrelay batch list` shows the runs of this user's tenant",
    "BATCH_ENDED": "the run is over; begin another with `trustrelay batch reassess`",
    "HIT_NOT_FOUND": "`trustrelay case show` names the hits of the case",
    "DISCRIMINATORS_INSUFFICIENT": "only a birth date or an id number that contradicts can dismiss; resolve the hit in its case",
    "HIT_CONFIRMED": "an officer confirmed this hit in its case; that word stands",
    "SUPPRESSION_RULE_NOT_FOUND": "`trustrelay suppression list` shows the rules of this user's tenant",
    "SUPPRESSION_RULE_NOT_PROPOSED": "`trustrelay suppression list --status proposed` shows what can be accepted",
    "SUPPRESSION_RULE_ENDED": "`trustrelay suppression list` says when and why",
    "REQUEST_ID_REUSED": "leave --request-id out for a new intention",
}
_LATER = "try again in a few seconds; `trustrelay status` shows what is down"


def advice_on(refusal: ServiceError) -> str:
    """One line, empty where there is none."""
    return _ADVICE.get(refusal.reason) or (_LATER if refusal.retry_after else "")
