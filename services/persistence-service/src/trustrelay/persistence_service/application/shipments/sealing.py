"""Seal a shipment that came to its end into signed evidence."""

from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.persistence_service.application.capsule import MEDIA_TYPE
from trustrelay.persistence_service.application.object_ports import CapsuleSigner, Objects
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.application.shipments.reading import file_of
from trustrelay.persistence_service.domain import capsule, ids, shipment_capsule
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.objects import ShipmentFolder
from trustrelay.servicekit.errors import FailedPrecondition


async def assemble_capsule(
    store: Store, objects: Objects, signer: CapsuleSigner, clock: Clock, tenant: str, actor: str, shipment_id: str
) -> tuple[ObjectRef, int]:
    """The capsule and its number of subjects. A stored capsule is returned as it is. Raises SHIPMENT_NOT_TERMINAL.

    Of two calls at once, both may sign and store; the row names one version for ever, and both return that one.
    """
    async with store.unit(tenant) as unit:
        shipment = await unit.shipments.locked(shipment_id)
        if stored := await unit.shipment_papers.capsule(shipment_id):
            return stored
        if not shipment.terminal:
            raise FailedPrecondition("SHIPMENT_NOT_TERMINAL", "only a shipment at its end has a capsule", metadata={"status": shipment.status})
        words, head = await unit.shipment_papers.words(shipment_id), await unit.resources.head(shipment.resource)
        document = shipment_capsule.statement(await file_of(unit, shipment), words=words, audit_head=head)
    envelope = signer.envelope(capsule.canonical(document), capsule.PAYLOAD_TYPE)
    ref = await objects.put(ShipmentFolder(tenant, shipment_id).capsule_key, envelope, MEDIA_TYPE)
    async with store.unit(tenant) as unit:
        await unit.shipments.locked(shipment_id)
        stored_ref, count = await unit.shipment_papers.add_capsule(shipment_id, ref, len(document["subject"]), clock())
        facts = {"sha256": stored_ref.sha256, "subjects": count}
        entry = Entry(ids.derived("capsule_sealed", shipment_id), "capsule_sealed", actor, clock(), facts, shipment.trace_id)
        await unit.resources.append(shipment.resource, [entry])
        return stored_ref, count
