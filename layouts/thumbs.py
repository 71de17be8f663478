"""The bar at the bottom edge of a phone, within reach of the thumb that holds it."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from locales import translate

PHONE = "/m"
PARTS = ("kpis", "alerts", "declaration", "vehicle")


def part_id(part: str) -> str:
    """Id of a part of the phone's page, which is also its address behind the #."""
    return f"phone-{part}"


def thumbs(lang: str) -> Component:
    """Ways to the four parts of the phone's page and to the overview; styles show it on narrow screens only."""
    links = [
        dcc.Link(translate(lang, f"phone.{part}"), href=f"{PHONE}#{part_id(part)}", className=f"thumb thumb-{part}")
        for part in PARTS
    ]
    links.append(dcc.Link(translate(lang, "phone.more"), href="/", className="thumb thumb-more"))
    return html.Nav(links, className="thumbs", **{"aria-label": translate(lang, "phone.navigation")})
