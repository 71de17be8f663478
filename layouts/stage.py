"""What pages and shells stand on: hub, reads, settings, desks. Set once by ``composition.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any, Protocol

from components import format as formats
from components.past import use_past
from domain.alert_packet import Packet
from domain.configured import Secret, Stood
from domain.declaration_file import DeclarationFile
from domain.dispatch_board import Dispatched
from domain.integrity import Report
from domain.permissions import Permission
from domain.pictures import AlertRow, InspectionRow, YardCourse, YardPicture
from domain.quarantine import Looked, SetAside, Sought, TriedAgain
from domain.records import Record
from domain.screen_pictures import ScreenRow
from domain.segments import Segments
from domain.viewer import WHO, Viewer
from layouts.notified import Outbox, SentReads
from layouts.stage_accounts import AccountDesk
from layouts.stage_alerts import AlarmReports, BackTests, FenceDesk, RuleDesk, RuleReads, ShiftDesk
from live.scopes import TooManyScopesError
from live.views import viewing


class Hub(Protocol):
    """The newest pictures and the views drawn from them; in memory, never blocks for long."""

    def admit(self, scope: Set[str] | None) -> str:
        """The key of what a viewer may see."""

    def current(self, topic: str, scope: str = "") -> Any:
        """The newest picture of a topic or None."""

    def draw(self, view_name: str, language: str, scope: str = "") -> Any:
        """A view's newest value."""


class Seen:
    """The hub as the viewer sees it whose request is being answered."""

    def __init__(self, hub: Hub) -> None:
        """Take the hub of the whole port and all its parts."""
        self._hub = hub

    def current(self, topic: str) -> Any:
        """The newest picture of a topic; None before the first, or while it is still to be read."""
        scope = self._scope()
        return None if scope is None else self._hub.current(topic, *scope)

    def draw(self, view_name: str, language: str) -> Any:
        """A view's newest value; None before the first, or while it is still to be drawn."""
        scope = self._scope()
        return None if scope is None else self._hub.draw(view_name, language, *scope)

    def _scope(self) -> tuple[str, ...] | None:
        """What to ask the hub for besides; None where it serves as many scopes as it can already."""
        viewer = WHO.get()
        if viewer is None or viewer.scope is None:
            return ()
        try:
            return (self._hub.admit(viewer.scope),)
        except TooManyScopesError:
            return None


