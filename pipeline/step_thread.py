"""A step of the pipeline that goes on in a thread of its own until it is stopped."""

from __future__ import annotations

import threading


class StepThread:
    """From ``start`` to ``stop``; whoever goes on in it says how in ``_loop`` and ends soon after ``_stopped``."""

    def __init__(self, name: str) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            name: of the thread, as it stands in dumps.
        """
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        """Begin, where the last one left off."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End; waits so many seconds at most for what is under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _loop(self) -> None:
        raise NotImplementedError
