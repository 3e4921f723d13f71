"""Rules and dismissed hits for a terminal: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence

from trustrelay.common.v1.evidence_types_pb2 import AGREEMENT_CONTRADICTS, Discriminator
from trustrelay.common.v1.portfolio_types_pb2 import DismissedHit, SuppressionRule, SuppressionRuleStatus
from trustrelay.devstack.commands._case_views import moment, print_json, table
from trustrelay.devstack.commands._session import as_dict, short

_AUTOMATIC = "automatic rule"


def print_rules(rules: Sequence[SuppressionRule], as_json: bool) -> None:
    """One line a rule, newest first."""
    if as_json:
        return print_json([as_dict(rule) for rule in rules])
    rows = [
        (rule.rule_id, status_of(rule), f"{rule.dataset} {rule.entity_id}", rule.caption, contradicting(rule.discriminators),
         rule.accepted_by or rule.created_by, moment(rule.expire_time), rule.end_reason, rule.etag)
        for rule in rules
    ]  # fmt: skip
    table(("rule", "status", "entry", "caption", "contradicts", "who", "until", "ended", "etag"), rows)


def print_hits(hits: Sequence[DismissedHit], as_json: bool) -> None:
    """One line a dismissed hit: what dismissed it, who answers for that, until when, and against which list it was tested."""
    if as_json:
        return print_json([as_dict(hit) for hit in hits])
    rows = [
        (one.case_id, one.hit.hit_id, f"{one.hit.dataset} {one.hit.entity_id}", one.hit.caption, contradicting(one.hit.discriminators), one.rule,
         one.officer or _AUTOMATIC, moment(one.expire_time) if one.HasField("expire_time") else "with every new list", tested(one))
        for one in hits
    ]  # fmt: skip
    table(("case", "hit", "entry", "caption", "contradicts", "rule", "who", "until", "tested against"), rows)


def describe(rule: SuppressionRule) -> str:
    """One line about it."""
    return f"{rule.rule_id} {status_of(rule)} until {moment(rule.expire_time)} etag {rule.etag}"


def status_of(rule: SuppressionRule) -> str:
    """ACTIVE."""
    return short(SuppressionRuleStatus.Name(rule.status), "SUPPRESSION_RULE_STATUS_")


def contradicting(discriminators: Sequence[Discriminator]) -> str:
    """`birth_date 1961-05-14 ≠ 1948-02-02`."""
    return ", ".join(f"{one.kind} {one.query_value} ≠ {one.list_value}" for one in discriminators if one.agreement == AGREEMENT_CONTRADICTS)


def tested(hit: DismissedHit) -> str:
    """The list version of the last test, and why there was none since."""
    version = hit.tested_against
    against = f"{version.dataset} of {moment(version.load_time)}" if version.HasField("load_time") else version.dataset or "–"
    return f"{against}, not since: {hit.not_assessed_reason}" if hit.not_assessed_reason else against
