"""What belongs to one alert: plan, orders, steps, other alerts, photographs, and how good the data behind it are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.alerts import alert_text, alert_title, state_words
from components.declaration import word
from components.format import NONE, number, place, stamp
from components.marks import lamp, level_mark, shape
from components.orders import order_acts, order_state
from components.past import locked
from components.quality import dimensions
from components.tile import empty, facts, tile
from components.track import distance_km
from domain.alert_packet import Packet, Related
from domain.alert_pictures import LogStep
from domain.dispatch import Order
from locales import known, translate

_STEPS = ("at", "who", "what", "note", "state")
_RELATED = ("level", "what", "subject", "opened", "state", "common")
_DATA = ("dataset", "score", "dimensions")


def _table(name: str, columns: Sequence[str], rows: Sequence[Component], lang: str) -> Component:
    head = [html.Th(translate(lang, f"packet.column.{column}"), className=f"p-{column}") for column in columns]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(list(rows))], className=f"table packet-{name}")
    return html.Div(table, className="scroll", tabIndex=0)


def step_words(step: str, lang: str) -> str:
    """A step of a plan: of the catalogue, or in the rule's own words."""
    return translate(lang, f"rule.step.{step}") if known(f"rule.step.{step}") else step


def packet_plan(packet: Packet, plan: Sequence[str], may: bool, lang: str) -> Component:
    """The recommended steps, to be ticked off.

    Args:
        packet: of the alert.
        plan: of the rule that found it.
        may: whether the visitor may tick.
        lang: language.
    """
    row, why = packet.file.alert, locked(lang)
    title = translate(lang, "packet.plan")
    if not plan:
        return tile(title, empty(lang, "packet_plan"), ages=False)
    shut = bool(why) or not may or row.state == "closed"
    done = set(row.steps_done)
    items = [_plan_step(n, step, n in done, shut, packet.file.history, lang) for n, step in enumerate(plan, 1)]
    aside = translate(lang, "packet.plan_done", n=len(done & set(range(1, len(plan) + 1))), of=len(plan))
    return tile(title, html.Ol(items, className="plan"), aside=aside, ages=False)


def _plan_step(n: int, step: str, done: bool, shut: bool, history: Sequence[LogStep], lang: str) -> Component:
    words = step_words(step, lang)
    told = {"data-alert-step": str(n), "data-done": str(done).lower(), "aria-checked": str(done).lower()}
    lock = {"disabled": True} if shut else {}
    box = html.Button([html.I(className="tick", **{"aria-hidden": "true"}), html.Span(words)], className="plan-step",
                      role="checkbox", **told, **lock)  # fmt: skip
    last = next((one for one in reversed(history) if one.what == "step" and one.body.get("n") == n), None)
    who = f"{last.who} · {stamp(last.at, lang)}" if last is not None and done else ""
    return html.Li([box, html.Small(who)], className="is-done" if done else "", key=str(n))


def packet_orders(packet: Packet, may: bool, lang: str) -> Component:
    """Orders to agencies with their states and what can be said of them."""
    shut = bool(locked(lang)) or not may
    title = translate(lang, "dispatch.title")
    over = packet.file.alert.state == "closed"
    lock = {"disabled": True, "title": locked(lang)} if shut or over else {}
    new = [html.Button([translate(lang, "dispatch.new"), " ", html.Kbd("O")], className="act",
                       **{"data-order-new": "", "aria-keyshortcuts": "o"}, **lock)]  # fmt: skip
    rows = [_order(order, shut, lang) for order in packet.orders]
    body = html.Ul(rows, className="orders") if rows else empty(lang, "packet_orders")
    return tile(title, body, aside=new if may else "", ages=False)


def _order(order: Order, shut: bool, lang: str) -> Component:
    head = [
        html.B(translate(lang, f"agency.{order.agency}")), " ",
        order_state(order, lang),
        html.Span(order.task, className="order-task"),
        html.Small(translate(lang, "dispatch.due", time=stamp(order.due_at, lang)) if order.due_at else ""),
    ]  # fmt: skip
    lines = [html.Li(_order_step(step, lang)) for step in order.steps]
    return html.Li(
        [html.Div(head, className="order-head"), html.Ol(lines, className="order-steps"),
         order_acts(order, shut, lang)],
        key=order.id, className=f"order is-{order.state}",
    )  # fmt: skip


def _order_step(step: Any, lang: str) -> list[Component | str]:
    said: list[Component | str] = [
        f"{stamp(step.at, lang)} · {translate(lang, f'dispatch.state.{step.to}')} · {step.who}"
    ]
    if step.note and step.act != "order":
        said.append(html.Small(step.note))
    return said


def packet_history(packet: Packet, lang: str) -> Component:
    """Every step of people and machine, the newest first."""
    steps = packet.file.history
    title = translate(lang, "packet.history")
    if not steps:
        return tile(title, empty(lang, "packet_history"), ages=False)
    rows = [_logged(step, lang) for step in reversed(steps)]
    return tile(title, _table("history", _STEPS, rows, lang), aside=number(len(steps), lang), ages=False)


