"""Several web workers behind one port: uvicorn's supervisor with patience for a starting one."""

from __future__ import annotations

from uvicorn.supervisors import Multiprocess

START_SECONDS = 120  # to import everything on a machine that is busy; a hung worker is not given so long


class Workers(Multiprocess):
    """Replaces its workers one by one on SIGHUP.

    uvicorn has one number for two questions: after how long a silent worker counts as hung, and how
    long a new one may take to start. Twenty seconds are right for the first; with the second a reload
    on a busy machine would be given up, and the old code served on.
    """

    def restart_all(self) -> None:
        """Replace each worker once its successor serves."""
        hung_after = self.config.timeout_worker_healthcheck
        self.config.timeout_worker_healthcheck = START_SECONDS
        try:
            super().restart_all()
        finally:
            self.config.timeout_worker_healthcheck = hung_after
