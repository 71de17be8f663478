"""The seven nodes of an inspection with their times and the time between them."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components.format import duration, place, stamp
from components.marks import shape
from components.tile import facts
from domain.pictures import InspectionRow
from domain.records import Node
from locales import translate

_CATALOGUES = {"direction": "direction", "enterprise_class": "class", "mode": "mode"}
_TIMES = frozenset({"applied_at", "appointed_for", "vessel_departure_at"})
_WORDS = ("field", "shown", "said")


def timeline(row: InspectionRow, lang: str) -> Component:
    """All seven nodes in order; those not reached say so."""
    items: list[Component] = []
    before: datetime | None = None
    for order, node in enumerate(Node, 1):
        at = row.nodes.get(node)
        gap = (at - before).total_seconds() / 60 if at is not None and before is not None else None
        before = at or before
        inner = [
            html.Span(order, className="node-no"),
            html.B(translate(lang, f"node.{node}")),
            html.Span(stamp(at, lang) if at is not None else translate(lang, "node.not_reached"), className="node-at"),
            html.Span(_recorded(row, at, lang), className="node-recorded"),
            html.Span(f"+{duration(gap, lang)}" if gap is not None else "", className="node-gap"),
        ]
        items.append(html.Li(inner, className="reached" if at is not None else "ahead"))
    return html.Div([_about(row, lang), *_others(row, lang), html.Ol(items, className="timeline")])


def _others(row: InspectionRow, lang: str) -> list[Component]:
    """What other feeds say otherwise, beside what is shown."""
    return [
        html.Div(
            [
                html.P([shape("l3"), translate(lang, "words.head", feed=word.feed, time=stamp(word.said_at, lang))]),
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(translate(lang, f"words.{name}")) for name in _WORDS])),
                        html.Tbody([_contradiction(field, pair, lang) for field, pair in word.fields.items()]),
                    ]
                ),
            ],
            className="other-words",
        )
        for word in row.others
    ]


def _contradiction(field: str, pair: tuple[str, str], lang: str) -> Component:
    return html.Tr(
        [
            html.Th(translate(lang, f"words.field.{field}"), scope="row"),
            *(html.Td(_said(field, text, lang)) for text in pair),
        ]
    )


def _said(field: str, text: str, lang: str) -> str:
    """A value of a field in people's words."""
    if field in _CATALOGUES:
        return translate(lang, f"{_CATALOGUES[field]}.{text}")
    if field in _TIMES:
        return stamp(datetime.fromisoformat(text), lang)
    return place(text, lang) if field == "platform" else text


def _recorded(row: InspectionRow, at: datetime | None, lang: str) -> str:
    """The time in the recording, beside the shifted one."""
    if row.recorded_shift_seconds is None or at is None:
        return ""
    recorded = at - timedelta(seconds=row.recorded_shift_seconds)
    return translate(lang, "origin.recorded_at", time=stamp(recorded, lang))


def _about(row: InspectionRow, lang: str) -> Component:
    flags = " · ".join(translate(lang, f"flag.{flag}") for flag in row.flags)
    direction = translate(lang, f"direction.{row.direction}") if row.direction else "–"
    pairs = [
        (translate(lang, "inspection.declaration"), row.key),
        (translate(lang, "inspection.bill"), row.bill_of_lading or "–"),
        (translate(lang, "inspection.platform"), place(row.platform, lang) or "–"),
        (translate(lang, "inspection.direction"), direction),
        (translate(lang, "inspection.class"), translate(lang, f"class.{row.enterprise_class}")),
        (translate(lang, "inspection.mode"), translate(lang, f"mode.{row.mode}")),
        (translate(lang, "inspection.containers"), ", ".join(row.containers) or "–"),
        (translate(lang, "inspection.origin"), translate(lang, f"origin.{row.origin}") if row.origin else "–"),
    ]
    if flags:
        pairs.append((translate(lang, "inspection.flags"), flags))
    return facts(pairs)
