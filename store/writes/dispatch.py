"""Orders to agencies: made and moved on by compare-and-set, each step also a step of its alert's log."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select, update

from domain import alert_pictures
from domain.alert_pictures import LogStep
from domain.dispatch import OVER, Order, OrderRefusedError, OrderStep, take
from store.moments import moment
from store.reads.scope import current
from store.schema import alert
from store.schema import dispatch as t
from store.writes import alert_log
from store.writes.alert_log import Told

LOGGED = "dispatch"  # what the log of the alert calls every step of an order


def place(connection: Connection, order: Order, told: Told | None = None) -> tuple[Order, bool]:
    """Keep a new order; one that is there already, by the same request, is given back as it stands.

    ``told`` hears of the step, in its transaction.

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
    _log(connection, order, order.steps[-1], told)
    return order, True


def act(
    connection: Connection, order_id: str, name: str, by: str, at: datetime, version: int, note: str,
    request_key: str, told: Told | None = None,
) -> tuple[Order, Order]:  # fmt: skip
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
    _log(connection, after, after.steps[-1], told)
    return before, after


def decoded(body: str) -> Order:
    """An order as it was stored."""
    return msgspec.json.decode(body, type=Order)


def _encoded(order: Order) -> str:
    return msgspec.json.encode(order).decode()


def _one(connection: Connection, order_id: str) -> Order | None:
    body = connection.execute(select(t.c.body).where(t.c.order_id == order_id)).scalar()
    return None if body is None else decoded(body)


def _log(connection: Connection, order: Order, step: OrderStep, told: Told | None) -> None:
    """A step of the alert's log that leaves the alert as it stands."""
    body = connection.execute(select(alert.c.body).where(alert.c.id == order.alert_id, current(alert))).scalar()
    if body is None:
        return  # the alert went by its retention; the order is on record in the audit
    row = alert_pictures.decoded(body)
    particulars = {"order": order.id, "agency": order.agency, "act": step.act, "to": step.to}
    logged = LogStep(
        alert_id=order.alert_id, at=step.at, opened_at=order.opened_at, what=LOGGED, who=step.who,
        from_state=row.state, to_state=row.state, level=row.level, version=row.version, note=step.note,
        body=particulars,
    )  # fmt: skip
    alert_log.add(connection, [logged], [row], told)
