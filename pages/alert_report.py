"""The alarm system measures itself: load, floods, mix, nuisance and answers, and which rules to treat first."""

from __future__ import annotations

import asyncio

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.alarm_report import SPANS, figures_tile, rate_tile, rules_tile
from components.still import still
from components.tile import empty, skeleton, tile
from domain.errors import StoreUnavailableError
from domain.permissions import Permission
from domain.viewer import Viewer
from layouts.alert_tabs import alert_tabs, there
from layouts.language import language_of
from layouts.moment import Moment, moment_of
from layouts.paper import paper_line
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(
    __name__, path="/alerts/report", name="alert_report", title=page_title("alert_report"), uses=("chart",)
)

SPAN = "shift"
PLACES = ("figures", "rate", "rules")
EVERY_SECONDS = 60


def layout(lang: str | None = None, span: str | None = None, **_: str) -> Component:
    """The chooser of the span that chart and rules are of (``?span=week``), and a place for what is made of it."""
    spoken = language_of(lang)
    said = translate(spoken, "metrics.span")
    options = [{"value": one, "label": translate(spoken, f"metrics.span.{one}")} for one in SPANS]
    inner = dcc.RadioItems(
        id="metrics-span", value=span if span in SPANS else SPAN, className="segments", options=options
    )
    chooser = html.Div([html.Span(said), inner], className="metrics-chooser", role="group",
                       **{"aria-label": said, "data-chosen": "span"})  # fmt: skip
    places = [html.Div(id=f"metrics-{name}", className=f"place at-metrics-{name}") for name in PLACES]
    places[0].children = skeleton(translate(spoken, "tile.reading"))
    return page(
        spoken, "alert_report", paper_line(spoken), alert_tabs(spoken, "alert_report"), chooser, *places,
        dcc.Interval(id="metrics-tick", interval=EVERY_SECONDS * 1000), dcc.Store(id="metrics-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    *(Output(f"metrics-{name}", "children") for name in PLACES),
    Input("metrics-span", "value"), Input("metrics-tick", "n_intervals"), MOMENT_INPUT, ADDRESS,
    State("metrics-lang", "data"),
)  # fmt: skip
async def show(span: str, _: int | None, told: str | None, search: str | None, lang: str) -> list[Component]:
    """Everything, of the spans that end at the moment."""
    chosen = span if span in SPANS else SPAN
    return await asyncio.to_thread(_made, visitor(), chosen, lang, moment_of(told, search))


def _made(viewer: Viewer, span: str, lang: str, moment: Moment) -> list[Component]:
    try:
        found = stage.alarm.reports(viewer, moment.at, moment.known) if viewer.scope is None else {}
        oldest = stage.reads.oldest(viewer) if moment.at is not None else None
    except StoreUnavailableError:
        failed = tile(translate(lang, "page.alert_report"), empty(lang, "metrics_failed"), ages=False)
        return [failed, html.Div(), html.Div()]
    one, rules_at = found.get(span), there("rules")
    with moment.drawn(oldest):
        tiles = [figures_tile(found, lang), rate_tile(one, span, lang), rules_tile(one, span, lang, rules_at)]
        return [still(drawn) for drawn in tiles]
