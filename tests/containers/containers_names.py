"""What there is to test. Imports nothing of Docker's: testcontainers reads its settings when it is imported, which is after collection."""

from __future__ import annotations

import os

DEVSERVERS = "devservers"
PORTS = {"persistence-service": 50054, "document-service": 50052, "osint-service": 50053, "workflow-worker": 50055, "case-api": 50051}
SERVICES = tuple(PORTS)
IMAGES = (*SERVICES, DEVSERVERS)
GRACE_SECONDS = 30.0  # Kubernetes' default grace period; the charts never give less


def tag() -> str:
    """The tag under test: TRUSTRELAY_IMAGE_TAG, or what `make images` gives."""
    return os.environ.get("TRUSTRELAY_IMAGE_TAG", "dev")


def image(name: str) -> str:
    """The image of a service, or of the dev servers, by its full name."""
    return f"docker.io/trustrelay/{name}:{tag()}"
