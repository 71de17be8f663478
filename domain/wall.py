"""Walls: scenes made of tiles on a grid of wall units, and the sizes people can read from where they sit.

A scene has one or more layouts, each a grid of ``size`` wall units; a screen takes the layout whose shape is
nearest to its own. Places are ``[x, y, width, height]`` in units, from the upper left.
"""

from __future__ import annotations

import math
import re
import zlib

import msgspec

Place = tuple[int, int, int, int]

ROTATION = "rotation"  # the scene name that means: all scenes of the rotation, one after the other
CAPITALS_ARCMIN = 16.0  # NUREG-0700: letters and figures at the furthest seat
HANZI_ARCMIN = 20.0
CAPITAL_SHARE = 0.733  # of the font size, in the Noto, Source Han and PingFang families
HANZI_SHARE = 0.92
MOST_PARTS = 16
ROLES = ("duty", "meeting")  # what a screen is for
PALETTES = ("bright", "day", "dusk", "night")  # from sunlight on the screen to a dark room
DAY_MINUTES = 1440
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_PART = re.compile(r"([1-9]\d?)of([1-9]\d?)(?:x([1-9]\d?))?")


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A grid and what lies on it.

    Attributes:
        size: width and height in wall units.
        alarm: place an alarm takes while it calls; whole tiles lie under it.
        tiles: place by tile name.
    """

    size: tuple[int, int]
    alarm: Place
    tiles: dict[str, Place]


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One picture of the wall.

    Attributes:
        layouts: by any name; the one nearest to the wall's shape is taken.
        title_zh, title_en: what it is called.
        seconds: how long it stays in the rotation; 0 = as all others.
        explains: subject kinds of alerts this scene shows the surroundings of.
    """

    layouts: dict[str, Layout]
    title_zh: str = ""
    title_en: str = ""
    seconds: float = 0.0
    explains: tuple[str, ...] = ()


class Night(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dimming by the port's clock: from ``begins`` to ``ends``, reached within ``ramp_minutes``."""

    begins: str = "21:30"
    ends: str = "06:30"
    brightness: float = 0.6  # share of the full one
    ramp_minutes: int = 30


class Wall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``wall`` of the configuration.

    Attributes:
        distance_metres: from the furthest seat to the wall.
        pixel_pitch_mm: from pixel to pixel of the wall; 0 = unknown, then no least size is kept.
        rotation: scenes shown one after the other.
        dwell_seconds: how long each stays.
        hold_seconds: how long a touch, the pointer or an arrow key holds the scene.
        alarm_seconds: how long an alert of level II calls; level I calls until it is acknowledged.
        refresh_at: port's time of the nightly reload, spread over ``refresh_spread_minutes``.
        drift_pixels: how far the picture wanders against burn-in; 0 = not at all.
        bezel_pixels: pixels hidden between two screens of one wall.
        night: dimming.
        scenes: by name.
    """

    distance_metres: float = 2.0
    pixel_pitch_mm: float = 0.0
    rotation: tuple[str, ...] = ()
    dwell_seconds: float = 45.0
    hold_seconds: float = 120.0
    alarm_seconds: float = 180.0
    refresh_at: str = "03:30"
    refresh_spread_minutes: int = 30
    drift_pixels: int = 2
    bezel_pixels: int = 0
    night: Night = Night()
    scenes: dict[str, Scene] = {}


class Part(msgspec.Struct, frozen=True):
    """Which part of a wall one screen shows: its column and row, counted from 0, of how many."""

    column: int = 0
    row: int = 0
    columns: int = 1
    rows: int = 1


def part_of(text: str) -> Part:
    """Read ``2of3`` (side by side) or ``3of2x2`` (columns x rows, counted along the rows); "" is the whole wall.

    Raises:
        ValueError: in words, why it is no part.
    """
    if not text:
        return Part()
    match = _PART.fullmatch(text)
    if match is None:
        raise ValueError("a part is written 1of3, or 3of2x2 for columns x rows")
    number, columns, rows = int(match[1]), int(match[2]), int(match[3] or 1)
    if columns * rows > MOST_PARTS:
        raise ValueError(f"a wall has at most {MOST_PARTS} parts")
    if number > columns * rows:
        raise ValueError(f"there is no part {number} of {columns * rows}")
    return Part((number - 1) % columns, (number - 1) // columns, columns, rows)


def seen_pixels(distance_metres: float, pitch_mm: float, arcmin: float) -> float:
    """Pixels that span an angle seen from a distance: 2 d tan(angle / 2) over the pitch; 0 without a pitch."""
    if pitch_mm <= 0:
        return 0.0
    return 2 * distance_metres * 1000 * math.tan(math.radians(arcmin / 60 / 2)) / pitch_mm


def least_font_pixels(distance_metres: float, pitch_mm: float) -> float:
    """Smallest font size whose capitals span 16 and whose Hanzi span 20 minutes of arc, in the wall's own pixels."""
    capitals = seen_pixels(distance_metres, pitch_mm, CAPITALS_ARCMIN) / CAPITAL_SHARE
    return max(capitals, seen_pixels(distance_metres, pitch_mm, HANZI_ARCMIN) / HANZI_SHARE)


def minute_of(clock: str) -> int:
    """Minute of the day of ``HH:MM``.

    Raises:
        ValueError: not such a time.
    """
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise ValueError(f"must be a time such as 21:30, is {clock!r}")
    return int(match[1]) * 60 + int(match[2])


def brightness_points(night: Night) -> list[tuple[int, float]]:
    """Corners of the brightness over a day: (minute of the day, share), to be joined by straight lines."""
    begins, ends = minute_of(night.begins), minute_of(night.ends)
    corners = {begins: 1.0, ends: night.brightness}
    corners[(begins + night.ramp_minutes) % DAY_MINUTES] = night.brightness
    corners[(ends + night.ramp_minutes) % DAY_MINUTES] = 1.0
    return sorted(corners.items())


def brightness_at(points: list[tuple[int, float]], minute: float) -> float:
    """Brightness at a minute of the day, between the corners, around midnight too."""
    before = max((p for p in points if p[0] <= minute), default=(points[-1][0] - DAY_MINUTES, points[-1][1]))
    after = min((p for p in points if p[0] > minute), default=(points[0][0] + DAY_MINUTES, points[0][1]))
    share = (minute - before[0]) / (after[0] - before[0])
    return before[1] + (after[1] - before[1]) * share


def refresh_minute(wall: Wall, screen: str) -> int:
    """Minute of the day a screen reloads: always the same for one screen, not the same for all."""
    spread = zlib.crc32(screen.encode()) % max(1, wall.refresh_spread_minutes)
    return (minute_of(wall.refresh_at) + spread) % DAY_MINUTES


def across_seams(layout: Layout, part: Part) -> list[str]:
    """Tiles that lie across a seam between two screens side by side; text there would be cut by the bezels."""
    seams = [layout.size[0] * n / part.columns for n in range(1, part.columns)]
    return sorted(name for name, (x, _, width, _) in layout.tiles.items() if any(x < s < x + width for s in seams))


def nearest_layout(scene: Scene, width: float, height: float) -> Layout:
    """The layout whose shape is nearest to a wall's; ``assets/wall_geometry.js`` chooses alike."""
    shape = math.log(width / height)
    return min(scene.layouts.values(), key=lambda layout: abs(math.log(layout.size[0] / layout.size[1]) - shape))
