"""How often somebody may ask: fixed windows per visitor, counted in this process.

Several web workers count each for themselves, so what gets through is at most so many times as much.
"""

from __future__ import annotations

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

SIGNED_IN = RateLimitItemPerMinute(6000)  # a page with ten charts asks some hundred times when it opens
STRANGER = RateLimitItemPerMinute(300)
LOGIN = RateLimitItemPerMinute(10)  # guesses of one kind from one address, whoever they are for
ABROAD = RateLimitItemPerMinute(60)  # to an OpenID provider and back: nothing is guessed, but others are asked


class Throttle:
    """Counts of this process."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def allows(self, limit: RateLimitItem, *who: str) -> bool:
        """Count one more; False when it is one too many."""
        return await self._limiter.hit(limit, *who)
