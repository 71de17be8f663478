"""Orders to agencies: the acts an order can take, and the orders of all alerts as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.alert_grid import where_words
from components.alerts import alert_text, alert_title
from components.format import clock, duration, iso, number
from components.marks import level_mark, shape
from components.tile import empty
from domain.dispatch import OVER, SAYS, Order, offered
from domain.dispatch_board import Dispatched, due
from locales import translate

COLUMNS = ("agency", "state", "since", "clock", "alert", "task", "last", "acts")


def order_acts(order: Order, shut: bool, lang: str) -> Component:
    """Buttons of what an order can take now; assets/desk_dispatch.js asks what is missing, and does it."""
    acts = [] if shut else [
        html.Button(translate(lang, f"dispatch.act.{act}"), className="act",
                    **{"data-order-act": act, "data-order": order.id, "data-version": str(order.version),
                       "data-says": str(act in SAYS).lower()})
        for act in offered(order)
    ]  # fmt: skip
    return html.Div(acts, className="order-acts")


def order_state(order: Order, lang: str) -> Component:
    """Where an order stands, in a word."""
    return html.Span(translate(lang, f"dispatch.state.{order.state}"), className=f"order-state order-{order.state}")


def orders_table(
    rows: Sequence[Dispatched], receive_minutes: Mapping[str, float], shut: bool, lang: str, now: datetime
) -> Component:  # fmt: skip
    """Orders of all alerts, in the order given.

    Args:
        rows: orders with their alerts.
        receive_minutes: by agency, within what time an order should be taken.
        shut: nothing can be done: not live, or not the visitor's to do.
        lang: language.
        now: the moment it is told of.
    """
    if not rows:
        return empty(lang, "orders")
    head = [html.Th(translate(lang, f"dispatch.column.{name}"), className=f"o-{name}", scope="col") for name in COLUMNS]
    body = [_row(one, receive_minutes, shut, lang, now) for one in rows]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table orders-table")
    return html.Div(table, className="scroll", tabIndex=0)


def _row(
    one: Dispatched, receive_minutes: Mapping[str, float], shut: bool, lang: str, now: datetime
) -> Component:  # fmt: skip
    order = one.order
    last = order.steps[-1]
    said = [last.who, *([html.Small(last.note)] if last.note and last.act != "order" else [])]
    cells: dict[str, Any] = {
        "agency": html.B(translate(lang, f"agency.{order.agency}")), "state": order_state(order, lang),
        "since": html.Span(html.Span(className="age"), **{"data-as-of": iso(last.at), "data-expected": "1e9"}),
        "clock": _clock(due(order, receive_minutes), lang, now), "alert": _alert(one, lang), "task": order.task,
        "last": said, "acts": order_acts(order, shut, lang),
    }  # fmt: skip
    over = " is-over" if order.state in OVER else ""
    drawn = [html.Td(cells[name], className=f"o-{name}") for name in COLUMNS]
    return html.Tr(drawn, key=order.id, className=f"is-{order.state}{over}")


def _clock(until: datetime | None, lang: str, now: datetime) -> Any:
    """By when the next step should come, or for how long it has been late: with shape and word."""
    if until is None:
        return ""
    if until >= now:
        return translate(lang, "dispatch.due", time=clock(until, lang, now))
    span = duration((now - until).total_seconds() / 60, lang)
    return html.Span([shape("l2"), translate(lang, "dispatch.late", span=span)], className="level level-2")


def _alert(one: Dispatched, lang: str) -> list[Any]:
    row = one.alert
    way = f"/alerts/{one.order.alert_id}"
    if row is None:
        return [html.A(translate(lang, "dispatch.alert_gone"), href=way, **{"data-go": ""})]
    title = html.A(html.B(alert_title(row, lang)), href=way, **{"data-go": ""})
    state = translate(lang, f"alert.state.{row.state}")
    return [level_mark(row.level, lang, words=False), " ", title,
            html.Small(f"{where_words(row, lang)} · {state}", title=alert_text(row, lang))]  # fmt: skip


def orders_counts(counts: Mapping[str, tuple[int, int]], lang: str) -> Component:
    """By agency, how many orders are open and how many of them late; none late is said by nothing."""
    cells = []
    for agency, (opened, late) in counts.items():
        said = [translate(lang, f"agency.{agency}"), " ", html.B(number(opened, lang))]
        if late:
            told = translate(lang, "dispatch.late_count", n=number(late, lang))
            said.append(html.Span([shape("l2"), told], className="level level-2"))
        cells.append(html.Span(said, className="orders-count"))
    return html.Div(cells, className="orders-counts")
