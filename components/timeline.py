"""The seven nodes of an inspection with their times and the time between them."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components.format import duration, place, stamp
from components.tile import facts
from components.words import other_words
from domain.pictures import InspectionRow
from domain.records import Node
from locales import translate


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
    return html.Div([_about(row, lang), *other_words(row.others, lang), html.Ol(items, className="timeline")])


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
