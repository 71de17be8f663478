"""Turnaround: how long inspections take from commission to release, where, and what changed it."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.format import stamp, zone
from components.process_map import process_map
from components.tile import skeleton
from components.turnaround import compare_tile, cost_tile, headline_tile, stretches_tile
from components.turnaround_charts import distribution_tile, trend_tile
from domain.before_after import compare
from domain.permissions import Permission
from domain.segments import NEVER, POINTS, STRETCHES, Segments
from domain.turnaround import Chosen, costs, days, headline, loops, spread, stretches
from domain.viewer import Viewer
from layouts.inspection_tabs import inspection_tabs
from layouts.language import language_of
from layouts.moment import Moment, moment_of
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(
    __name__, path="/inspections/turnaround", name="turnaround", title=page_title("turnaround"), uses=("chart",)
)

WHOLE = "whole"
FILTERS = {"kind": ("farm", "other"), "mode": ("manual", "machine"), "area": ("north", "south"),
           "direction": ("export", "import")}  # fmt: skip
WORDS = {"kind": "turnaround.kind", "mode": "mode", "area": "area", "direction": "direction"}
EVERY_SECONDS = 60


def layout(lang: str | None = None, **query: str) -> Component:
    """Filters of the address (``?kind=farm&day=2026-10-25``) and a place for what is made of them."""
    spoken = language_of(lang)
    return page(
        spoken, "turnaround", inspection_tabs(spoken, "turnaround"),
        html.Div(_filters(query, spoken), className="filters turnaround-filters"),
        html.Div(skeleton(translate(spoken, "tile.reading")), id="turnaround-shown", className="turnaround-shown"),
        dcc.Interval(id="turnaround-tick", interval=EVERY_SECONDS * 1000),
        dcc.Store(id="turnaround-pick"), dcc.Store(id="turnaround-lang", data=spoken),
    )  # fmt: skip


def _filters(query: dict[str, str], lang: str) -> list[Component]:
    fields = []
    for name, words in FILTERS.items():
        title = translate(lang, f"turnaround.filter.{name}")
        options = [("", translate(lang, "turnaround.every"))]
        options += [(word, translate(lang, f"{WORDS[name]}.{word}")) for word in words]
        asked = query.get(name, "")
        inner = dcc.RadioItems(
            id=f"turnaround-{name}", value=asked if asked in words else "", className="segments",
            options=[{"value": value, "label": label} for value, label in options],
        )  # fmt: skip
        fields.append(html.Div([html.Span(title), inner], role="group", **{"aria-label": title, "data-chosen": name}))
    day = dcc.Input(
        id="turnaround-day", value=query.get("day", ""), debounce=True, className="search",
        placeholder=translate(lang, "turnaround.day_form"), maxLength=10,
    )  # fmt: skip
    return [*fields, html.Label([html.Span(translate(lang, "turnaround.filter.day")), day], **{"data-chosen": "day"})]


@callback(
    Permission.LOOK,
    Output("turnaround-shown", "children"),
    *(Input(f"turnaround-{name}", "value") for name in FILTERS), Input("turnaround-day", "value"),
    Input("turnaround-pick", "data"), Input("turnaround-tick", "n_intervals"), MOMENT_INPUT, ADDRESS,
    State("turnaround-lang", "data"),
)  # fmt: skip
async def show(
    kind: str | None, mode: str | None, area: str | None, direction: str | None, day: str | None,
    picked: dict[str, Any] | None, _: int | None, told: str | None, search: str | None, lang: str,
) -> list[Component]:  # fmt: skip
    """Everything, of the chosen declarations as of the moment."""
    chosen = Chosen(kind=kind or "", mode=mode or "", area=area or "", direction=direction or "")
    step = str((picked or {}).get("value", ""))
    asked = (visitor(), chosen, (day or "").strip(), step if step in STRETCHES else WHOLE, lang)
    return await asyncio.to_thread(_made, *asked, moment_of(told, search))


@lru_cache(maxsize=4)
def _read(reads: Any, viewer: Viewer, minute: int, at: datetime | None, known: str, back: int) -> Segments:
    """The declarations of the days back; kept, because filters are tried one after the other."""
    until = at or datetime.fromtimestamp(minute * EVERY_SECONDS, UTC)
    found: Segments = reads.segments(viewer, until - timedelta(days=back), at, known)
    return found


def _made(viewer: Viewer, chosen: Chosen, day: str, step: str, lang: str, moment: Moment) -> list[Component]:
    back = stage.settings.inspections.baseline_days
    now = moment.now()
    minute = int(now.timestamp()) // EVERY_SECONDS
    rows = chosen.of(_read(stage.reads, viewer, minute, moment.at, moment.known, back))
    oldest = stage.reads.oldest(viewer) if moment.at is not None else None
    with moment.drawn(oldest):
        return _tiles(rows, day, step, lang, now, back)


def _tiles(rows: Segments, day: str, step: str, lang: str, now: datetime, back: int) -> list[Component]:
    """One tile each; every place is named by its class."""
    today = now.astimezone(zone()).date()
    since = today - timedelta(days=back - 1)
    cut = _day(day)
    inside = cut is not None and since < cut <= today
    why = "" if not day else "outside" if cut is not None else "unreadable"
    compared = compare(rows, cut, since, today, zone()) if cut is not None and inside else None
    found = stretches(rows)
    place = STRETCHES.index(step) if step in STRETCHES else None
    one = spread(rows.whole()[0]) if place is None else found[place].hours
    first = int((rows.times[:, POINTS.index("accepted")] != NEVER).sum())
    until = translate(lang, "turnaround.until", time=stamp(now, lang))
    tiles = {
        "head": headline_tile(headline(rows), lang, back),
        "cost": cost_tile(costs(rows, today, zone()), lang, until),
        "compare": compare_tile(compared, lang, why),
        "map": process_map(found, loops(rows), first, lang, back),
        "table": stretches_tile(found, step, lang, back),
        "one": distribution_tile(one, step, lang, back),
        "trend": trend_tile(days(rows, since, today, zone()), cut if inside else None, lang),
    }
    return [html.Div(drawn, className=f"place at-turnaround-{name}") for name, drawn in tiles.items()]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