def _logged(step: LogStep, lang: str) -> Component:
    """One step; a life that began before this one stands a shade lower."""
    state = ""
    if step.from_state != step.to_state:
        before = f"{_state(step.from_state, lang)} → " if step.from_state else ""
        state = f"{before}{_state(step.to_state, lang)}"
    cells = [
        html.Td(stamp(step.at, lang), className="when"), html.Td(step.who or translate(lang, "packet.machine")),
        html.Td(html.B(what_words(step, lang))), html.Td(step.note), html.Td(state),
    ]  # fmt: skip
    return html.Tr(cells, key=str(step.seq))


def _state(state: str, lang: str) -> str:
    return translate(lang, f"alert.state.{state}") if state else NONE


def what_words(step: LogStep, lang: str) -> str:
    """What a step was, with what belongs to it."""
    body = step.body
    key = f"packet.what.{step.what}"
    said = translate(lang, key) if known(key) else step.what
    if step.what == "dispatch":
        told = {"agency": translate(lang, f"agency.{body.get('agency', '')}")}
        return translate(
            lang, "packet.dispatched", state=translate(lang, f"dispatch.state.{body.get('to', '')}"), **told
        )
    if step.what == "step":
        return f"{said} {body.get('n', '')}" + (
            "" if body.get("done", True) else f" · {translate(lang, 'packet.undone')}"
        )
    if body.get("to"):
        return f"{said} → {body['to']}"
    return said


def packet_related(packet: Packet, lang: str) -> Component:
    """Other alerts that have the subject, the place or the cause in common."""
    title = translate(lang, "packet.related")
    if not packet.related:
        return tile(title, empty(lang, "packet_related"), ages=False)
    rows = [_related(one, lang) for one in packet.related]
    return tile(title, _table("related", _RELATED, rows, lang), aside=number(len(rows), lang), ages=False)


def _related(one: Related, lang: str) -> Component:
    row = one.row
    what = html.A(html.B(alert_title(row, lang)), href=f"/alerts/{row.id}", **{"data-go": ""})
    common = " · ".join(translate(lang, f"packet.common.{why}") for why in one.why)
    cells = [
        level_mark(row.level, lang), [what, html.Small(alert_text(row, lang))], place(row.subject, lang),
        stamp(row.opened_at, lang), state_words(row, lang), common,
    ]  # fmt: skip
    return html.Tr(list(map(html.Td, cells)), key=row.key)


def packet_data(packet: Packet, lang: str) -> Component:
    """How the feed that told of it was doing when it opened, and how good its rows were in the day before."""
    title = translate(lang, "packet.data")
    feed, row = packet.feed, packet.file.alert
    if feed is None:
        return tile(title, empty(lang, "packet_data", feed=row.feed or NONE), ages=False)
    pairs = [
        (translate(lang, "packet.feed"), feed.titles.get(lang, feed.title)),
        (translate(lang, "packet.feed_state"), lamp(feed.state, lang)),
        (translate(lang, "packet.last_ok"), stamp(feed.last_ok_at, lang)),
        (translate(lang, "packet.last_event"), stamp(feed.last_event_at, lang)),
    ]
    rows = [
        html.Tr([html.Td(translate(lang, f"dataset.{one.dataset}") if known(f"dataset.{one.dataset}") else one.dataset),
                 html.Td(number(one.score.overall, lang), className="num"), html.Td(dimensions(one.score, lang))],
                key=one.key)
        for one in packet.scores
    ]  # fmt: skip
    body = [facts(pairs), *([_table("data", _DATA, rows, lang)] if rows else [])]
    return tile(title, body, aside=translate(lang, "packet.data_at", time=stamp(row.opened_at, lang)), ages=False)


def packet_photos(packet: Packet, lang: str) -> list[Component]:
    """Where photographs lie; nothing without any."""
    if not packet.photos:
        return []
    lines = [
        html.Li([html.B(word("declaration.part", photo.part, lang) or NONE), f" {stamp(photo.at, lang)} ",
                 html.Code(photo.place)])
        for photo in packet.photos
    ]  # fmt: skip
    photos = html.Ul(lines, className="photos")
    return [html.H3([shape("dot"), " ", translate(lang, "packet.photos")]), photos]


def packet_way(packet: Packet, lang: str) -> Component | None:
    """The way in figures; None of what does not move."""
    fixes = [(fix.at, fix.lon, fix.lat, fix.speed_kmh) for fix in packet.way]
    if not fixes:
        return None
    return facts([
        (translate(lang, "track.from"), stamp(fixes[0][0], lang)),
        (translate(lang, "track.until"), stamp(fixes[-1][0], lang)),
        (translate(lang, "track.fixes"), number(len(fixes), lang)),
        (translate(lang, "track.distance"), f"{number(distance_km(fixes), lang, 1)} km"),
    ])  # fmt: skip
