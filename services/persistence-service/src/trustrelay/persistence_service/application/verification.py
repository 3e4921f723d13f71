"""An object becomes evidence only after its bytes have been read and hashed here."""

from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.persistence_service.application.object_ports import Objects
from trustrelay.persistence_service.domain.objects import Folder
from trustrelay.servicekit.errors import FailedPrecondition, PermissionDenied


def need_inside(folder: Folder, ref: ObjectRef) -> None:
    """Raises PERMISSION_DENIED OBJECT_OUTSIDE_CASE (or _SHIPMENT) for a key that is not the holder's."""
    if not folder.contains(ref.key):
        raise PermissionDenied(f"OBJECT_OUTSIDE_{folder.kind.upper()}", f"the object does not belong to this {folder.kind}")


async def verified(objects: Objects, folder: Folder, ref: ObjectRef) -> ObjectRef:
    """`ref` with the version that was read. Raises OBJECT_OUTSIDE_CASE or _SHIPMENT, OBJECT_HASH_MISMATCH (also when there is no such object)."""
    need_inside(folder, ref)
    found = await objects.verified(ref)
    if found is None:
        raise FailedPrecondition("OBJECT_HASH_MISMATCH", "the stored object is not the one that was reported")
    return found
