"""The integrity watch: what of the order, of pairs and of long stays deserves a look, and how sure that is."""

from __future__ import annotations

import asyncio

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.integrity import integrity_about, jumps_tile, lying_tile, stays_tile
from components.integrity_chance import index_tile, pairs_tile
from components.still import still
from components.tile import empty, skeleton, tile
from domain.errors import StoreUnavailableError
from domain.integrity import SPANS, Report
from domain.integrity_index import KINDS
from domain.permissions import Permission
from layouts.inspection_tabs import inspection_tabs
from layouts.language import language_of
from layouts.moment import Moment, moment_of
from layouts.shell import page, page_title
from layouts.stage import may, stage
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path="/inspections/integrity", name="integrity", title=page_title("integrity"))

DAYS, KIND = 30, "agent"
PLACES = ("jumps", "index", "pairs", "lying", "stays")


def layout(lang: str | None = None, days: str | None = None, by: str | None = None, **_: str) -> Component:
    """The choosers and the shape of what comes; ``?days=`` is 7, 30 or 60, ``?by=`` whose index."""
    spoken = language_of(lang)
    span = int(days) if days in map(str, SPANS) else DAYS
    choosers = [
        _chooser("integrity-days", "integrity.span", "days", span, [(n, _days(n, spoken)) for n in SPANS], spoken),
        _chooser("integrity-kind", "integrity.by", "by", by if by in KINDS else KIND,
                 [(kind, translate(spoken, f"integrity.by.{kind}")) for kind in KINDS], spoken),
    ]  # fmt: skip
    waiting = skeleton(translate(spoken, "empty.integrity_working"))
    about, *places = (html.Div(id=f"integrity-{name}", className=f"place at-{name}") for name in ("about", *PLACES))
    places[0].children = waiting
    return page(
        spoken, "integrity", inspection_tabs(spoken, "integrity"),
        html.Div([html.Div(choosers, className="integrity-choosers"), about], className="at-head"), *places,
        dcc.Store(id="integrity-lang", data=spoken),
    )  # fmt: skip


def _chooser(name: str, words: str, key: str, value: object, options: list[tuple[object, str]], lang: str) -> Component:
    inner = dcc.RadioItems(
        id=name, value=value, className="segments", options=[{"value": v, "label": label} for v, label in options]
    )
    said = translate(lang, words)
    return html.Div([html.Span(said), inner], className="integrity-chooser", role="group",
                    **{"aria-label": said, "data-chosen": key})  # fmt: skip


def _days(n: int, lang: str) -> str:
    return translate(lang, "integrity.days", n=n)


@callback(
    Permission.INTEGRITY,
    *(Output(f"integrity-{name}", "children") for name in ("about", *PLACES)),
    Input("integrity-days", "value"), Input("integrity-kind", "value"), MOMENT_INPUT, ADDRESS,
    State("integrity-lang", "data"),
)  # fmt: skip
async def show(days: int, kind: str, told: str | None, search: str | None, lang: str) -> list[Component]:
    """All of it, of the moment looked at."""
    moment, span = moment_of(told, search), days if days in SPANS else DAYS
    try:
        report = await asyncio.to_thread(stage.integrity.report, visitor(), span, moment.at, moment.known)
    except StoreUnavailableError:
        failed = tile(translate(lang, "page.integrity"), empty(lang, "integrity_failed"), ages=False)
        return [html.Div(), failed, *(html.Div() for _ in PLACES[1:])]
    return await asyncio.to_thread(_drawn, report, kind if kind in KINDS else KIND, lang, moment)


def _drawn(report: Report, kind: str, lang: str, moment: Moment) -> list[Component]:
    links = may(Permission.LOOK)  # who audits reads the figures, and opens no declaration
    with moment.drawn():
        tiles = [
            integrity_about(report, lang), jumps_tile(report, lang, links), index_tile(report, kind, lang, links),
            pairs_tile(report, lang, links), lying_tile(report, lang, links), stays_tile(report, lang, links),
        ]  # fmt: skip
        return [still(one) for one in tiles]
