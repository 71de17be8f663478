"""Walls: ``/wall/<scene>`` and ``/wall`` for unattended screens; no visitor's session is looked at."""

from __future__ import annotations

import dash
from dash.development.base_component import Component

from layouts.language import language_of
from layouts.moment import moment_in
from layouts.shell import page_title
from layouts.wall import Asked, wall_page


def layout(
    scene: str = "",
    screen: str = "",
    part: str = "",
    lang: str | None = None,
    distance: str = "",
    pitch: str = "",
    size: str = "",
    **query: str,
) -> Component:
    """The wall of an address, see ``layouts.wall.Asked``."""
    asked = Asked(scene=scene, screen=screen, part=part, distance=distance, pitch=pitch, size=size)
    return wall_page(asked, language_of(lang), moment_in(query))


dash.register_page(__name__, path="/wall", name="wall", title=page_title("wall"), layout=layout)
dash.register_page(
    f"{__name__}.scene", path_template="/wall/<scene>", name="wall-scene", title=page_title("wall"), layout=layout
)
