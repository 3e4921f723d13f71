"""Customer access and answers."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from trustrelay.common.v1.requirement_types_pb2 import Question
from trustrelay.persistence_service.adapters.postgres.rows import Repository, to_json
from trustrelay.persistence_service.adapters.postgres.tables import creation_answers, portal_answers, portal_tokens, questions


class PortalRepository(Repository):
    """Implements ports.Portal."""

    async def add_token(self, case_id: str, token_sha256: str, expire_time: datetime, created_at: datetime) -> None:
        """A known hash stays as it is."""
        values = {"case_id": case_id, "token_sha256": token_sha256, "expire_time": expire_time, "created_at": created_at}
        await self._insert_new(portal_tokens, values)

    async def add_question(self, case_id: str, position: int, question: Question) -> None:
        """Asked once and for all when the case opens."""
        columns = {"question_id": question.question_id, "position": position, "mandatory": question.mandatory}
        await self._insert_new(questions, {"case_id": case_id, **columns, "body": to_json(question)})

    async def add_creation_answers(self, case_id: str, answers: Mapping[str, str]) -> None:
        """What was known when the case was created; never changed."""
        for question_id, answer in sorted(answers.items()):
            await self._insert_new(creation_answers, {"case_id": case_id, "question_id": question_id, "answer": answer})

    async def effective_answers(self, case_id: str) -> Mapping[str, str]:
        """The portal's answers, else those given at creation; blank ones are none."""
        given: dict[str, str] = {}
        for table in (creation_answers, portal_answers):
            rows = await self._db.execute(select(table.c.question_id, table.c.answer).where(self._of(table, case_id)))
            given |= {row.question_id: row.answer for row in rows if row.answer.strip()}
        return given

    async def save_answers(self, case_id: str, answers: Mapping[str, str], updated_at: datetime) -> None:
        """The newest answer to a question replaces the one before."""
        for question_id, answer in sorted(answers.items()):
            values = {"case_id": case_id, "question_id": question_id, "answer": answer, "updated_at": updated_at}
            await self._upsert(portal_answers, values)
