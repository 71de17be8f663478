"""The clock of one declaration against its kind: whatever the times are, nothing is guessed and nothing negative."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.declaration_file import CODES, LEAST, Baseline, Segment, clock, compared
from domain.pictures import InspectionRow
from domain.records import InspectionTask, Node
from tests.domain.samples import DECLARATION, HEAD, NOW

HOUR = timedelta(hours=1)
TIMES = st.integers(-72, 0).map(lambda n: NOW + n * HOUR)
NODES = st.dictionaries(st.sampled_from([node.value for node in Node]), TIMES)


def task(**more):
    return InspectionTask(**HEAD, declaration_no=DECLARATION, **more)


def row(**more):
    told = {"farm": False, "mode": "manual", "area": "north", **more}
    return InspectionRow(
        key=DECLARATION, bill_of_lading="", platform="", direction="", enterprise_class="", fresh=False, stage="",
        nodes={}, **told,
    )  # fmt: skip


def alike(hours, n=None, **kind):
    """Finished declarations of one kind whose every time took so long."""
    hours = np.array(hours, dtype=float) if n is None else np.full(n, float(hours))
    told = {"farm": "no", "mode": "manual", "area": "north", **kind}
    return Baseline(
        hours=dict.fromkeys(CODES, hours), kinds={name: np.array([one] * len(hours)) for name, one in told.items()}
    )


def both(one, other):
    return Baseline(
        hours={code: np.concatenate([one.hours[code], other.hours[code]]) for code in CODES},
        kinds={name: np.concatenate([one.kinds[name], other.kinds[name]]) for name in one.kinds},
    )


def by_code(segments) -> dict[str, Segment]:
    return {segment.code: segment for segment in segments}


def test_the_clock_names_who_has_the_move_and_how_long_each_step_took():
    nodes = {Node.APPOINTED: NOW - 9 * HOUR, Node.CONFIRMED: NOW - 8 * HOUR, Node.TRANSFERRED: NOW - 3 * HOUR}
    found = by_code(clock(nodes, NOW, task(accepted_at=NOW - 10 * HOUR)))
    assert [(found[code].mover, found[code].state, found[code].hours) for code in CODES] == [
        ("enterprise", "reached", 1), ("customs", "reached", 1), ("port", "reached", 5), ("customs", "open", 3),
        ("customs", "ahead", None), ("port", "ahead", None), ("enterprise", "ahead", None),
        ("", "open", 9), ("", "open", 10),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("hold", "mover"), [("rejected", "enterprise"), ("suspended", "customs"), ("other", "customs")]
)
def test_what_holds_it_says_whose_move_it_is(hold, mover):
    nodes = {Node.APPOINTED: NOW - HOUR}
    assert by_code(clock(nodes, NOW, task(hold=hold)))["confirmed"].mover == mover


def test_a_node_nobody_told_is_not_guessed_and_what_spans_it_compares_with_nothing():
    nodes = {Node.APPOINTED: NOW - 9 * HOUR, Node.TRANSFERRED: NOW - 3 * HOUR}
    found = by_code(compared(clock(nodes, NOW), row(), alike(1, n=50)))
    assert (found["confirmed"].state, found["confirmed"].hours) == ("untold", None)
    assert (found["transferred"].hours, found["transferred"].flags, found["transferred"].among) == (6, ("gap",), None)
    assert found["assigned"].stuck_hours == 2


def test_a_node_before_the_one_it_follows_gives_no_duration():
    found = by_code(clock({Node.APPOINTED: NOW - HOUR, Node.CONFIRMED: NOW - 2 * HOUR}, NOW))
    assert (found["confirmed"].hours, found["confirmed"].flags) == (None, ("contradicts",))


@given(NODES, st.none() | TIMES, st.none() | TIMES, st.sampled_from(["", "rejected", "?"]))
def test_any_times_give_a_clock_without_a_negative_one(nodes, accepted, released, hold):
    segments = clock(nodes, NOW, task(accepted_at=accepted, released_at=released, hold=hold))
    assert [segment.code for segment in segments] == list(CODES)
    for segment in compared(segments, row(), alike([1, 2, 3], None)):
        assert segment.hours is None or segment.hours >= 0
        assert (segment.hours is None) or segment.state in ("reached", "open")
    states = [segment.state for segment in segments[: len(Node)]]
    assert states.count("open") == (Node.DEPARTED not in nodes)
    assert all((Node(code) in nodes) == (state == "reached") for code, state in zip(CODES, states, strict=False))


@given(NODES, st.lists(st.floats(0, 100) | st.just(float("nan")), max_size=60))
def test_places_are_shares_and_only_what_is_open_can_be_stuck(nodes, hours):
    for segment in compared(clock(nodes, NOW), row(), alike(hours)):
        found = segment.among
        assert segment.stuck_hours is None or (segment.state == "open" and segment.stuck_hours > 0)
        if found is not None:
            assert found.n == sum(one == one for one in hours)
            assert (found.median_hours is not None) == (found.n >= LEAST)
            assert found.share is None or 0 <= found.share <= 1


def test_equal_times_count_half_and_a_longer_one_never_stands_lower():
    baseline = alike([1.0] * 20 + [3.0] * 20)
    shares = []
    for hours in (0.5, 1, 2, 3, 4):
        nodes = {Node.APPOINTED: NOW - 10 * HOUR, Node.CONFIRMED: NOW - (10 - hours) * HOUR}
        shares.append(by_code(compared(clock(nodes, NOW), row(), baseline))["confirmed"].among.share)
    assert shares == [0, 0.25, 0.5, 0.75, 1]


def test_a_kind_with_too_few_is_widened_step_by_step():
    nodes = {Node.APPOINTED: NOW - 2 * HOUR, Node.CONFIRMED: NOW}
    few, others = alike(1, n=LEAST - 1), alike(5, n=LEAST, area="south")
    found = by_code(compared(clock(nodes, NOW), row(), both(few, others)))["confirmed"].among
    assert (found.kind, found.n) == (("farm", "mode"), 2 * LEAST - 1)
    machine = alike(5, n=LEAST, mode="machine")
    assert by_code(compared(clock(nodes, NOW), row(), both(few, machine)))["confirmed"].among.kind == ("farm",)
    farm = alike(5, n=LEAST, farm="yes", mode="machine")
    assert by_code(compared(clock(nodes, NOW), row(), both(few, farm)))["confirmed"].among.kind == ()
    alone = by_code(compared(clock(nodes, NOW), row(), few))["confirmed"].among
    assert (alone.n, alone.share, alone.p90_hours) == (LEAST - 1, None, None)


def test_the_real_timeline_of_the_seed_has_a_clock_without_contradiction(shared_data):
    with (shared_data / "seeds" / "inspection_nodes_7.csv").open(encoding="utf-8-sig", newline="") as stream:
        times = [datetime.strptime(row["时间"] + "+0800", "%Y/%m/%d %H:%M%z") for row in csv.DictReader(stream)]
    found = clock({node.value: at for node, at in zip(Node, times, strict=True)}, NOW)
    assert {flag for segment in found for flag in segment.flags} == set()
    assert by_code(found)["inspected"].hours == 0
    assert by_code(found)["whole"].hours == sum(segment.hours for segment in found[1:7])
