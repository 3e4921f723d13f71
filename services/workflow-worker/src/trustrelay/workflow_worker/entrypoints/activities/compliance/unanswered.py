"""Checks that nobody answered, under the ids that an answer has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED, Check
from trustrelay.workflow_worker.domain.compliance.not_assessed import PER_ACCOUNT, PER_PARTY
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import all_parties


def unanswered(kinds: Iterable[str], file: CaseFile, reason: str, detail: str) -> list[Check]:
    """One NOT_ASSESSED per kind, and per party or account where the kind is asked of each: a later success replaces exactly these."""
    return [_check(kind, about, reason, detail) for kind in kinds for about in _asked_of(kind, file)]


def _asked_of(kind: str, file: CaseFile) -> list[str]:
    if kind in PER_PARTY:
        return [party.party_id for party in all_parties(file)]
    if kind in PER_ACCOUNT:
        return _accounts(file) or [""]
    return [""]


def _accounts(file: CaseFile) -> list[str]:
    """What the checks of each account are called: its purpose, numbered from the second of one purpose on, as osint-service does."""
    seen: Counter[str] = Counter()
    names = []
    for account in file.subject.bank_accounts:
        purpose = account.purpose or "account"
        seen[purpose] += 1
        names.append(purpose if seen[purpose] == 1 else f"{purpose}-{seen[purpose]}")
    return names


def _check(kind: str, about: str, reason: str, detail: str) -> Check:
    check = Check(check_id=f"{kind}:{about}" if about else kind, kind=kind, outcome=CHECK_OUTCOME_NOT_ASSESSED, reason=reason, detail=detail)
    if kind in PER_PARTY:
        check.party_id = about
    return check
