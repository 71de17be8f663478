"""Tiles made for reading from afar: the alarm that calls, the platforms, the nodes, the feeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from components.alerts import alert_text, alert_title, state_words
from components.feeds import expected, message, short_title
from components.format import clock, iso, number, percent, place
from components.marks import lamp, level_mark, shape
from components.past import before_history
from components.queue import is_overdue, platforms_of, short_names
from components.tile import nothing, picture_tile, tile
from components.yard import by_terminal, short_terminal_name, yard_total
from domain.pictures import AlertRow, AlertsPicture, BlockRow, InspectionsPicture, Picture, QueuePicture, YardPicture
from domain.records import Node
from locales import translate


def alarm_tile(picture: AlertsPicture | None, calling: Sequence[AlertRow], lang: str) -> Component:
    """The alarm that calls, in letters for the far end of the room; empty while none does.

    Args:
        picture: the alerts standing.
        calling: those of them that call, worst first.
        lang: language.
    """
    if picture is None or not calling:
        return html.Div(className="alarm-none")
    row, now = calling[0], picture.as_of
    where = f"{translate(lang, f'subject.{row.subject_kind}')} {place(row.subject, lang)}"
    age = html.Span(className="age", **{"data-as-of": iso(row.opened_at), "data-expected": "1e9"})
    more = translate(lang, "wall.alarm_more", n=number(len(calling) - 1, lang)) if len(calling) > 1 else ""
    inner = [
        html.Div([level_mark(row.level, lang), age], className="alarm-head"),
        html.H2(alert_title(row, lang)),
        html.P(alert_text(row, lang, now), className="alarm-text"),
        html.P(where, className="alarm-where"),
        html.P(f"{clock(row.opened_at, lang, now)} · {state_words(row, lang)}", className="alarm-state"),
        html.P(more, className="alarm-more"),
    ]
    return html.Section(inner, className=f"tile alarm alarm-{row.level}", role="alert", **{"data-alarm": row.key})


def platforms_tile(picture: QueuePicture | None, lang: str) -> Component:
    """Every platform: how many wait there, how many of them too long."""
    title = translate(lang, "wall.platforms")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "queue"), picture, lang=lang, name="platforms-wall")
    waiting = Counter(row.platform for row in picture.rows)
    overdue = Counter(row.platform for row in picture.rows if is_overdue(row))
    most = max(waiting.values())
    platforms = platforms_of(picture)
    short = short_names(picture, platforms, lang)
    cells = [_platform(name, short[name], waiting[name], overdue[name], most, lang) for name in platforms]
    aside = translate(lang, "wall.platforms_aside", n=number(len(picture.rows), lang), late=sum(overdue.values()))
    return picture_tile(
        title, html.Div(cells, className="wall-bars"), picture, lang=lang, aside=aside, name="platforms-wall"
    )  # fmt: skip


def _platform(name: str, short: str, waiting: int, overdue: int, most: int, lang: str) -> Component:
    late = [shape("l2"), html.B(number(overdue, lang))] if overdue else []
    return html.Div(
        [
            html.Span(short, className="wall-bar-name", title=place(name, lang)),
            html.Span(className="wall-bar", style={"--fill": f"{100 * waiting / most:.1f}%"}),
            html.B(number(waiting, lang), className="num"),
            html.Span(late, className="wall-bar-late num", title=translate(lang, "wall.overdue", n=overdue)),
        ],
        className="wall-bar-row",
    )


def terminals_tile(
    picture: YardPicture | None, lang: str, names: Mapping[str, str], short: Mapping[str, str], limit: float
) -> Component:
    """Occupancy of each terminal, and how many of its blocks are above the line; the yard from afar.

    Args:
        picture: the yard.
        lang: language.
        names: place names by id.
        short: the same for where room is small.
        limit: share of capacity from which a block counts as backlogged.
    """
    title = translate(lang, "yard.title")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "yard"), picture, lang=lang, name="terminals-wall")
    cells = [
        _terminal(short_terminal_name(group, lang, names, short), rows, lang, limit)
        for group, rows in by_terminal(picture.rows)
    ]
    body = [html.Div(cells, className="wall-bars"), yard_total(picture, lang)]
    return picture_tile(title, body, picture, lang=lang, aside=translate(lang, "yard.share"), name="terminals-wall")


def _terminal(name: Component, rows: Sequence[BlockRow], lang: str, limit: float) -> Component:
    charted = [row for row in rows if row.occupancy is not None]
    capacity = sum(row.capacity_teu for row in charted)
    share = sum(row.teu for row in charted) / capacity if capacity else None
    over = sum((row.occupancy or 0) >= limit for row in charted)
    late = [shape("l3"), html.B(number(over, lang))] if over else []
    return html.Div(
        [
            html.Span(name, className="wall-bar-name"),
            html.Span(className="wall-bar", style={"--fill": f"{100 * min(1.0, share or 0):.1f}%"}),
            html.B(percent(share, lang), className="num"),
            html.Span(late, className="wall-bar-late num", title=translate(lang, "wall.blocks_over", n=over)),
        ],
        className="wall-bar-row",
    )


def stages_tile(picture: InspectionsPicture | None, lang: str) -> Component:
    """How many declarations stand at each of the seven nodes now."""
    title = translate(lang, "wall.stages")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "inspections"), picture, lang=lang, name="stages-wall")
    standing = Counter(row.stage for row in picture.rows)
    most = max(standing.values())
    cells = [
        html.Div(
            [
                html.Span(translate(lang, f"node.{node}"), className="wall-bar-name"),
                html.Span(className="wall-bar", style={"--fill": f"{100 * standing[node] / most:.1f}%"}),
                html.B(number(standing[node], lang), className="num"),
                html.Span(className="wall-bar-late"),
            ],
            className="wall-bar-row",
        )
        for node in Node
    ]
    aside = translate(
        lang, "wall.stages_aside", waiting=number(picture.waiting, lang), going=number(picture.in_progress, lang),
        done=number(picture.finished_today, lang),
    )  # fmt: skip
    return picture_tile(
        title, html.Div(cells, className="wall-bars"), picture, lang=lang, aside=aside, name="stages-wall"
    )


def feeds_tile(picture: Picture | None, lang: str) -> Component:
    """Every feed with its state, its age and what is wrong with it."""
    title = translate(lang, "wall.feeds")
    if picture is None or not picture.rows or before_history():
        return tile(title, nothing(picture, lang, "feeds"), ages=False, name="feeds-wall")
    rows = [
        html.Div(
            [
                lamp(row.state, lang), html.Span(short_title(row, lang), className="lamp-name"),
                html.Span(message(row, lang) if row.state not in ("ok", "starting") else "", className="feed-why"),
                html.Span(className="age num"),
            ],
            className=f"feed is-{row.state}",
            **{"data-as-of": iso(row.last_ok_at), "data-expected": f"{expected(row):g}"},
        )
        for row in picture.rows
    ]  # fmt: skip
    return tile(title, html.Div(rows, className="wall-feeds"), ages=False, name="feeds-wall")
