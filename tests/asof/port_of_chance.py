"""Random deliveries of every kind of record, as sources send them: late, corrected, again, out of order.

And the live pictures after each, to hold the reads of the past against.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from domain.pictures import AlertRow, FeedRow, FeedState, ForecastRow, NoticeRow, Positions
from domain.records import (
    ContainerStay,
    Direction,
    EnterpriseClass,
    GateMove,
    GateState,
    Hold,
    InspectionStep,
    InspectionTask,
    LabSample,
    MachineScan,
    Node,
    Origin,
    Record,
    VehiclePosition,
    VesselCall,
    VesselPosition,
    YardBlock,
)
from domain.rota import Area, Inspections
from domain.segments import Segments
from domain.viewer import PORT_OPERATOR, Viewer
from store.engine import Store

BEGIN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
VIEWERS = (PORT_OPERATOR, Viewer(name="enterprise", scope=frozenset({"E1"})))
OWN_TIMES = (ContainerStay, LabSample, MachineScan, VesselCall)  # what they tell of stands inside them
MINUTE = timedelta(minutes=1)
ROTA = Inspections(areas={"north": Area(weekend=("saturday",))})
LIMITS = {"confirm_wait_minutes": 60.0, "appoint_wait_hours": 1.0, "rejected_wait_hours": 1.0, "suspended_hours": 1.0}


class Chance:
    """Draws records; every choice comes from one seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.fixes = 0

    def deliveries(self, number: int) -> list[tuple[datetime, list[Record]]]:
        """(received at, records), in the order they come; the first surveys the yard."""
        at = BEGIN
        found: list[tuple[datetime, list[Record]]] = [(at, [self._block(name, at) for name in ("A", "B")])]
        sent: list[Record] = []
        for _ in range(number):
            at += timedelta(seconds=self.dice.choice([90, 400, 1900, 8000]))
            records = [self._record(at) for _ in range(self.dice.randrange(1, 9))]
            if sent and self.dice.random() < 0.4:
                records += self.dice.sample(sent, min(len(sent), 3))  # again, the same
            sent += records
            found.append((at, records))
        return found

    def _record(self, now: datetime) -> Record:
        late = timedelta(minutes=self.dice.choice([-4, 0, 0, 0, 1, 7, 45, 300]))  # a clock may run fast
        make = self.dice.choice([
            self._stay, self._stay, self._stay, self._task, self._task, self._step, self._step, self._step,
            self._sample, self._scan, self._call, self._move, self._gate, self._truck, self._ship, self._survey,
        ])  # fmt: skip
        return make(self._full(now - late))

    def _full(self, at: datetime) -> datetime:
        """On a grid of five minutes, so that a moment often gets a second, other, record."""
        return at - timedelta(minutes=at.minute % 5, seconds=at.second)

    def _common(self, at: datetime, scope: str | None = None) -> dict[str, Any]:
        return {"feed": "f", "origin": Origin.SIMULATED, "event_time": at, "scope": scope}

    def _owned(self, number: int) -> str | None:
        return "E1" if number % 2 else None

    def _block(self, name: str, at: datetime) -> YardBlock:
        capacity = self.dice.choice([10, 20, 40])
        return YardBlock(
            block_id=name, name=name, terminal="T", capacity_teu=capacity, **self._common(at - MINUTE * 600)
        )

    def _survey(self, at: datetime) -> YardBlock:
        return msgspec.structs.replace(self._block("A", at), event_time=at)

    def _stay(self, at: datetime) -> ContainerStay:
        number = self.dice.randrange(6)
        arrived = at - MINUTE * self.dice.choice([-60, 0, 30, 200])
        left = None if self.dice.random() < 0.5 else at + MINUTE * self.dice.choice([-10, 0, 60])
        return ContainerStay(
            stay_id=f"s{number}", block_id=self.dice.choice(["A", "B", "?"]),
            length_ft=self.dice.choice([20, 40, None]), arrived_at=arrived, departed_at=left,
            **self._common(at, self._owned(number)),
        )  # fmt: skip

    def _task(self, at: datetime) -> InspectionTask:
        number = self.dice.randrange(5)
        return InspectionTask(
            declaration_no=f"D{number}", platform=self.dice.choice(["P", "Q"]), farm=self.dice.random() < 0.5,
            direction=self.dice.choice([None, Direction.EXPORT, Direction.IMPORT]),
            enterprise_class=self.dice.choice(list(EnterpriseClass)), appointed_for=at + MINUTE * 60,
            vessel_departure_at=self.dice.choice([None, at + MINUTE * 300]), containers=("C",), vessel_name="V",
            accepted_at=at - MINUTE * 20, released_at=self.dice.choice([None, at + MINUTE * 15]),
            hold=self.dice.choice(["", "", "", Hold.SUSPENDED, Hold.REJECTED]), held_since=at - MINUTE * 10,
            **self._common(at, self._owned(number)),
        )  # fmt: skip

    def _step(self, at: datetime) -> InspectionStep:
        number = self.dice.randrange(6)
        return InspectionStep(
            declaration_no=f"D{number}", node=self.dice.choice(list(Node)), **self._common(at, self._owned(number))
        )

    def _sample(self, at: datetime) -> LabSample:
        number = self.dice.randrange(3)
        done = None if self.dice.random() < 0.5 else at
        return LabSample(
            declaration_no=f"D{number}", sent_at=at - MINUTE * 30, completed_at=done,
            **self._common(at, self._owned(number)),
        )  # fmt: skip

    def _scan(self, at: datetime) -> MachineScan:
        number = self.dice.randrange(4)
        return MachineScan(
            declaration_no=f"D{number}", container_no="C", scanned_at=at - MINUTE * 20,
            reviewed_at=None if self.dice.random() < 0.3 else at, released_directly=self.dice.random() < 0.3,
            **self._common(at, self._owned(number)),
        )  # fmt: skip

    def _call(self, at: datetime) -> VesselCall:
        reached = self.dice.randrange(3)
        return VesselCall(
            call_id=f"v{self.dice.randrange(3)}", vessel_name="V", berth=self.dice.choice(["1", "2"]),
            eta=at + MINUTE * 200, ata=at - MINUTE * 5 if reached else None, atd=at if reached > 1 else None,
            **self._common(at),
        )  # fmt: skip

    def _move(self, at: datetime) -> GateMove:
        visit, out = self.dice.randrange(30), self.dice.random() < 0.5
        return GateMove(
            move_id=f"{visit}{out}{at:%d%H%M}", gate_id="G", direction="out" if out else "in", visit_id=f"{visit}",
            **self._common(at),
        )  # fmt: skip

    def _gate(self, at: datetime) -> GateState:
        return GateState(
            gate_id=self.dice.choice(["G", "H"]), name="G", trucks_waiting=self.dice.randrange(9), wait_minutes=1.0,
            **self._common(at),
        )  # fmt: skip

    def _place(self) -> dict[str, float]:
        """Far from every other, so that the dead-band keeps each fix."""
        self.fixes += 1
        return {"lon": 100.0 + self.fixes * 0.07 % 30, "lat": 20.0 + self.fixes * 0.11 % 20}

    def _truck(self, at: datetime) -> VehiclePosition:
        number = self.dice.randrange(3)
        return VehiclePosition(
            vehicle_id=f"T{number}", speed_kmh=float(self.dice.randrange(60)), **self._place(),
            **self._common(at, self._owned(number)),
        )  # fmt: skip

    def _ship(self, at: datetime) -> VesselPosition:
        return VesselPosition(mmsi=self.dice.randrange(1, 3), speed_knots=3.0, **self._place(), **self._common(at))

    def said(self, at: datetime) -> dict[str, list[Any]]:
        """What the cockpit itself says about now: alerts, feeds, forecasts, notices."""
        key = f"r:{self.dice.randrange(3)}"
        alert = AlertRow(
            key=key, rule="r", level=self.dice.randrange(1, 4), subject_kind="gate", subject="G",
            state=self.dice.choice(["new", "closed"]), condition="firing", opened_at=BEGIN, last_at=at, count=1,
            version=1,
        )  # fmt: skip
        feed = FeedRow(
            key=f"f{self.dice.randrange(2)}", title="f", adapter="a", origin="live",
            state=self.dice.choice(list(FeedState)), every_seconds=1, expected_seconds=3, last_ok_at=at,
        )  # fmt: skip
        forecast = ForecastRow(
            key=self.dice.choice(["x", "y"]), unit="boxes", past_times=[], past_values=[], times=[at], mean=[1.0],
            lower_80=[], upper_80=[], lower_95=[], upper_95=[], model="m", made_at=at,
        )  # fmt: skip
        notices = [NoticeRow(key=code, code=code) for code in self.dice.sample(["n", "o", "p"], self.dice.randrange(3))]
        return {"alerts": [alert], "feeds": [feed], "forecasts": [forecast], "notices": notices}


