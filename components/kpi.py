"""KPI tiles: value, unit, target, reference, note, trend and age."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components.format import iso, number, sentence, signed
from components.marks import shape
from components.past import before_history
from components.spark import drawable, spark
from components.tile import nothing
from domain.pictures import KpiRow, KpisPicture
from locales import translate


def kpi_strip(picture: KpisPicture | None, lang: str, group: str = "") -> Component:
    """The KPIs of a group side by side, each with its own age; without a group the port's."""
    rows = [row for row in picture.rows if row.group == group] if picture is not None else []
    if not rows or before_history():
        return html.Div(nothing(picture, lang, "kpis"), className="kpis kpis-empty")
    return html.Div([kpi_tile(row, lang) for row in rows], className="kpis")


def kpi_tile(row: KpiRow, lang: str) -> Component:
    """One KPI."""
    attention = row.state == "attention"
    title = translate(lang, f"kpi.{row.key}.title")
    head = html.Header([html.H2(title), html.Span(className="age")])
    mark = [shape("l3"), html.Span(translate(lang, "kpi.attention"), className="unseen")] if attention else []
    said = number(row.value, lang, row.decimals)
    figure = html.Div(
        [
            html.Span(said, className="figure"),
            html.Span(translate(lang, f"unit.{row.unit}", n=said), className="unit"),
            *mark,
        ],
        className="value",
    )
    trend = spark(row.spark, lang, row.decimals) if drawable(row.spark) else None
    lines = [_line(parts) for parts in kpi_lines(row, lang)]
    return html.Section(
        [
            head,
            html.Div([figure, trend], className="value-row"),
            html.Div(lines, className="lines"),
            html.P(className="cause"),
        ],
        className=f"tile kpi kpi-{row.state}",
        **{
            "data-as-of": iso(row.as_of),
            "data-expected": f"{row.expected_seconds:g}",
            "data-kpi": row.key,
            "data-feeds": " ".join(row.feeds),
        },
    )


def _line(parts: Sequence[str]) -> Component:
    """One line; where it has no room for all its parts the last ones go, each as a whole (wall.css)."""
    spans = [html.Span(part, className="part") for part in parts]
    return html.Div([words for span in spans for words in (span, " ")][:-1], className="line")


def kpi_lines(row: KpiRow, lang: str) -> list[list[str]]:
    """Target and reference, then the note; or why there is no value. Each in parts, the most important first."""
    if row.value is None:
        return [[translate(lang, "kpi.no_value")]]
    held: list[list[str]] = []
    if row.target is not None:
        key = "kpi.target_most" if row.better == "lower" else "kpi.target_least"
        held.append([translate(lang, key, value=number(row.target, lang, row.decimals))])
    if row.reference is not None:
        kind = translate(lang, f"kpi.reference.{row.reference_kind}")
        held.append([f"{kind} {number(row.reference, lang, row.decimals)}", *_change(row, lang)])
    first, *more = kpi_note(row, lang).split(" · ")
    return held + ([[first, *(f"· {part}" for part in more)]] if first else [])


def kpi_note(row: KpiRow, lang: str) -> str:
    """The note in words."""
    return sentence(lang, f"kpi.note.{row.note_code}", row.note_params, row.as_of) if row.note_code else ""


def _change(row: KpiRow, lang: str) -> list[str]:
    """Relative difference to the reference, if there is one; a share is compared in points, as the words say."""
    if row.value is None or not row.reference:
        return []
    if row.unit == "percent":
        return [f"({translate(lang, 'kpi.points', n=signed(row.value - row.reference, lang, 1))})"]
    return [f"({signed((row.value / row.reference - 1) * 100, lang)} %)"]
