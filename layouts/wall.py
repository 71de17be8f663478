"""A wall: the tiles of all scenes side by side once, and what the browser needs to arrange them.

A tile that several scenes show is the same element: changing the scene moves and hides tiles, it loads
nothing. Sizes, places and turns are worked out in ``assets/wall*.js`` from what stands in ``data-wall``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from dash import html
from dash.development.base_component import Component

from components.screens import scene_title
from domain.wall import ROTATION, Part, Scene, Wall, brightness_points, least_font_pixels, part_of, refresh_minute
from domain.wall_plan import Plan, calling, plan
from layouts.moment import Moment
from layouts.shell import page, view
from layouts.stage import stage
from layouts.tiles import place
from live.views import register_view
from locales import catalogue, translate


class Asked(msgspec.Struct, frozen=True):
    """What a wall's address says.

    Attributes:
        scene: a scene's name, ``rotation``, or "" for what the supervisor assigned, else the rotation.
        screen: identity of the screen; "" for a wall nobody sets from afar.
        part: e.g. ``2of3``.
        distance, pitch: of this screen, metres and mm; "" = as configured.
        size: native pixels of the whole wall, e.g. ``7680x2160``, to look at it on a smaller screen.
    """

    scene: str = ""
    screen: str = ""
    part: str = ""
    distance: str = ""
    pitch: str = ""
    size: str = ""


def rotation_of(wall: Wall) -> tuple[str, ...]:
    """Scenes of the rotation; all there are when none is configured."""
    return wall.rotation or tuple(wall.scenes)


def _plan(pictures: Mapping[str, Any], _lang: str) -> dict[str, Any] | None:
    """The plan of the wall as the browser takes it; the same in every language."""
    wall: Wall = stage.settings.wall
    if not wall.scenes:
        return None
    alerts = pictures.get("alerts")
    rows = calling(alerts.rows, alerts.as_of, wall.alarm_seconds) if alerts is not None else []
    seconds = {name: scene.seconds or wall.dwell_seconds for name, scene in wall.scenes.items()}
    explains = {name: scene.explains for name, scene in wall.scenes.items()}
    told: Plan = plan(rotation_of(wall), seconds, explains, rows)
    return dict(msgspec.to_builtins(told))


register_view("wall-plan", ("alerts",), _plan)


def wall_page(asked: Asked, lang: str, moment: Moment) -> Component:
    """The wall an address asks for; an unknown scene says which there are."""
    wall: Wall = stage.settings.wall
    known = asked.scene in ("", ROTATION) or asked.scene in wall.scenes
    if not known or not wall.scenes:
        return page(lang, "wall", _no_scene(asked.scene, wall, lang))
    window, troubles = _window(asked.part)
    least, more = _least(asked, wall)
    size, yet_more = _size(asked.size)
    told = {
        "scene": asked.scene, "screen": asked.screen, "window": window, "least": least, "size": size,
        "scenes": {name: _scene(scene, name, lang) for name, scene in wall.scenes.items()},
        "order": rotation_of(wall), "plan": None if moment.locked else stage.hub.draw("wall-plan", lang),
        "hold": wall.hold_seconds, "drift": wall.drift_pixels, "bezel": wall.bezel_pixels,
        "brightness": brightness_points(wall.night), "zone": stage.settings.port.timezone,
        "refresh": refresh_minute(wall, asked.screen or "wall"), "texts": _texts(lang),
    }  # fmt: skip
    names = dict.fromkeys(
        tile for scene in wall.scenes.values() for layout in scene.layouts.values() for tile in layout.tiles
    )
    tiles = [
        html.Div(place(name, lang, moment), className="wall-tile", hidden=True, **{"data-tile": name}) for name in names
    ]
    words = [translate(lang, f"wall.bad.{code}", said=said, why=why) for code, said, why in troubles + more + yet_more]
    return page(
        lang, "wall",
        html.Div(id="wall", className="wall-data", **{"data-wall": json.dumps(told, ensure_ascii=False)}),
        *tiles,
        html.Div(view("wall-alarm", lang, moment=moment), className="wall-tile wall-alarm", hidden=True),
        html.Div([html.P(word) for word in words], className="wall-problems", role="status"),
    )  # fmt: skip


def _scene(scene: Scene, name: str, lang: str) -> dict[str, Any]:
    layouts = [msgspec.to_builtins(layout) for layout in scene.layouts.values()]
    return {"title": scene_title(name, stage.settings.wall, lang), "layouts": layouts}


def _texts(lang: str) -> dict[str, str]:
    """Words the browser writes by itself."""
    return {key: text for key, text in catalogue(lang).items() if key.startswith("wall.say.")}


def _window(part: str) -> tuple[list[int], list[tuple[str, str, str]]]:
    try:
        found, troubles = part_of(part), []
    except ValueError as error:
        found, troubles = Part(), [("part", part, str(error))]
    return [found.column, found.row, found.columns, found.rows], troubles


def _least(asked: Asked, wall: Wall) -> tuple[float, list[tuple[str, str, str]]]:
    """Smallest font size in the screen's own pixels."""
    given, troubles = [wall.distance_metres, wall.pixel_pitch_mm], []
    for place_, (code, said, low, high) in enumerate(
        (("distance", asked.distance, 0.3, 60.0), ("pitch", asked.pitch, 0.05, 20.0))
    ):
        if not said:
            continue
        try:
            value = float(said)
        except ValueError:
            value = float("nan")
        if low <= value <= high:
            given[place_] = value
        else:
            troubles.append((code, said, f"{low:g} - {high:g}"))
    return round(least_font_pixels(*given), 2), troubles


def _size(said: str) -> tuple[list[int] | None, list[tuple[str, str, str]]]:
    width, _, height = said.partition("x")
    if width.isdigit() and height.isdigit() and 320 <= int(width) <= 20_000 and 200 <= int(height) <= 20_000:
        return [int(width), int(height)], []
    return None, [("size", said, "1920x1080")] if said else []


def _no_scene(scene: str, wall: Wall, lang: str) -> Component:
    """Which scenes there are, as links."""
    links = [
        html.Li(html.A(name, href=f"/wall/{name}")) for name in (*wall.scenes, *([ROTATION] if wall.scenes else []))
    ]
    why = "wall.unknown_scene" if wall.scenes else "wall.no_scenes"
    words = html.P(translate(lang, why, name=scene, file=stage.settings.source.name))
    return html.Section([words, html.Ul(links)], className="tile wall-nothing", role="alert")
