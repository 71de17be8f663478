"""Who is told of alerts outside of the cockpit: targets and how they do, escalation in words, the log of deliveries."""

from __future__ import annotations

import asyncio
from typing import Any

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.notifications import Told, sent_table, stages_table, targets_table, titled
from components.tile import empty, tile
from domain.deliveries import doing
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.escalation import LEVELS
from domain.permissions import Permission
from domain.sent import STATES, Sought
from domain.viewer import Viewer
from layouts.alert_tabs import alert_tabs
from layouts.language import language_of
from layouts.moment import Moment, moment_of
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, MOMENT_STATE, callback, visitor

dash.register_page(__name__, path="/alerts/notifications", name="notifications", title=page_title("notifications"))

EVERY_SECONDS = 5
MOST = 300


def layout(lang: str | None = None, **query: str) -> Component:
    """Filters of the address (``?target=duty&state=dead&level=1``), and places for what is read."""
    spoken = language_of(lang)
    answer = html.Div(id="notify-answer", className="answer", role="status")

    def titled_tile(name: str, *body: Any) -> Component:
        return html.Div(tile(translate(spoken, f"notify.{name}"), list(body), ages=False), className=f"place at-{name}")

    return page(
        spoken, "notifications", alert_tabs(spoken, "notifications"),
        titled_tile("targets", html.Div(id="notify-targets", className="notify-shown"), answer),
        titled_tile("stages", stages_table(stage.settings.alerts.escalation, stage.settings.alerts.targets, spoken)),
        titled_tile("log", html.Div(_filters(query, spoken), className="filters"),
                    html.Div(id="notify-sent", className="notify-shown")),
        dcc.Interval(id="notify-tick", interval=EVERY_SECONDS * 1000),
        dcc.Store(id="notify-pick"), dcc.Store(id="notify-lang", data=spoken),
    )  # fmt: skip


def _filters(query: dict[str, str], lang: str) -> list[Component]:
    targets = [(name, titled(name, one, lang)) for name, one in stage.settings.alerts.targets.items()]
    states = [(name, translate(lang, f"notify.state.{name}")) for name in STATES if name != "claimed"]
    levels = [(str(level), translate(lang, f"level.{level}")) for level in LEVELS]
    return [
        _choice(name, words, query.get(name, ""), lang)
        for name, words in (("target", targets), ("state", states), ("level", levels))
    ]


def _choice(name: str, words: list[tuple[str, str]], asked: str, lang: str) -> Component:
    title = translate(lang, f"notify.filter.{name}")
    options = [("", translate(lang, "notify.filter.any")), *words]
    inner = dcc.RadioItems(
        id=f"notify-{name}", value=asked if asked in dict(words) else "", className="segments",
        options=[{"value": value, "label": label} for value, label in options],
    )  # fmt: skip
    return html.Div([html.Span(title), inner], role="group", **{"aria-label": title, "data-chosen": name})


@callback(
    Permission.NOTIFICATIONS,
    Output("notify-targets", "children"),
    Input("notify-tick", "n_intervals"), Input("notify-answer", "children"), MOMENT_INPUT, ADDRESS,
    State("notify-lang", "data"),
)  # fmt: skip
async def show_targets(_: int | None, _answer: Any, told: str | None, search: str | None, lang: str) -> Component:
    """How every target is doing."""
    return await asyncio.to_thread(_targets, visitor(), moment_of(told, search), lang)


def _targets(viewer: Viewer, moment: Moment, lang: str) -> Component:
    if moment.locked:
        return empty(lang, "only_now")
    now, targets = moment.now(), stage.settings.alerts.targets
    attempts, waiting = stage.reads.attempts(viewer, list(targets)), stage.reads.waiting(viewer)
    rows = [Told(name, one, doing(attempts.get(name, []), now), waiting.get(name, 0)) for name, one in targets.items()]
    return targets_table(rows, lang, now, tests=viewer.may(Permission.NOTIFY_SETUP))


@callback(
    Permission.NOTIFICATIONS,
    Output("notify-sent", "children"),
    Input("notify-target", "value"), Input("notify-state", "value"), Input("notify-level", "value"),
    Input("notify-tick", "n_intervals"), Input("notify-answer", "children"), MOMENT_INPUT, ADDRESS,
    State("notify-lang", "data"),
)  # fmt: skip
async def show_sent(
    target: str | None, state: str | None, level: str | None, _: int | None, _answer: Any, told: str | None,
    search: str | None, lang: str,
) -> Component:  # fmt: skip
    """The log of deliveries, as filtered."""
    sought = Sought(target or "", state if state in STATES else "", int(level) if level in ("1", "2", "3", "4") else 0)
    return await asyncio.to_thread(_sent, visitor(), moment_of(told, search), sought, lang)


def _sent(viewer: Viewer, moment: Moment, sought: Sought, lang: str) -> Component:
    if moment.locked:
        return empty(lang, "only_now")
    rows = stage.reads.sent(viewer, sought, MOST)
    links = viewer.may(Permission.LOOK)
    return sent_table(rows, stage.settings.alerts.targets, lang, moment.now(), links)


@callback(
    Permission.NOTIFY_SETUP,
    Output("notify-answer", "children"),
    Input("notify-pick", "data"), State("notify-lang", "data"), MOMENT_STATE, ADDRESS, prevent_initial_call=True,
)  # fmt: skip
async def test(picked: dict[str, Any] | None, lang: str, told: str | None, search: str | None) -> Any:
    """Send a message to try a target, and say so; what became of it stands in the log."""
    name = str((picked or {}).get("value", ""))
    if name not in stage.settings.alerts.targets or (dash.ctx.triggered_id != "notify-pick"):
        return dash.no_update
    return await asyncio.to_thread(_test, visitor(), name, lang, moment_of(told, search))


def _test(viewer: Viewer, name: str, lang: str, moment: Moment) -> str:
    if moment.locked:
        return translate(lang, "notify.test_not_live")
    try:
        stage.outbox.test(viewer, name)
    except NotAllowedError:
        return translate(lang, "notify.test_refused")
    except StoreUnavailableError:
        return translate(lang, "notify.test_store")
    return translate(lang, "notify.test_sent", name=titled(name, stage.settings.alerts.targets[name], lang))
