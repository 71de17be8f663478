"""The picture of the walls' screens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from domain.pictures import Picture


class ScreenRow(msgspec.Struct, kw_only=True):
    """One screen of a wall; key is its identity. What people set, then what it says of itself.

    Attributes:
        key: identity, the ``screen=`` of its address.
        name: what people call it.
        role: ``duty`` (an alarm takes its zone), ``meeting`` (alarms stay in the strip).
        wall: screens with the same word are one wall and turn together.
        scene: a scene's name or ``rotation``; "" = what its address says.
        part: e.g. ``2of3``; "" = what its address says.
        window: column, row, columns, rows of that part; None without one.
        palette: ``bright`` | ``day`` | ``dusk`` | ``night``; "" = by the time of day.
        brightness: share of the full one; 0 = by the port's clock.
        distance_metres, pixel_pitch_mm: of this screen; 0 = as configured.
        least_pixels: smallest font size people can read there, in its own pixels; 0 unknown.
        reloads: counts up; a screen that sees another number than before reloads.
        named_until: it shows its name in large letters until then, epoch seconds.
        hold_scene, hold_until: a person held this scene on the wall, epoch seconds.
        sounds: it is the one that sounds alerts.
        sound_tests: counts up; a sounding screen that sees another number than before plays every tone once.
        muted_at, muted_until: from when to when its sound is off, epoch seconds; muted_by: who did that.
        seen_at: when it last told of itself.
        health: what it told then: fps, width, height, ratio, version, clock_error_seconds, shows, uptime_seconds,
            errors, past, crowded, sound (``ready`` | ``blocked`` by the browser | ``none``: it has no voice).
        version: counts what people set.
    """

    key: str
    name: str = ""
    role: str = "duty"
    wall: str = ""
    scene: str = ""
    part: str = ""
    window: tuple[int, int, int, int] | None = None
    palette: str = ""
    brightness: float = 0.0
    distance_metres: float = 0.0
    pixel_pitch_mm: float = 0.0
    least_pixels: float = 0.0
    reloads: int = 0
    named_until: float = 0.0
    hold_scene: str = ""
    hold_until: float = 0.0
    sounds: bool = False
    sound_tests: int = 0
    muted_at: float = 0.0
    muted_until: float = 0.0
    muted_by: str = ""
    seen_at: datetime | None = None
    health: dict[str, Any] = {}
    version: int = 1


class ScreensPicture(Picture, kw_only=True):
    """The screens of the walls; rows are ScreenRow, by identity."""
