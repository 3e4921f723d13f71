"""Mistakes in a request, collected so that a caller learns all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from trustrelay.servicekit.errors import FieldViolation, InvalidArgument

FIELD_INVALID = "FIELD_INVALID"


@dataclass(slots=True)
class Problems:
    """What is wrong with one request. Descriptions say what to send instead and never repeat the value."""

    _reasons: dict[str, str] = field(default_factory=dict)
    _violations: list[FieldViolation] = field(default_factory=list)

    def add(self, path: str, description: str, reason: str = FIELD_INVALID) -> None:
        """Note a mistake in the field at `path`."""
        self._violations.append(FieldViolation(path, description))
        self._reasons.setdefault(path, reason)

    def refuse_if_any(self) -> None:
        """Raise InvalidArgument with every violation.

        The reason is the one that all mistakes share; mistakes of several kinds are FIELD_INVALID. The metadata names each field's own reason.
        """
        if not self._violations:
            return
        kinds = set(self._reasons.values())
        reason = kinds.pop() if len(kinds) == 1 else FIELD_INVALID
        fields = ", ".join(self._reasons)
        raise InvalidArgument(reason, f"refused fields: {fields}", metadata=self._reasons, violations=self._violations)
