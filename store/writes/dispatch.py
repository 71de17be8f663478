"""Orders to agencies: made and moved on by compare-and-set, each step also a step of its alert's log."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from domain.dispatch import OVER, Order, OrderRefusedError, OrderStep, take
from store.moments import micros, moment
from store.reads.scope import current
from store.schema import alert, alert_log
from store.schema import dispatch as t

LOGGED = "dispatch"  # what the log of the alert calls every step of an order


def place(connection: Connection, order: Order) -> tuple[Order, bool]:
    """Keep a new order; one that is there already, by the same request, is given back as it stands.

    Returns:
        The order, and whether it is new.

    Raises:
        KeyError: no such alert.
        OrderRefusedError: ``alert_closed``; ``already_ordered``: the agency has an order about it under way.
    """
    there = _one(connection, order.id)
    if there is not None:
        return there, False
    about = connection.execute(
        select(alert.c.state, alert.c.opened_at).where(alert.c.id == order.alert_id, current(alert))
    ).first()
    if about is None:
        raise KeyError(order.alert_id)
    if about.state == "closed":
        raise OrderRefusedError("order", "alert_closed")
    order = msgspec.structs.replace(order, opened_at=moment(about.opened_at))
    query = select(t.c.body).where(t.c.alert_id == order.alert_id, t.c.agency == order.agency, t.c.state.not_in(OVER))
    under_way = connection.execute(query.limit(1)).scalar()
    if under_way is not None:
        raise OrderRefusedError("order", "already_ordered", decoded(under_way))
    connection.execute(insert(t).values(
        order_id=order.id, alert_id=order.alert_id, agency=order.agency, state=order.state, version=order.version,
        body=_encoded(order),
    ))  # fmt: skip
    _log(connection, order, order.steps[-1])
    return order, True


def act(
    connection: Connection, order_id: str, name: str, by: str, at: datetime, version: int, note: str, request_key: str
) -> tuple[Order, Order]:
    """Let somebody move an order on.

    Returns:
        How it stood, and how it stands now; the same twice when the request was carried out before.

    Raises:
        KeyError: no such order, or no such act.
        OrderRefusedError: see `domain.dispatch.REFUSALS`; ``changed``: somebody was faster.
    """
    before = _one(connection, order_id)
    if before is None:
        raise KeyError(order_id)
    after = take(before, name, by, at, version, note, request_key)
    if after is before:
        return before, before
    where = (t.c.order_id == order_id, t.c.version == before.version)
    changed = connection.execute(
        update(t).where(*where).values(state=after.state, version=after.version, body=_encoded(after))
    )
    if changed.rowcount != 1:
        raise OrderRefusedError(name, "changed", _one(connection, order_id))
    _log(connection, after, after.steps[-1])
    return before, after


def decoded(body: str) -> Order:
    """An order as it was stored."""
    return msgspec.json.decode(body, type=Order)


def _encoded(order: Order) -> str:
    return msgspec.json.encode(order).decode()


def _one(connection: Connection, order_id: str) -> Order | None:
    body = connection.execute(select(t.c.body).where(t.c.order_id == order_id)).scalar()
    return None if body is None else decoded(body)


def _log(connection: Connection, order: Order, step: OrderStep) -> None:
    """A step of the alert's log that leaves the alert as it stands."""
    query = select(alert.c.state, alert.c.level, alert.c.version).where(alert.c.id == order.alert_id, current(alert))
    state, level, version = connection.execute(query).first() or ("", 0, 0)
    last = connection.execute(select(func.max(alert_log.c.seq)).where(alert_log.c.alert_id == order.alert_id)).scalar()
    told = {"order": order.id, "agency": order.agency, "act": step.act, "to": step.to}
    connection.execute(insert(alert_log).values(
        alert_id=order.alert_id, seq=(last or 0) + 1, at=micros(step.at), opened_at=micros(order.opened_at),
        what=LOGGED, who=step.who, from_state=state, to_state=state, level=level, version=version, note=step.note,
        request_key="", body=msgspec.json.encode(told).decode(),
    ))  # fmt: skip
