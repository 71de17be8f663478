"""What two feeds say otherwise of one thing."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from domain.disagreement import CONTESTED, LAST, differing, rank, word
from domain.records import Direction, EnterpriseClass, InspectionTask, Record, VesselCall
from locales import LANGUAGES, known
from tests.domain.samples import BEFORE, NOW, good

TASK = good(InspectionTask)


@pytest.mark.parametrize(
    ("shown", "said", "fields"),
    [
        ({}, {}, ()),
        ({"platform": "1"}, {"platform": "2"}, ("platform",)),
        ({"platform": ""}, {"platform": "2"}, ()),  # nobody contradicts who says nothing
        ({"platform": "1"}, {"platform": ""}, ()),
        ({}, {"enterprise_class": EnterpriseClass.UNKNOWN}, ()),
        ({}, {"direction": Direction.IMPORT, "enterprise_class": EnterpriseClass.ADVANCED},
         ("direction", "enterprise_class")),
        ({"fresh": True}, {"fresh": False}, ()),  # a default
        ({"source_rank": 1, "entry_state": "a"}, {"source_rank": 2, "entry_state": "b"}, ()),
        ({}, {"feed": "other", "flags": ("x",), "ref": "y", "event_time": NOW + timedelta(hours=1), "scope": "E"}, ()),
        ({"applied_at": BEFORE}, {"applied_at": NOW}, ("applied_at",)),
        ({"applied_at": NOW}, {"applied_at": NOW + timedelta(minutes=10)}, ()),  # two clocks, one event
    ],
)  # fmt: skip
def test_both_must_say_something_and_not_the_same(shown, said, fields):
    one, other = replace(TASK, **shown), replace(TASK, **said)
    assert differing(one, other) == differing(other, one) == fields


def test_a_word_says_who_since_when_and_what_beside_what_is_shown():
    said = word(replace(TASK, applied_at=BEFORE), replace(TASK, feed="other", applied_at=NOW, containers=("A", "B")))
    assert (said.feed, said.said_at) == ("other", NOW)
    assert (said.shown_feed, said.shown_at) == (TASK.feed, TASK.event_time)  # so that one sees how old what is shown is
    assert said.fields == {
        "applied_at": ("2026-03-02T06:00+00:00", "2026-03-02T08:00+00:00"),
        "containers": ("MIOU2453144", "A, B"),
    }


def test_a_feed_that_stands_nowhere_comes_last_and_without_ranks_all_are_equal():
    assert rank({"a": 0, "b": 1}, "b") == 1
    assert rank({"a": 0}, "gone") == LAST
    assert rank({}, "a") == rank({}, "b")


def test_every_field_that_may_be_contested_has_a_name_people_know():
    for kind in set(CONTESTED) - {VesselCall}:  # no page lists calls
        own = set(kind.__struct_fields__) - set(Record.__struct_fields__) - {"source_rank", "entry_state"}
        own -= set(CONTESTED[kind])
        assert all(known(f"words.field.{name}") for name in own), own
    assert len(LANGUAGES) == 2
    assert msgspec.structs.fields(InspectionTask)
