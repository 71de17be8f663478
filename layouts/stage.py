"""What pages and shells stand on: hub, reads, settings, alert desk. Set once by ``composition.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from components import format as formats
from components.past import use_past
from domain.permissions import Permission
from domain.pictures import AlertRow, InspectionRow, ScreenRow, YardCourse, YardPicture
from domain.viewer import WHO, Viewer
from live.views import viewing


class Hub(Protocol):
    """The newest pictures and the views drawn from them; in memory, never blocks for long."""

    def current(self, topic: str) -> Any:
        """The newest picture of a topic or None."""

    def draw(self, view_name: str, language: str) -> Any:
        """A view's newest value."""


class Reads(Protocol):
    """The store's named reads; they block, so only threads may call them."""

    def alert_history(self, viewer: Viewer, since: datetime, until: datetime) -> list[AlertRow]:
        """Alerts of a span, closed ones too."""

    def inspection(
        self, viewer: Viewer, declaration_no: str, at: datetime | None = None, known: str = "corrected"
    ) -> InspectionRow | None:
        """One declaration with its nodes."""

    def quarantine(self, viewer: Viewer, feed: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
        """Rows put aside, newest first."""

    def audit(
        self, viewer: Viewer, since: datetime, until: datetime, text: str = "", limit: int = 1000
    ) -> Sequence[Any]:
        """Who did what, newest first; NotAllowedError."""

    def oldest(self, viewer: Viewer) -> datetime | None:
        """When the stored data begin."""

    def track(
        self,
        viewer: Viewer,
        kind: str,
        subject: str,
        since: datetime,
        until: datetime,
        at: datetime | None = None,
        known: str = "corrected",
    ) -> Sequence[tuple[datetime, float, float, float | None]]:
        """Time, longitude, latitude, speed; oldest first."""

    def series(
        self, viewer: Viewer, metric: str, subject: str, since: datetime, until: datetime
    ) -> tuple[list[datetime], list[float]]:
        """An hourly roll-up over [since, until)."""

    def yard(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> YardPicture:
        """Occupancy by block."""

    def yard_course(
        self, viewer: Viewer, since: datetime, until: datetime, feed: str | None = None, known: str = "corrected"
    ) -> YardCourse:
        """Boxes and TEU by hour, and the most at any instant."""


class Desk(Protocol):
    """The one way for people's actions on alerts; blocks."""

    def acknowledge(self, viewer: Viewer, key: str, expected_version: int) -> AlertRow:
        """Note that somebody has seen it."""

    def close(self, viewer: Viewer, key: str, expected_version: int) -> AlertRow:
        """Take it off the list."""


class ScreenDesk(Protocol):
    """The one way to set the screens of a wall; blocks."""

    def set(self, viewer: Viewer, screen: str, changes: Mapping[str, Any], version: int | None = None) -> ScreenRow:
        """Change what a screen shows and how."""

    def reload(self, viewer: Viewer, screen: str) -> None:
        """Have it load its page anew."""

    def name(self, viewer: Viewer, screen: str) -> None:
        """Have it show its name."""

    def forget(self, viewer: Viewer, screen: str) -> None:
        """Take it off the list."""


class Stage:
    """Holder of what ``composition.py`` put up."""

    hub: Hub
    reads: Reads
    desk: Desk
    screens: ScreenDesk
    settings: Any
    asks: Callable[[str], Permission | None]


stage = Stage()


def install(
    *,
    hub: Hub,
    reads: Reads,
    settings: Any,
    desk: Desk,
    screens: ScreenDesk | None = None,
    asks: Callable[[str], Permission | None] = lambda path: None,
) -> None:
    """Put up the stage before the first page is served.

    Args:
        hub: the live hub.
        reads: the store's reads.
        settings: the checked settings; gives language, port names, time zone and limits.
        desk: acknowledges and closes alerts.
        screens: sets the screens of walls; None where nobody may.
        asks: what a page's address asks of who opens it.
    """
    stage.asks = asks
    stage.hub, stage.reads, stage.settings, stage.desk = hub, reads, settings, desk
    formats.use_zone(settings.port.timezone)
    if screens is not None:
        stage.screens = screens
    use_past(viewing.get)


def may(permission: Permission | None) -> bool:
    """Whether the viewer whose request is being answered may; outside of the guard there is nobody to refuse."""
    viewer = WHO.get()
    return viewer is None or viewer.may(permission)
