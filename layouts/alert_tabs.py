"""The way between the pages about alerts: what stands, and what is made of how alerts are lived with."""

from __future__ import annotations

import dash
from dash import dcc, html
from dash.development.base_component import Component

from layouts.stage import may, stage
from locales import translate

PAGES = {
    "alerts": "/alerts",
    "alert_orders": "/alerts/orders",
    "rules": "/alerts/rules",
    "fences": "/alerts/fences",
    "shifts": "/alerts/shifts",
    "alert_report": "/alerts/report",
    "notifications": "/alerts/notifications",
}
"""Page names and their addresses, in the order of the tabs; a page that does not exist shows none."""


def alert_tabs(lang: str, here: str) -> Component:
    """Links to those of the pages that there are and the visitor may open.

    Args:
        lang: language.
        here: name of the page they stand on, one of ``PAGES``; another name (one alert) marks none.
    """
    return html.Nav(
        [
            dcc.Link(translate(lang, f"page.{name}"), href=path, className=f"tab{' is-here' if name == here else ''}")
            for name in PAGES
            if (path := there(name))
        ],
        className="tabs", **{"aria-label": translate(lang, "alert.pages")},
    )  # fmt: skip


def there(name: str) -> str:
    """The address of one of ``PAGES``; empty when it does not exist, or is not the viewer's."""
    path = PAGES.get(name, "")
    exists = any(page["path"] == path for page in dash.page_registry.values())
    return path if exists and may(stage.asks(path)) else ""
