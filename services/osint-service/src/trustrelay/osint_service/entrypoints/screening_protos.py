"""Screening values ↔ contract messages."""

from __future__ import annotations

from datetime import datetime

from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.osint.v1 import screening_service_pb2 as screening
from trustrelay.osint_service.domain.screening.model import DatasetVersion, Hit
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
    discriminators = [
        evidence_types.Discriminator(
            kind=d.kind, query_value=d.query_value, list_value=d.list_value, strong=d.strong,
            agreement=evidence_types.Agreement.Value(f"AGREEMENT_{d.agreement.value}"),
        )
        for d in value.discriminators
    ]  # fmt: skip
    return evidence_types.Hit(
        hit_id=value.hit_id, party_id=value.party_id, dataset=value.dataset, entity_id=value.entity_id, caption=value.caption, topics=value.topics,
        score=value.score, features=features, discriminators=discriminators, status_reason=value.status_reason,
        status=evidence_types.HitStatus.Value(f"HIT_STATUS_{value.status.value}"),
    )  # fmt: skip
