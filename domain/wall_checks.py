"""What may be wrong with the configuration of a wall, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from domain.wall import DAY_MINUTES, ROTATION, Layout, Place, Scene, Wall, minute_of

MOST_UNITS = 240
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def problems(wall: Wall) -> Iterator[tuple[str, str]]:
    """What is wrong with the section: (key below ``wall``, why)."""
    bounds: Mapping[str, tuple[float, float]] = {
        "distance_metres": (0.3, 60), "pixel_pitch_mm": (0, 20), "dwell_seconds": (5, 3600),
        "hold_seconds": (5, 3600), "alarm_seconds": (10, 86_400), "refresh_spread_minutes": (0, 240),
        "drift_pixels": (0, 4), "bezel_pixels": (0, 400),
    }  # fmt: skip
    for key, (low, high) in bounds.items():
        if not low <= getattr(wall, key) <= high:
            yield key, f"must be {low:g} to {high:g}, is {getattr(wall, key):g}"
    yield from _clock_problems(wall)
    for name in wall.rotation:
        if name not in wall.scenes:
            known = ", ".join(sorted(wall.scenes)) or "none"
            yield "rotation", f"there is no scene {name!r}; scenes here: {known}"
    for name, scene in wall.scenes.items():
        yield from _scene_problems(f"scenes.{name}", name, scene)


def _clock_problems(wall: Wall) -> Iterator[tuple[str, str]]:
    night = wall.night
    for key, clock in (("refresh_at", wall.refresh_at), ("night.begins", night.begins), ("night.ends", night.ends)):
        try:
            minute_of(clock)
        except ValueError as error:
            yield key, str(error)
            return
    if not 0.2 <= night.brightness <= 1:
        yield "night.brightness", f"must be 0.2 to 1, is {night.brightness:g}"
    length = (minute_of(night.ends) - minute_of(night.begins)) % DAY_MINUTES
    if not 1 <= night.ramp_minutes < min(length, DAY_MINUTES - length):
        yield "night.ramp_minutes", "must be at least 1 and shorter than the night and the day"


def _scene_problems(key: str, name: str, scene: Scene) -> Iterator[tuple[str, str]]:
    if not NAME.fullmatch(name) or name == ROTATION:
        yield key, f"a scene's name is lower-case letters, digits, - and _, and not {ROTATION!r}"
    if not (scene.seconds == 0 or 5 <= scene.seconds <= 3600):
        yield f"{key}.seconds", "must be 0 (as all others) or 5 to 3600"
    if not scene.layouts:
        yield f"{key}.layouts", "a scene needs a layout: [wall.scenes.NAME.layouts.ANY]"
    for which, layout in scene.layouts.items():
        yield from _layout_problems(f"{key}.layouts.{which}", layout)


def _layout_problems(key: str, layout: Layout) -> Iterator[tuple[str, str]]:
    width, height = layout.size
    if not (1 <= width <= MOST_UNITS and 1 <= height <= MOST_UNITS):
        yield f"{key}.size", f"must be 1 to {MOST_UNITS} units each way"
        return
    if not layout.tiles:
        yield f"{key}.tiles", "has no tile"
    places = {f"{key}.tiles.{name}": place for name, place in layout.tiles.items()}
    for where, (x, y, wide, high) in {f"{key}.alarm": layout.alarm, **places}.items():
        if x < 0 or y < 0 or wide < 1 or high < 1 or x + wide > width or y + high > height:
            yield where, f"[{x}, {y}, {wide}, {high}] does not lie on a grid of {width} x {height}"
    found = sorted(places.items())
    for number, (where, place) in enumerate(found):
        for other, its in found[number + 1 :]:
            if overlap(place, its):
                yield other, f"lies over {where.rpartition('.')[2]}"
        if overlap(place, layout.alarm) and not _inside(place, layout.alarm):
            yield f"{key}.alarm", f"covers only a part of {where.rpartition('.')[2]}; whole tiles, please"


def overlap(one: Place, other: Place) -> bool:
    """Whether two places share a unit."""
    return (
        one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3] and other[1] < one[1] + one[3]
    )  # fmt: skip


def _inside(place: Place, outer: Place) -> bool:
    return (
        outer[0] <= place[0] and place[0] + place[2] <= outer[0] + outer[2]
        and outer[1] <= place[1] and place[1] + place[3] <= outer[1] + outer[3]
    )  # fmt: skip
