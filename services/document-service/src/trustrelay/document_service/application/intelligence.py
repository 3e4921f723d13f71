"""Classify, validate and extract from converted documents; rules run in a thread, long documents block no other call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date

from ..domain.classify import Classification, classify
from ..domain.conversion import DocumentRefused, RefusalReason
from ..domain.document import Document
from ..domain.document_types import DocumentType
from ..domain.extract import ExtractedField, extract_fields
from ..domain.holder import Subject
from ..domain.parties import Party, parties_of
from ..domain.validate import Requirement, Validation, validate
from .ports import ObjectStore, ObjectTooLarge, ReadGrant

# A DoclingDocument of 200 dense pages stays below this.
MAX_JSON_BYTES = 100 * 1024 * 1024


class DocumentIntelligence:
    """The three questions that are asked of a converted document; each reads it afresh, nothing is kept."""

    def __init__(self, store: ObjectStore, reader: Callable[[bytes], Document]) -> None:
        self._store = store
        self._read = reader

    async def classify(self, grant: ReadGrant) -> Classification:
        return await asyncio.to_thread(classify, await self._document(grant))

    async def validate(self, grant: ReadGrant, requirement: Requirement, subject: Subject, as_of: date, language: str, quality: float) -> Validation:
        document = await self._document(grant)
        return await asyncio.to_thread(validate, document, requirement, subject, as_of, language, quality)

    async def extract(self, grant: ReadGrant, kind: DocumentType, document_id: str) -> tuple[tuple[ExtractedField, ...], tuple[Party, ...]]:
        """The fields, and the parties built from them."""
        fields = await asyncio.to_thread(extract_fields, await self._document(grant), kind)
        return fields, parties_of(fields, kind, document_id)

    async def _document(self, grant: ReadGrant) -> Document:
        """Raises DocumentRefused CORRUPT when the object is no DoclingDocument, and what ObjectStore raises."""
        try:
            body = await self._store.read(grant, MAX_JSON_BYTES)
        except ObjectTooLarge as error:
            raise DocumentRefused(RefusalReason.CORRUPT, "The object is not a DoclingDocument.") from error
        return await asyncio.to_thread(self._read, body)
