"""The forecast of the queue held against what then happened: how often the 80 % interval held, on simulated weeks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from domain.cycles import Cycles
from domain.pictures import Span
from domain.queue_durations import Durations, Past
from domain.queue_forecast import QueueForecast
from domain.queue_order import order, waiting
from domain.records import InspectionStep, InspectionTask, Node, Record
from domain.rota import Inspections


class Story(msgspec.Struct):
    """A declaration and when it reached its nodes."""

    task: InspectionTask
    nodes: dict[Node, datetime]


class Held(msgspec.Struct):
    """What a back-test found of confirmation, start and finish: told, held by the interval, and its widths in hours."""

    told: Counter[str]
    held: Counter[str]
    hours: dict[str, list[float]]
    unknown: Counter[str]

    def share(self, what: str) -> float:
        """How often the interval held."""
        return self.held[what] / self.told[what] if self.told[what] else float("nan")


def stories(records: Iterable[Record]) -> list[Story]:
    """Put tasks and steps together; what was never appointed or confirmed is left out."""
    found: dict[str, Story] = {}
    nodes: dict[str, dict[Node, datetime]] = defaultdict(dict)
    for record in records:
        if isinstance(record, InspectionTask):
            found[record.declaration_no] = Story(record, nodes[record.declaration_no])
        elif isinstance(record, InspectionStep):
            nodes[record.declaration_no][record.node] = record.event_time
    return [one for one in found.values() if {Node.APPOINTED, Node.CONFIRMED} <= one.nodes.keys()]


def past_of(known: Sequence[Story], since: datetime, until: datetime) -> Past:
    """What was known by a moment."""
    mine = [one for one in known if one.nodes[Node.CONFIRMED] < until and one.nodes[Node.APPOINTED] >= since]

    def times(node: Node) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([
            one.nodes[node].timestamp() if node in one.nodes and one.nodes[node] < until else np.nan for one in mine
        ])  # fmt: skip

    return Past(
        since=since.timestamp(), until=until.timestamp(), platform=np.array([one.task.platform for one in mine]),
        area=np.array([one.task.area for one in mine]), mode=np.array([one.task.mode.value for one in mine]),
        farm=np.array([one.task.farm for one in mine]), appointed=times(Node.APPOINTED),
        confirmed=times(Node.CONFIRMED), assigned=times(Node.ASSIGNED), inspected=times(Node.INSPECTED),
    )  # fmt: skip


def backtest(known: Sequence[Story], rota: Inspections, cycles: Cycles, moments: Iterable[datetime]) -> Held:
    """Make the forecasts of some moments by what was known at the midnight before, and hold them against what came.

    Args:
        known: declarations to their end.
        rota: which area works when.
        cycles: when customs' system confirms.
        moments: aware.
    """
    found = Held(Counter(), Counter(), defaultdict(list), Counter())
    for at in moments:
        midnight = msgspec.structs.replace(cycles, minutes=1440.0).before(at)
        past = past_of(known, midnight - timedelta(days=rota.baseline_days), midnight)
        forecast = QueueForecast(Durations(past, rota, ZoneInfo(cycles.timezone)), cycles, at)
        queued = {
            one.task.declaration_no: one
            for one in known if one.nodes[Node.APPOINTED] <= at < one.nodes[Node.CONFIRMED]
        }  # fmt: skip
        places = order([waiting(one.task, one.nodes[Node.APPOINTED]) for one in queued.values()], cycles, at)
        for place in places:
            one = queued[place.waiting.declaration_no]
            kind = (one.task.platform, one.task.area, one.task.mode.value, one.task.farm)
            expected = forecast.expected(*kind, place.rank)
            if isinstance(expected, str):
                found.unknown[expected] += 1
                continue
            _hold(found, "confirmed", expected.confirmed, cycles.cut(one.nodes[Node.CONFIRMED]))
            _hold(found, "start", expected.start, one.nodes.get(Node.ASSIGNED))
            _hold(found, "finish", expected.finish, one.nodes.get(Node.INSPECTED))
    return found


def _hold(found: Held, what: str, span: Span | None, came: datetime | None) -> None:
    if came is None:
        return
    if span is None:
        found.unknown[what] += 1
        return
    found.told[what] += 1
    found.held[what] += span.since <= came <= span.until
    found.hours[what].append((span.until - span.since).total_seconds() / 3600)


def every(since: datetime, days: int, hours: float) -> list[datetime]:
    """Moments at equal distances."""
    return [since + timedelta(hours=hours * n) for n in range(int(days * 24 / hours))]
