"""Fences made for the styleguide: one of each kind, a version taken back, and no fence at all."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component
from msgspec.structs import replace

from components.fences import fence_corners, fence_form, fence_history, fence_list, fence_shapes
from components.port_map import still_map
from domain.fences import RETIRED, Fence, FenceKind, Point

_HOUR = timedelta(hours=1)
_WEST, _NORTH = 120.196, 36.014
_SIDE = 0.006  # degrees


def fences(lang: str, now: datetime) -> list[Component]:
    """Map, list, versions and form, filled and empty."""
    made = samples()
    versions = [(made[0], now - _HOUR, "supervisor"), (replace(made[1], state=RETIRED, version=4), now, "supervisor")]
    form = html.Div([*fence_form(made[2], lang), *fence_form(None, lang)], className="screen-form")
    for part in form._traverse():  # no callback listens to them here
        if getattr(part, "id", ""):
            part.id = f"style-{part.id}-{id(part)}"
    shown = still_map("style-fences", lang, fence_corners(made, (120.18, 35.98, 120.25, 36.03)),
                      fence_shapes(made, lang))  # fmt: skip
    return [
        html.Div(shown, className="tile map"), html.Div(form), fence_list(made, lang, made[1].fence_id),
        fence_history(versions, lang), fence_list([], lang), fence_history([], lang),
    ]  # fmt: skip


def samples() -> list[Fence]:
    """One fence of each kind."""
    made = [
        Fence(fence_id=kind.value, name=name, kind=kind, points=_square(place), version=place + 1)
        for place, (kind, name) in enumerate(zip(FenceKind, ("D1", "P2", "R3", "L4"), strict=True))
    ]
    return [
        replace(made[0], applies=("person", "vehicle")), made[1], replace(made[2], limit=30.0),
        replace(made[3], limit=400.0, points=made[3].points[:2]),
    ]  # fmt: skip


def _square(place: int) -> tuple[Point, ...]:
    west, north = _WEST + 1.6 * _SIDE * (place % 2), _NORTH - 1.2 * _SIDE * (place // 2)
    east, south = west + _SIDE, north - 0.6 * _SIDE
    return ((west, south), (east, south), (east, north), (west, north), (west, south))
