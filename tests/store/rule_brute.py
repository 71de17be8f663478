"""What a rule evaluated every second says of two hours: slow, plain, and what back-tests are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.alert_flow import merge
from domain.fences import Fence
from domain.pictures import GateRow, GatesPicture
from domain.records import DoorEvent, GateState, Record
from domain.rule_instances import Changes, changed, default
from domain.rules import rule_of
from domain.rules.base import Facts
from domain.rules.watching import Watching
from pipeline.fact_book import FactBook
from settings import Limits, numbers
from tests.store.samples import ago

LIMITS = numbers(Limits())
HOUR = 3600


def brute(
    name: str, records: Sequence[Record], fences: Mapping[str, Fence] = {}, changes: Changes | None = None
) -> list[tuple[str, int, float, float | None]]:
    """Every second, as the pipeline does it, with the machine of the alerts itself; the last two hours.

    Returns:
        Subject, level, and from when to when it fired, in seconds.
    """
    rule = rule_of(name)
    assert rule is not None
    instance = changed(default(rule, LIMITS, name), changes or Changes(), LIMITS)
    watching, book, rows = Watching(rule, instance), FactBook(), {}
    left = sorted(records, key=lambda one: min(one.event_time, getattr(one, "arrived_at", one.event_time)))
    found: list[list[Any]] = []
    gates: dict[str, GateRow] = {}
    for second in range(2 * HOUR + 1):
        now = ago(hours=2) + timedelta(seconds=second)
        new = []
        while left and min(left[0].event_time, getattr(left[0], "arrived_at", left[0].event_time)) <= now:
            new.append(left.pop(0))
        book.add(new, now)
        book.tidy(now)
        book.take()
        for one in new:
            if isinstance(one, GateState):
                gates[one.gate_id] = GateRow(
                    key=one.gate_id, name="", trucks_waiting=0, wait_minutes=one.wait_minutes, limit_minutes=0,
                    lanes_open=0,
                )  # fmt: skip
        firing = frozenset(row.key for row in rows.values() if row.condition == "firing")
        facts = Facts(
            now=now, **book.facts, fences=fences, firing=firing, gates=GatesPicture(rows=list(gates.values()))
        )
        facts.new = {DoorEvent: [one for one in new if isinstance(one, DoorEvent)]}
        judged = watching.look(facts)
        watching.keep()
        merged = merge(rows, [judged], now)
        rows |= {row.key: row for row in merged.changed}
        for step in merged.steps:
            subject = next(row.subject for row in rows.values() if row.id == step.alert_id)
            mine = [one for one in found if one[0] == subject and one[3] is None]
            if step.what in ("opened", "repeated") or (step.what == "level_raised" and not mine):
                at = float(second) if judged.kind == "condition" else seconds(judged.findings[-1].event_time)
                level = next(one.level for one in judged.findings if one.subject == subject)
                found.append([subject, level, at, None if judged.kind == "condition" else at])
            elif step.what == "level_raised":
                mine[-1][1] = min(mine[-1][1], step.level)
            elif step.what == "cleared":
                mine[-1][3] = float(second)
    return sorted((*one,) for one in found)


def seconds(at: datetime) -> float:
    """Since the beginning of the two hours."""
    return (at - ago(hours=2)).total_seconds()


Said = tuple[str, int, float, float | None]
"""Subject, level, seconds of beginning and end of one alert; None: it stands."""


def agree(got: list[Said], wanted: list[Said]) -> None:
    """A back-test says what looking every second says: raised within a second, cleared within a look a minute."""
    assert wanted
    assert [one[:2] for one in got] == [one[:2] for one in wanted]
    for mine, theirs in zip(got, wanted, strict=True):
        assert mine[2] == pytest.approx(theirs[2], abs=1.1)
        assert (mine[3] is None) == (theirs[3] is None)
        assert mine[3] is None or mine[3] == pytest.approx(theirs[3], abs=61)
