"""The declarations as a table: a column for everything customs' own list shows, each with a filter under its head."""

from __future__ import annotations

from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from dash.development.base_component import Component

from components.format import NONE, day_clock, place, sortable
from components.grid import options
from domain.inspection_board import GROUPS
from domain.pictures import InspectionRow, InspectionsPicture
from domain.special_modes import MODES, SECOND
from locales import known, translate

COLUMNS = {
    "key": 180, "group": 112, "stage": 112, "reached": 118, "platform": 210, "direction": 84, "class": 128, "goods": 98,
    "mode": 80, "special": 160, "vessel": 160, "sails": 118, "bill": 160, "containers": 230, "country": 96,
    "second": 100, "entry": 100, "report": 160, "agent": 120, "hold": 110, "since": 118, "flags": 190, "origin": 96,
}  # width at 16 pixels a rem; assets/grid_tools.js follows the rem  # fmt: skip
NEWEST = "last"


def inspection_grid(name: str, rows: list[dict[str, Any]], lang: str, view: str = "") -> Component:
    """The table; rows come by ``view``, and the newest stand first until somebody sorts otherwise.

    Args:
        name: id of the grid.
        rows: those there are now.
        lang: language.
        view: name of the view that brings what changes; empty = none.
    """
    columns: list[dict[str, Any]] = [
        {"field": field, "headerName": translate(lang, f"column.{field}"), "width": width}
        for field, width in COLUMNS.items()
    ]
    columns[0] |= {"pinned": "left"}
    table = dag.AgGrid(
        id=name,
        columnDefs=[*columns, {"field": NEWEST, "hide": True, "sort": "desc"}],
        defaultColDef={
            "sortable": True, "filter": True, "resizable": True, "minWidth": 60, "floatingFilter": True,
            "suppressHeaderFilterButton": True, "suppressFloatingFilterButton": True,
        },
        rowData=rows,
        getRowId="params.data.key",
        className="cockpit-grid",
        dashGridOptions=options(lang) | {"deltaSort": True},
        style={"height": "100%", "width": "100%"},
    )  # fmt: skip
    told = {"data-rows-of": f"view:{view}", "data-grid": name} if view else {}
    return html.Div(table, className="grid-place", style={"--shares": str(sum(COLUMNS.values()) // 10)}, **told)


def grid_tools(name: str, lang: str, waits: str = "") -> Component:
    """Search and filters of the table ``name``; assets/grid_tools.js sets them and keeps them in the address.

    Args:
        name: id of the grid.
        lang: language.
        waits: what the search stands at.
    """
    hint = translate(lang, "board.search")
    search = dcc.Input(id=f"{name}-search", type="search", placeholder=hint, className="search", value=waits or None)
    return html.Div(
        [
            html.Label([html.Span(hint, className="unseen"), search], className="board-search"),
            _choice("group", [(group, translate(lang, f"board.group.{group}")) for group in GROUPS], lang),
            _choice(
                "special",
                [*((mode, special_word(mode, lang)) for mode in MODES), (SECOND, translate(lang, "board.second.True"))],
                lang,
            ),
            html.Span(className="grid-count", role="status", **{"data-words": translate(lang, "board.shown")}),
        ],
        className="grid-tools", **{"data-tools-of": name},
    )  # fmt: skip


def _choice(column: str, values: list[tuple[str, str]], lang: str) -> Component:
    """Buttons of which one may be pressed: a column's filter."""
    buttons = [
        html.Button(
            words, className="chip",
            **{"data-code": code, "data-column": "second" if code == SECOND else column, "data-value": words,
               "aria-pressed": "false"},
        )
        for code, words in values
    ]  # fmt: skip
    return html.Div(buttons, className="chips", role="group", **{"aria-label": translate(lang, f"column.{column}")})


def special_word(mode: str, lang: str) -> str:
    """A special way of inspection in words; a source's own word as it is."""
    return translate(lang, f"special.{mode}") if known(f"special.{mode}") else mode


def hold_word(hold: str, lang: str) -> str:
    """What holds a declaration, in words; a source's own word as it is."""
    return translate(lang, f"hold.{hold}") if known(f"hold.{hold}") else hold


def grid_rows(picture: InspectionsPicture | None, lang: str) -> list[dict[str, Any]]:
    """Declarations as rows of the table."""
    return [] if picture is None else [_declaration(row, lang) for row in picture.rows]


def _declaration(row: InspectionRow, lang: str) -> dict[str, Any]:
    reached = row.nodes.get(row.stage) if row.stage else None
    return {
        "key": row.key,
        "group": translate(lang, f"board.group.{row.group}") if row.group else NONE,
        "stage": translate(lang, f"node.{row.stage}") if row.stage else NONE,
        "reached": day_clock(reached),
        "platform": place(row.platform, lang),
        "direction": translate(lang, f"direction.{row.direction}") if row.direction else NONE,
        "class": translate(lang, f"class.{row.enterprise_class}"),
        "goods": translate(lang, f"board.goods.{row.fresh}"),
        "mode": translate(lang, f"mode.{row.mode}"),
        "special": " · ".join(special_word(mode, lang) for mode in row.special),
        "vessel": row.vessel_name,
        "sails": "" if row.vessel_departure_at is None else day_clock(row.vessel_departure_at),
        "bill": row.bill_of_lading,
        "containers": " ".join(row.containers),
        "country": row.country,
        "second": translate(lang, f"board.second.{row.second_application}"),
        "entry": row.entry_state,
        "report": row.inspection_no,
        "agent": row.agent,
        "hold": hold_word(row.hold, lang),
        "since": "" if row.held_since is None else day_clock(row.held_since),
        "flags": " · ".join(translate(lang, f"flag.{flag}") for flag in row.flags),
        "origin": translate(lang, f"origin.{row.origin}") if row.origin else NONE,
        NEWEST: sortable(row.last_at),
    }
