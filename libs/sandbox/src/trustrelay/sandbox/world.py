"""What every source needs to answer: the cast, the day, the limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from trustrelay.sandbox.cast import Cast
from trustrelay.sandbox.limits import RateLimit


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests per period that a source grants; None grants all. The public services' own figures are in `REAL`."""

    gleif_per_minute: int | None = None
    gdelt_per_five_seconds: int | None = None
    nbb_per_minute: int | None = None


REAL_LIMITS = Limits(gleif_per_minute=60, gdelt_per_five_seconds=1, nbb_per_minute=120)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who is registered at the identity provider.

    `jwks` are its public keys: what proves it has `use` sig, what tokens are encrypted to has `use` enc. People go back to `redirect_uris` only.
    """

    client_id: str
    jwks: Sequence[Mapping[str, Any]]
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """A cast on a day. `nbb_key` None accepts every non-empty subscription key; without `relying_party` the identity provider knows nobody."""

    cast: Cast
    as_of: date
    limits: Limits = Limits()
    nbb_key: str | None = None
    relying_party: RelyingParty | None = None
    buckets: dict[str, RateLimit] = field(default_factory=dict)

    # When it was changed last; None = it is as it was generated.
    changed_at: datetime | None = None

    @property
    def changed(self) -> datetime:
        """What published files say of their last change."""
        return self.changed_at or datetime.combine(self.as_of, time(), UTC)

    def bucket(self, source: str, allowed: int | None, seconds: float) -> RateLimit:
        """The rate limit of that source, made at its first use."""
        return self.buckets.setdefault(source, RateLimit(allowed, seconds))
