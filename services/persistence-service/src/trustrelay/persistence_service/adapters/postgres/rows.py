"""Contract messages ↔ jsonb, and the two statements that every repository repeats."""

from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from sqlalchemy import ColumnElement, Table, and_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

M = TypeVar("M", bound=Message)


def to_json(message: Message) -> dict[str, Any]:
    """Protobuf JSON with proto field names."""
    return MessageToDict(message, preserving_proto_field_name=True)


def from_json(kind: type[M], body: Mapping[str, Any]) -> M:
    """The message again. Fields that this version does not know are ignored: an older service may read a newer row."""
    return ParseDict(dict(body), kind(), ignore_unknown_fields=True)


class Repository:
    """Statements of one tenant on one connection."""

    def __init__(self, connection: AsyncConnection, tenant_id: str) -> None:
        self._db = connection
        self._tenant = tenant_id

    def _of(self, table: Table, case_id: str, **more: object) -> ColumnElement[bool]:
        """WHERE tenant, case and any further equalities. The tenant is said twice, here and by row-level security."""
        equal = [table.c.tenant_id == self._tenant, table.c.case_id == case_id]
        return and_(*equal, *(table.c[name] == value for name, value in more.items()))

    async def _upsert(self, table: Table, values: Mapping[str, object]) -> None:
        """Insert, or replace every column that is not part of the primary key."""
        row = {"tenant_id": self._tenant, **values}
        keys = [column.name for column in table.primary_key]
        statement = insert(table).values(row)
        changed = {name: statement.excluded[name] for name in row if name not in keys}
        await self._db.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))

    async def _insert_new(self, table: Table, values: Mapping[str, object]) -> bool:
        """Insert unless any unique key has the row already; True when it was inserted."""
        row = {"tenant_id": self._tenant, **values}
        statement = insert(table).values(row).on_conflict_do_nothing().returning(table.c.tenant_id)
        return (await self._db.execute(statement)).first() is not None
