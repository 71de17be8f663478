"""Standing alerts as a table that changes row by row: level, age, what, where, why, whose, and what may be done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from dash.development.base_component import Component

from components.alerts import alert_text, alert_title, state_words
from components.format import NONE, iso, number, place
from components.grid import options
from components.marks import shape
from domain import dispatch
from domain.alert_packet import refusals
from domain.alert_pictures import HANDLING, AlertRow
from domain.alert_steps import REFUSALS
from domain.dispatch import AGENCIES
from domain.pictures import AlertsPicture
from locales import translate

COLUMNS = {
    "level": 86, "age": 92, "what": 124, "where": 152, "why": 300, "state": 116, "whose": 92, "count": 54,
    "agency": 64, "origin": 64,
}  # width at 16 pixels a rem, "why" takes what is left; assets/grid_tools.js follows the rem  # fmt: skip
WIDER = {
    "en": {"level": 90, "age": 98, "what": 174, "where": 164, "state": 124, "count": 60, "agency": 88, "origin": 80}
}  # English words are longer
SPEAKS_FOR_ITSELF = ("container", "vehicle", "vessel", "declaration")  # its number, plate or name says what it is
LEVELS = (1, 2, 3, 4)
HIDDEN = ("shelved", "suppressed", "out")
# Buttons above the table; those of one alert's page are more.
ACTS = ("acknowledge", "take", "assign", "comment", "shelve", "confirm", "close")
MORE_ACTS = ("measure", "feedback", "reopen", "out_of_service")
BACK = ("unshelve", "return_to_service")  # offered by the same button while it is so


def alert_grid(name: str, rows: list[dict[str, Any]], lang: str, view: str = "") -> Component:
    """The table; worst first, unseen before seen, then the newest, until somebody sorts otherwise.

    Args:
        name: id of the grid.
        rows: those there are now.
        lang: language.
        view: name of the view that brings what changes; empty = none.
    """
    columns: list[dict[str, Any]] = [
        {"field": field, "headerName": translate(lang, f"alert.column.{field}"), "width": width}
        for field, width in (COLUMNS | WIDER.get(lang, {})).items()
    ]
    by = dict(zip(COLUMNS, columns, strict=True))
    by["level"] |= {
        "cellClassRules": {f"level-cell level-{level}": f"params.data.n === {level}" for level in LEVELS},
    }  # fmt: skip
    by["age"] |= {"valueFormatter": {"function": "cockpitAge(params.value)"}, "filter": False, "cellClass": "num"}
    by["count"] |= {"type": "rightAligned", "cellClass": "num"}
    by["why"] |= {"tooltipField": "why", "flex": 1, "minWidth": 180}
    for field in ("what", "where", "agency"):
        by[field] |= {"tooltipField": field}
    table = dag.AgGrid(
        id=name,
        columnDefs=[*columns, {"field": "order", "hide": True, "sort": "asc"}],
        defaultColDef={
            "sortable": True, "filter": True, "resizable": True, "minWidth": 56, "floatingFilter": True,
            "suppressHeaderFilterButton": True, "suppressFloatingFilterButton": True,
        },
        rowData=rows,
        getRowId="params.data.key",
        className="cockpit-grid alert-grid",
        dashGridOptions=options(lang)
        | {
            "deltaSort": True, "tooltipShowDelay": 400,
            "rowSelection": {"mode": "multiRow", "checkboxes": False, "headerCheckbox": False,
                             "enableClickSelection": True},
            "rowClassRules": {"is-new": "params.data.at === 'new'", "is-hidden": "params.data.hidden !== ''"},
        },
        style={"height": "100%", "width": "100%"},
    )  # fmt: skip
    told = {"data-rows-of": f"view:{view}", "data-grid": name} if view else {}
    return html.Div(table, className="grid-place", style={"--shares": str(sum(COLUMNS.values()) // 10)}, **told)


def grid_rows(picture: AlertsPicture | None, lang: str) -> list[dict[str, Any]]:
    """Alerts as rows of the table."""
    return [] if picture is None else [_row(row, lang) for row in picture.rows]


def _row(row: AlertRow, lang: str) -> dict[str, Any]:
    hidden = hidden_by(row)
    return {
        "key": row.key,
        "id": row.id,
        "version": row.version,
        "n": row.level,
        "at": row.state,
        "hidden": hidden,
        "no": " ".join(f"{act}:{why}" for act, why in refusals(row).items()),
        "confirmed": row.confirmed_by,
        "order": f"{int(bool(hidden))}{row.level}{int(row.state != 'new')}{_newest_first(row)}",
        "level": translate(lang, f"level.{row.level}"),
        "age": iso(row.opened_at),
        "what": alert_title(row, lang),
        "where": where_words(row, lang),
        "why": alert_text(row, lang),
        "state": state_words(row, lang),
        "whose": row.assignee or row.acknowledged_by,
        "agency": translate(lang, f"agency.{row.agency}") if row.agency in AGENCIES else row.agency,
        "count": number(row.count, lang),
        "origin": translate(lang, f"origin.{row.origin}") if row.origin else NONE,
    }


def _newest_first(row: AlertRow) -> str:
    """Sorts as text, the newest opening first; the key keeps the order of two of the same moment."""
    return f"{10**11 - int(row.opened_at.timestamp()):011d} {row.key}"


def hidden_by(row: AlertRow) -> str:
    """What hides it from banners, counts and sounds; empty: nothing."""
    if row.shelved_until is not None:
        return "shelved"
    return "suppressed" if row.suppressed_by else "out" if row.out_of_service else ""


def where_words(row: AlertRow, lang: str) -> str:
    """What it is about, with its kind where the name alone does not tell it."""
    words = place(row.subject, lang)
    return (
        words if row.subject_kind in SPEAKS_FOR_ITSELF else f"{translate(lang, f'subject.{row.subject_kind}')} {words}"
    )


def alert_filters(name: str, me: str, lang: str) -> Component:
    """Search and filters of the table; assets/grid_tools.js sets them and keeps them in the address.

    Args:
        name: id of the grid.
        me: the visitor, for what is theirs.
        lang: language.
    """
    hint = translate(lang, "alert.search")
    search = dcc.Input(id=f"{name}-search", type="search", placeholder=hint, className="search")
    groups = [
        ("level", [(str(level), translate(lang, f"level.{level}"), [shape(f"l{level}")]) for level in LEVELS]),
        ("state", [(state, translate(lang, f"alert.state.{state}"), []) for state in HANDLING[:-1]]),
        ("agency", [(code, translate(lang, f"agency.{code}"), []) for code in AGENCIES]),
    ]
    chips = [_chips(column, values, lang) for column, values in groups]
    mine = [_chip("whose", "mine", me, translate(lang, "alert.mine"), [])]
    hidden = [
        _chip("state", f"is-{code}", translate(lang, f"alert.hidden.{code}"), translate(lang, f"alert.hidden.{code}"))
        for code in HIDDEN
    ]
    return html.Div(
        [
            html.Label([html.Span(hint, className="unseen"), search], className="board-search"),
            *chips,
            html.Div([*mine, *hidden], className="chips", role="group",
                     **{"aria-label": translate(lang, "alert.column.whose")}),
            html.Span(className="grid-count", role="status", **{"data-words": translate(lang, "board.shown")}),
        ],
        className="grid-tools", **{"data-tools-of": name},
    )  # fmt: skip


def _chips(column: str, values: Iterable[tuple[str, str, list[Component]]], lang: str) -> Component:
    buttons = [_chip(column, code, words, words, marks) for code, words, marks in values]
    return html.Div(buttons, className="chips", role="group",
                    **{"aria-label": translate(lang, f"alert.column.{column}")})  # fmt: skip


def _chip(column: str, code: str, value: str, words: str, marks: Iterable[Component] = ()) -> Component:
    told = {"data-code": code, "data-column": column, "data-value": value, "aria-pressed": "false"}
    if column == "level":  # "Level I" is in "Level II"
        told["data-match"] = "equals"
    return html.Button([*marks, words], className="chip", **told)


def act_bar(lang: str, me: str, keys: Mapping[str, str], may: bool, **data: str) -> Component:
    """Buttons of acts; assets/desk_alerts.js enables what the chosen alerts allow, asks what is missing, and does it.

    Args:
        lang: language.
        me: the visitor: who confirmed an alert of level I may not close it.
        keys: acts with their keys.
        may: whether the visitor may act on alerts at all.
        data: more for the browser, e.g. of the one alert the page is about.
    """
    if not may:
        return html.P(translate(lang, "alert.answer.not_allowed"), className="locked", role="note")
    buttons = [_act_button(act, key, lang) for act, key in keys.items()]
    return html.Div(buttons, className="act-bar", role="toolbar",
                    **{"aria-label": translate(lang, "alert.column.acts"), **act_data(lang, me), **data})  # fmt: skip


def act_data(lang: str, me: str) -> dict[str, str]:
    """What assets/desk_alerts.js has to know, at the element that holds the buttons: who acts, and every word of it."""
    return {"data-alert-acts": "", "data-me": me, "data-texts": json.dumps(_texts(lang), ensure_ascii=False)}


def _act_button(act: str, key: str, lang: str) -> Component:
    told = {"data-alert-act": act, "aria-keyshortcuts": key, "disabled": True}
    inner = [html.Span(translate(lang, f"alert.act.{act}"), className="act-word"), html.Kbd(key.upper())]
    return html.Button(inner, className="act", **told)


def _texts(lang: str) -> dict[str, str]:
    """What the browser says of acts: names, questions, refusals, and what came of it."""
    acts = [*ACTS, *MORE_ACTS, *BACK, "step"]
    keys = [f"alert.act.{act}" for act in acts] + [f"alert.step.{code}" for code in (*REFUSALS, "changed")]
    keys += [f"packet.what.{act}" for act in acts]
    keys += [f"alert.ask.{name}" for name in ASKED] + [f"alert.said.{name}" for name in SAID]
    keys += [f"agency.{code}" for code in AGENCIES] + [f"dispatch.refused.{code}" for code in dispatch.REFUSALS]
    keys += [f"dispatch.act.{act}" for act in dispatch.ACTS] + [f"dispatch.state.{state}" for state in dispatch.STATES]
    keys += ["dispatch.new", "dispatch.task", "dispatch.came_of_it"]
    return {key: translate(lang, key) for key in keys}


ASKED = ("note", "why", "to", "agency", "minutes", "none_agency")
SAID = ("done", "done_many", "refused", "some_refused", "won", "not_sent", "nothing", "one", "past")
