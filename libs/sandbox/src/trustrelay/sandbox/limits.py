"""A sliding-window rate limit, as public services apply per client."""

import time
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class RateLimit:
    """At most `allowed` calls in any `seconds`; None allows all."""

    allowed: int | None
    seconds: float
    _calls: deque[float] = field(default_factory=deque)

    def refuses(self) -> bool:
        """True when this call is one too many; a refused call does not count."""
        if self.allowed is None:
            return False
        now = time.monotonic()
        while self._calls and now - self._calls[0] > self.seconds:
            self._calls.popleft()
        if len(self._calls) >= self.allowed:
            return True
        self._calls.append(now)
        return False
