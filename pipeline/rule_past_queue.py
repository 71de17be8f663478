"""Pictures of the past that are counted from single things: who waits in the queue, and how long trucks stay.

They hold what the rules over them look at, and no more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from domain.pictures import KpiRow, KpisPicture, QueuePicture, QueueRow
from domain.records import GateMove, Hold, InspectionStep, InspectionTask, Node, Record
from domain.sailing_pictures import WarningRow, WarningsPicture
from pipeline.replaying import News
from store.reads.rule_past import History

QUEUE_EVERY = timedelta(minutes=10)
TURN_EVERY = timedelta(minutes=5)
TURN_WINDOW = timedelta(hours=2)
LONGEST_VISIT = timedelta(hours=12)  # whoever stays longer is parked
LEAD = timedelta(days=30)  # a declaration that was heard of earlier is waited for by nobody
HELD = {Hold.NOT_APPOINTED.value: "unappointed", Hold.REJECTED.value: "rejected", Hold.SUSPENDED.value: "suspended"}


class _Declarations:
    """Declarations that are under way."""

    def __init__(self) -> None:
        self.tasks: dict[str, InspectionTask] = {}
        self.appointed: dict[str, datetime] = {}
        self.left: set[str] = set()
        self.over: set[str] = set()
        self._heard: dict[str, datetime] = {}

    def take(self, record: Record) -> None:
        if isinstance(record, InspectionTask):
            self.tasks[record.declaration_no] = record
            self._heard.setdefault(record.declaration_no, record.event_time)
        elif isinstance(record, InspectionStep):
            self._step(record)

    def _step(self, step: InspectionStep) -> None:
        number = step.declaration_no
        self._heard[number] = step.event_time
        if step.node is Node.APPOINTED:
            self.appointed[number] = step.event_time
        else:
            self.left.add(number)
        if step.node is Node.DEPARTED:
            self.over.add(number)
            self.tasks.pop(number, None)

    def under_way(self, now: datetime) -> Iterator[tuple[str, InspectionTask]]:
        for number, task in self.tasks.items():
            if number not in self.over and self._heard[number] > now - LEAD:
                yield number, task

    def waiting_since(self, number: str, task: InspectionTask) -> datetime | None:
        """Since when it waits for confirmation; None: it does not."""
        if task.hold or number in self.left:
            return None
        return self.appointed.get(number) or (task.appointed_for if number not in self.appointed else None)


def _course(
    history: History, since: datetime, until: datetime, fact: str,
    picture: Callable[[_Declarations, datetime], Any],
) -> Iterator[News]:  # fmt: skip
    records: list[Record] = [
        *history.records(InspectionTask, since - LEAD, until), *history.records(InspectionStep, since - LEAD, until)
    ]  # fmt: skip
    records.sort(key=lambda one: one.event_time)
    known, place, at = _Declarations(), 0, since
    while at <= until:
        while place < len(records) and records[place].event_time <= at:
            known.take(records[place])
            place += 1
        yield News(at, facts={fact: picture(known, at)})
        at += QUEUE_EVERY


def queue(history: History, since: datetime, until: datetime) -> Iterator[News]:
    """Who waits for confirmation, and for how long; without an order."""
    return _course(history, since, until, "queue", _queue)


def _queue(known: _Declarations, now: datetime) -> QueuePicture:
    rows = []
    for number, task in known.under_way(now):
        since = known.waiting_since(number, task)
        if since is not None and since <= now:
            rows.append(QueueRow(
                key=number, rank=0, platform=task.platform, area=task.area, bill_of_lading="", direction="",
                enterprise_class="", fresh=task.fresh, mode="", country="", entry_state="", appointed_at=since,
                waited_minutes=float((now - since) // timedelta(minutes=1)), origin=task.origin.value,
            ))  # fmt: skip
    return QueuePicture(rows=rows)


def waits(history: History, since: datetime, until: datetime) -> Iterator[News]:
    """Declarations on hold: not appointed, rejected, suspended; with how long they are."""
    return _course(history, since, until, "warnings", _held)


def _held(known: _Declarations, now: datetime) -> WarningsPicture:
    rows = []
    for number, task in known.under_way(now):
        kind = HELD.get(task.hold)
        if kind is None:
            continue
        since = task.held_since or (task.accepted_at if kind == "unappointed" else None) or task.event_time
        if since <= now:
            rows.append(WarningRow(
                key=f"{kind}:{number}", kind=kind, declaration_no=number, platform=task.platform, since=since,
                hours=round((now - since) / timedelta(hours=1), 1), origin=task.origin.value,
            ))  # fmt: skip
    return WarningsPicture(rows=rows)


def turns(history: History, since: datetime, until: datetime) -> Iterator[News]:
    """The mean turn time of trucks that left in the last two hours."""
    moves = history.records(GateMove, since - TURN_WINDOW - LONGEST_VISIT, until)
    moves.sort(key=lambda move: (move.event_time, move.direction))
    entered: dict[str, datetime] = {}
    ended: deque[tuple[datetime, float]] = deque()
    place, at = 0, since
    while at <= until:
        while place < len(moves) and moves[place].event_time <= at:
            move, place = moves[place], place + 1
            if move.visit_id and move.direction == "in":
                entered[move.visit_id] = move.event_time
            elif move.visit_id in entered:
                minutes = (move.event_time - entered.pop(move.visit_id)) / timedelta(minutes=1)
                if minutes <= (TURN_WINDOW + LONGEST_VISIT) / timedelta(minutes=1):
                    ended.append((move.event_time, minutes))
        while ended and ended[0][0] <= at - TURN_WINDOW:
            ended.popleft()
        mean = sum(minutes for _, minutes in ended) / len(ended) if ended else None
        row = KpiRow(key="truck_turn", value=None if mean is None else float(round(mean)), unit="minutes")
        yield News(at, facts={"kpis": KpisPicture(rows=[row])})
        at += TURN_EVERY
