"""Says once that a step fails and once that it works again, however often it is tried."""

from __future__ import annotations

import structlog

from domain.errors import StoreUnavailableError

log = structlog.get_logger(__name__)


class Troubles:
    """The steps of one thread that fail now."""

    def __init__(self) -> None:
        """Nothing fails yet."""
        self._failing: set[tuple[str, str]] = set()

    def __bool__(self) -> bool:
        """Whether any step fails."""
        return bool(self._failing)

    def failed(self, step: str, error: Exception, topic: str = "", **more: object) -> None:
        """A step failed; call it while the error is handled, for its trace.

        A store that cannot be reached says all there is to say by its code, without a trace.
        """
        if (step, topic) in self._failing:
            return
        self._failing.add((step, topic))
        named = {"topic": topic} if topic else {}
        if isinstance(error, StoreUnavailableError):
            log.warning("step_failed", step=step, code=error.code, **named, **more)
        else:
            log.exception("step_failed", step=step, error=type(error).__name__, **named, **more)

    def worked(self, step: str, topic: str = "") -> bool:
        """A step worked; True when it had failed before."""
        if (step, topic) not in self._failing:
            return False
        self._failing.discard((step, topic))
        log.info("step_recovered", step=step, **({"topic": topic} if topic else {}))
        return True
