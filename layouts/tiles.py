"""The tiles there are, by name: what a wall's scene may be composed of.

Add one here: a view registered by any page, or a builder for what is no view.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from dash import html
from dash.development.base_component import Component

from components.port_map import TOPICS, port_map
from components.sailings import sailings_wall
from components.tile import tile
from components.wall import alarm_tile, feeds_tile, platforms_tile, stages_tile, terminals_tile
from domain.wall import Wall
from domain.wall_plan import calling
from layouts.moment import Moment
from layouts.places import names, short_names
from layouts.shell import view
from layouts.stage import stage
from live.views import register_view, registered
from locales import translate

_log = logging.getLogger(__name__)


class Tile(msgspec.Struct, frozen=True):
    """How a tile comes to its place.

    Attributes:
        view: name of the view it shows; "" when it is built.
        build: makes it, given the language; None for views.
        topics: what a built tile is made of; a view knows its own.
    """

    view: str = ""
    build: Callable[[str], Component] | None = None
    topics: tuple[str, ...] = ()

    def made_of(self) -> tuple[str, ...]:
        """Topics behind it; empty while its page is not there."""
        found = registered().get(self.view)
        return found.topics if found is not None else self.topics


def _map(lang: str) -> Component:
    port, limits = stage.settings.port, stage.settings.limits
    drawn = port_map(
        "wall-map", lang, centre=port.centre, zoom=port.zoom, yard_limit=limits.yard_backlog,
        late_seconds=limits.position_late_seconds,
    )  # fmt: skip
    return html.Section(drawn, className="tile map", **{"aria-label": translate(lang, "overview.map")})


TILES: Mapping[str, Tile] = {
    "kpis": Tile("overview-kpis"),
    "map": Tile(build=_map, topics=TOPICS),
    "yard": Tile("overview-yard"),
    "terminals": Tile("wall-terminals"),
    "gates": Tile("overview-gates"),
    "queue": Tile("overview-queue-0"),
    "platforms": Tile("wall-platforms"),
    "stages": Tile("wall-stages"),
    "sailings": Tile("wall-sailings"),
    "alerts": Tile("overview-alerts"),
    "feeds": Tile("wall-feeds"),
    "forecast-yard": Tile("overview-forecast"),
    "forecast-gates": Tile("forecasts-gate_moves"),
    "forecast-inspections": Tile("forecasts-inspections_appointed"),
}


def _alarm(pictures: Mapping[str, Any], lang: str) -> Component:
    alerts = pictures.get("alerts")
    rows = calling(alerts.rows, alerts.as_of, stage.settings.wall.alarm_seconds) if alerts is not None else []
    return alarm_tile(alerts, rows, lang)


def _terminals(pictures: Mapping[str, Any], lang: str) -> Component:
    limit = stage.settings.limits.yard_backlog
    return terminals_tile(pictures.get("yard"), lang, names(lang), short_names(lang), limit)


register_view("wall-terminals", ("yard",), _terminals, min_seconds=2)
register_view("wall-alarm", ("alerts",), _alarm)
register_view("wall-platforms", ("queue",), lambda p, lang: platforms_tile(p.get("queue"), lang), min_seconds=2)
register_view("wall-stages", ("inspections",), lambda p, lang: stages_tile(p.get("inspections"), lang), min_seconds=2)
register_view("wall-sailings", ("sailings",), lambda p, lang: sailings_wall(p.get("sailings"), lang), min_seconds=5)
register_view("wall-feeds", ("feeds",), lambda p, lang: feeds_tile(p.get("feeds"), lang))


def place(name: str, lang: str, moment: Moment) -> Component:
    """A tile where a scene wants it. One that does not exist or cannot be made says so; the others live on."""
    known = TILES.get(name)
    if known is None:
        there = ", ".join(sorted(TILES))
        return _trouble(name, translate(lang, "wall.unknown_tile", name=name, file=_file(), known=there), lang)
    try:
        if known.build is not None:
            return known.build(lang)
        return view(known.view, lang, element=f"wall-{name}", moment=moment)
    except Exception as error:
        _log.exception("tile %s cannot be made", name)
        return _trouble(name, translate(lang, "wall.tile_failed", name=name, error=type(error).__name__), lang)


def unknown(wall: Wall) -> list[str]:
    """Keys below ``wall`` that name a tile there is none of; the wall says so in its place and goes on."""
    return [
        f"scenes.{name}.layouts.{which}.tiles.{tile_name}"
        for name, scene in wall.scenes.items()
        for which, layout in scene.layouts.items()
        for tile_name in layout.tiles
        if tile_name not in TILES
    ]


def _trouble(name: str, words: str, lang: str) -> Component:
    body = html.Div(html.P(words), className="empty", role="note")
    return tile(translate(lang, "wall.tile_title", name=name), body, ages=False, name="trouble")


def _file() -> str:
    return str(stage.settings.source.name)
