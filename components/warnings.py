"""The five warnings of seed 000 (功能③) as lists: what did not agree, and what waits for too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.format import clock, duration, number, place
from components.links import declaration_link
from components.past import before_history
from components.tile import nothing, picture_tile
from domain.sailing_pictures import WARNINGS, WarningRow, WarningsPicture
from locales import known, translate

WAITS = ("declaration", "platform", "direction", "bill", "since", "waited")
CHECKS = ("declaration", "container", "seal", "result", "since")


def warnings_tile(picture: WarningsPicture | None, lang: str) -> Component:
    """The five lists, one below the other, each with its count; an empty one says so and takes one line."""
    title = translate(lang, "warning.title")
    if picture is None or picture.as_of is None or before_history():
        return picture_tile(title, nothing(picture, lang, "warnings"), picture, lang=lang, name="warnings")
    lists = [_list(kind, picture, lang) for kind in WARNINGS]
    aside = translate(lang, "warning.all", n=number(len(picture.rows), lang))
    body = html.Div(lists, className="scroll", tabIndex=0)
    return picture_tile(title, body, picture, lang=lang, aside=aside, name="warnings")


def _list(kind: str, picture: WarningsPicture, lang: str) -> Component:
    rows = [row for row in picture.rows if row.kind == kind]
    notes = [translate(lang, "warning.note.check")] if kind == "check" else []
    if rows and rows[0].limit_hours is not None:
        notes.append(translate(lang, "warning.note.limit", hours=_hours(rows[0].limit_hours, lang)))
    count = html.B(number(len(rows), lang)) if rows else html.Span(translate(lang, "warning.none"))
    name = html.B(translate(lang, f"warning.kind.{kind}"))
    head = html.H3([name, html.Span(" · ".join(notes)), html.Span(count, className="warning-count")])
    return html.Section([head, *([_table(kind, rows, picture.as_of, lang)] if rows else [])],
                        key=kind, className="warning-list")  # fmt: skip


def _hours(hours: float, lang: str) -> str:
    return number(hours, lang, 0 if hours == int(hours) else 1)


def _table(kind: str, rows: Sequence[WarningRow], now: datetime | None, lang: str) -> Component:
    names = CHECKS if kind == "check" else WAITS
    head = [html.Th(translate(lang, f"warning.column.{name}"), className=f"w-{name}") for name in names]
    body = [
        html.Tr([_cell(name, row, now, lang) for name in names], key=row.key, **_subject(row.declaration_no))
        for row in rows
    ]
    return html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table warning-table")


def _subject(declaration_no: str) -> dict[str, str]:
    return {"data-subject": f"declaration:{declaration_no}"} if declaration_no else {}


def _cell(name: str, row: WarningRow, now: datetime | None, lang: str) -> Component:
    number_ = row.declaration_no
    if name == "declaration":
        return html.Td(declaration_link(number_) if number_ else "–", className="w-declaration")
    words = {
        "platform": place(row.platform, lang) or "–", "bill": row.bill_of_lading or "–",
        "direction": translate(lang, f"direction.{row.direction}") if row.direction else "–",
        "since": clock(row.since, lang, now), "waited": duration(None if row.hours is None else row.hours * 60, lang),
        "container": row.container_no or "–", "seal": row.seal_no or "–", "result": _result(row.result, lang),
    }  # fmt: skip
    return html.Td(words[name], className=f"w-{name}")


def _result(result: str, lang: str) -> str:
    key = f"check.{result}"
    return translate(lang, key) if known(key) else translate(lang, "check.other", word=result.removeprefix("other:"))
