"""The one way for people's actions on alerts: check, store, publish."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from domain.alert import Asked, BadActError, IllegalStepError
from domain.alert_pictures import AlertRow, LogStep
from domain.errors import NotAllowedError
from domain.permissions import Permission
from domain.viewer import SYSTEM, Viewer
from pipeline.notices import Publish
from store.engine import Store
from store.writes.alerts import AlertChangedError
from telemetry import logs

log = structlog.get_logger(__name__)

# Held while alerts are read, changed and written, by the desk and by the rules step of this process: less is then
# merged anew. Between processes the store itself sees to it that nobody's part is lost.
ALERTS_LOCK = threading.RLock()
CHANGED = "changed"


class NoSuchAlertError(NotAllowedError):
    """There is no such alert, or the viewer may not see it: nobody is told which."""

    unknown = True


class ActResult(msgspec.Struct, frozen=True):
    """What came of an act.

    Attributes:
        row: the alert as it stands now.
        refusal: empty when it was carried out; else why not (catalogue ``alert.step.<refusal>``), ``changed`` when
            somebody or something was faster.
        step: what was written to the log; None when refused, or carried out before by the same request.
    """

    row: AlertRow
    refusal: str = ""
    step: LogStep | None = None


class AlertDesk:
    """Acts on alerts; every act names who and which version of the alert they saw."""

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

    def act(self, viewer: Viewer, alert_id: str, act: str, version: int, note: str = "", **more: Any) -> ActResult:
        """Carry out one act of ``domain.alert_steps.ACTS``.

        Args:
            viewer: who.
            alert_id: sixteen hexadecimal digits.
            act: what.
            version: of the alert the person saw; if it changed since, nothing is done.
            note: why, or what was said or done; ``why`` and ``text`` mean the same.
            more: fields of ``domain.alert.Asked``: to, agency, minutes, n, done, request_key.

        Raises:
            NotAllowedError: the viewer may not act on alerts. NoSuchAlertError: or may not see this one.
            BadActError: something is missing or beyond its limits.
            StoreUnavailableError: try again.
        """
        try:
            return ActResult(*self._act(viewer, alert_id, asked(act, note, more), version))
        except AlertChangedError as error:
            return ActResult(error.row, CHANGED)
        except IllegalStepError as error:
            return ActResult(error.row, error.reason)

    def _act(self, viewer: Viewer, number: str, asked: Asked, version: int) -> tuple[AlertRow, str, LogStep | None]:
        viewer.require(Permission.ACT_ON_ALERTS)
        if self._store.reads.alert_file(viewer, number) is None:
            raise NoSuchAlertError(f"{viewer.name} may not see alert {number}")
        now = self._clock()
        with logs.correlated(act=logs.new_id()), ALERTS_LOCK:
            try:
                done = self._store.alerts.act(viewer, number, asked, now, version)
            except KeyError:
                raise NoSuchAlertError(f"alert {number} is gone") from None
            log.info("alert_act", what=asked.act, alert=done.row.key, by=viewer.name, version=done.row.version)
        self._publish("alerts", alerts_picture(self._store, now))
        return done.row, "", done.step


def asked(act: str, note: str, more: dict[str, Any]) -> Asked:
    """What was asked for, from loose fields.

    Raises:
        BadActError: a field nobody knows, or of the wrong kind.
    """
    said = note or more.pop("why", "") or more.pop("text", "")
    try:
        return msgspec.convert({**more, "act": act, "note": said}, Asked)
    except msgspec.ValidationError as error:
        raise BadActError("bad_field", str(error)) from None


def alerts_picture(store: Store, now: datetime) -> Any:
    """The alerts now standing, as of ``now``: the list is complete whenever it was just read."""
    picture = store.reads.alerts(SYSTEM, None)
    picture.as_of, picture.expected_seconds = now, 30.0
    return picture
