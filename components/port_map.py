"""The port's map: coast, port, yard occupancy, vessels, vehicles and alerts on two canvases.

Server side there is only the frame and the words; ``assets/map*.js`` draws, fed by the live topics
``vehicles``, ``vessels``, ``yard``, ``gates`` and ``alerts``. No tile and no request leaves the
machine: the coast is an extract of OpenStreetMap (ODbL), so its attribution is always on the map.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component

from locales import catalogue, translate

TOPICS = ("vehicles", "vessels", "yard", "gates", "alerts")  # those map.js subscribes to
ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"

_SHIP = "polygon(50% 0, 68% 26%, 64% 100%, 36% 100%, 32% 26%)"
_LEVELS = (
    ("map.legend.level1", "polygon(50% 0, 100% 50%, 50% 100%, 0 50%)", "var(--level-1, #ff5a5f)"),
    ("map.legend.level2", "polygon(50% 6%, 100% 94%, 0 94%)", "var(--level-2, #fe9413)"),
    ("map.legend.level3", "inset(10%)", "var(--level-3, #ffdb42)"),
    ("map.legend.level4", "circle(46%)", "var(--level-4, #5aa9e6)"),
)


def port_map(
    map_id: str,
    language: str,
    *,
    centre: tuple[float, float] = (36.012, 120.215),
    zoom: float = 13.0,
    yard_limit: float = 0.85,
    late_seconds: float = 600.0,
    geo_url: str = "/assets/geo",
) -> Component:
    """A map that fills the element it is put in.

    Args:
        map_id: id of the Leaflet map; the outer element has ``<map_id>-frame``.
        language: ``zh_CN`` or ``en``.
        centre: latitude and longitude shown until the port's plan is read.
        zoom: Leaflet zoom shown until then.
        yard_limit: occupancy above which a block is outlined, share of capacity.
        late_seconds: age above which a position is drawn hollow.
        geo_url: folder with land.geojson and port.geojson, on this server.

    Returns:
        The frame. A click on something dispatches ``cockpit:select`` with ``{kind, id}`` on it.
    """
    data = {"data-yard-limit": f"{yard_limit:g}", "data-late-seconds": f"{late_seconds:g}", "data-geo": geo_url}
    inner = [
        html.Div(className="port-map-counts", role="status"),
        html.Div([_age(kind, language) for kind in ("vehicle", "vessel")], className="port-map-ages"),
        html.Div(className="port-map-nobase"),
        html.Div(className="port-map-trouble", role="alert"),
        _legend(language),
        html.Div(ATTRIBUTION, className="port-map-attribution"),
        html.Div(className="port-map-tip", hidden=True),
        html.Div(className="port-map-say", **{"aria-live": "polite"}),
    ]
    return _frame(map_id, language, _leaflet(map_id, centre, zoom), inner, data)


def still_map(
    map_id: str,
    language: str,
    corners: Sequence[Sequence[float]],
    lines: Sequence[Component],
    *,
    centre: tuple[float, float] = (36.012, 120.215),
    zoom: float = 13.0,
    geo_url: str = "/assets/geo",
) -> Component:
    """The base map with lines on it and nothing that moves: no topic is asked for.

    Args:
        map_id: id of the Leaflet map.
        language: ``zh_CN`` or ``en``.
        corners: south-west and north-east (latitude, longitude) of what is shown at first.
        lines: Leaflet's own shapes.
        centre: latitude and longitude shown until the port's plan is read.
        zoom: Leaflet zoom shown until then.
        geo_url: as for ``port_map``.
    """
    (south, west), (north, east) = corners
    data = {"data-box": f"{west:g} {south:g} {east:g} {north:g}", "data-geo": geo_url}
    inner = [
        html.Div(className="port-map-trouble", role="alert"),
        html.Div(ATTRIBUTION, className="port-map-attribution"),
        html.Div(className="port-map-tip", hidden=True),
        html.Div(className="port-map-say", **{"aria-live": "polite"}),
    ]
    return _frame(map_id, language, _leaflet(map_id, centre, zoom, lines), inner, data)


def _leaflet(
    map_id: str, centre: tuple[float, float], zoom: float, lines: Sequence[Component] | None = None
) -> Component:
    return dl.Map(
        list(lines) if lines is not None else None,
        id=map_id, center=list(centre), zoom=zoom, zoomSnap=0.25, zoomDelta=0.5, wheelPxPerZoomLevel=120, minZoom=4,
        maxZoom=19, zoomControl=False, attributionControl=False, trackViewport=False, doubleClickZoom=True,
        style={"width": "100%", "height": "100%"},
    )  # fmt: skip


def _frame(
    map_id: str, language: str, leaflet: Component, inner: Sequence[Component], data: dict[str, str]
) -> Component:
    told = {"data-texts": json.dumps(_texts(language), ensure_ascii=False), "data-language": language, **data}
    return html.Div([leaflet, *inner], id=f"{map_id}-frame", className="port-map", **told)


def _age(kind: str, language: str) -> Component:
    """Says how old positions are, and why, once they are late; the map fills in of when they are."""
    inner = [translate(language, f"map.legend.{kind}"), html.Span(className="age"), html.P(className="cause")]
    return html.Div(inner, className="port-map-age", **{"data-kind": f"{kind}s"})


def _texts(language: str) -> dict[str, str]:
    """Texts for the browser side; parameters stay as {name} for it to fill in."""
    texts = catalogue(language)
    return {key: text for key, text in texts.items() if key.startswith("map.") or _is_alert_title(key)}


def _is_alert_title(key: str) -> bool:
    return key.startswith("alert.") and key.endswith(".title")


def _legend(language: str) -> Component:
    """What the shapes mean: shape and word beside every colour."""
    vehicle, vessel = "var(--map-vehicle, #9fc3d9)", "var(--map-vessel, #c3dcea)"
    entries = [
        _entry(translate(language, "map.legend.vessel"), _SHIP, vessel),
        _entry(translate(language, "map.legend.vehicle"), "inset(28%)", vehicle),
        _entry(translate(language, "map.legend.late"), "", vehicle),
        _entry(translate(language, "map.legend.occupancy"), "inset(26% 0)", "var(--map-data, #4c768f)"),
    ]
    entries += [_entry(translate(language, key), shape, colour) for key, shape, colour in _LEVELS]
    return html.Div(entries, className="port-map-legend")


def _entry(words: str, shape: str, colour: str) -> Component:
    """One legend entry; no shape means a hollow square, as late positions are drawn."""
    style = {"clipPath": shape, "background": colour} if shape else {"border": f"1px solid {colour}"}
    kind = "port-map-mark" if shape else "port-map-mark port-map-mark-hollow"
    return html.Span([html.I(className=kind, style=style, **{"aria-hidden": "true"}), words])
