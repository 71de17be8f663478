"""The screens of the walls: a table with their health, and the form that sets one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from components.format import duration, iso, number, signed, stamp
from components.marks import shape
from components.sessions import browser, sure
from components.tile import empty, tile
from domain.accounts import Session
from domain.screen_pictures import ScreenRow, ScreensPicture
from domain.wall import PALETTES, ROLES, ROTATION, Wall, across_seams, nearest_layout, part_of
from locales import translate

TELLS_SECONDS = 15  # a screen tells of itself every ten
SLOW_FPS = 10
FIGURES = ("size", "fps", "clock", "version")
CLOCK_SECONDS = 2.0  # an error a person would notice
COLUMNS = ("screen", "seen", "shows", "part", "palette", "sound", "size", "fps", "clock", "version", "remarks")
BRIGHTNESS = (0.0, 1.0, 0.8, 0.6, 0.4)


def screens_tile(picture: ScreensPicture | None, wall: Wall, lang: str) -> Component:
    """All screens; a click picks one.

    Args:
        picture: the screens.
        wall: scenes there are.
        lang: language.
    """
    title = translate(lang, "page.screens")
    if picture is None or not picture.rows:
        return tile(title, empty(lang, "screens"), ages=False)
    head = [
        html.Th(translate(lang, f"screen.column.{name}"), className=f"s-{name}{' num' if name in FIGURES else ''}")
        for name in COLUMNS
    ]
    rows = [_row(row, wall, lang) for row in picture.rows]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="table screen-table")
    aside = translate(lang, "screen.count", n=number(len(picture.rows), lang))
    return tile(title, html.Div(table, className="scroll", tabIndex=0), aside=aside, ages=False)


def _row(row: ScreenRow, wall: Wall, lang: str) -> Component:
    told = row.health
    name = html.B(row.name or row.key)
    button = html.Button([name, html.Small(row.key if row.name else "")], className="screen-pick",
                         **{"data-pick": "screen-pick", "data-value": row.key})  # fmt: skip
    up = told.get("uptime_seconds")
    cells = [
        html.Td(button),
        html.Td([html.Span(className="age"), html.Small(_connection(told, lang)),
                 html.Small(duration(up / 60, lang) if up is not None else "")]),
        html.Td([scene_title(told.get("shows", ""), wall, lang), html.Small(_assigned(row, wall, lang))]),
        html.Td([row.part or translate(lang, "screen.whole"), html.Small(row.wall)]),
        html.Td(
            [translate(lang, f"screen.palette.{row.palette or 'auto'}"), html.Small(_brightness(row.brightness, lang))]
        ),
        html.Td(_sound(row, lang)),
        html.Td(_size(told), className="num"),
        html.Td([number(told.get("fps"), lang), _mark(0 < (told.get("fps") or SLOW_FPS) < SLOW_FPS)], className="num"),
        html.Td(_clock(told, lang), className="num"),
        html.Td(str(told.get("version", ""))[:7] or "–", className="num"),
        html.Td([html.Div([shape("l3"), word], className="remark") for word in remarks(row, wall, lang)]),
    ]  # fmt: skip
    aged = {"data-as-of": iso(row.seen_at), "data-expected": f"{TELLS_SECONDS}"}
    return html.Tr(cells, className="screen-row", **aged)


def remarks(row: ScreenRow, wall: Wall, lang: str) -> list[str]:
    """What somebody should know about a screen."""
    told, found = row.health, []
    if told.get("past"):
        found.append(translate(lang, "screen.remark.past"))
    if told.get("crowded"):
        found.append(translate(lang, "screen.remark.crowded", n=number(row.least_pixels, lang)))
    if told.get("errors"):
        found.append(translate(lang, "screen.remark.errors", n=told["errors"]))
    if row.sounds and told.get("sound") in ("blocked", "none"):
        found.append(translate(lang, f"screen.remark.sound_{told['sound']}"))
    if cut := _cut(row, wall):
        found.append(translate(lang, "screen.remark.cut", tiles=", ".join(cut)))
    return found


def _cut(row: ScreenRow, wall: Wall) -> list[str]:
    """Tiles with text that lie across a seam of this wall; a map may."""
    told, scene = row.health, wall.scenes.get(row.health.get("shows", ""))
    if scene is None or not row.part or not told.get("width") or not told.get("height"):
        return []
    part = part_of(row.part)
    layout = nearest_layout(scene, told["width"] * part.columns, told["height"] * part.rows)
    return [name for name in across_seams(layout, part) if name not in ("map", "kpis")]


def scene_title(name: str, wall: Wall, lang: str) -> str:
    """What a scene is called; "–" for none."""
    if name == ROTATION:
        return translate(lang, "screen.rotation")
    scene = wall.scenes.get(name)
    return ((scene.title_en if lang == "en" else scene.title_zh) or name) if scene is not None else (name or "–")


def _assigned(row: ScreenRow, wall: Wall, lang: str) -> str:
    if not row.scene:
        return translate(lang, "screen.as_address")
    return translate(lang, "screen.assigned", scene=scene_title(row.scene, wall, lang))


def _brightness(share: float, lang: str) -> str:
    return translate(lang, "screen.brightness.auto") if not share else f"{share * 100:.0f} %"


def _sound(row: ScreenRow, lang: str) -> Any:
    """Whether it is the one that sounds alerts; until when it is silent is counted down at the strip."""
    return html.B(translate(lang, "screen.sounds.yes")) if row.sounds else "–"


def _connection(told: Mapping[str, Any], lang: str) -> str:
    state = told.get("connection", "")
    return translate(lang, f"connection.{state}") if state in ("connecting", "live", "lost") else ""


def _size(told: Mapping[str, Any]) -> str:
    if not told.get("width"):
        return "–"
    ratio = told.get("ratio") or 1
    return f"{told['width'] * ratio:.0f} × {told['height'] * ratio:.0f}"


def _clock(told: Mapping[str, Any], lang: str) -> list[Any]:
    error = told.get("clock_error_seconds")
    if error is None:
        return ["–"]
    return [f"{signed(error, lang, 1)} s", _mark(abs(error) >= CLOCK_SECONDS)]


def _mark(wrong: bool) -> Component | None:
    return shape("l3") if wrong else None


def screen_form(
    row: ScreenRow | None, wall: Wall, lang: str, bound: Session | None = None, binds: bool = False
) -> list[Component]:
    """What can be set of a screen; empty fields mean: as configured, or as the address says.

    Args:
        row: the screen; None: none is picked.
        wall: scenes there are.
        lang: language.
        bound: the browser that is this screen, where somebody logs in at all (``binds``).
        binds: whether browsers are bound to screens here.
    """
    if row is None:
        return [empty(lang, "pick_screen")]
    scenes = [("", translate(lang, "screen.as_address")), (ROTATION, scene_title(ROTATION, wall, lang))]
    scenes += [(name, scene_title(name, wall, lang)) for name in wall.scenes]
    palettes = [(name, translate(lang, f"screen.palette.{name or 'auto'}")) for name in ("", *PALETTES)]
    light = [(share, _brightness(share, lang)) for share in BRIGHTNESS]
    roles = [(role, translate(lang, f"screen.role.{role}")) for role in ROLES]
    sounds = [(heard, translate(lang, f"screen.sounds.{'yes' if heard else 'no'}")) for heard in (False, True)]
    preview = f"/wall/{row.scene}?part={row.part}&screen=" if row.scene else f"/wall?part={row.part}&screen="
    if row.health.get("width"):
        part = part_of(row.part)
        preview += f"&size={row.health['width'] * part.columns}x{row.health['height'] * part.rows}"
    return [
        html.H2(row.key, className="num"),
        _typed("name", row.name, lang), _typed("wall", row.wall, lang), _typed("part", row.part, lang),
        _chosen("scene", row.scene, scenes, lang), _chosen("role", row.role, roles, lang),
        _chosen("palette", row.palette, palettes, lang), _chosen("brightness", row.brightness, light, lang),
        _chosen("sounds", row.sounds, sounds, lang),
        _typed("distance", f"{row.distance_metres:g}" if row.distance_metres else "", lang),
        _typed("pitch", f"{row.pixel_pitch_mm:g}" if row.pixel_pitch_mm else "", lang),
        html.Div(
            [
                html.Button(translate(lang, f"screen.act.{act}"), id=f"screens-{act}", n_clicks=0, **{"data-act": act})
                for act in ("set", "identify", "test_sound", "reload", "forget")
            ],
            className="screen-acts",
        ),
        html.A(translate(lang, "screen.preview"), href=preview, target="_blank", className="screen-preview"),
        _binding(bound, binds, lang),
    ]  # fmt: skip


def _binding(bound: Session | None, binds: bool, lang: str) -> Component:
    """Which browser is the screen, and the acts that change that; always there, for the callback."""
    said = translate(lang, "screen.unbound") if bound is None else translate(
        lang, "screen.bound", browser=browser(bound.agent, lang), address=bound.address or "–",
        time=stamp(bound.made_at, lang),
    )  # fmt: skip
    parts = [
        html.P(said),
        html.Button(translate(lang, "screen.act.bind"), id="screens-bind", n_clicks=0),
        sure(translate(lang, "screen.act.unbind"), translate(lang, "screen.unbind_why"), lang, button="screens-unbind",
             hidden=bound is None, key=bound.session_id if bound else "none"),
    ]  # fmt: skip
    return html.Div(parts, className="screen-binding", style={} if binds else {"display": "none"})


def _typed(field: str, value: str, lang: str) -> Component:
    hint = translate(lang, f"screen.hint.{field}")
    inner = dcc.Input(id=f"screens-field-{field}", value=value, placeholder=hint, className="screen-input")
    return html.Label([html.Span(translate(lang, f"screen.field.{field}")), inner], className="screen-field")


def _chosen(field: str, value: Any, options: Sequence[tuple[Any, str]], lang: str) -> Component:
    known = [option for option, _ in options]
    inner = dcc.RadioItems(
        id=f"screens-field-{field}", value=value if value in known else known[0], className="segments",
        options=[{"value": option, "label": words} for option, words in options],
    )  # fmt: skip
    words = translate(lang, f"screen.field.{field}")
    return html.Div([html.Span(words), inner], className="screen-field", role="group", **{"aria-label": words})
