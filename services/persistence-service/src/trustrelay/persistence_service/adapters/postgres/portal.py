"""Customer access and answers."""

from collections.abc import Mapping
from datetime import datetime

from trustrelay.persistence_service.adapters.postgres.rows import Repository
from trustrelay.persistence_service.adapters.postgres.tables import portal_answers, portal_tokens


class PortalRepository(Repository):
    """Implements ports.Portal."""

    async def add_token(self, case_id: str, token_sha256: str, expire_time: datetime, created_at: datetime) -> None:
        """A known hash stays as it is."""
        values = {"case_id": case_id, "token_sha256": token_sha256, "expire_time": expire_time, "created_at": created_at}
        await self._insert_new(portal_tokens, values)

    async def save_answers(self, case_id: str, answers: Mapping[str, str], updated_at: datetime) -> None:
        """The newest answer to a question replaces the one before."""
        for question_id, answer in sorted(answers.items()):
            values = {"case_id": case_id, "question_id": question_id, "answer": answer, "updated_at": updated_at}
            await self._upsert(portal_answers, values)