def say(store: Store, said: dict[str, list[Any]]) -> None:
    store.save_alerts(said["alerts"])
    store.save_feed_health(said["feeds"])
    store.save_forecasts(said["forecasts"])
    store.save_notices(said["notices"])


def pictures(store: Store, now: datetime, **moment: Any) -> dict[str, Any]:
    """Every picture there is, for all viewers; ``moment``: at and known, live without."""
    reads, found = store.reads, {}
    for viewer in VIEWERS:
        asked: dict[str, Callable[[], Any]] = {
            "yard": lambda v=viewer: reads.yard(v, **moment),
            "queue": lambda v=viewer: reads.queue(v, **moment),
            "inspections": lambda v=viewer: reads.inspections(v, **moment),
            "inspection": lambda v=viewer: [reads.inspection(v, f"D{n}", **moment) for n in range(6)],
            "segments": lambda v=viewer: reads.segments(v, now - MINUTE * 90, **moment),
            "sailings": lambda v=viewer: reads.sailings(v, ROTA, **moment),
            "warnings": lambda v=viewer: reads.warnings(v, LIMITS, **moment),
            "gates": lambda v=viewer: reads.gates(v, **moment),
            "vehicles": lambda v=viewer: reads.vehicles(v, **moment),
            "vessels": lambda v=viewer: reads.vessels(v, **moment),
            "kpi_facts": lambda v=viewer: reads.kpi_facts(v, now, "Asia/Shanghai", 240, **moment),
            "calls": lambda v=viewer: [_bare(call) for call in reads.calls(v, **moment)],
            "alerts": lambda v=viewer: reads.alerts(v, **moment),
            "feeds": lambda v=viewer: reads.feeds(v, **moment),
            "forecasts": lambda v=viewer: reads.forecasts(v, **moment),
            "notices": lambda v=viewer: reads.notices(v, **moment),
        }
        found.update({f"{name} for {viewer.name}": _plain(read()) for name, read in asked.items()})
    return found


def _bare(call: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in call.items() if name != "ref"}


def _plain(picture: Any) -> Any:
    if not isinstance(picture, Positions | Segments):
        return picture
    # Nothing is kept of a version that came late and was corrected: spells may differ by what was known then.
    columns = {name: getattr(picture, name) for name in picture.__struct_fields__ if not name.startswith("held_")}
    return {name: _listed(value) if isinstance(value, np.ndarray) else value for name, value in columns.items()}


def _listed(column: np.ndarray) -> list[Any]:
    return (np.nan_to_num(column, nan=-1.0) if column.dtype.kind == "f" else column).tolist()


def replayed(deliveries: Iterable[tuple[datetime, list[Record]]], at: datetime) -> list[list[Record]]:
    """What is known today of the time up to a moment: its records by their time, in the order they came."""
    return [
        [record for record in records if record.event_time <= at or isinstance(record, OWN_TIMES)]
        for _, records in deliveries
    ]
