"""The rotation: order, alarms, and the scene due."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.pictures import AlertRow
from domain.wall_plan import Plan, calling, due, plan
from tests.screens.pictures import NOW, alert

KINDS = ("vehicle", "block", "gate", "declaration", "feed")
SCENES = ("overview", "yard", "inspections", "spare")
EXPLAINS = {"overview": ("vehicle",), "yard": ("block", "gate"), "inspections": ("declaration",)}
SECONDS = dict.fromkeys(SCENES, 45.0)


@st.composite
def rows(draw: st.DrawFn) -> list[AlertRow]:
    found = []
    for n in range(draw(st.integers(0, 8))):
        state = draw(st.sampled_from(["new", "acknowledged"]))
        row = alert(draw(st.integers(1, 4)), draw(st.integers(0, 9)), state, subject_kind=draw(st.sampled_from(KINDS)))
        row.key = f"k{n}"
        found.append(row)
    return found


def told(found: list[AlertRow]) -> Plan:
    return plan(SCENES, SECONDS, EXPLAINS, calling(found, NOW, 180))


@given(rows(), st.randoms())
def test_every_wall_comes_to_the_same_plan(found: list[AlertRow], dice: random.Random) -> None:
    shuffled = list(found)
    dice.shuffle(shuffled)
    assert told(found) == told(shuffled)


@given(rows())
def test_calm_is_the_order_of_the_configuration(found: list[AlertRow]) -> None:
    calm = [row for row in found if row.state != "new" or row.level > 2]
    made = told(calm)
    assert [slot.scene for slot in made.slots] == list(SCENES)
    assert (made.level, made.since, made.alarms) == (0, 0.0, [])


@given(rows())
def test_level_one_is_never_hidden(found: list[AlertRow]) -> None:
    made = told(found)
    first = [row for row in found if row.level == 1 and row.state == "new"]
    if not first:
        assert sorted(slot.scene for slot in made.slots) == sorted(SCENES)
        return
    kinds = {row.subject_kind for row in first}
    explaining = [scene for scene in SCENES if kinds & set(EXPLAINS.get(scene, ()))]
    assert [slot.scene for slot in made.slots] == (explaining or [SCENES[0]])
    assert made.level == 1
    assert made.alarms[0] in {row.key for row in first}


@given(rows())
def test_what_explains_the_worst_comes_first_and_at_once(found: list[AlertRow]) -> None:
    made, alarms = told(found), calling(found, NOW, 180)
    if not alarms:
        return
    assert made.since == max(row.opened_at for row in alarms).timestamp()
    worst = [a for a in alarms if a.level == 1 and a.state == "new"] or alarms
    explained = [s for s in SCENES if {a.subject_kind for a in worst} & set(EXPLAINS.get(s, ()))]
    if explained:
        assert due(made, made.since)[0] in explained
    assert [(row.level, -row.opened_at.timestamp()) for row in alarms] == sorted(
        (row.level, -row.opened_at.timestamp()) for row in alarms
    )


@given(rows(), st.floats(0, 4e9))
def test_a_scene_of_the_plan_is_always_due(found: list[AlertRow], now: float) -> None:
    made = told(found)
    scene, past = due(made, now)
    assert scene in {slot.scene for slot in made.slots}
    assert 0 <= past <= 45.0


def test_scenes_follow_one_another_each_for_its_time() -> None:
    made = plan(("a", "b"), {"a": 10, "b": 20}, {}, [])
    assert [due(made, t)[0] for t in (0, 9, 10, 29, 30)] == ["a", "a", "b", "b", "a"]


def test_level_two_calls_for_a_while_and_level_one_until_it_is_seen() -> None:
    two, one = alert(2, 2), alert(1, 500)
    assert calling([two, one], NOW, 180) == [one, two]
    assert calling([two, one], NOW + timedelta(minutes=5), 180) == [one]
    assert calling([alert(1, 500, "acknowledged")], NOW, 180) == []
