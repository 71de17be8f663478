"""Rules: every instance and how it is doing; changed by a draft, published by a second press, with all versions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import dash
from dash import ALL, MATCH, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from components.alert_words import rule_title
from components.backtest import FRAME, PLACE, RUN, SAID, backtest_frame
from components.past import locked
from components.rule_form import FIELD, changes_of, refused, rule_form, wrong_words
from components.rules import rule_about, rule_history, rule_list
from components.still import still
from components.tile import empty, skeleton, tile
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.permissions import Permission
from domain.rule_instances import Changes, RuleChangesError, problems
from domain.rule_list import Book, Listed
from domain.rule_versions import RuleEditError, RuleVersion, VersionState, in_force
from domain.rules.base import RuleInstance
from domain.viewer import Viewer
from layouts.alert_tabs import alert_tabs
from layouts.language import language_of
from layouts.moment import Moment, moment_of
from layouts.shell import page, page_title
from layouts.stage import may, stage
from locales import translate
from pages import _rules_backtest
from pages._visitor import ADDRESS, MOMENT_INPUT, MOMENT_STATE, callback, visitor

dash.register_page(__name__, path="/alerts/rules", name="rules", title=page_title("rules"), uses=("chart",))

EVERY_SECONDS = 5
ACTS: Mapping[str, VersionState] = {"rule-draft": "draft", "rule-publish": "published", "rule-retire": "retired"}


def layout(lang: str | None = None, rule: str | None = None, **_: str) -> Component:
    """The list; ``?rule=NAME`` opens one beside it."""
    spoken = language_of(lang)
    return page(
        spoken, "rules", alert_tabs(spoken, "rules"),
        html.Div(skeleton(translate(spoken, "tile.reading")), id="rules-list", className="place at-list"),
        html.Div(_editing(spoken), className="place at-form", hidden=not rule),
        html.Div([html.Div(id="rule-about", className="place"), html.Div(id="rule-history", className="place")],
                 className="at-about", hidden=not rule),
        *([html.Div(backtest_frame(spoken), className="place at-backtest")] if may(Permission.RULES) else []),
        dcc.Interval(id="rules-tick", interval=EVERY_SECONDS * 1000), dcc.Store(id="rules-drawn"),
        dcc.Store(id="rules-asked", data=rule or ""), dcc.Store(id="rule-seen"),
        dcc.Store(id="rules-lang", data=spoken),
    )  # fmt: skip


def _editing(lang: str) -> Component:
    """The frame of the form: what was typed stays while the rest is drawn anew."""
    back = html.A(translate(lang, "rule.all"), href="/alerts/rules", **{"data-go": ""})
    return tile(
        translate(lang, "rule.change"),
        [html.Div(id="rule-form", className="screen-form"),
         html.Div(id="rule-answer", className="answer", role="status"),
         html.Div(_another(lang) if may(Permission.RULES) else None, className="rule-another")],
        aside=back, ages=False,
    )  # fmt: skip


def _another(lang: str) -> list[Component]:
    """A further instance of the same rule, under a name of its own."""
    words = translate(lang, "rule.another")
    name = dcc.Input(id="rule-new", className="screen-input", placeholder=translate(lang, "rule.hint.name"))
    return [
        html.Label([html.Span(words), name], className="screen-field"),
        html.Button(translate(lang, "rule.act.add"), id="rule-add", n_clicks=0),
        html.Div(id="rule-add-answer", className="answer", role="status"),
    ]


def _book(viewer: Viewer, moment: Moment) -> Book:
    return Book(
        configured=stage.rules.configured, limits=stage.rules.limits,
        versions=stage.reads.rule_versions(viewer, "", moment.at),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("rules-list", "children"), Output("rule-about", "children"), Output("rule-history", "children"),
    Input("rules-tick", "n_intervals"), Input("rules-drawn", "data"), Input("rules-asked", "data"), MOMENT_INPUT,
    ADDRESS, State("rules-lang", "data"),
)  # fmt: skip
async def show(
    _tick: int | None, _drawn: Any, asked: str, told: str | None, search: str | None, lang: str
) -> list[Any]:  # fmt: skip
    """All instances as of the moment, and of the one asked for what it declares and its versions."""
    return await asyncio.to_thread(_shown, visitor(), asked, moment_of(told, search), lang)


def _shown(viewer: Viewer, asked: str, moment: Moment, lang: str) -> list[Any]:
    if viewer.scope is not None:
        return [tile(translate(lang, "page.rules"), empty(lang, "not_yours"), ages=False), None, None]
    picture = None if moment.locked else stage.hub.current("alerts")
    try:
        book = _book(viewer, moment)
        states = {} if moment.locked else stage.reads.rule_states(viewer)
    except StoreUnavailableError:
        return [tile(translate(lang, "page.rules"), translate(lang, "rule.error.store"), ages=False), None, None]
    counts = Counter(row.rule for row in (picture.rows if picture is not None else []))
    rows = book.listed(states, counts)
    one = next((row for row in rows if row.instance.name == asked), None) or _unborn(book, asked)
    return [
        still(rule_list(rows, lang, asked, picture is not None)),
        still(rule_about(one, lang)) if one is not None else None,
        still(rule_history(book.history(asked), asked, lang)) if one is not None else None,
    ]


def _unborn(book: Book, name: str) -> Listed | None:
    """The line of an instance nobody saved yet, or that was taken back."""
    base = book.base(name)
    return Listed(instance=base, doing="draft") if base is not None else None


@callback(
    Permission.LOOK,
    Output("rule-form", "children"), Output("rule-seen", "data"),
    Input("rules-asked", "data"), Input("rules-drawn", "data"), MOMENT_INPUT, ADDRESS, State("rules-lang", "data"),
)  # fmt: skip
async def show_form(asked: str, _drawn: Any, told: str | None, search: str | None, lang: str) -> Any:
    """The form of the one asked for: its newest draft, else what is in force."""
    if not asked:
        return no_update, no_update
    return await asyncio.to_thread(_form, visitor(), asked, moment_of(told, search), lang)


def _form(viewer: Viewer, name: str, moment: Moment, lang: str) -> tuple[Any, dict[str, Any] | None]:
    if viewer.scope is not None:
        return empty(lang, "not_yours"), None
    try:
        book = _book(viewer, moment)
    except StoreUnavailableError:
        return html.P(translate(lang, "rule.error.store")), None
    base, last = book.base(name), book.last(name)
    if base is None:
        return html.P(translate(lang, "rule.wrong.name", field=name)), None
    with moment.drawn():
        why_not = locked(lang) or ("" if may(Permission.RULES) else translate(lang, "rule.may_not"))
        edited = _edited(book, name)
        stands = _standing(book, name, last, lang) if edited is not None else translate(lang, "rule.unfit")
        head = [html.H2(rule_title(name, lang)), html.P(stands, className="dim")]
        form = [*head, *rule_form(base, edited or base, last, lang, why_not)]
    return form, {"name": name, "version": last.version if last is not None else 0}


def _edited(book: Book, name: str) -> RuleInstance | None:
    """What the form shows: the newest draft, else what is in force."""
    last = book.last(name)
    draft = last if last is not None and last.state == "draft" else None
    return book.with_(draft or in_force(book.versions).get(name), name)


def _standing(book: Book, name: str, last: RuleVersion | None, lang: str) -> str:
    if last is None:
        return translate(lang, "rule.stands.configured" if name in book.configured else "rule.stands.new")
    return translate(lang, f"rule.stands.{last.state}", version=last.version, who=last.who)


@callback(
    Permission.RULES,
    Output("rule-answer", "children"), Output("rules-drawn", "data"),
    *(Input(button, "n_clicks") for button in ACTS),
    State({"type": FIELD, "key": ALL}, "value"), State({"type": FIELD, "key": ALL}, "id"),
    State("rule-note", "value"), State("rule-seen", "data"), State("rules-lang", "data"), MOMENT_STATE, ADDRESS,
    prevent_initial_call=True,
)  # fmt: skip
async def act(*given: Any) -> Any:
    """Keep a draft, publish it, or go back to the configuration; and say what came of it."""
    values, idents, note, seen, lang, told, search = given[len(ACTS) :]
    state = ACTS.get(str(ctx.triggered_id))
    if state is None or not seen or not ctx.triggered or not ctx.triggered[0]["value"]:
        return no_update, no_update
    if moment_of(told, search).locked:
        return translate(lang, "rule.error.not_live"), no_update
    fields = {ident["key"]: value for ident, value in zip(idents, values, strict=True)}
    lines, kept = await asyncio.to_thread(_act, visitor(), state, seen, fields, str(note or ""), lang)
    drawn = {"value": kept.name, "version": kept.version} if kept is not None else no_update
    return [html.P(line) for line in lines], drawn


def _act(
    viewer: Viewer, state: VersionState, seen: dict[str, Any], fields: dict[str, Any], note: str, lang: str
) -> tuple[list[str], RuleVersion | None]:  # fmt: skip
    name, desk = str(seen["name"]), stage.rules
    try:
        book = _book(viewer, Moment())
        base = book.base(name)
        if base is None:
            return [translate(lang, "rule.wrong.name", field=name)], None
        said, wrong = (Changes(), []) if state == "retired" else changes_of(fields, base)
        wrong += [key for key, _ in problems(name, said, desk.limits, base)]
        if wrong:
            return wrong_words(name, wrong, said, desk.limits, lang, base), None
        if state == "published" and not _is_draft(book, name, said, seen):
            return [translate(lang, "rule.error.draft_first")], None
        kept = desk.save(viewer, name, said, state, note, int(seen["version"]))
    except RuleEditError as error:
        return refused(error, _book(viewer, Moment()), lang), None
    except RuleChangesError:
        return [translate(lang, "rule.unfit")], None
    except NotAllowedError:
        return [translate(lang, "rule.may_not")], None
    except StoreUnavailableError:
        return [translate(lang, "rule.error.store")], None
    return [translate(lang, f"rule.answer.{state}", rule=rule_title(name, lang), version=kept.version)], kept


def _is_draft(book: Book, name: str, said: Changes, seen: dict[str, Any]) -> bool:
    """Whether what would be published is the draft they see; what somebody saved meanwhile the store refuses."""
    last = book.last(name)
    if last is None or last.version != seen["version"]:
        return last is not None
    return last.state == "draft" and last.changes == said


@callback(
    Permission.RULES,
    Output("rules-asked", "data"), Output("rule-add-answer", "children"),
    Input("rule-add", "n_clicks"), State("rule-new", "value"), State("rule-seen", "data"), State("rules-lang", "data"),
    prevent_initial_call=True,
)  # fmt: skip
async def add(pressed: int, name: str | None, seen: dict[str, Any] | None, lang: str) -> Any:
    """Open the form of an instance that is not there yet; saving its draft makes it."""
    if not pressed or not seen:
        return no_update, no_update
    return await asyncio.to_thread(_add, visitor(), str(name or "").strip(), str(seen["name"]), lang)


def _add(viewer: Viewer, more: str, beside: str, lang: str) -> tuple[Any, str]:
    try:
        book = _book(viewer, Moment())
    except StoreUnavailableError:
        return no_update, translate(lang, "rule.error.store")
    base = book.base(beside)
    name = more if base is None or more.startswith(base.kind) else f"{base.kind}_{more}"
    if not more or next(problems(name, Changes()), None) is not None:
        return no_update, translate(lang, "rule.wrong.name", field=name)
    if name in book.names():
        return no_update, translate(lang, "rule.wrong.taken", field=name)
    return name, ""


# What is typed, tried on the past. Here, since a page's callbacks are those its own module makes when it is loaded.
callback(
    Permission.RULES,
    Output(FRAME, "children"), Input("rules-asked", "data"), Input("backtest-close", "n_clicks"),
)(_rules_backtest.make_place)  # fmt: skip
callback(
    Permission.RULES,
    Output({"type": PLACE, "rule": MATCH}, "children"), Output({"type": SAID, "rule": MATCH}, "children"),
    Input({"type": RUN, "rule": MATCH}, "n_clicks"),
    State("backtest-days", "value"), State({"type": FIELD, "key": ALL}, "value"),
    State({"type": FIELD, "key": ALL}, "id"), State("rules-lang", "data"), MOMENT_STATE, ADDRESS,
    running=[(Output("backtest-asking", "hidden"), True, False), (Output("backtest-running", "hidden"), False, True)],
    prevent_initial_call=True,
)(_rules_backtest.run)  # fmt: skip
callback(
    Permission.RULES,
    Output("backtest-cancel", "disabled"), Input("backtest-cancel", "n_clicks"), prevent_initial_call=True,
)(_rules_backtest.cancel)  # fmt: skip
