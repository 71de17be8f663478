"""The one way for people to set the screens of a wall, and for screens to tell of themselves."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from domain.audit import by
from domain.errors import NotAllowedError
from domain.permissions import Permission
from domain.screen_pictures import ScreenRow, ScreensPicture
from domain.sound import SoundLimits
from domain.viewer import SYSTEM, Viewer
from domain.wall import PALETTES, ROLES, Wall, least_font_pixels, part_of
from pipeline.notices import Publish
from store.engine import Store

NAMED_SECONDS = 15.0
IDENTITY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
WORDS = 40  # characters of a name
_HEALTH: Mapping[str, tuple[type, ...]] = {
    "fps": (int, float), "width": (int,), "height": (int,), "ratio": (int, float), "version": (str,),
    "clock_error_seconds": (int, float), "shows": (str,), "uptime_seconds": (int, float), "errors": (int,),
    "past": (bool,), "crowded": (bool,), "connection": (str,), "sound": (str,),
}  # fmt: skip
log = structlog.get_logger(__name__)


class NotPossibleError(ValueError):
    """A setting that cannot be; names the field (catalogue ``screen.error.<code>``)."""

    def __init__(self, code: str, detail: str) -> None:
        """Remember the field's name as code."""
        super().__init__(detail)
        self.code = code


