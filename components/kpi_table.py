"""All KPIs as a table: value, target, reference, trend, note."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components.format import number
from components.kpi import kpi_note
from components.marks import shape
from components.past import before_history
from components.spark import drawable, spark
from components.tile import nothing, picture_tile
from domain.pictures import KpiRow, KpisPicture
from locales import translate

COLUMNS = ("name", "value", "target", "reference", "trend", "state", "note", "feeds")


def kpi_table(picture: KpisPicture | None, lang: str) -> Component:
    """The table."""
    title = translate(lang, "kpi.table_title")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "kpis"), picture, lang=lang)
    head = html.Tr([html.Th(translate(lang, f"kpi.column.{name}")) for name in COLUMNS])
    table = html.Table(
        [html.Thead(head), html.Tbody([_row(row, lang) for row in picture.rows])], className="table kpi-table"
    )
    return picture_tile(title, html.Div(table, className="scroll", tabIndex=0), picture, lang=lang)


def _row(row: KpiRow, lang: str) -> Component:
    said = number(row.value, lang, row.decimals)
    unit = translate(lang, f"unit.{row.unit}", n=said)
    target = "–"
    if row.target is not None:
        key = "kpi.target_most" if row.better == "lower" else "kpi.target_least"
        target = translate(lang, key, value=number(row.target, lang, row.decimals))
    reference = "–"
    if row.reference is not None:
        kind = translate(lang, f"kpi.reference.{row.reference_kind}")
        reference = f"{number(row.reference, lang, row.decimals)} ({kind})"
    mark = [shape("l3")] if row.state == "attention" else []
    cells = [
        html.Td(html.B(translate(lang, f"kpi.{row.key}.title"))),
        html.Td([html.B(said, className="figure"), f" {unit}"], className="num"),
        html.Td(target),
        html.Td(reference),
        html.Td(spark(row.spark, lang, row.decimals) if drawable(row.spark) else "–"),
        html.Td([*mark, translate(lang, f"kpi.state.{row.state}")]),
        html.Td(kpi_note(row, lang) or "–"),
        html.Td(", ".join(row.feeds) or "–"),
    ]
    return html.Tr(cells)
