"""Requirements, uploads, documents and tasks."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import and_, cast, delete, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from trustrelay.common.v1.case_file_pb2 import Task
from trustrelay.common.v1.requirement_types_pb2 import CaseDocument, Requirement
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.adapters.postgres.tables import documents, requirements, tasks, uploads
from trustrelay.persistence_service.domain.enums import DOCUMENT_STATE
from trustrelay.persistence_service.domain.uploads import Upload

_WAITING = ("OPEN", "SUBMITTED", "BOUNCED")


class PaperRepository(Repository):
    """Implements ports.Papers."""

    async def requirement_status(self, case_id: str, requirement_id: str) -> str | None:
        """Short status name, None for an unknown requirement."""
        query = select(requirements.c.status).where(self._of(requirements, case_id, requirement_id=requirement_id))
        found: str | None = await self._db.scalar(query)
        return found

    async def requirement_set_by_officer(self, case_id: str, requirement_id: str) -> bool:
        """Whether an officer had the last word on it."""
        return bool(
            await self._db.scalar(select(requirements.c.set_by_officer).where(self._of(requirements, case_id, requirement_id=requirement_id)))
        )

    async def requirement_answered_by(self, case_id: str, requirement_id: str) -> str | None:
        """document or identity; None for an unknown requirement."""
        body = await self._db.scalar(select(requirements.c.body).where(self._of(requirements, case_id, requirement_id=requirement_id)))
        return None if body is None else str(body.get("answered_by") or "document")

    async def put_requirement(self, case_id: str, position: int, requirement: Requirement, status: str) -> None:
        """By requirement id; the column, not the body, holds its status."""
        columns = {"requirement_id": requirement.requirement_id, "position": position, "status": status}
        await self._upsert(requirements, {"case_id": case_id, **columns, "body": to_json(requirement)})

    async def set_requirement_status(self, case_id: str, requirement_id: str, status: str, *, covered_by: str = "") -> bool:
        """False for an unknown requirement."""
        where = self._of(requirements, case_id, requirement_id=requirement_id)
        values: dict[str, object] = {"status": status}
        if covered_by:
            values["body"] = requirements.c.body.op("||")(cast({"covered_by": covered_by}, JSONB))
        changed = await self._db.execute(update(requirements).where(where).values(values))
        return changed.rowcount == 1

    async def set_requirement_by_officer(self, case_id: str, requirement_id: str, status: str) -> bool:
        """An officer's word, which no analysis undoes. False for an unknown requirement."""
        where = self._of(requirements, case_id, requirement_id=requirement_id)
        changed = await self._db.execute(update(requirements).where(where).values(status=status, set_by_officer=True))
        return changed.rowcount == 1

    async def satisfy_by_identity(self, case_id: str, session_id: str) -> Sequence[str]:
        """Requirements that a proven identity answers and that still wait for one; their ids. What was waived or does not apply stays so."""
        where = and_(self._of(requirements, case_id), requirements.c.status.in_(_WAITING), requirements.c.body["answered_by"].astext == "identity")
        body = requirements.c.body.op("||")(cast({"covered_by": session_id}, JSONB))
        changed = update(requirements).where(where).values(status="SATISFIED", body=body).returning(requirements.c.requirement_id)
        return sorted(await self._db.scalars(changed))

    async def add_upload(self, upload: Upload) -> Upload:
        """Store it, or give the same request's row a new window; the stored one, which has another digest if its body was another."""
        statement = insert(uploads).values(asdict(upload))
        same_body = uploads.c.body_sha256 == statement.excluded.body_sha256
        window = {"expire_time": statement.excluded.expire_time}
        keys = ["tenant_id", "request_id"]
        await self._db.execute(statement.on_conflict_do_update(index_elements=keys, set_=window, where=same_body))
        query = select(uploads).where(uploads.c.tenant_id == self._tenant, uploads.c.request_id == upload.request_id)
        return Upload(**(await self._db.execute(query)).one()._mapping)

    async def upload(self, case_id: str, upload_id: str) -> Upload | None:
        """The permission, if it is one of this case."""
        row = (await self._db.execute(select(uploads).where(self._of(uploads, case_id, upload_id=upload_id)))).first()
        return None if row is None else Upload(**row._mapping)

    async def document(self, case_id: str, document_id: str) -> CaseDocument | None:
        """One document."""
        body = await self._db.scalar(select(documents.c.body).where(self._of(documents, case_id, document_id=document_id)))
        return None if body is None else from_json(CaseDocument, body)

    async def documents(self, case_id: str) -> Sequence[CaseDocument]:
        """All of the case, superseded ones included, oldest first."""
        query = select(documents.c.body).where(self._of(documents, case_id)).order_by(documents.c.created_at, documents.c.document_id)
        return [from_json(CaseDocument, body) for body in await self._db.scalars(query)]

    async def put_document(self, case_id: str, document: CaseDocument, created_at: datetime) -> None:
        """By document id."""
        columns = {"document_id": document.document_id, "requirement_id": document.requirement_id, "iteration": document.iteration}
        state = {"state": DOCUMENT_STATE.name(document.state), "body": to_json(document)}
        if not await self._insert_new(documents, {"case_id": case_id, **columns, **state, "created_at": created_at}):
            await self._db.execute(update(documents).where(self._of(documents, case_id, document_id=document.document_id)).values(**state))

    async def finish_tasks(self, case_id: str, kind: str, requirement_id: str) -> None:
        """Mark them done."""
        where = self._of(tasks, case_id, kind=kind, requirement_id=requirement_id, done=False)
        body = tasks.c.body.op("||")(cast({"done": True}, JSONB))
        await self._db.execute(update(tasks).where(where).values(done=True, body=body))

    async def replace_tasks(self, case_id: str, new: Sequence[Task]) -> None:
        """Open tasks of the kinds and requirements named in `new` go, `new` comes."""
        slots = or_(*(and_(tasks.c.kind == k, tasks.c.requirement_id == r) for k, r in {(t.kind, t.requirement_id) for t in new}))
        kept = [task.task_id for task in new]
        await self._db.execute(delete(tasks).where(self._of(tasks, case_id, done=False), slots, tasks.c.task_id.not_in(kept)))
        for task in new:
            columns = {"task_id": task.task_id, "kind": task.kind, "requirement_id": task.requirement_id, "done": task.done}
            await self._upsert(tasks, {"case_id": case_id, **columns, "body": to_json(task)})
