"""The desk shell: header, bands, page, alert strip. Everything live in it is a view."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from components import format as formats
from components.alert_strip import alert_strip
from components.feeds import lamps
from components.origin import origin_band
from components.palette import palette_select
from components.sound import sound_lamp, sound_plan
from components.still import still
from components.tile import skeleton
from domain.permissions import Permission
from domain.pictures import Picture
from domain.sound import sound_limits
from domain.viewer import WHO
from layouts import causes as causes
from layouts.desk import desk_tools
from layouts.language import language_of
from layouts.moment import LIVE, STORE, Moment
from layouts.places import names_with_port
from layouts.roles import demo_roles
from layouts.stage import may, stage
from layouts.thumbs import thumbs
from layouts.time_bar import time_bar, time_button
from live.views import asked_of, register_view, viewing
from locales import LANGUAGES, translate

PAGES = (
    "/",
    "/yard",
    "/inspections",
    "/tracks",
    "/alerts",
    "/forecasts",
    "/kpis",
    "/feeds",
    "/screens",
    "/admin/accounts",
    "/admin/keys",
    "/admin/audit",
    "/admin/settings",
    "/admin/privacy",
)
ADMIN = "/admin/"  # pages of a menu of their own
OWN = "/account"  # linked by the account's name
LIVE_TEXTS = (
    "age.never", "age.seconds", "age.minutes", "age.hours", "age.days",
    "connection.connecting", "connection.live", "connection.lost", "connection.polling", "connection.since",
    "connection.clock_fast", "connection.clock_slow", "cause.connection", "cause.quiet",
)  # fmt: skip

register_view("shell-lamps", ("feeds",), lambda pictures, lang: lamps(pictures.get("feeds"), lang))
register_view("shell-strip", ("alerts", "feeds"), lambda p, lang: _strip(p, lang), min_seconds=0.1)
register_view("shell-sound", ("alerts",), lambda pictures, lang: _sound(pictures, lang), min_seconds=0.1)
register_view("shell-band", ("feeds", "notices"), lambda pictures, lang: _band(pictures, lang))


def _band(pictures: Mapping[str, Any], lang: str) -> Component:
    """What the data are. A moment of which no feed's state was kept says it of the feeds there are today."""
    feeds = pictures.get("feeds")
    if viewing.get() is not None and (feeds is None or not feeds.rows):
        today = stage.hub.current("feeds")
        rows = [msgspec.structs.replace(row, last_recorded_at=None) for row in (today.rows if today else [])]
        feeds = Picture(rows=rows)
    return origin_band(feeds, pictures.get("notices"), lang)


def _strip(pictures: Mapping[str, Any], lang: str) -> Component:
    return alert_strip(pictures.get("alerts"), lang, pictures.get("feeds"))