class Reads(SentReads, RuleReads, Protocol):
    """The store's named reads; they block, so only threads may call them."""

    def fences(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> list[Any]:
        """Fences in force, by name, each with since when and by whom."""

    def fence_history(self, viewer: Viewer, fence_id: str | None = None, limit: int = 200) -> list[Any]:
        """Versions of a fence or of all, newest first."""

    def alert_history(self, viewer: Viewer, since: datetime, until: datetime) -> list[AlertRow]:
        """Alerts of a span, closed ones too."""

    def dispatched(
        self, viewer: Viewer, since: datetime, at: datetime | None = None, known: str = "corrected"
    ) -> list[Dispatched]:
        """Orders of all alerts: open ones, and those that came to their end since a moment."""

    def alert_packet(
        self, viewer: Viewer, number: str, at: datetime | None = None, known: str = "corrected"
    ) -> Packet | None:
        """One alert with all that belongs to it."""

    def inspection(
        self, viewer: Viewer, declaration_no: str, at: datetime | None = None, known: str = "corrected"
    ) -> InspectionRow | None:
        """One declaration with its nodes."""

    def declaration_file(
        self,
        viewer: Viewer,
        declaration_no: str,
        at: datetime | None = None,
        known: str = "corrected",
        days: int = 60,
        limit_minutes: float = 240.0,
    ) -> DeclarationFile | None:
        """Everything of one declaration, held against its kind."""

    def segments(
        self, viewer: Viewer, since: datetime, at: datetime | None = None, known: str = "corrected"
    ) -> Segments:
        """When declarations passed the points of their inspection, of those not finished by ``since``."""

    def set_aside(
        self, viewer: Viewer, sought: Sought, at: datetime | None = None, offset: int = 0, limit: int = 200
    ) -> Looked:
        """A page of the rows put aside, newest first."""

    def set_aside_rows(self, viewer: Viewer, ids: Sequence[int]) -> list[SetAside]:
        """Rows put aside, with all that is kept of them."""

    def audit(
        self, viewer: Viewer, since: datetime, until: datetime, text: str = "", limit: int = 1000
    ) -> Sequence[Any]:
        """Who did what, newest first; NotAllowedError."""

    def settings_history(self, viewer: Viewer, until: datetime, limit: int = 100) -> list[Stood]:
        """Settings that were in force, newest first; NotAllowedError."""

    def secrets(self, viewer: Viewer) -> list[Secret]:
        """The secrets of feeds, without their values; NotAllowedError."""

    def backup(self, viewer: Viewer) -> dict[str, Any] | None:
        """What the last backup said of itself; NotAllowedError."""

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

    def test_sound(self, viewer: Viewer, screen: str) -> None:
        """Have it play every tone once."""


class Secrets(Protocol):
    """The one way to set the secrets of feeds; blocks."""

    def set(self, viewer: Viewer, name: str, text: str) -> None:
        """Keep a value under a name."""

    def remove(self, viewer: Viewer, name: str) -> None:
        """Forget it."""


class Aliases(Protocol):
    """What stands for vehicles where their plates are masked; blocks."""

    def unmask(self, viewer: Viewer, alias: str, reason: str) -> str:
        """The plate behind an alias, for a reason on record."""

    def sought(self, viewer: Viewer, text: str) -> str:
        """What to search for when this was typed."""


class Feeds(Protocol):
    """The one way to switch feeds; blocks. KeyError when there is none of that name."""

    def pause(self, feed: str) -> None:
        """Stop polling it."""

    def resume(self, feed: str) -> None:
        """Poll it again."""

    def run(self, feed: str) -> None:
        """Poll it at once."""


class QuarantineDesk(Protocol):
    """The one way to have quarantined rows tried again; blocks."""

    def try_again(self, viewer: Viewer, sought: Sought, ids: Sequence[int] | None = None, after: int = 0) -> TriedAgain:
        """Put rows through mapping and gate once more, on record."""


class IntegrityWatch(Protocol):
    """What deserves a look; blocks for a second or two, and puts on record who asked."""

    def report(self, viewer: Viewer, days: int, at: datetime | None = None, known: str = "corrected") -> Report:
        """Of the days before a moment; NotAllowedError."""


class Stage:
    """Holder of what ``composition.py`` put up."""

    hub: Seen
    reads: Reads
    screens: ScreenDesk
    secrets: Secrets
    aliases: Aliases | None
    settings: Any
    asks: Callable[[str], Permission | None]
    accounts: AccountDesk
    feeds: Feeds
    quarantine: QuarantineDesk
    integrity: IntegrityWatch
    fences: FenceDesk
    rules: RuleDesk
    backtests: BackTests
    alarm: AlarmReports
    shifts: ShiftDesk
    outbox: Outbox
    topics: Mapping[str, frozenset[type[Record]]] = {}


stage = Stage()


def install(
    *,
    hub: Hub,
    reads: Reads,
    settings: Any,
    screens: ScreenDesk | None = None,
    secrets: Secrets | None = None,
    aliases: Aliases | None = None,
    asks: Callable[[str], Permission | None] = lambda path: None,
    accounts: AccountDesk | None = None,
    feeds: Feeds | None = None,
    quarantine: QuarantineDesk | None = None,
    topics: Mapping[str, frozenset[type[Record]]] | None = None,
    integrity: IntegrityWatch | None = None,
    fences: FenceDesk | None = None,
    rules: RuleDesk | None = None,
    backtests: BackTests | None = None,
    alarm: AlarmReports | None = None,
    shifts: ShiftDesk | None = None,
    outbox: Outbox | None = None,
) -> None:
    """Put up the stage before the first page is served.

    Args:
        hub: the live hub.
        reads: the store's reads.
        settings: the checked settings; gives language, port names, time zone and limits.
        screens: sets the screens of walls; None where nobody may.
        secrets: sets the secrets of feeds; None where nobody may.
        aliases: opens aliases of vehicles; None where plates are shown.
        asks: what a page's address asks of who opens it.
        accounts: the desk where accounts are changed; None where there are none.
        feeds: switches feeds; None where nobody may.
        topics: record types each topic is made of.
        quarantine: has quarantined rows tried again; None where nobody may.
        integrity: says what deserves a look; None where nobody may.
        fences: keeps fences; None where nobody may draw any.
        rules: keeps what people set of rules; None where nobody may.
        backtests: plays rules over the past; None where nobody may.
        alarm: the alarm system's report on itself; None where there is none.
        shifts: hands shifts over; None where nobody does.
        outbox: tries targets of notifications; None where nobody may.
    """
    if accounts is not None:
        stage.accounts = accounts
    stage.asks, stage.aliases = asks, aliases
    stage.hub, stage.reads, stage.settings = Seen(hub), reads, settings
    formats.use_zone(settings.port.timezone)
    stage.topics = topics or {}
    if feeds is not None:
        stage.feeds = feeds
    if quarantine is not None:
        stage.quarantine = quarantine
    if integrity is not None:
        stage.integrity = integrity
    if fences is not None:
        stage.fences = fences
    if rules is not None:
        stage.rules = rules
    if backtests is not None:
        stage.backtests = backtests
    if alarm is not None and shifts is not None:
        stage.alarm, stage.shifts = alarm, shifts
    if outbox is not None:
        stage.outbox = outbox
    if screens is not None:
        stage.screens = screens
    if secrets is not None:
        stage.secrets = secrets
    use_past(viewing.get)


def may(permission: Permission | None) -> bool:
    """Whether the viewer whose request is being answered may; outside of the guard there is nobody to refuse."""
    viewer = WHO.get()
    return viewer is None or viewer.may(permission)
