"""What a second write of the same evidence may change."""

from trustrelay.common.v1.evidence_types_pb2 import Evidence

_OBJECTS = ("object", "markdown", "docling_json")


def rewritten(stored: Evidence | None, new: Evidence) -> Evidence:
    """`new`, with the objects that it does not name kept: the registers asked again know nothing of a conversion in the background."""
    result = Evidence()
    result.CopyFrom(new)
    for name in _OBJECTS:
        if stored is not None and not getattr(new, name).key and getattr(stored, name).key:
            getattr(result, name).CopyFrom(getattr(stored, name))
    return result
