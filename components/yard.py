"""The yard: block bars by terminal, totals, and a table of blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.format import number, percent, signed
from components.marks import shape
from components.past import before_history
from components.tile import nothing, picture_tile
from components.words import other_words
from domain.pictures import BlockRow, YardPicture
from locales import translate


def yard_tile(picture: YardPicture | None, lang: str, names: Mapping[str, str], limit: float) -> Component:
    """Occupancy by terminal.

    Args:
        picture: the yard.
        lang: language.
        names: place names by id.
        limit: share of capacity from which a block counts as backlogged.
    """
    title = translate(lang, "yard.title")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "yard"), picture, lang=lang, name="yard")
    if all(row.occupancy is None for row in picture.rows):
        return picture_tile(title, uncharted(picture, lang), picture, lang=lang, name="yard")
    body = [html.Div([_terminal(*group, lang, names, limit) for group in by_terminal(picture.rows)], className="yards")]
    return picture_tile(
        title, [*body, yard_total(picture, lang)], picture, lang=lang, aside=translate(lang, "yard.share"), name="yard"
    )


def uncharted(picture: YardPicture, lang: str) -> Component:
    """A yard of which only the boxes are known: how many stand there, no share of anything."""
    figures = [(picture.boxes, "boxes"), (picture.teu, "teu")]
    cells = [
        html.Div([html.Span(number(value, lang), className="figure"), html.Span(translate(lang, f"unit.{unit}"))])
        for value, unit in figures
    ]
    return html.Div([*cells, html.P(translate(lang, "yard.uncharted"))], className="uncharted")


def by_terminal(rows: Sequence[BlockRow]) -> list[tuple[str, list[BlockRow]]]:
    """Blocks grouped by terminal, inspection blocks in a group of their own at the end."""

    def group(row: BlockRow) -> tuple[bool, str]:
        return (row.kind == "inspection", row.terminal if row.kind != "inspection" else "inspection")

    ordered = sorted(rows, key=lambda row: (group(row), row.key))
    return [(name[1], list(found)) for name, found in groupby(ordered, group)]


def terminal_name(terminal: str, lang: str, names: Mapping[str, str]) -> str:
    """A terminal's name; sources may give an id, a name or nothing."""
    if terminal == "inspection":
        return translate(lang, "yard.inspection_blocks")
    return names.get(terminal, terminal) or translate(lang, "yard.unnamed")


def short_terminal_name(terminal: str, lang: str, names: Mapping[str, str], short: Mapping[str, str]) -> Component:
    """A terminal's name where room is small; pointed at or read aloud it is the whole one."""
    whole = terminal_name(terminal, lang, names)
    word = translate(lang, "yard.inspection_blocks_short") if terminal == "inspection" else short.get(terminal, whole)
    return html.Abbr(word or whole, title=whole, className="short-name")


def _terminal(terminal: str, rows: list[BlockRow], lang: str, names: Mapping[str, str], limit: float) -> Component:
    name = terminal_name(terminal, lang, names)
    capacity = sum(row.capacity_teu for row in rows if row.occupancy is not None)
    placed = sum(row.teu for row in rows if row.occupancy is not None)
    share = percent(placed / capacity, lang) if capacity else translate(lang, "yard.capacity_unknown")
    head = html.Div([html.Span(name), html.Span(share, className="num")], className="yard-name")
    return html.Div(
        [head, html.Div([block(row, lang, limit) for row in rows], className="blocks")],
        className="terminal",
        style={"--rows": str(-(-len(rows) // 14))},
    )


def block(row: BlockRow, lang: str, limit: float) -> Component:
    """One block: a bar with its number, percent of capacity (or boxes where that is unknown)."""
    known = row.occupancy is not None
    over = known and (row.occupancy or 0) >= limit
    words = translate(
        lang,
        "yard.block_words" if known else "yard.block_words_unknown",
        name=row.name,
        share=percent(row.occupancy, lang),
        teu=number(row.teu, lang),
        capacity=number(row.capacity_teu, lang),
        boxes=number(row.boxes, lang),
    )
    text = number((row.occupancy or 0) * 100, lang) if known else number(row.boxes, lang)
    fill = f"{min(1.0, row.occupancy or 0) * 100:.0f}%"
    inner: list[Any] = [html.B(text)] + ([shape("l3")] if over else [])
    state = "block over" if over else "block"
    return html.Div(inner, className=state, title=words, style={"--fill": fill}, **{"data-subject": f"block:{row.key}"})


def yard_total(picture: YardPicture, lang: str) -> Component:
    """The whole yard in one line."""
    if picture.occupancy is None:
        words = [translate(lang, "yard.boxes_only", boxes=number(picture.boxes, lang))]
    else:
        amounts = translate(
            lang, "yard.amounts", teu=number(picture.teu, lang), capacity=number(picture.capacity_teu, lang)
        )
        words = [translate(lang, "yard.total"), html.B(percent(picture.occupancy, lang, 1)), amounts]
    if picture.occupancy is not None and picture.occupancy_day_ago is not None:
        change = signed((picture.occupancy - picture.occupancy_day_ago) * 100, lang, 1)
        words.append(html.Span(translate(lang, "yard.day_change", n=change), className="right"))
    return html.Div(words, className="yard-total")


def block_table(picture: YardPicture | None, lang: str, names: Mapping[str, str], limit: float) -> Component:
    """Every block as a row, fullest first."""
    title = translate(lang, "yard.table_title")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "yard"), picture, lang=lang)
    head = html.Tr(
        [html.Th(translate(lang, f"yard.column.{c}")) for c in ("block", "terminal", "kind", "teu", "share")]
    )
    rows = sorted(picture.rows, key=lambda row: (-(row.occupancy if row.occupancy is not None else 9), row.key))
    body = [_table_row(row, lang, names, limit) for row in rows]
    table = html.Table([html.Thead(head), html.Tbody(body)], className="table")
    return picture_tile(
        title, html.Div([*_disagreed(picture, lang), table], className="scroll", tabIndex=0), picture, lang=lang
    )


def _disagreed(picture: YardPicture, lang: str) -> list[Component]:
    """Boxes that feeds report differently, folded until somebody wants to know; nothing where there are none."""
    if not picture.disagreed:
        return []
    head = html.Summary([shape("l3"), html.Span(translate(lang, "yard.disagreed", n=number(picture.disagreed, lang)))])
    return [html.Details([head, *other_words(picture.others, lang)], className="disagreed")]


def _table_row(row: BlockRow, lang: str, names: Mapping[str, str], limit: float) -> Component:
    over = row.occupancy is not None and row.occupancy >= limit
    amount = f"{number(row.teu, lang)} / {number(row.capacity_teu, lang) if row.capacity_teu else '–'}"
    cells: list[Any] = [
        html.Td(row.name),
        html.Td(terminal_name(row.terminal, lang, names)),
        html.Td(translate(lang, f"yard.kind.{row.kind}")),
        html.Td(amount, className="num"),
        html.Td([percent(row.occupancy, lang, 1), shape("l3") if over else None], className="num"),
    ]
    return html.Tr(cells, key=row.key, tabIndex=0, **{"data-subject": f"block:{row.key}"})
