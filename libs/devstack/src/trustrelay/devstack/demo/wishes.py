"""What the person at the terminal asks of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trustrelay.devstack.workers import CASES_ONLY

#: What `--kill` takes.
KILLABLE = ("worker", "document-service", "osint-service", "persistence-service", "temporal", "postgres")

KYB, KYC, CUSTOMS = "kyb_standard", "kyc_natural_person", "customs_fiscal_representative"
#: What `--template` takes.
TEMPLATES = (KYB, KYC, CUSTOMS)
SHIPMENT, MONITORING = "shipment", "monitoring"
#: What `--story` takes.
STORIES = (SHIPMENT, MONITORING)
_WORKERS = {"": CASES_ONLY, SHIPMENT: (SHIPMENT,), MONITORING: (*CASES_ONLY, MONITORING)}


@dataclass(frozen=True, slots=True)
class Wishes:
    """`seed` chooses the cast; `template` the story of cases, or `story` another one; `kill` is one of KILLABLE; `trace_out` is where the traces are
    copied to."""

    seed: int = 1
    kill: str | None = None
    trace_out: Path | None = None
    template: str = KYB
    story: str = ""

    @property
    def domains(self) -> tuple[str, ...]:
        """Whose workers the story needs: each one costs a second of start."""
        return _WORKERS[self.story]
