"""The one way for people's actions on alerts: check, store, publish."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from domain.errors import NotAllowedError
from domain.permissions import Permission
from domain.pictures import AlertRow
from domain.viewer import SYSTEM, Viewer
from pipeline.notices import Publish
from store.engine import Store
from telemetry import logs

log = structlog.get_logger(__name__)

# Held while alerts are read, changed and written, by the desk and by the rules step: a rule that
# saw the alert before a person acknowledged it must not write the old state back.
ALERTS_LOCK = threading.RLock()


class AlertDesk:
    """Acknowledge and close alerts; every act names who and which version of the alert they saw."""

    def __init__(
        self, store: Store, publish: Publish, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Open the desk.

        Args:
            store: where alerts are kept.
            publish: takes (topic, picture); the new alert list goes out at once.
            clock: aware UTC.
        """
        self._store, self._publish, self._clock = store, publish, clock

    def acknowledge(self, viewer: Viewer, key: str, expected_version: int) -> AlertRow:
        """Say that somebody has seen it (签收).

        Args:
            viewer: who.
            key: the alert.
            expected_version: version the person saw; if it changed since, nothing is done.

        Returns:
            The alert as it stands now.

        Raises:
            NotAllowedError: the viewer may not act on alerts or may not see this one.
            CockpitError: the alert changed since, or the step is not possible from its state.
            StoreUnavailableError: try again.
        """
        return self._act(viewer, key, "acknowledge", expected_version)

    def close(self, viewer: Viewer, key: str, expected_version: int) -> AlertRow:
        """Take it off the list (关闭); arguments, result and errors as ``acknowledge``."""
        return self._act(viewer, key, "close", expected_version)

    def _act(self, viewer: Viewer, key: str, act: str, expected_version: int) -> AlertRow:
        viewer.require(Permission.ACT_ON_ALERTS)
        if self._store.reads.alert(viewer, key) is None:
            raise NotAllowedError(f"{viewer.name} may not see alert {key}")
        now = self._clock()
        with logs.correlated(act=logs.new_id()), ALERTS_LOCK:
            row: AlertRow = self._store.act_on_alert(viewer, key, act, now, expected_version)
            log.info("alert_act", what=act, alert=key, by=viewer.name, version=row.version)
        self._publish("alerts", alerts_picture(self._store, now))
        return row


def alerts_picture(store: Store, now: datetime) -> Any:
    """The alerts now standing, as of ``now``: the list is complete whenever it was just read."""
    picture = store.reads.alerts(SYSTEM, None)
    picture.as_of, picture.expected_seconds = now, 30.0
    return picture
