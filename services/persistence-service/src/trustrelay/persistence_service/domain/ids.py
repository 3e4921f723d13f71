"""Deterministic identifiers: the same cause makes the same id, so that a retry is recognised."""

import uuid

_NAMESPACE = uuid.UUID("0d3a2f4e-9c51-5a57-8e0f-6a4f6f3f9b10")


def derived(*parts: str) -> str:
    """uuid5 over length-prefixed parts, so that ("a", "bc") and ("ab", "c") differ."""
    return str(uuid.uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))


def case_id(tenant: str, request_id: str) -> str:
    """The case that a tenant's request opens."""
    return derived("case", tenant, request_id)


def successor_request_id(predecessor: str) -> str:
    """Stands in for a request: no client's can be the same, as those are random (version 4)."""
    return derived("successor", predecessor)


def review_request_id(alert: str) -> str:
    """Stands in for a request, as a successor's does."""
    return derived("review", alert)


def upload_id(tenant: str, request_id: str) -> str:
    """The upload that a tenant's request asks for."""
    return derived("upload", tenant, request_id)


def document_id(upload: str) -> str:
    """The document that an upload becomes."""
    return derived("document", upload)
