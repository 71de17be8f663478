"""The catalogue of datasets: fields with unit and meaning, whose they are, how fresh, what fills and reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from dash import html
from dash.development.base_component import Component

from components.feeds import feed_title
from components.format import clock
from components.marks import lamp
from domain.lineage import Lineage
from domain.pictures import FeedRow
from domain.units import unit_of
from locales import known, translate

COLUMNS = ("field", "type", "unit", "meaning")


class Field(msgspec.Struct, frozen=True):
    """A field as the catalogue shows it."""

    name: str
    kind: str  # text, whole number, ... as a mapping takes it
    required: bool


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """One dataset.

    Attributes:
        name: key of the mapping's datasets.
        record: name of its record type, as feeds say what they bring.
        owner: whose data they are.
        fields: in the record's order.
        lineage: what reads it.
        pages: page name -> address.
    """

    name: str
    record: str
    owner: str
    fields: Sequence[Field]
    lineage: Lineage
    pages: Mapping[str, str]


def catalogue(datasets: Sequence[Dataset], feeds: Sequence[FeedRow], lang: str, now: datetime | None) -> Component:
    """All datasets, each with its lineage in sight and its fields to be unfolded."""
    return html.Div([dataset(one, feeds, lang, now) for one in datasets], className="datasets scroll")


def dataset(one: Dataset, feeds: Sequence[FeedRow], lang: str, now: datetime | None) -> Component:
    """One dataset."""
    filled = [row for row in feeds if one.record in row.brings]
    read = one.lineage
    lines: list[tuple[str, list[object]]] = [
        ("dataset.owner", [translate(lang, f"dataset.owner.{one.owner}")]),
        ("dataset.feeds", [_feed(row, lang, now) for row in filled] or [translate(lang, "dataset.no_feed")]),
        ("dataset.pages", [html.A(translate(lang, f"page.{name}"), href=one.pages[name]) for name in read.pages]),
        ("dataset.topics", [html.Code(name) for name in read.topics]),
        ("dataset.rules", [translate(lang, f"alert.{name}.title") for name in read.rules]),
        ("dataset.kpis", [translate(lang, f"kpi.{name}.title") for name in read.kpis]),
        ("dataset.forecasts", [translate(lang, f"forecast.{name}.title") for name in read.forecasts]),
    ]
    shown = [
        html.Div([html.Dt(translate(lang, term)), html.Dd(_joined(parts))], className="line")
        for term, parts in lines
        if parts
    ]
    head = html.Thead(html.Tr([html.Th(translate(lang, f"column.{name}")) for name in COLUMNS]))
    body = html.Tbody([_row(one.name, field, lang) for field in one.fields])
    title = _words(f"dataset.{one.name}", one.name, lang)
    return html.Section(
        [
            html.H3([title, " ", html.Code(one.name)]),
            html.Dl(shown, className="lineage"),
            html.Details(
                [html.Summary(translate(lang, "dataset.fields", n=len(one.fields))),
                 html.Table([head, body], className="table")]
            ),
        ],
        className="dataset", id=f"dataset-{one.name}",
    )  # fmt: skip


def _feed(row: FeedRow, lang: str, now: datetime | None) -> Component:
    newest = translate(lang, "dataset.newest", time=clock(row.last_event_at, lang, now))
    return html.Span(
        [lamp(row.state, lang, words=row.state != "ok"), " ",
         html.A(feed_title(row, lang), href=f"/feeds?feed={row.key}"), f" ({newest})"]
    )  # fmt: skip


def _joined(parts: Sequence[object]) -> list[object]:
    return [piece for place, part in enumerate(parts) for piece in ([" · ", part] if place else [part])]


def _row(name: str, field: Field, lang: str) -> Component:
    own = f"field.{name}.{field.name}"
    meaning = own if known(own) else f"field.{field.name}"
    kind = translate(lang, f"dataset.type.{field.kind}")
    needed = f" · {translate(lang, 'dataset.required')}" if field.required else ""
    cells = [html.Code(field.name), kind + needed, unit_of(field.name) or "–", _words(meaning, field.name, lang)]
    return html.Tr([html.Td(cell) for cell in cells])


def _words(key: str, otherwise: str, lang: str) -> str:
    """Catalogue words; a dataset or field that has none yet is shown by its name."""
    return translate(lang, key) if known(key) else otherwise
