"""Positions: what a reader builds from deltas equals the snapshot and the published picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.pictures import Positions
from live.columns import COLUMNS, UNKNOWN, pack_steps, scaled
from live.topics import Topic
from tests.live.pictures import START, Fleet, positions
from tests.live.reader import Reader, _steps

maybe = st.one_of(st.just(float("nan")), st.floats(0, 400))
entry = st.tuples(
    st.sampled_from(["鲁B12345", "truck", ""]),
    st.floats(-180, 180), st.floats(-90, 90), maybe, maybe, st.integers(0, 8).map(float),
    st.one_of(st.just(float("nan")), st.floats(1.2e9, 2.1e9)),
)  # fmt: skip
fleets = st.dictionaries(st.sampled_from([f"v{i}" for i in range(12)]), entry, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(fleets, min_size=1, max_size=8))
def test_deltas_lead_to_the_snapshot(steps):
    topic, follower = Topic("vehicles"), Reader()
    for fleet in steps:
        topic.publish(positions(fleet))
        frame = topic.frame(follower.seq)
        if frame is not None:
            follower.take(frame)
        newcomer = Reader().take(topic.frame(None))
        assert follower.hash() == newcomer.hash() == topic.hash()
        assert sorted(filter(None, follower.state["ids"])) == sorted(fleet)


def test_a_reader_sees_the_published_places():
    topic, reader, fleet = Topic("vehicles"), Reader(), Fleet(50, share=0.4)
    for _ in range(20):
        picture = fleet.step()
        topic.publish(picture)
        reader.take(topic.frame(reader.seq))
    assert np.allclose(reader.state["lon"] / 1e5, picture.lon, atol=0.6e-5)
    assert np.allclose(reader.state["speed"] / 10, picture.speed, atol=0.051)
    assert reader.state["ids"] == picture.ids


def test_an_id_keeps_its_slot_while_others_come_and_go():
    topic, reader = Topic("vehicles"), Reader()
    row = ("x", 120.0, 36.0, 5.0, 90.0, 1.0, START.timestamp())
    slots = []
    for others in (["a", "b"], ["b"], ["b", "c", "d"], []):
        topic.publish(positions(dict.fromkeys(["keeps", *others], row)))
        reader.take(topic.frame(reader.seq))
        slots.append(reader.state["ids"].index("keeps"))
    assert len(set(slots)) == 1


def test_many_free_slots_are_compacted_by_a_snapshot():
    topic, reader = Topic("vehicles"), Reader()
    row = ("x", 120.0, 36.0, 5.0, 90.0, 1.0, START.timestamp())
    for count in (300, 20):
        topic.publish(positions({f"v{i}": row for i in range(count)}))
        reader.take(topic.frame(reader.seq))
    assert len(reader.state["ids"]) == 20
    topic.publish(positions({f"v{i}": row for i in range(21)}))
    assert reader.take(topic.frame(reader.seq)).hash() == topic.hash()


def test_unknown_values_and_places_outside_the_numbers():
    nan = float("nan")
    rows = {"a": ("a", 120.0, 36.0, nan, nan, 0.0, nan), "b": ("b", nan, 36.0, 1.0, 1.0, 0.0, 0.0)}
    kept, columns = scaled(positions(rows))
    assert kept == [0], "an entry without a place is left out"
    assert columns["speed"].tolist() == columns["heading"].tolist() == [UNKNOWN]


def test_heading_359_9_is_north():
    _, columns = scaled(positions({"a": ("a", 120.0, 36.0, 5.0, 359.9, 0.0, 0.0)}))
    assert columns["heading"].tolist() == [0]


def test_nothing_moved_is_no_news():
    topic, fleet = Topic("vehicles"), Fleet(10).step()
    assert topic.publish(fleet)
    assert not topic.publish(fleet)


def test_recorded_times_travel():
    topic, reader = Topic("vessels"), Reader()
    picture = positions({"a": ("a", 120.0, 36.0, 5.0, 0.0, 1.0, START.timestamp())}, kind="vessels")
    picture.recorded = np.array([1_300_000_000.0])
    topic.publish(picture)
    assert reader.take(topic.frame(None)).state["recorded"].tolist() == [1_300_000_000 - 1_767_225_600]


@given(st.lists(st.one_of(st.just(0), st.integers(-300, 300), st.integers(-(2**32), 2**32)), min_size=1, max_size=60))
def test_packed_steps_unpack(steps):
    packed = pack_steps(np.array(steps))
    assert (packed is None) == (not any(steps))
    if packed is not None:
        assert _steps(packed, len(steps)).tolist() == steps


@pytest.mark.parametrize(("share", "limit"), [(1.0, 35_000), (0.33, 17_000)])
def test_an_update_of_5000_vehicles_is_small(share, limit):
    topic, fleet = Topic("vehicles"), Fleet(5000, share)
    topic.publish(fleet.step())
    topic.publish(fleet.step())
    assert len(topic.frame(1).text) < limit


def test_every_number_column_is_sent():
    kinds = Positions.__struct_fields__
    assert set(COLUMNS) == set(kinds) - {
        "kind",
        "as_of",
        "expected_seconds",
        "origins",
        "feeds",
        "ids",
        "labels",
        "owners",
    }
