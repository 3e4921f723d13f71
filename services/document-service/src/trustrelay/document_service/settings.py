"""Settings of the service, from TRUSTRELAY_* environment variables."""

from __future__ import annotations

from pydantic import Field

from trustrelay.servicekit.settings import ServiceSettings


class DocumentSettings(ServiceSettings):
    """What an operator can change; each costs memory, time or reach."""

    port: int = Field(default=50052, ge=0, le=65535, description="gRPC port to listen on; 0 picks a free one")
    object_store_hosts: str = Field(
        default="127.0.0.1,localhost",
        description="comma-separated host or host:port of the object store; grants to other hosts are refused",
    )
    document_workers: int = Field(default=1, ge=1, le=32, description="conversion processes, each up to 1.5 GB and two cores")
    document_timeout_seconds: float = Field(default=120.0, gt=0, description="wall-clock limit of one conversion unless the call sets one")
    document_worker_memory_mb: int = Field(
        default=6144, ge=2048, description="address space of one conversion process (RLIMIT_AS), not resident memory"
    )
    document_worker_recycle_after: int = Field(default=50, ge=1, description="documents after which a conversion process is replaced")
    document_worker_threads: int = Field(default=2, ge=1, description="OCR and parser threads per process")

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that may be contacted."""
        return frozenset(host.strip() for host in self.object_store_hosts.split(",") if host.strip())
