"""The inspection queue in its fair order, and why each declaration stands where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.format import clock, day_clock, duration, number, stamp
from components.marks import shape
from components.past import before_history
from components.queue_words import against, differs, span, told
from components.tile import nothing, picture_tile
from domain.pictures import QueuePicture, QueueRow, Span
from locales import known, translate

OVERVIEW_ROWS = 13


def queue_tile(
    picture: QueuePicture | None, lang: str, names: Mapping[str, str], place: int = 0, *, view: str, whole: bool = False
) -> Component:
    """The queue of one platform, or of all of them.

    Args:
        picture: the queue of all platforms.
        lang: language.
        names: place names.
        place: 0 = all platforms, n = the n-th in the picture's order.
        view: name of the views ``<view>-<place>`` that show the other platforms.
        whole: all rows and columns instead of the overview's.
    """
    title = translate(lang, "queue.title")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "queue"), picture, lang=lang, name="queue")
    platforms = platforms_of(picture)
    place = min(place, len(platforms))
    rows = [row for row in picture.rows if not place or row.platform == platforms[place - 1]]
    shown = rows if whole else heads(rows, OVERVIEW_ROWS)
    tags = short_names(picture, platforms, lang)
    body = [
        platform_cells(picture, platforms, tags, place, lang, view),
        *_against(picture, platforms[place - 1] if place else None, lang),
        html.Div(
            queue_table(shown, lang, whole, {} if place else tags, picture.as_of),
            className="scroll" if whole else "rows",
            tabIndex=0 if whole else None,
        ),
    ]
    if shown:
        words = told(shown[0], lang, picture.as_of)
        body.append(html.P(words, className="reason all" if whole else "reason", **{"data-reason-of": shown[0].key}))
    where = names.get(platforms[place - 1], platforms[place - 1]) if place else translate(lang, "queue.all")
    aside = translate(lang, "queue.count", n=number(len(shown), lang), all=number(len(picture.rows), lang))
    return picture_tile(
        f"{title} · {where or translate(lang, 'queue.no_platform')}",
        body,
        picture,
        lang=lang,
        aside=aside,
        name="queue",
    )


def platforms_of(picture: QueuePicture) -> list[str]:
    """The platforms in a fixed order; never empty when there are rows."""
    return list(picture.platforms) or sorted({row.platform for row in picture.rows})


def heads(rows: Sequence[QueueRow], most: int) -> list[QueueRow]:
    """The first of every platform's queue, as many of each as fit; platforms stay together."""
    if len(rows) <= most:
        return list(rows)
    ranks = sorted({row.rank for row in rows})
    deep = max((rank for rank in ranks if sum(row.rank <= rank for row in rows) <= most), default=ranks[0])
    return [row for row in rows if row.rank <= deep][:most]


def platform_cells(
    picture: QueuePicture, platforms: Sequence[str], tags: Mapping[str, str], place: int, lang: str, view: str
) -> Component:
    """A small button for all and for each platform: its number waiting, marked when one is overdue."""
    everyone = (translate(lang, "queue.all_short"), list(picture.rows), translate(lang, "queue.all"))
    each = [(tags[name], [row for row in picture.rows if row.platform == name], name) for name in platforms]
    cells = []
    for number_, (tag, rows, name) in enumerate([everyone, *each]):
        overdue = sum(is_overdue(row) for row in rows)
        words = translate(lang, "queue.platform_words", name=name, n=len(rows), overdue=overdue)
        inner = [html.Span(tag), html.B(number(len(rows), lang)), shape("l2") if overdue else None]
        pressed = {"aria-pressed": "true" if number_ == place else "false"}
        cells.append(html.Button(inner, title=words, **{"data-show-view": f"{view}-{number_}"}, **pressed))
    return html.Div(cells, className="platforms")


def short_names(picture: QueuePicture, platforms: Sequence[str], lang: str) -> dict[str, str]:
    """What tells platforms apart in few signs: the area's short word and the platform's number."""
    area = {row.platform: row.area for row in picture.rows}
    short = {}
    for place, name in enumerate(platforms, 1):
        digits = re.findall(r"\d+", name)
        key = f"area.{area.get(name, '')}"
        short[name] = (translate(lang, key) if known(key) else "") + (digits[-1] if digits else str(place))
    return short


def is_overdue(row: QueueRow) -> bool:
    """Waiting longer than the limit."""
    return row.waited_minutes is not None and 0 < row.limit_minutes < row.waited_minutes


def _against(picture: QueuePicture, platform: str | None, lang: str) -> list[Component]:
    """How far the source's own order agrees with the rule; nothing where no source gives one."""
    short, full = against([one for one in picture.sources if platform in (None, one.platform)], lang)
    return [html.P(short, className="queue-source", title=full)] if short else []


