"""Rules that look at two facts wake when either changes: piece by piece they say what a look at everything says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from domain.fences import Fence, FenceKind
from domain.records import ContainerStay, InspectionTask, Measurement, Record, VehiclePosition, WeatherObservation
from domain.rule_instances import default
from domain.rules import all_rules, rule_of
from domain.rules.base import Facts, Finding, Rule
from domain.rules.watching import Watching
from pipeline.fact_book import FactBook
from pipeline.rule_watch import RuleWatch, prompt
from tests.domain.rule_timeline import instance
from tests.domain.samples import BEFORE, BOX, DECLARATION, NOW, good

PLATE, OTHER = "鲁B12345", "鲁B99999"
MINUTE = 60.0
Told = list[tuple[float, list[str]]]


class Live:
    """One rule as the pipeline lets it look: at once at what is new, each second at what is due."""

    def __init__(self, name: str, **changes: Any) -> None:
        rule = rule_of(name)
        assert rule is not None
        self.rule = rule
        self.instance = instance(name, hold_on_seconds=0, hold_off_seconds=0, count=1, window_seconds=0, **changes)
        self.watch, self.book, self.found = RuleWatch(), FactBook(), frozenset[tuple[str, int]]()
        self.watch.run({name: self.instance})

    def facts(self, seconds: float) -> Facts:
        firing = frozenset(f"{self.rule.name}:{subject}" for subject, _ in self.found)
        return Facts(now=NOW + timedelta(seconds=seconds), **{"firing": firing, **self.book.facts})

    def at(self, seconds: float, news: list[Record | dict[str, Fence]]) -> None:
        """Take news in; a tick follows at a whole second, else only those wake whom it concerns."""
        for one in news:
            if isinstance(one, dict):
                self.book.replace("fences", one)
            else:
                self.book.add([one], NOW + timedelta(seconds=seconds))
        facts, changed = self.facts(seconds), self.book.take()
        whole = float(seconds).is_integer()
        for said in self.watch.tick(facts, facts, changed) if whole else self.watch.wake(facts, changed):
            self.found = frozenset((one.subject, one.level) for one in said.findings)
        self.watch.keep()

    def all(self, seconds: float) -> frozenset[tuple[str, int]]:
        """What a look at everything says."""
        said = self.rule.found(self.facts(seconds), self.instance)
        return frozenset((one.subject, one.level) for one in said if isinstance(one, Finding))


def play(name: str, table: list[tuple[float, list[Any]]], **changes: Any) -> Told:
    """Who is found, when that changes; news at moments between two seconds, where no tick helps."""
    live, told = Live(name, **changes), [(0.0, list[str]())]
    live.at(0.0, [])
    for seconds, news in table:
        live.at(seconds, news)
        who = sorted(subject for subject, _ in live.found)
        told += [(seconds, who)] if who != told[-1][1] else []
    return told[1:]


def task(appointed: float, seconds: float = 0.0, **told: Any) -> InspectionTask:
    at = NOW + timedelta(seconds=seconds)
    appointed_for = NOW + timedelta(minutes=appointed)
    return replace(good(InspectionTask), event_time=at, appointed_for=appointed_for, platform="P1", **told)


def truck(seconds: float, plate: str = PLATE, **told: Any) -> VehiclePosition:
    at = NOW + timedelta(seconds=seconds)
    more = {"declaration_no": DECLARATION, "destination": "P1", "status": "driving", "container_no": BOX, **told}
    return replace(good(VehiclePosition), event_time=at, vehicle_id=plate, **more)


def box(**told: Any) -> ContainerStay:
    return replace(good(ContainerStay), **{"arrived_at": BEFORE, "departed_at": None, **told})


def measured(measure: str, subject: str, value: float, seconds: float = 0.0) -> Measurement:
    at = NOW + timedelta(seconds=seconds)
    return replace(good(Measurement), measure=measure, subject=subject, value=value, event_time=at)


def line(limit: float, name: str = "passenger-hall", **told: Any) -> dict[str, Fence]:
    points = ((120.2, 36.0), (120.201, 36.0))
    return {"W": Fence(fence_id="W", name=name, kind=FenceKind.WAITING_LINE, points=points, limit=limit, **told)}


def test_a_truck_is_late_as_soon_as_only_its_appointment_is_moved() -> None:
    others = truck(0.5, OTHER, declaration_no="")
    table = [(0.5, [task(0.0), truck(0.5), others]), (5.5, [task(-20.0, 5.0)]), (6.5, [task(60.0, 6.0)]),
             (7.5, [task(-20.0, 7.0, hold="suspended")]), (8.5, [task(-20.0, 8.0)])]  # fmt: skip
    found = play("late_for_appointment", table, params={"minutes": 10})
    assert found == [(5.5, [PLATE]), (6.5, []), (8.5, [PLATE])]


def test_a_truck_is_late_as_soon_as_its_declaration_is_known() -> None:
    found = play("late_for_appointment", [(0.5, [truck(0.5)]), (9.5, [task(-20.0)])], params={"minutes": 10})
    assert found == [(9.5, [PLATE])]


def test_a_reefer_is_too_warm_as_soon_as_its_papers_say_how_cold_it_is_to_be() -> None:
    table = [(0.5, [measured("reefer_celsius", BOX, -5.0)]), (3.5, [box(set_celsius=-18.0)]),
             (4.5, [box(set_celsius=-6.0, event_time=NOW + timedelta(seconds=4))])]  # fmt: skip
    assert play("reefer_temperature", table) == [(3.5, [BOX]), (4.5, [])]


def test_a_reefer_without_power_counts_as_soon_as_it_is_known_to_stand_here() -> None:
    table = [(0.5, [measured("reefer_power", BOX, 0.0)]), (3.5, [box()]),
             (4.5, [box(event_time=NOW + timedelta(seconds=4), departed_at=NOW)])]  # fmt: skip
    assert [who for _, who in play("reefer_power", table)][:1] == [[BOX]]


def test_the_line_drawn_for_a_waiting_area_is_what_counts_there() -> None:
    crowd = [measured("passengers_waiting", "passenger-hall", 200.0)]
    both = {**line(180.0), "V": replace(line(150.0, " Passenger-Hall ")["W"], fence_id="V")}
    table = [(0.5, crowd), (1, [line(180.0)]), (2, [line(230.0)]), (3, [both]), (4, [line(50.0, "ferry")]),
             (5, [line(50.0, "x")]), (6, [line(50.0, state="retired")]), (7, [line(199.0, "w")])]  # fmt: skip
    found = play("passenger_flow", table)
    assert found == [(1, ["passenger-hall"]), (2, []), (3, ["passenger-hall"]), (4, [])]
    by_number = {"passenger-hall": replace(line(50.0, "候检区")["W"], fence_id="passenger-hall")}
    assert play("passenger_flow", [(0.5, crowd), (1, [by_number])]) == [(1, ["passenger-hall"])]
    assert play("passenger_flow", [(0.5, [measured("passengers_waiting", "other", 400.0)]), (1, [line(500.0)])]) == [
        (0.5, ["other"])
    ]


def test_what_changes_while_a_rule_cannot_judge_is_judged_when_it_can_again() -> None:
    def judge(fix: VehiclePosition, facts: Facts, one: Any) -> Finding | None:
        fast = (fix.speed_kmh or 0.0) > 50
        told = {"subject_kind": "vehicle", "subject": fix.vehicle_id, "level": 3, "event_time": facts.now}
        return Finding(rule=one.name, **told) if fast else None

    rule = Rule(name="fast", kind="condition", judge=judge, over="vehicles", needs=("tasks",))
    slow, fast = truck(0.0, speed_kmh=10.0), truck(1.0, speed_kmh=90.0)
    for wake in (Watching.look, Watching.glance):
        watching, known = Watching(rule, default(rule, {})), {"D": task(0.0)}
        watching.look(Facts(now=NOW, vehicles={PLATE: slow}, tasks=known))
        wake(watching, Facts(now=NOW, vehicles={PLATE: fast}), {PLATE})  # no tasks
        said = watching.look(Facts(now=NOW, vehicles={PLATE: fast}, tasks=known), ())
        assert [one.subject for one in said.findings] == [PLATE]


@pytest.mark.parametrize("rule", [rule for rule in all_rules() if rule.joins], ids=lambda rule: rule.name)
def test_what_a_rule_joins_by_is_a_field_of_what_it_judges(rule: Any) -> None:
    (kind,) = [kind for kind in get_args(get_type_hints(Facts)[rule.over]) if hasattr(kind, "__struct_fields__")]
    assert set(rule.joins.values()) <= {field.name for field in fields(kind)}
    assert set(rule.joins) <= set(rule.uses)


def test_every_mapping_looked_up_while_judging_one_by_one_is_joined() -> None:
    """A mapping the book changes in place wakes nobody by itself; fences are another mapping each time."""
    for rule in all_rules():
        if prompt(rule) and rule.judge is not None:
            assert set(rule.uses) - {"fences"} <= set(rule.joins), rule.name


_SECONDS = st.sampled_from([0.5, 0.5, 1.0, 5.0, 59.5, 400.0, 3000.0])
_RING = ((120.2, 36.0), (120.202, 36.0), (120.202, 36.002), (120.2, 36.002), (120.2, 36.0))
_AREAS = st.sampled_from([{}, line(180.0), line(900.0)]) | st.builds(
    lambda kind: {"Z": Fence(fence_id="Z", name="Z", kind=kind, points=_RING, limit=20.0, applies=("vehicle",))},
    st.sampled_from([FenceKind.RESTRICTED, FenceKind.ALLOWED_STOP, FenceKind.SPEED_ZONE]),
)


def _news(draw: Any, at: float) -> Any:
    one = draw(st.sampled_from(["truck", "task", "box", "reefer", "power", "people", "sky", "fences"]))
    moment = NOW + timedelta(seconds=at)
    if one == "fences":
        return draw(_AREAS)
    if one == "sky":
        wind = draw(st.sampled_from([5.0, 14.0, 18.0, 25.0]))
        sight = draw(st.sampled_from([None, 500.0, 5000.0]))
        return replace(good(WeatherObservation), event_time=moment, wind_metres_per_second=wind,
                       gust_metres_per_second=None, visibility_metres=sight)  # fmt: skip
    if one == "truck":
        place = draw(st.sampled_from([120.201, 120.3]))
        return truck(at, draw(st.sampled_from([PLATE, OTHER])), lon=place, lat=36.001,
                     declaration_no=draw(st.sampled_from(["", DECLARATION])), off_route_metres=None,
                     speed_kmh=draw(st.sampled_from([0.0, 25.0, 70.0, 120.0])))  # fmt: skip
    if one == "task":
        return task(at / MINUTE + draw(st.sampled_from([-30.0, -1.0, 5.0])), at,
                    hold=draw(st.sampled_from(["", "suspended"])))  # fmt: skip
    if one == "box":
        gone = draw(st.sampled_from([None, moment]))
        return box(event_time=moment, set_celsius=draw(st.sampled_from([None, -18.0, 2.0])), departed_at=gone)
    measure = {"reefer": "reefer_celsius", "power": "reefer_power", "people": "passengers_waiting"}[one]
    subject = "passenger-hall" if one == "people" else BOX
    value = {"reefer": [-18.0, -5.0, 9.0], "power": [0.0, 1.0], "people": [100.0, 200.0, 1000.0]}[one]
    return measured(measure, subject, draw(st.sampled_from(value)), at)


_CHANGES: dict[str, dict[str, Any]] = {"late_for_appointment": {"params": {"minutes": 10}}}
JUDGES = [rule.name for rule in all_rules() if rule.judge is not None]


@examples(max_examples=40, deadline=None)
@given(data=st.data())
def test_piece_by_piece_says_what_a_look_at_everything_says(data: st.DataObject) -> None:
    all_of_them, at = [Live(name, dead_band=0.0, **_CHANGES.get(name, {})) for name in JUDGES], 0.0
    for live in all_of_them:
        live.at(0.0, [])
    for _ in range(data.draw(st.integers(1, 8))):
        at += data.draw(_SECONDS)
        news = [_news(data.draw, at) for _ in range(data.draw(st.integers(1, 3)))]
        for live in all_of_them:
            live.at(int(at) + 0.75, news)
            live.at(float(int(at) + 1), [])
            assert live.found == live.all(float(int(at) + 1)), live.rule.name
        at = float(int(at) + 1)