class ScreenDesk:
    """Sets screens and hears them; everything goes to all browsers by the live topic ``screens``."""

    def __init__(
        self,
        store: Store,
        wall: Wall,
        publish: Publish,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sound: SoundLimits | None = None,
    ) -> None:
        """Open the desk.

        Args:
            store: where screens are kept.
            wall: scenes there are, and the distance screens are seen from by default.
            publish: takes (topic, picture).
            clock: aware UTC.
            sound: how long sound may be off; None: as by default.
        """
        self._store, self._wall, self._publish, self._clock, self._sound = (
            store,
            wall,
            publish,
            clock,
            sound or SoundLimits(),
        )
        self._turn = threading.Lock()

    def hear(self, viewer: Viewer, screen: str, told: Mapping[str, Any]) -> None:
        """Take what a screen tells of itself; unknown words and wrong types are left out.

        Args:
            viewer: the screen's own identity, or somebody who may set screens.
            screen: its identity.
            told: health; ``hold`` (scene, seconds) when a person holds a scene there.

        Raises:
            NotAllowedError: not that screen.
            NotPossibleError: no identity.
            ScreenError: there are too many screens.
            StoreUnavailableError: try again.
        """
        itself = viewer.may(Permission.REPORT) and viewer.name == f"screen:{screen}"
        if not itself and not viewer.may(Permission.ACT_ON_SCREENS):
            raise NotAllowedError(f"{viewer.name} is not screen {screen}")
        health = {name: told[name] for name, kinds in _HEALTH.items() if _fits(told.get(name), kinds)}
        with self._turn:
            self._store.hear_screen(_identity(screen), health)
            if isinstance(hold := told.get("hold"), dict):
                self._hold(screen, hold)
            self._show()

    def set(self, viewer: Viewer, screen: str, changes: Mapping[str, Any], version: int | None = None) -> ScreenRow:
        """Change what a screen shows and how.

        Args:
            viewer: who.
            screen: its identity; one that was never seen is made, for the day it comes.
            changes: any of name, role, wall, scene, part, palette, brightness, distance_metres, pixel_pitch_mm, sounds.
            version: version the person saw; None = whatever it is.

        Raises:
            NotAllowedError: the viewer may not.
            NotPossibleError: a value that cannot be.
            ScreenError: changed by somebody else, or too many.
            StoreUnavailableError: try again.
        """
        viewer.require(Permission.ACT_ON_SCREENS)
        with self._turn:
            before = self._row(_identity(screen))
            row = self._checked(msgspec.structs.replace(before, **changes))
            was = {name: getattr(before, name) for name in changes}
            self._store.note(by(viewer, "screen.set", screen, was, dict(changes)))
            if row.sounds and not before.sounds:
                self._note_silenced(viewer, screen)
            row = self._store.put_screen(row, version)
            log.info("screen_set", screen=screen, by=viewer.name, **changes)
            self._show()
            return row

    def reload(self, viewer: Viewer, screen: str) -> None:
        """Have a screen load its page anew; errors as ``set``."""
        viewer.require(Permission.ACT_ON_SCREENS)
        with self._turn:
            row = self._row(_identity(screen))
            self._store.note(by(viewer, "screen.reload", screen))
            self._store.put_screen(msgspec.structs.replace(row, reloads=row.reloads + 1))
            log.info("screen_reload", screen=screen, by=viewer.name)
            self._show()

    def name(self, viewer: Viewer, screen: str) -> None:
        """Have a screen show its name in large letters for a while; errors as ``set``."""
        viewer.require(Permission.ACT_ON_SCREENS)
        with self._turn:
            until = self._clock().timestamp() + NAMED_SECONDS
            self._store.put_screen(msgspec.structs.replace(self._row(_identity(screen)), named_until=until))
            self._show()

    def test_sound(self, viewer: Viewer, screen: str) -> None:
        """Have a screen that sounds alerts play every tone once; errors as ``set``."""
        viewer.require(Permission.ACT_ON_SCREENS)
        with self._turn:
            row = self._row(_identity(screen))
            if not row.sounds:
                raise NotPossibleError("silent", f"{screen} does not sound alerts")
            self._store.put_screen(msgspec.structs.replace(row, sound_tests=row.sound_tests + 1))
            self._show()

    def mute(self, viewer: Viewer, screen: str, minutes: float) -> None:
        """Turn the sound of the screen that sounds off for a while, or on again.

        Args:
            viewer: who acts on alerts or screens, or the screen itself: whoever stands before it.
            screen: its identity.
            minutes: how long, at most what is configured; 0 turns it on.

        Raises:
            NotAllowedError: neither of them.
            NotPossibleError: no length of time, or not the screen that sounds.
            StoreUnavailableError: try again.
        """
        if viewer.name != f"screen:{screen}" and not viewer.may(Permission.ACT_ON_SCREENS):
            viewer.require(Permission.ACT_ON_ALERTS)
        if not 0 <= minutes <= self._sound.mute_minutes:
            raise NotPossibleError("minutes", f"sound is off for 0 to {self._sound.mute_minutes:g} minutes")
        with self._turn:
            row = self._row(_identity(screen))
            if not row.sounds:
                raise NotPossibleError("silent", f"{screen} does not sound alerts")
            now = self._clock().timestamp()
            until = now + 60 * minutes if minutes else 0.0
            self._store.note(by(viewer, "screen.mute", screen, {"until": row.muted_until}, {"until": until}))
            self._store.put_screen(
                msgspec.structs.replace(row, muted_at=now, muted_until=until, muted_by=viewer.name if minutes else "")
            )
            log.info("screen_muted", screen=screen, by=viewer.name, minutes=minutes)
            self._show()

    def _note_silenced(self, viewer: Viewer, screen: str) -> None:
        """Which screen the sound is taken from."""
        for other in self._store.reads.screens(SYSTEM).rows:
            if other.sounds and other.key != screen:
                self._store.note(by(viewer, "screen.set", other.key, {"sounds": True}, {"sounds": False}))

    def forget(self, viewer: Viewer, screen: str) -> None:
        """Take a screen off the list; errors as ``set``."""
        viewer.require(Permission.ACT_ON_SCREENS)
        with self._turn:
            self._store.note(by(viewer, "screen.forget", screen))
            self._store.forget_screen(_identity(screen))
            log.info("screen_forgotten", screen=screen, by=viewer.name)
            self._show()

    def _row(self, screen: str) -> ScreenRow:
        found = self._store.reads.screens(SYSTEM).rows
        return next((row for row in found if row.key == screen), ScreenRow(key=screen))

    def _hold(self, screen: str, hold: Mapping[str, Any]) -> None:
        """A person holds a scene: all screens of the same wall follow; seconds 0 let it go."""
        scene, seconds = hold.get("scene"), hold.get("seconds")
        if scene not in self._wall.scenes or not _fits(seconds, (int, float)):
            return
        until = self._clock().timestamp() + min(max(float(str(seconds)), 0.0), self._wall.hold_seconds)
        self._store.put_screen(msgspec.structs.replace(self._row(screen), hold_scene=scene, hold_until=until))

    def _checked(self, row: ScreenRow) -> ScreenRow:
        problems = {
            "name": len(row.name) > WORDS,
            "wall": len(row.wall) > WORDS,
            "role": row.role not in ROLES,
            "scene": row.scene not in ("", "rotation", *self._wall.scenes),
            "palette": row.palette not in ("", *PALETTES),
            "brightness": not (row.brightness == 0 or 0.2 <= row.brightness <= 1),
            "distance": not (row.distance_metres == 0 or 0.3 <= row.distance_metres <= 60),
            "pitch": not 0 <= row.pixel_pitch_mm <= 20,
        }
        for code, wrong in problems.items():
            if wrong:
                raise NotPossibleError(code, f"{code} cannot be that")
        try:
            part_of(row.part)
        except ValueError as error:
            raise NotPossibleError("part", str(error)) from None
        return row

    def _show(self) -> None:
        self._publish("screens", screens_picture(self._store, self._wall, self._clock()))


def screens_picture(store: Store, wall: Wall, now: datetime) -> ScreensPicture:
    """The screens, each with the window and the least size of text its settings lead to."""
    picture = store.reads.screens(SYSTEM)
    picture.as_of, picture.expected_seconds = now, 3600.0
    picture.rows = [_led(row, wall) for row in picture.rows]
    return picture


def _led(row: ScreenRow, wall: Wall) -> ScreenRow:
    try:
        part = part_of(row.part) if row.part else None
    except ValueError:
        part = None
    window = None if part is None else (part.column, part.row, part.columns, part.rows)
    pitch, distance = row.pixel_pitch_mm or wall.pixel_pitch_mm, row.distance_metres or wall.distance_metres
    return msgspec.structs.replace(row, window=window, least_pixels=round(least_font_pixels(distance, pitch), 2))


def _identity(screen: str) -> str:
    if not IDENTITY.fullmatch(screen):
        raise NotPossibleError("identity", "a screen's identity is 1 to 40 lower-case letters, digits and -")
    return screen


def _fits(value: Any, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, bool) and bool not in kinds:
        return False
    if isinstance(value, str) and len(value) > WORDS:
        return False
    return isinstance(value, kinds) and not (isinstance(value, float) and not math.isfinite(value))
