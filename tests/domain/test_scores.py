"""Scores: arithmetic on known batches."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.quality import check_all
from domain.records import InspectionTask, Reject, VehiclePosition, YardBlock
from domain.scores import BLANK_FLAGS, BLANK_REASONS, DIMENSIONS, NO_FAULT, SAMPLE, UNTRUE, USUAL, Counts, count, score
from locales import known
from tests.domain.samples import GOOD, NOW, good

OLD = NOW - timedelta(seconds=30)


def reject(reason, dataset=""):
    return Reject(feed="test", ref="", reason=reason, detail="", raw="", dataset=dataset)


def test_a_batch_of_four_kinds_of_trouble():
    good_one = good(VehiclePosition)
    records = [
        good_one,
        replace(good_one, speed_kmh=None),
        replace(good_one, event_time=NOW - timedelta(minutes=5)),
        replace(good_one, flags=("plate_irregular",)),
        replace(good_one, flags=("clock_ahead", "container_no_format")),
    ]
    refused = [
        reject("position_unreachable", "VehiclePosition"),
        reject("undecodable"),
        reject("position_not_available"),
    ]
    assert count(records, refused, OLD) == {
        "VehiclePosition": Counts(judged=8, malformed=3, implausible=2, cells=11, blank=2, timed=5, late=1)
    }


def test_what_a_mapping_does_not_name_is_not_missing():
    records = [replace(good(VehiclePosition), heading_degrees=None)] * 4
    assert count(records, [], OLD)["VehiclePosition"].blank == 4
    named = count(records, [], OLD, frozenset({"vehicle_id", "speed_kmh"}))["VehiclePosition"]
    assert (named.cells, named.blank) == (4, 0)
    assert count(records, [], OLD, frozenset())["VehiclePosition"].cells == 0


def test_an_unknown_word_is_an_empty_cell_and_its_flag_is_no_fault_of_form():
    task = replace(good(InspectionTask), containers=(), direction=None)
    kept, _ = check_all([task], NOW)
    assert kept[0].flags == ("direction_unknown",)
    counts = count(kept, [], OLD)["InspectionTask"]
    assert (counts.malformed, counts.implausible) == (0, 0)
    assert (counts.cells, counts.blank) == (7, 5)  # bill, platform, direction, mode, containers


def test_states_of_long_ago_are_not_late():
    block = replace(good(YardBlock), event_time=NOW - timedelta(days=900))
    assert count([block], [], OLD)["YardBlock"].late == 0


def test_rows_nobody_can_name_stand_by_themselves():
    assert count([], [reject("bad_checksum")], OLD) == {"": Counts(judged=1, malformed=1)}
    both = count(
        [good(VehiclePosition), good(YardBlock)], [reject("bad_checksum"), reject("negative", "YardBlock")], OLD
    )
    assert both[""] == Counts(judged=1, malformed=1)
    assert both["YardBlock"].implausible == 1


def test_of_a_large_batch_a_sample_is_looked_at():
    records = [replace(good(VehiclePosition), speed_kmh=None if n % 2 else 1.0) for n in range(5 * SAMPLE)]
    counts = count(records, [], OLD)["VehiclePosition"]
    assert counts.judged == 5 * SAMPLE
    assert counts.cells == 2 * SAMPLE
    assert counts.blank == SAMPLE // 2


@pytest.mark.parametrize(
    ("counts", "overall", "worst", "shares"),
    [
        (Counts(judged=10, timed=10, cells=20), 100, "compliance", (1.0, 1.0, 1.0, 1.0)),
        (Counts(judged=10, malformed=1, timed=10, late=5, cells=20, blank=2), 82, "timeliness", (0.9, 0.9, 1.0, 0.5)),
        (Counts(judged=3, malformed=3), 50, "compliance", (0.0, None, 1.0, None)),
        (Counts(judged=3, implausible=1), 83, "truthfulness", (1.0, None, 0.6667, None)),
        (Counts(judged=2, timed=2, late=9), 66, "timeliness", (1.0, None, 1.0, 0.0)),
    ],
)
def test_the_score_is_the_mean_of_what_is_known_and_names_the_worst(counts, overall, worst, shares):
    found = score(counts)
    assert (found.overall, found.worst, found.rows) == (overall, worst, counts.judged)
    assert tuple(found.shares.get(name) for name in DIMENSIONS) == shares
    assert found.low(1.0) == (min(found.shares.values()) < 1.0)


def test_nothing_has_no_score():
    assert score(Counts()) is None


@given(st.builds(Counts, *[st.integers(0, 10**9)] * 7))
def test_any_counts_give_a_score_between_nothing_and_a_hundred(counts):
    found = score(counts)
    if found is not None:
        assert 0 <= found.overall <= 100
        assert all(0.0 <= share <= 1.0 for share in found.shares.values())
        assert found.shares[found.worst] == min(found.shares.values())


@given(st.lists(st.builds(Counts, *[st.integers(0, 1000)] * 7), max_size=5))
def test_counts_add_up_in_any_order(parts):
    one, other = Counts(), Counts()
    for part in parts:
        one.add(part)
    for part in parts[::-1]:
        other.add(part)
    assert one == other


def test_every_code_of_a_dimension_is_one_people_are_told_of():
    for code in UNTRUE | BLANK_FLAGS | BLANK_REASONS | NO_FAULT:
        assert known(f"flag.{code}") or known(f"reject.{code}"), code


def test_usual_cells_are_fields():
    for record in GOOD:
        assert set(USUAL.get(type(record), ())) <= set(type(record).__struct_fields__)
