"""Stores the raw bodies behind an answer, so that every outcome, a failure included, can be proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from trustrelay.osint_service.application.ports import (
    Articles,
    CompanyUnknown,
    Destination,
    EvidenceStore,
    LeiFound,
    LeiUnknown,
    NotAssessed,
    RawBody,
    RegistryRecord,
    VatInvalid,
    VatValid,
)
from trustrelay.osint_service.domain.model import Evidence

AnyAnswer = RegistryRecord | CompanyUnknown | VatValid | VatInvalid | LeiFound | LeiUnknown | Articles | NotAssessed
A = TypeVar("A", bound=AnyAnswer)


@dataclass(frozen=True, slots=True)
class Kept(Generic[A]):
    """An answer and the evidence it rests on."""

    answer: A
    evidence: tuple[Evidence, ...]

    @property
    def evidence_ids(self) -> tuple[str, ...]:
        """Ids of the evidence, in the order it was collected."""
        return tuple(item.evidence_id for item in self.evidence)


async def kept(answer: A, store: EvidenceStore, destination: Destination) -> Kept[A]:
    """Raises Unavailable OBJECT_STORE_UNAVAILABLE: without evidence there is no answer."""
    evidence = [await store.keep(raw, kind, destination) for kind, raw in _bodies(answer)]
    return Kept(answer, tuple({item.evidence_id: item for item in evidence}.values()))


def _bodies(answer: AnyAnswer) -> tuple[tuple[str, RawBody], ...]:
    """(kind of evidence, body); empty bodies prove nothing."""
    match answer:
        case RegistryRecord():
            found: tuple[tuple[str, RawBody], ...] = answer.documents
        case VatValid() | VatInvalid():
            found = (("vat_confirmation", answer.raw),)
        case LeiFound() | LeiUnknown():
            found = tuple(("lei_record", raw) for raw in answer.raw)
        case Articles():
            found = (("media_search", answer.raw),)
        case CompanyUnknown() | NotAssessed():
            found = tuple(("unanswered", raw) for raw in answer.raw)
    return tuple((kind, raw) for kind, raw in found if raw.body)
