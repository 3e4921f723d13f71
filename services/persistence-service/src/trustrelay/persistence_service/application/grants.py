"""Short-lived permissions to read and write objects of one case, or of another holder."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.object_ports import Objects, PostForm
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.application.verification import need_inside
from trustrelay.persistence_service.domain.objects import CaseFolder, Folder

READ_LIFETIME = timedelta(hours=1)
_WRITE_LIFETIME = timedelta(hours=1)
_LONGEST_LIFETIME = timedelta(hours=6)
_MAX_WRITE_BYTES = 200 * 1024 * 1024


async def grant_read(
    store: Store, objects: Objects, clock: Clock, tenant: str, case_id: str, refs: Sequence[ObjectRef], *, public: bool
) -> list[ReadGrant]:
    """A presigned GET for each object, in order. Raises OBJECT_OUTSIDE_CASE."""
    async with store.unit(tenant) as unit:
        await unit.cases.get(case_id)
    return read_grants(objects, clock(), CaseFolder(tenant, case_id), refs, public=public)


async def grant_write(
    store: Store, objects: Objects, clock: Clock, tenant: str, case_id: str, iteration: int, folder: str, lifetime: timedelta
) -> WriteGrant:
    """A POST policy for one sub-folder of one iteration. Raises FIELD_INVALID for a folder that is no clean relative path."""
    async with store.unit(tenant) as unit:
        await unit.cases.get(case_id)
    return folder_grant(objects, clock(), CaseFolder(tenant, case_id), iteration, folder, lifetime)


def read_grants(objects: Objects, now: datetime, folder: Folder, refs: Sequence[ObjectRef], *, public: bool) -> list[ReadGrant]:
    """Presigned GETs of a holder's objects, in order. Raises OBJECT_OUTSIDE_CASE or _SHIPMENT."""
    grants: list[ReadGrant] = []
    for ref in refs:
        need_inside(folder, ref)
        grant = ReadGrant(object=ref, url=objects.read_url(ref, int(READ_LIFETIME.total_seconds()), public=public))
        grant.expire_time.FromDatetime(now + READ_LIFETIME)
        grants.append(grant)
    return grants


def folder_grant(objects: Objects, now: datetime, folder: Folder, number: int, name: str, lifetime: timedelta = timedelta(0)) -> WriteGrant:
    """A POST policy for one sub-folder of a holder's iteration or round; no lifetime = an hour. Raises FIELD_INVALID."""
    prefix = folder.folder(number, name)
    if prefix is None:
        raise checks.invalid("folder", "must be a relative path of letters, digits, dots, dashes and underscores")
    if not timedelta(0) <= lifetime <= _LONGEST_LIFETIME:
        raise checks.invalid("lifetime", "must be at most 6 hours")
    expire_time = now + (lifetime or _WRITE_LIFETIME)
    grant = write_grant(objects.folder_form(prefix, _MAX_WRITE_BYTES, expire_time), prefix, _MAX_WRITE_BYTES)
    grant.expire_time.FromDatetime(expire_time)
    return grant


def write_grant(form: PostForm, key_prefix: str, max_bytes: int) -> WriteGrant:
    """The grant without its expiry."""
    return WriteGrant(url=form.url, fields=form.fields, key_prefix=key_prefix, max_bytes=max_bytes)
