"""One vehicle's or vessel's way: a line for the map, figures beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Any

import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component

from components import chart
from components.format import number, stamp, wall
from components.marks import shape
from components.tile import empty_then, facts
from domain.disagreement import Elsewhere
from locales import translate

Fix = tuple[datetime, float, float, float | None]
EARTH_KM = 6371.0
TRACK = "var(--map-track)"  # of the styles: the line wears the palette


def track_line(fixes: Sequence[Fix]) -> list[Component]:
    """The way as a line with its beginning marked; nothing when there is none."""
    if len(fixes) < 2:
        return []
    way = [[lat, lon] for _, lon, lat, _ in fixes]
    return [
        dl.Polyline(positions=way, color=TRACK, weight=3, opacity=0.9, interactive=False),
        dl.CircleMarker(center=way[0], radius=4, color=TRACK, fill=True, interactive=False),
    ]


def place_ring(lon: float, lat: float) -> list[Component]:
    """A ring around a place, its middle a dot: a plan alone does not say which of its places is meant."""
    ring = {"center": [lat, lon], "color": TRACK, "interactive": False}
    return [
        dl.CircleMarker(radius=14, weight=3, opacity=0.9, fill=False, **ring),
        dl.CircleMarker(radius=3, weight=2, fill=True, fillOpacity=1, **ring),
    ]


def track_bounds(fixes: Sequence[Fix]) -> list[list[float]] | None:
    """South-west and north-east corner with some air; None for less than two fixes."""
    if len(fixes) < 2:
        return None
    lons, lats = [fix[1] for fix in fixes], [fix[2] for fix in fixes]
    air = max(0.002, 0.1 * max(max(lons) - min(lons), max(lats) - min(lats)))
    return [[min(lats) - air, min(lons) - air], [max(lats) + air, max(lons) + air]]


def track_words(fixes: Sequence[Fix], kind: str, subject: str, lang: str) -> Any:
    """From, until, how far, how fast."""
    if not fixes:
        return empty_then(lang, "track", subject=subject)
    unit = translate(lang, "unit.knots" if kind == "vessels" else "unit.kmh")
    speeds = [speed for *_, speed in fixes if speed is not None]
    fastest = f"{number(max(speeds), lang)} {unit}" if speeds else "–"
    about = facts(
        [
            (translate(lang, f"track.{kind}"), subject),
            (translate(lang, "track.from"), stamp(fixes[0][0], lang)),
            (translate(lang, "track.until"), stamp(fixes[-1][0], lang)),
            (translate(lang, "track.fixes"), number(len(fixes), lang)),
            (translate(lang, "track.distance"), f"{number(distance_km(fixes), lang, 1)} km"),
            (translate(lang, "track.fastest"), fastest),
        ]
    )
    if len(speeds) < 2:
        return about
    drawn = chart.blank(lang)
    drawn.add_scatter(
        x=[wall(at) for at, *_ in fixes], y=[speed for *_, speed in fixes], mode="lines",
        line={"color": chart.DATA, "width": 1.6}, hovertemplate=f"%{{y:.0f}} {unit}", name="",
    )  # fmt: skip
    drawn.update_yaxes(rangemode="tozero", ticksuffix=f" {unit}", nticks=4)
    drawn.update_xaxes(tickformat="%H:%M")
    return [about, chart.chart(drawn, "tracks-graph", lang, translate(lang, "track.speed"))]


def other_places(places: Sequence[Elsewhere], lang: str) -> list[Component]:
    """Where other feeds place it; marked where it cannot have been at both places."""
    return [
        html.P(
            [
                *([shape("l3")] if place.disagree else []),
                html.Span(
                    translate(
                        lang, "track.elsewhere_never" if place.disagree else "track.elsewhere", **_told(place, lang)
                    )
                ),
            ],
            className="elsewhere never" if place.disagree else "elsewhere",
        )
        for place in places
    ]


def _told(place: Elsewhere, lang: str) -> dict[str, str]:
    far = f"{number(place.metres, lang)} m" if place.metres < 1000 else f"{number(place.metres / 1000, lang, 1)} km"
    times = {"time": stamp(place.seen_at, lang), "since": stamp(place.shown_at, lang)}
    return {"feed": place.feed, "far": far, "shown": place.shown_feed, **times}


def distance_km(fixes: Sequence[Fix]) -> float:
    """Length of the way, km, great circles between fixes."""
    total = 0.0
    for (_, lon1, lat1, _), (_, lon2, lat2, _) in pairwise(fixes):
        a = sin(radians(lat2 - lat1) / 2) ** 2
        a += cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
        total += 2 * EARTH_KM * asin(sqrt(min(1.0, a)))
    return total
