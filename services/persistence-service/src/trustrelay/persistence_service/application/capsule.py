"""Seal a decided case into signed evidence."""

from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.persistence_service.application.object_ports import CapsuleSigner, Objects
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.domain import capsule, ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.objects import CaseFolder
from trustrelay.servicekit.errors import FailedPrecondition

MEDIA_TYPE = "application/vnd.dsse+json"


async def assemble_capsule(
    store: Store, objects: Objects, signer: CapsuleSigner, clock: Clock, tenant: str, actor: str, case_id: str
) -> tuple[ObjectRef, int]:
    """The capsule and its number of subjects. A stored capsule is returned as it is. Raises CASE_NOT_TERMINAL.

    Of two calls at once, both may sign and store; the row names one version for ever, and both return that one.
    """
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(case_id)
        if stored := await unit.reader.capsule(case_id):
            return stored
        if not case.terminal:
            raise FailedPrecondition("CASE_NOT_TERMINAL", "only a decided case has a capsule", metadata={"status": case.status})
        file = await unit.reader.case_file(case)
        document = capsule.statement(
            file,
            screenings=await unit.reader.screenings(case_id),
            overrides=await unit.judgements.overrides(case_id),
            resolutions=await unit.judgements.resolutions(case_id),
            audit_head=await unit.ledger.audit_head(case_id),
        )
    envelope = signer.envelope(capsule.canonical(document), capsule.PAYLOAD_TYPE)
    ref = await objects.put(CaseFolder(tenant, case_id).capsule_key, envelope, MEDIA_TYPE)
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(case_id)
        stored_ref, count = await unit.reader.add_capsule(case_id, ref, len(document["subject"]), clock())
        facts = {"sha256": stored_ref.sha256, "subjects": count}
        entry = Entry(ids.derived("capsule_sealed", case_id), "capsule_sealed", actor, clock(), facts, case.trace_id)
        await unit.ledger.append_audit(case_id, [entry])
        return stored_ref, count
