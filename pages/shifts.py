"""Handover of the shift: what who comes must know, on one screen, and the signatures of both."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import dash
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.format import clock, stamp
from components.past import locked
from components.shift import brief_tiles, past_tile, signatures
from components.still import still
from components.tile import empty, skeleton, tile
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.permissions import Permission
from domain.shift import NOTE_LETTERS, Handover, Shift, ShiftError, as_of
from domain.shift_brief import PARTS
from domain.viewer import Viewer
from layouts.alert_tabs import alert_tabs
from layouts.language import language_of
from layouts.moment import Moment, moment_of
from layouts.paper import paper_line
from layouts.shell import page, page_title
from layouts.stage import may, stage
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, MOMENT_STATE, callback, visitor

dash.register_page(__name__, path="/alerts/shifts", name="shifts", title=page_title("shifts"))

EVERY_SECONDS = 30
ACTS = {"shift-sign": "sign_out", "shift-take": "take_over"}


def layout(lang: str | None = None, shift: str | None = None, **_: str) -> Component:
    """A place for each part; ``?shift=2026-11-22T20:00`` shows a handover of before."""
    spoken = language_of(lang)
    parts = [html.Div(id=f"shift-{part}", className=f"place at-shift-{part}") for part in PARTS]
    parts[0].children = skeleton(translate(spoken, "tile.reading"))
    return page(
        spoken, "shifts", paper_line(spoken), alert_tabs(spoken, "shifts"),
        html.Div([html.P(id="shift-head"), html.Div(id="shift-answer", className="answer", role="status")],
                 className="at-shift-head"),
        *parts, html.Div(_signing(spoken), className="place at-shift-sign"),
        html.Div(id="shift-past", className="place at-shift-past"),
        dcc.Interval(id="shift-tick", interval=EVERY_SECONDS * 1000), dcc.Store(id="shift-seen"),
        dcc.Store(id="shift-asked", data=shift or ""), dcc.Store(id="shift-lang", data=spoken),
    )  # fmt: skip


def _signing(lang: str) -> Component:
    """Signatures, and the field and buttons for the next one; what is written stays while the rest is drawn anew."""
    note = dcc.Textarea(
        id="shift-note", className="search shift-note", maxLength=NOTE_LETTERS, value="",
        placeholder=translate(lang, "shift.note"),
    )  # fmt: skip
    buttons = [
        html.Button(translate(lang, "shift.sign"), id="shift-sign", n_clicks=0),
        html.Button(translate(lang, "shift.take"), id="shift-take", n_clicks=0),
    ]
    form = [
        html.Div(
            html.Label([html.Span(translate(lang, "shift.note"), className="unseen"), note]),
            id="shift-noting",
            hidden=True,
        ),
        html.P(id="shift-why", className="shift-why"),
        html.Div(buttons, className="acts-line"),
    ]
    return tile(translate(lang, "shift.signatures"), [html.Div(id="shift-signed"), *form], ages=False)


@callback(
    Permission.LOOK,
    Output("shift-head", "children"), *(Output(f"shift-{part}", "children") for part in PARTS),
    Output("shift-signed", "children"), Output("shift-past", "children"), Output("shift-noting", "hidden"),
    Output("shift-sign", "hidden"), Output("shift-take", "hidden"), Output("shift-why", "children"),
    Output("shift-seen", "data"),
    Input("shift-tick", "n_intervals"), Input("shift-answer", "children"), MOMENT_INPUT, ADDRESS,
    State("shift-asked", "data"), State("shift-lang", "data"),
)  # fmt: skip
async def show(
    _tick: int | None, _answer: str | None, told: str | None, search: str | None, asked: str, lang: str
) -> list[Any]:
    """The handover that is next, or the one asked for, as of the moment."""
    return await asyncio.to_thread(_shown, visitor(), asked, moment_of(told, search), lang)


def _shown(viewer: Viewer, asked: str, moment: Moment, lang: str) -> list[Any]:
    try:
        if viewer.scope is not None:
            return _nothing(tile(translate(lang, "page.shifts"), empty(lang, "not_yours"), ages=False))
        now = moment.now()
        of = stage.shifts.named(asked) if asked else stage.shifts.due(viewer, now)
        one = as_of(stage.shifts.handover(viewer, of), now)
        at = _told_at(one, now) if asked or moment.locked else None
        brief = stage.shifts.brief(viewer, of, at, moment.known)
        past = stage.shifts.past(viewer, now)
    except ShiftError as error:
        return _nothing(tile(translate(lang, "page.shifts"), _said(error.code, lang), ages=False))
    except StoreUnavailableError:
        return _nothing(tile(translate(lang, "page.shifts"), empty(lang, "metrics_failed"), ages=False))
    with moment.drawn():
        tiles = brief_tiles(brief, lang)
        drawn = [still(tiles[part]) for part in PARTS]
        why, signs, takes = _next(one, viewer, moment, lang)
        seen = {"shift": of.shift_id, "version": one.version}
        return [
            _head(of, brief.at, lang), *drawn, still(signatures(one, lang, brief.at)),
            past_tile(past, of.shift_id, lang), not signs, not signs, not takes, why, seen,
        ]  # fmt: skip


def _told_at(one: Handover, now: datetime) -> datetime:
    """When what is shown was handed over; of a shift that nobody handed over its end."""
    return min(one.in_at or one.out_at or one.ends, now)


def _head(of: Shift, at: datetime, lang: str) -> str:
    span = {"begins": stamp(of.begins, lang), "ends": clock(of.ends, lang, of.begins)}
    return translate(lang, "shift.head", **span, at=stamp(at, lang))


def _next(one: Handover, viewer: Viewer, moment: Moment, lang: str) -> tuple[str, bool, bool]:
    """What the viewer may do now: words, whether to sign as who goes, whether as who comes."""
    if moment.locked:
        return locked(lang) or "", False, False
    if not may(Permission.ACT_ON_ALERTS):
        return translate(lang, "shift.may_not"), False, False
    if one.in_by:
        return translate(lang, "shift.done"), False, False
    if not one.out_by:
        return translate(lang, "shift.first_out"), True, False
    mine = one.out_by == viewer.name
    return translate(lang, "shift.wait_other" if mine else "shift.then_in"), mine, not mine


def _nothing(said: Component) -> list[Any]:
    return ["", said, *(html.Div() for _ in PARTS[1:]), "", html.Div(), True, True, True, "", None]


def _said(code: str, lang: str) -> str:
    return translate(lang, f"shift.refused.{code}")


@callback(
    Permission.ACT_ON_ALERTS,
    Output("shift-answer", "children"),
    *(Input(button, "n_clicks") for button in ACTS),
    State("shift-note", "value"), State("shift-seen", "data"), MOMENT_STATE, ADDRESS, State("shift-lang", "data"),
    prevent_initial_call=True,
)  # fmt: skip
async def sign(
    _out: int, _in: int, note: str | None, seen: dict[str, Any] | None, told: str | None, search: str | None, lang: str
) -> str:
    """Sign, and say what came of it; nothing is signed from a page that shows the past."""
    act = ACTS.get(str(ctx.triggered_id))
    if act is None or not seen or not (ctx.triggered and ctx.triggered[0]["value"]):
        return ""
    moment = moment_of(told, search)
    if moment.locked:
        return translate(lang, "alert.answer.not_live", time=stamp(moment.at, lang))
    return await asyncio.to_thread(_signed, visitor(), act, seen, note or "", lang)


def _signed(viewer: Viewer, act: str, seen: dict[str, Any], note: str, lang: str) -> str:
    shift_id, version = str(seen.get("shift")), int(seen.get("version") or 0)
    try:
        if act == "sign_out":
            stage.shifts.sign_out(viewer, shift_id, version, note)
        else:
            stage.shifts.take_over(viewer, shift_id, version)
    except ShiftError as error:
        return _said(error.code, lang)
    except NotAllowedError:
        return translate(lang, "alert.answer.not_allowed")
    except StoreUnavailableError:
        return translate(lang, "account.error.store")
    return translate(lang, f"shift.answer.{act}", who=viewer.name)