def _sound(pictures: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What the screen that sounds has to call out."""
    return sound_plan(pictures.get("alerts"), sound_limits(stage.settings.alerts), lang)


def view(name: str, lang: str, class_name: str = "", element: str = "", moment: Moment = LIVE) -> Component:
    """A place that shows a view: its newest drawing now, every later one by the live line.

    Args:
        name: the view's name.
        lang: language.
        class_name: class of the place.
        element: id when it differs from the view's name.
        moment: a past one leaves the place empty until the browser brings its drawing: what is live
            must never stand on a page that says it is not.
    """
    if not all(map(may, asked_of(f"view:{name}"))):
        return html.Div(id=element or name, className=f"place {class_name}".strip())
    drawn = None if moment.locked else stage.hub.draw(name, lang)
    why = "empty.reading" if moment.locked else "empty.not_drawn"
    missing = skeleton(translate(lang, why, time=formats.stamp(moment.at, lang))) if drawn is None else drawn
    place = f"place {class_name}".strip()
    data = {"data-view": name, "data-error-words": translate(lang, "wall.view_failed")}
    return html.Div(still(missing), id=element or name, className=place, **data)


def page(lang: str, name: str, *children: Any) -> Component:
    """A page's root: carries its name for the styles and its title for the ear."""
    title = html.H1(translate(lang, f"page.{name}"), className="unseen")
    return html.Main(still([title, *children]), className=f"page page-{name}", lang=lang.replace("_", "-"))


def shell(page_container: Component) -> Callable[[], Component]:
    """The shell around Dash's page container.

    Args:
        page_container: ``dash.page_container``.

    Returns:
        A function for ``app.layout``: the language is each visitor's own.
    """

    def layout() -> Component:
        lang = language_of()
        bands = html.Div(
            [view("shell-band", lang), *([demo_roles(WHO.get(), lang)] if _demo() else []), time_bar(lang)],
            className="bands",
            role="region",
            **{"aria-label": translate(lang, "shell.bands")},
        )
        sound = [sound_lamp(lang, sound_limits(stage.settings.alerts))] if may(Permission.REPORT) else []
        bottom = html.Footer([view("shell-strip", lang), *sound], **{"aria-live": "polite"})
        stores = [dcc.Store(id="shell-seen"), dcc.Store(id=STORE)]
        return html.Div(
            [*still([_header(lang), bands]), page_container, *still([bottom, thumbs(lang)]), *stores],
            className="shell",
            lang=lang.replace("_", "-"),
            **{"data-may": " ".join(sorted(permission for permission in Permission if may(permission)))},
        )

    return layout


def register(app: Dash) -> None:
    """The shell's own callbacks: marking the page in the navigation; from here on places have names."""
    formats.use_names(names_with_port)
    app.clientside_callback(
        ClientsideFunction("screens", "navigated"), Output("shell-seen", "data"), Input("_pages_location", "pathname")
    )


def page_title(name: str) -> Callable[..., str]:
    """Title of a page in the visitor's language, for ``dash.register_page``."""

    def title(**_: str) -> str:
        lang = language_of()
        port = stage.settings.port
        port_name = port.name_en if lang == "en" else port.name_zh
        return translate(lang, "page.title", page=translate(lang, f"page.{name}"), port=port_name)

    return title


def live_texts() -> str:
    """Words the browser side writes by itself, in every language."""
    texts: Mapping[str, Any] = {lang: {key: translate(lang, key) for key in LIVE_TEXTS} for lang in LANGUAGES}
    return json.dumps(texts, ensure_ascii=False)


def _header(lang: str) -> Component:
    port = stage.settings.port
    name = port.name_en if lang == "en" else port.name_zh
    brand = html.Div([html.B(name), html.Span(translate(lang, "shell.title"))], className="brand")
    connection = html.Span(
        [html.I(className="mark", **{"aria-hidden": "true"}), html.Span(className="text")],
        id="connection", className="connection", role="status", **{"data-live-texts": live_texts()},
    )  # fmt: skip
    clock = html.Time(id="clock", className="clock num", **{"data-zone": port.timezone, "data-locale": lang})
    zone = html.Span(port.timezone, className="zone unseen")
    now = html.Div([connection, time_button(clock, lang), zone], className="now")
    scene = html.Div(id="wall-scene", className="wall-scene")  # filled in on walls, by assets/wall_rotation.js
    return html.Header(
        [
            brand,
            scene,
            now,
            view("shell-lamps", lang),
            desk_tools(lang, (*open_pages(), OWN)),
            _navigation(lang),
        ],
        className="top",
    )


def _demo() -> bool:
    """Whether nobody logs in."""
    return bool(stage.settings.access.mode == "demo")


def open_pages() -> tuple[str, ...]:
    """Pages the visitor may open, in the order of the navigation."""
    return tuple(path for path in PAGES if may(stage.asks(path)))


def page_words(path: str, lang: str) -> str:
    """What the navigation calls the page of an address."""
    return translate(lang, f"page.{path.rpartition('/')[2] or 'overview'}")


def _navigation(lang: str) -> Component:
    pages = {path: dcc.Link(page_words(path, lang), href=path, className="nav-link") for path in open_pages()}
    links = [link for path, link in pages.items() if not path.startswith(ADMIN)]
    administration = [link for path, link in pages.items() if path.startswith(ADMIN)]
    if len(administration) > 1:
        words = html.Summary(translate(lang, "shell.administration"), className="nav-link")
        administration = [html.Details([words, html.Div(administration)], className="nav-more")]
    other = "en" if lang == "zh_CN" else "zh_CN"
    switch = html.Button(
        translate(lang, "shell.other_language"), className="language", lang=other.replace("_", "-"),
        title=translate(lang, "shell.switch_language"), **{"data-set-language": other},
    )  # fmt: skip
    viewer = WHO.get()
    account = [] if _demo() or viewer is None else [
        dcc.Link(viewer.name, href=OWN, className="nav-link whoami",
                 title=translate(lang, "shell.account", name=viewer.name))
    ]  # fmt: skip
    return html.Nav(
        [*links, *administration, *account, palette_select(lang), switch],
        **{"aria-label": translate(lang, "shell.navigation")},
    )
