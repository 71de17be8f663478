"""Declarations of a span with all that was told of them while they waited: what the integrity watch looks at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from domain.integrity import Case, History, Said
from domain.records import Direction, EnterpriseClass
from domain.viewer import Viewer
from store.moments import DAY, FOREVER, SECOND, moment_or_none
from store.progress import NODES
from store.reads import declarations as past
from store.reads.asof import AsOf
from store.reads.plain import plain
from store.reads.scope import sees_port
from store.schema import SUPERSEDED
from store.schema import inspection_progress as progress
from store.schema import inspection_task as task

HEARD = 180 * DAY  # of what was heard of no later, no feed tells an end: it is not followed any more
WORDS = (
    "declaration_no", "valid_from", "platform", "direction", "enterprise_class", "fresh", "vessel_departure_at",
    "applied_at", "appointed_for", "hold", "agent", "officer", "order_reason", "area", "farm", "mode", "origin",
)  # fmt: skip
_AT = {name: place for place, name in enumerate(WORDS)}
Row = tuple[Any, ...]


def history(connection: Connection, viewer: Viewer, at: AsOf | None, since: int, now: int) -> History:
    """Declarations not finished by ``since``; nothing for who does not see the port.

    Args:
        connection: to read from.
        viewer: who asks; figures about all agents are shown to nobody who may see some of them only.
        at: the moment; None live.
        since: microseconds.
        now: of the clock, microseconds.
    """
    if not sees_port(viewer):
        return History()
    moment = now if at is None else at.at
    alive = progress.c.finished_at > since if at is None else past.alive_at(at, since)
    chosen = alive & or_(progress.c.last_at.is_(None), progress.c.last_at > moment - HEARD)
    steps = {row[0]: row[1:] for row in plain(connection, _steps(chosen))}
    if at is not None:
        for number, again in past.unsettled(connection, at, chosen).items():
            steps[number] = tuple(again[name] for name in (*NODES, "left_queue_at", "origin"))
    words = {number: _of_one(list(rows)) for number, rows in groupby(_words(connection, at, chosen), itemgetter(0))}
    cases = [_case(number, reached, words.get(number, ()), moment) for number, reached in steps.items()]
    kept = [case for case in cases if case is not None]
    origins = {row[-1] for row in steps.values()} | {rows[-1][_AT["origin"]] for rows in words.values()}
    return History(cases=kept, origins=sorted(filter(None, origins)))


def _steps(chosen: ColumnElement[bool]) -> Select[Any]:
    names = ("declaration_no", *NODES, "left_queue_at", "origin")
    return select(*(progress.c[name] for name in names)).where(chosen)


def _words(connection: Connection, at: AsOf | None, chosen: ColumnElement[bool]) -> list[Row]:
    """Every version that may matter, by declaration and time: those up to the confirmation, and the newest."""
    rows: list[Row] = []
    for t in (task, SUPERSEDED[task.name]) if at is not None and at.then else (task,):
        counts = []
        if at is None:
            counts.append(or_(t.c.valid_from <= progress.c.left_queue_at, t.c.valid_to == FOREVER))
        elif at.then:  # all that had come, and of what was corrected later the word that stood
            counts.append(t.c.received_at <= at.at)
            counts += [] if t is task else [t.c.known_to > at.at]
        else:
            counts.append(t.c.valid_from <= at.at)
            counts.append(or_(t.c.valid_from <= progress.c.left_queue_at, t.c.valid_to > at.at))
        match = t.c.declaration_no == progress.c.declaration_no
        query = select(*(t.c[name] for name in WORDS)).join_from(progress, t, match)
        rows += plain(connection, query.where(chosen, *counts))
    return sorted(rows, key=itemgetter(0, 1))


def _of_one(rows: list[Row]) -> list[Row]:
    """Of two words of one moment the later read counts: the one that stood."""
    return list({row[1]: row for row in rows}.values())


def _case(number: str, steps: Row, words: Sequence[Row], moment: int) -> Case | None:
    """A declaration; None when nothing of it had happened yet."""
    nodes = tuple(_seconds(at) if at is not None and at <= moment else None for at in steps[: len(NODES)])
    if not words and not any(nodes):
        return None
    left = steps[len(NODES)]
    last = dict(zip(WORDS, words[-1], strict=True)) if words else dict.fromkeys(WORDS, "")
    return Case(
        declaration_no=number, nodes=nodes, left_queue=_seconds(left) if left <= moment else None,
        agent=last["agent"], officer=last["officer"], reason=last["order_reason"].strip(), area=last["area"],
        platform=last["platform"], farm=bool(last["farm"]), mode=last["mode"] or "unknown", hold=last["hold"],
        said=tuple(_said(dict(zip(WORDS, row, strict=True))) for row in words),
    )  # fmt: skip


def _said(word: dict[str, Any]) -> Said:
    return Said(
        since=_seconds(word["valid_from"]), platform=word["platform"],
        direction=None if word["direction"] is None else Direction(word["direction"]),
        enterprise_class=EnterpriseClass(word["enterprise_class"]), fresh=bool(word["fresh"]),
        vessel_departure_at=moment_or_none(word["vessel_departure_at"]),
        applied_at=moment_or_none(word["applied_at"]), appointed_for=moment_or_none(word["appointed_for"]),
        hold=word["hold"],
    )  # fmt: skip


def _seconds(at: int) -> float:
    return at / SECOND
