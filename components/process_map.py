"""The way of a declaration as boxes and flows, with the ways back and the halts beside the flow they delay."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components.format import number
from components.tile import empty_then, tile
from components.turnaround import hours
from domain.segments import POINTS
from domain.turnaround import Loop, Stretch
from locales import translate


def process_map(stretches: Sequence[Stretch], loops: Sequence[Loop], first: int, lang: str, days: int) -> Component:
    """The map.

    Args:
        stretches: in order, from the second point on.
        loops: ways back and halts.
        first: how many declarations told the first point.
        lang: language.
        days: looked back on, for the words.
    """
    title = translate(lang, "turnaround.map")
    if not first and not any(one.reached for one in stretches):
        return tile(title, empty_then(lang, "turnaround", days=days), ages=False)
    slowest = max((one.hours.median or 0.0 for one in stretches), default=0.0)
    steps = [_box(POINTS[0], first, lang)]
    for one in stretches:
        steps.append(_flow(one, [loop for loop in loops if loop.before == one.name and loop.times], slowest, lang))
        steps.append(_box(one.name, one.reached, lang))
    drawn = html.Ol(steps, className="process", tabIndex=0)
    return tile(title, drawn, aside=translate(lang, "turnaround.map_words"), ages=False, name="turnaround-map")


def _box(name: str, count: int, lang: str) -> Component:
    return html.Li(
        [html.B(translate(lang, f"turnaround.point.{name}")), html.Span(number(count, lang))],
        className="process-box" + ("" if count else " is-untold"),
    )


def _flow(one: Stretch, loops: Sequence[Loop], slowest: float, lang: str) -> Component:
    share = (one.hours.median or 0.0) / slowest if slowest else 0.0
    told = [
        html.Span(hours(one.hours.median, lang), className="process-median"),
        html.I(className="process-arrow", style={"--share": f"{share:.2f}"}),
        html.Span(translate(lang, "turnaround.count", n=number(one.hours.n, lang)), className="process-count"),
    ]
    return html.Li([*told, *(_loop(loop, lang) for loop in loops)], className="process-flow")


def _loop(loop: Loop, lang: str) -> Component:
    said = translate(
        lang, "turnaround.loop", times=number(loop.times, lang), n=number(loop.declarations, lang),
        median=hours(loop.hours.median, lang),
    )  # fmt: skip
    still = translate(lang, "turnaround.loop_still", n=number(loop.still, lang)) if loop.still else ""
    return html.Div(
        [html.B(translate(lang, f"turnaround.hold.{loop.name}")), html.Span(said), html.Span(still) if still else None],
        className="process-loop",
    )
