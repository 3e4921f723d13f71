"""The one rule that may close a hit without a human: visible, versioned, reversible."""

from __future__ import annotations

from collections.abc import Sequence

from trustrelay.osint_service.domain.screening.model import Agreement, Discriminator

RULE = "auto-dismiss/two-contradicting-discriminators@1"
_NEEDED = 2


def dismissal(discriminators: Sequence[Discriminator]) -> str | None:
    """Rule id and the kinds that contradict, or None when the hit stays open.

    Needs two contradictions of which one is strong (full birth date or id number on both sides), and no strong agreement.
    Gender and nationality together never suffice, since neither is strong.
    """
    contradicting = [d for d in discriminators if d.agreement is Agreement.CONTRADICTS]
    strongly_agrees = any(d.strong and d.agreement is Agreement.AGREES for d in discriminators)
    if strongly_agrees or len(contradicting) < _NEEDED or not any(d.strong for d in contradicting):
        return None
    return f"{RULE}: {', '.join(d.kind for d in contradicting)}"
