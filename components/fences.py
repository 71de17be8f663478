"""Fences: on the map, as a list, as the form that draws one, and who drew which version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dash_leaflet as dl
from dash import dcc, html
from dash.development.base_component import Component

from components.format import number, stamp
from components.tile import empty, tile
from domain.fences import APPLIES, LIMITS, MOST_CORNERS, Fence, FenceError, FenceKind
from locales import known, translate

Version = tuple[Fence, datetime, str]
"""A fence, since when it stands so, and who drew it."""
# Colour is for what is abnormal: fences are told apart by their line and by the word beside it.
_LINES: dict[FenceKind, str | None] = {
    FenceKind.RESTRICTED: None, FenceKind.ALLOWED_STOP: "10 6", FenceKind.SPEED_ZONE: "2 5",
    FenceKind.WAITING_LINE: "14 4 2 4",
}  # fmt: skip
COLUMNS = ("fence", "kind", "limit", "version")


def fence_shapes(fences: Sequence[Fence], lang: str, picked: str = "") -> list[Component]:
    """Leaflet shapes with their names; the one that is picked is left to the pen of the browser."""
    return [_shape(fence, lang) for fence in fences if fence.fence_id != picked]


def _shape(fence: Fence, lang: str) -> Component:
    line = [[lat, lon] for lon, lat in fence.points]
    told = dl.Tooltip(f"{fence.name} · {_limit_words(fence, lang) or _kind(fence.kind, lang)}", permanent=True,
                      direction="center", className="fence-name")  # fmt: skip
    style = {"color": "var(--map-text)", "weight": 2, "dashArray": _LINES[fence.kind], "interactive": False}
    if fence.is_line:
        return dl.Polyline(told, positions=line, **style)
    return dl.Polygon(told, positions=line[:-1], fillOpacity=0.06, **style)


def fence_corners(fences: Sequence[Fence], ground: tuple[float, float, float, float]) -> list[list[float]]:
    """South-west and north-east of what the map shows at first: the fences, else the ground."""
    points = [point for fence in fences for point in fence.points]
    west, south, east, north = ground
    if points:
        lons, lats = zip(*points, strict=True)
        air = 0.2 * max(max(lons) - min(lons), max(lats) - min(lats), 0.01)
        west, south, east, north = min(lons) - air, min(lats) - air, max(lons) + air, max(lats) + air
    return [[south, west], [north, east]]


def fence_list(fences: Sequence[Fence], lang: str, picked: str = "") -> Component:
    """All fences in force; a click picks one."""
    title = translate(lang, "fence.list")
    if not fences:
        return tile(title, empty(lang, "fences"), ages=False)
    head = [html.Th(translate(lang, f"fence.column.{name}"), className="num" if name == "version" else "")
            for name in COLUMNS]  # fmt: skip
    rows = [
        html.Tr(
            [
                html.Td(html.Button(fence.name, className="fence-pick",
                                    **{"data-pick": "fence-pick", "data-value": fence.fence_id})),
                html.Td(_kind(fence.kind, lang)), html.Td(_limit_words(fence, lang) or "–"),
                html.Td(str(fence.version), className="num"),
            ],
            className="is-here" if fence.fence_id == picked else "",
        )
        for fence in fences
    ]  # fmt: skip
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="table")
    return tile(title, html.Div(table, className="scroll", tabIndex=0), aside=number(len(fences), lang), ages=False)


def fence_history(versions: Sequence[Version], lang: str) -> Component:
    """Who drew what and when, newest first."""
    title = translate(lang, "fence.history")
    if not versions:
        return tile(title, empty(lang, "fence_history"), ages=False)
    rows = [
        html.Tr([
            html.Td(stamp(at, lang), className="num"), html.Td(fence.name),
            html.Td(translate(lang, f"fence.state.{fence.state}", version=fence.version)), html.Td(who),
        ])
        for fence, at, who in versions
    ]  # fmt: skip
    head = [html.Th(translate(lang, f"fence.column.{name}"), className="num" if name == "at" else "")
            for name in ("at", "fence", "change", "who")]  # fmt: skip
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="table")
    return tile(title, html.Div(table, className="scroll", tabIndex=0), ages=False)


def fence_form(fence: Fence | None, lang: str) -> list[Component]:
    """What is drawn and what it is for; of a new fence empty.

    Args:
        fence: the one picked; None: a new one.
        lang: language.
    """
    kind = fence.kind if fence is not None else FenceKind.RESTRICTED
    kinds = [{"value": one.value, "label": _kind(one, lang)} for one in FenceKind]
    whom = [{"value": one, "label": translate(lang, f"alert.what.{one}")} for one in APPLIES]
    corners = "\n".join(f"{lon:.6f} {lat:.6f}" for lon, lat in _drawn(fence))
    return [
        html.H2(fence.name if fence is not None else translate(lang, "fence.new")),
        _field("name", dcc.Input(id="fence-name", value=fence.name if fence else "", className="screen-input"), lang),
        _field("kind", dcc.RadioItems(kinds, kind.value, id="fence-kind", className="segments"), lang),
        _field("limit", dcc.Input(id="fence-limit", value=_plain(fence.limit if fence else None), inputMode="decimal",
                                  placeholder=translate(lang, "fence.hint.limit"), className="screen-input"), lang),
        _field("applies", dcc.Checklist(whom, list(fence.applies if fence and fence.applies else APPLIES),
                                        id="fence-applies", className="segments"), lang),
        _field("corners", dcc.Textarea(id="fence-corners", value=corners, className="fence-corners", spellCheck=False,
                                       placeholder=translate(lang, "fence.hint.corners")), lang),
        html.P(translate(lang, "fence.how"), className="dim"),
        html.Div(
            [
                html.Button(translate(lang, "fence.act.save"), id="fence-save", n_clicks=0, **{"data-act": "set"}),
                html.Button(translate(lang, "fence.act.new"), **{"data-pick": "fence-pick", "data-value": ""}),
                html.Button(translate(lang, "fence.act.retire"), id="fence-retire", n_clicks=0, hidden=fence is None),
            ],
            className="screen-acts",
        ),
    ]  # fmt: skip


def _drawn(fence: Fence | None) -> Sequence[tuple[float, float]]:
    """Corners as people see them: a ring without its end."""
    if fence is None:
        return ()
    return fence.points if fence.is_line else fence.points[:-1]


def _plain(limit: float | None) -> str:
    return "" if limit is None else f"{limit:g}"


def _field(name: str, inner: Any, lang: str) -> Component:
    words = html.Span(translate(lang, f"fence.field.{name}"))
    if name in ("kind", "applies"):
        return html.Div([words, inner], className="screen-field", role="group",
                        **{"aria-label": translate(lang, f"fence.field.{name}")})  # fmt: skip
    return html.Label([words, inner], className="screen-field")


def _kind(kind: FenceKind, lang: str) -> str:
    return translate(lang, f"fence.kind.{kind}")


def _limit_words(fence: Fence, lang: str) -> str:
    if fence.limit is not None:
        return translate(lang, f"fence.limit.{fence.kind}", n=number(fence.limit, lang))
    return (
        "、".join(translate(lang, f"alert.what.{one}") for one in fence.applies)
        if lang != "en"
        else ", ".join(translate(lang, f"alert.what.{one}") for one in fence.applies)
    )


def feature_of(told: dict[str, Any]) -> dict[str, Any]:
    """GeoJSON out of the fields of the form.

    Args:
        told: ``name``, ``kind``, ``limit``, ``applies`` and ``corners`` (a line each: longitude, latitude).

    Raises:
        FenceError: a line that is no corner, a limit that is no number.
    """
    points = [_corner(line, place) for place, line in enumerate((told.get("corners") or "").splitlines(), start=1)
              if line.strip()][: MOST_CORNERS + 2]  # fmt: skip
    line = told.get("kind") == FenceKind.WAITING_LINE
    ring = points if line or not points or points[0] == points[-1] else [*points, points[0]]
    properties = {"name": told.get("name"), "kind": told.get("kind"), "applies": told.get("applies")}
    if told.get("kind") in LIMITS:
        properties["limit"] = _number(told.get("limit"), FenceKind(str(told["kind"])))
    shape = {"type": "LineString", "coordinates": ring} if line else {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": shape, "properties": properties}


def _corner(line: str, place: int) -> list[float]:
    try:
        lon, lat = (float(part) for part in line.replace(",", " ").replace("，", " ").split())
    except ValueError:
        raise FenceError("corner", corner=place) from None
    return [lon, lat]


def _number(said: Any, kind: FenceKind) -> float:
    try:
        return float(str(said).strip())
    except ValueError:
        least, most = LIMITS[kind]
        raise FenceError("limit", least=least, most=most) from None


def why(error: FenceError, lang: str) -> str:
    """Why a fence was not kept, in words."""
    code = f"fence.error.{error.code}"
    told = {name: number(value, lang, 6 if name in ("lon", "lat") else 0) if isinstance(value, int | float) else value
            for name, value in error.params.items()}  # fmt: skip
    return translate(lang, code if known(code) else "fence.error.not_a_feature", **told)
