"""What opens one vehicle's alias: why it is wanted, and the plate once that is on record."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from locales import translate


def unmask(name: str, alias: str, lang: str) -> Component:
    """A line that unfolds to the question why.

    Args:
        name: of the place on the page; begins the ids of its parts.
        alias: to be opened.
        lang: of its words.
    """
    why = translate(lang, "unmask.why")
    asked = html.Div(
        [
            html.Span(translate(lang, "unmask.on_record")),
            html.Label([why, dcc.Input(id=f"{name}-unmask-reason", className="search", maxLength=200,
                                       autoComplete="off")], className="style-field"),
            html.Button(translate(lang, "unmask.do"), id=f"{name}-unmask", value=alias, className="way"),
            html.Div(id=f"{name}-unmask-told", className="plate", role="status"),
        ],
        className="sure-ask",
    )  # fmt: skip
    return html.Details([html.Summary(translate(lang, "unmask.act")), asked], className="sure", key=alias)
