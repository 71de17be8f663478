"""What paper says besides the page: who printed it and when. On a screen nothing of it is seen."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from domain.viewer import WHO
from locales import translate


def paper_line(lang: str) -> Component:
    """The line above a printed page; assets/desk_print.js puts the moment into it as the page goes to paper.

    The clock of the shell is no answer to "when": on a page that shows the past it shows the past.
    """
    viewer = WHO.get()
    who = viewer.name if viewer is not None else ""
    return html.P(className="paper-line", **{"data-printed": translate(lang, "paper.printed", who=who)})
