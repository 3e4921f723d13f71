"""Screening values ↔ contract messages."""

from __future__ import annotations

from datetime import datetime

from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import portfolio_types_pb2 as portfolio_types
from trustrelay.osint.v1 import screening_service_pb2 as screening
from trustrelay.osint_service.domain.screening.model import DatasetVersion, Discriminator, Hit
from trustrelay.osint_service.domain.screening.retest import DismissedHit, Retest
from trustrelay.osint_service.domain.screening.screen import ALGORITHM, ALGORITHM_VERSION, Screening
from trustrelay.osint_service.entrypoints import protos


def response(done: Screening, now: datetime) -> screening.ScreenResponse:
    """The record and the two checks of one party."""
    record = evidence_types.ScreeningRecord(
        party_id=done.party_id, algorithm=ALGORITHM, algorithm_version=ALGORITHM_VERSION, threshold=done.threshold,
        datasets=[dataset(version) for version in done.versions], hits=[hit(each) for each in done.hits],
    )  # fmt: skip
    return screening.ScreenResponse(record=record, checks=[protos.check_message(each, now) for each in done.checks])


def dataset(version: DatasetVersion) -> evidence_types.DatasetVersion:
    """One list as loaded, or why it is not."""
    return evidence_types.DatasetVersion(
        dataset=version.dataset, sha256=version.sha256, entity_count=version.entity_count, unavailable_reason=version.unavailable_reason,
        load_time=protos.timestamp(version.loaded_at) if version.loaded_at is not None else None,
    )  # fmt: skip


def hit(value: Hit) -> evidence_types.Hit:
    """The hit with its features and discriminators."""
    features = [
        evidence_types.ScoreFeature(name=f.name, query_value=f.query_value, list_value=f.list_value, score=f.score, weight=f.weight)
        for f in value.features
    ]
    discriminators = [discriminator(each) for each in value.discriminators]
    return evidence_types.Hit(
        hit_id=value.hit_id, party_id=value.party_id, dataset=value.dataset, entity_id=value.entity_id, caption=value.caption, topics=value.topics,
        score=value.score, features=features, discriminators=discriminators, status_reason=value.status_reason,
        status=evidence_types.HitStatus.Value(f"HIT_STATUS_{value.status.value}"),
    )  # fmt: skip


def discriminator(value: Discriminator) -> evidence_types.Discriminator:
    """A fact on both sides."""
    return evidence_types.Discriminator(
        kind=value.kind, query_value=value.query_value, list_value=value.list_value, strong=value.strong,
        agreement=evidence_types.Agreement.Value(f"AGREEMENT_{value.agreement.value}"),
    )  # fmt: skip


def dismissed_hit(message: portfolio_types.HitToRetest) -> DismissedHit:
    """Raises InvalidArgument PARTY_TYPE_MISSING."""
    return DismissedHit(protos.party(message.party, "hits.party"), message.hit.dataset, message.hit.entity_id, bool(message.rule_id))


def retested(asked: portfolio_types.HitToRetest, verdict: Retest) -> portfolio_types.RetestedHit:
    """The verdict under the ids of the hit that it is about."""
    return portfolio_types.RetestedHit(
        case_id=asked.case_id, hit_id=asked.hit.hit_id, rule_id=asked.rule_id, outcome=protos.outcome_value(verdict.outcome), reason=verdict.reason,
        discriminators=map(discriminator, verdict.discriminators), tested_against=None if verdict.version is None else dataset(verdict.version),
    )  # fmt: skip
