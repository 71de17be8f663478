"""Whether this process can do its work: each check in a thread of its own, none waited for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

SECONDS = 2.0
Check = Callable[[], str]  # empty: all well; else why not, for the log only
log = structlog.get_logger(__name__)


class Readiness:
    """Runs the checks when asked. A check that hangs is not started again before it came back."""

    def __init__(self, checks: Mapping[str, Check], seconds: float = SECONDS) -> None:
        """Take the checks.

        Args:
            checks: by name, as the answer shows them.
            seconds: how long one may take.
        """
        self._checks, self._seconds = dict(checks), seconds
        self._threads = ThreadPoolExecutor(max(1, len(checks)), thread_name_prefix="readyz")
        self._running: dict[str, Future[str]] = {}
        self._said: dict[str, str] = {}

    async def ask(self) -> dict[str, str]:
        """``ok``, ``failed`` or ``timeout`` by check; the reason goes to the log, once."""
        words = await asyncio.gather(*(self._ask(name) for name in self._checks))
        return dict(zip(self._checks, words, strict=True))

    async def _ask(self, name: str) -> str:
        before = self._running.get(name)
        if before is not None and not before.done():
            return self._say(name, "timeout", "still running")
        running = self._running[name] = self._threads.submit(self._checks[name])
        answer = asyncio.wrap_future(running)
        done, _ = await asyncio.wait({answer}, timeout=self._seconds)
        if not done:
            answer.add_done_callback(lambda late: late.cancelled() or late.exception())  # nobody else will look
            return self._say(name, "timeout", f"no answer within {self._seconds:g} s")
        error = answer.exception()
        if error is not None:
            return self._say(name, "failed", f"{type(error).__name__}: {error}")
        reason = answer.result()
        return self._say(name, "failed" if reason else "ok", reason)

    def _say(self, name: str, word: str, reason: str) -> str:
        before, self._said[name] = self._said.get(name, "ok"), word
        if word != before:
            if word == "ok":
                log.info("ready_again", check=name)
            else:
                log.warning("not_ready", check=name, word=word, reason=reason)
        return word