def queue_table(
    rows: Sequence[QueueRow], lang: str, whole: bool, tags: Mapping[str, str], now: datetime | None
) -> Component:
    """The rows; every row carries its reason for whoever picks it.

    Args:
        rows: in the order shown.
        lang: language.
        whole: all columns.
        tags: short platform names for a table of several platforms; empty for one platform's.
        now: the picture's time.
    """
    names = ["platform"] * bool(tags) + ["rank", "declaration", "tags", "basis", "waited", "limit", "start"]
    names += ["finish", "source", "bill", "country", "entry", "origin", "flags"] * whole
    head = [html.Th(translate(lang, f"queue.column.{name}"), className=f"q-{name}") for name in names]
    body = [_row(row, lang, whole, tags, now) for row in rows]
    return html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table queue-table")


def _row(row: QueueRow, lang: str, whole: bool, tags: Mapping[str, str], now: datetime | None) -> Component:
    overdue = is_overdue(row)
    cells: list[Any] = [html.Td(tags.get(row.platform, ""), className="q-platform", title=row.platform)] if tags else []
    cells += [
        html.Td(row.rank, className="q-rank"),
        html.Td(row.key if whole else f"…{row.key[-6:]}", className="q-declaration", title=row.key),
        html.Td(kinds(row, lang), className="q-tags"),
        html.Td(basis(row, lang, now), className="q-basis"),
        html.Td(duration(row.waited_minutes, lang), className="q-waited num"),
        html.Td(limit_bar(row, lang, overdue), className="q-limit"),
        _span(None if row.expected is None else row.expected.start, "q-start", lang, whole, now),
    ]
    if whole:
        differing = differs(row, lang)
        flags = " · ".join(translate(lang, f"flag.{flag}") for flag in row.flags)
        cells += [
            _span(None if row.expected is None else row.expected.finish, "q-finish", lang, whole, now),
            html.Td(
                [row.source_rank or "–", shape("l4") if differing else None], className="q-source", title=differing
            ),
        ]
        cells += [
            html.Td(text, title=text)
            for text in (row.bill_of_lading, row.country, row.entry_state, origin(row, lang), flags)
        ]
    everything = told(row, lang, now)
    first_line = everything.partition("\n")[0]  # the table's own tooltips would be too many bytes with all of it
    first = "first" if row.rank == 1 else ""
    data = {"data-reason": everything, "data-reason-key": row.key, "data-subject": f"declaration:{row.key}"}
    return html.Tr(cells, key=row.key, title=first_line if whole else everything, tabIndex=0, className=first, **data)


def _span(one: Span | None, name: str, lang: str, whole: bool, now: datetime | None) -> Component:
    """When something is expected: in the tile the middle alone, the interval stands in the words below."""
    if one is None:
        return html.Td("–", className=f"{name} num")
    words = span(one, lang, now)
    if not whole:
        day, time = day_clock(one.at).split()
        soon = now is not None and one.at < now + timedelta(days=1)
        return html.Td(time if soon else day, className=f"{name} num", title=words)
    between = f"{clock(one.since, lang, one.at)}–{clock(one.until, lang, one.since)}"
    return html.Td([clock(one.at, lang, now), html.Small(between)], className=f"{name} num")


def kinds(row: QueueRow, lang: str) -> list[Component]:
    """Direction, class, perishable and mode as small words."""
    words = [translate(lang, f"direction.{row.direction}")] if row.direction else []
    if row.enterprise_class == "advanced":
        words.append(translate(lang, "tag.advanced"))
    if row.fresh:
        words.append(translate(lang, "tag.fresh"))
    if row.mode == "machine":
        words.append(translate(lang, "tag.machine"))
    return [html.Span(word, className="tag") for word in words]


def basis(row: QueueRow, lang: str, now: datetime | None) -> str:
    """The time its place goes by: sailing for exports, appointment for others."""
    export = row.direction == "export"
    at = row.vessel_departure_at if export else row.appointed_at
    if at is None:
        return translate(lang, "queue.sailing_unknown" if export else "queue.appointment_unknown")
    return translate(lang, "queue.sailing" if export else "queue.appointed", time=clock(at, lang, now))


def origin(row: QueueRow, lang: str) -> str:
    """Live, simulated, or when it was recorded."""
    if row.recorded_time is not None:
        return translate(lang, "origin.recorded_at", time=stamp(row.recorded_time, lang))
    return translate(lang, f"origin.{row.origin}") if row.origin else "–"


def limit_bar(row: QueueRow, lang: str, overdue: bool) -> Component | str:
    """How much of the allowed wait is used; beyond it shape and colour."""
    if row.waited_minutes is None or row.limit_minutes <= 0:
        return "–"
    used = row.waited_minutes / row.limit_minutes
    words = translate(lang, "queue.limit_used", share=f"{used * 100:.0f}", limit=duration(row.limit_minutes, lang))
    bar = html.Span(className="bar", style={"--fill": f"{min(1.0, used) * 100:.0f}%"})
    inner = [bar, shape("l2") if overdue else html.I(className="mark none"), html.Span(words, className="unseen")]
    return html.Span(inner, className="limit over" if overdue else "limit", title=words)
