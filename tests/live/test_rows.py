"""Row pictures and values: deltas lead to the snapshot, and say only what changed."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.pictures import YardPicture
from live.rows import Drawn
from live.topics import Topic
from tests.live.pictures import START, block
from tests.live.reader import Reader

yards = st.lists(
    st.tuples(st.sampled_from("ABCDEFGH"), st.integers(0, 900)), max_size=8, unique_by=lambda pair: pair[0]
).map(lambda rows: YardPicture(as_of=START, rows=[block(key, boxes) for key, boxes in rows], boxes=len(rows)))


@settings(max_examples=60, deadline=None)
@given(st.lists(yards, min_size=1, max_size=8))
def test_deltas_lead_to_the_snapshot(pictures):
    topic, follower = Topic("yard"), Reader()
    for picture in pictures:
        topic.publish(picture)
        frame = topic.frame(follower.seq)
        if frame is not None:
            follower.take(frame)
        assert follower.hash() == Reader().take(topic.frame(None)).hash() == topic.hash()
        assert list(follower.state["rows"].values()) == json.loads(msgspec.json.encode(picture.rows))


def delta_of(before, after):
    topic = Topic("yard")
    topic.publish(before)
    topic.publish(after)
    return json.loads(topic.frame(1).text)["d"][0]


def test_only_the_changed_fields_travel():
    before = YardPicture(as_of=START, rows=[block("A", 1), block("B", 2)])
    later = YardPicture(as_of=START + timedelta(seconds=5), rows=[block("A", 1), block("B", 3)])
    delta = delta_of(before, later)
    assert delta == {
        "head": {"as_of": "2026-11-22T08:00:05Z"},
        "patch": {"B": {"boxes": 3, "teu": 4.5, "occupancy": 3 / 900}},
    }


def test_a_new_order_is_sent_only_when_it_changed():
    a, b, c = block("A"), block("B"), block("C")
    assert "order" not in delta_of(YardPicture(rows=[a, b, c]), YardPicture(rows=[a, c]))
    assert "order" not in delta_of(YardPicture(rows=[a, b]), YardPicture(rows=[a, b, c]))
    assert delta_of(YardPicture(rows=[a, b]), YardPicture(rows=[b, a])) == {"order": ["B", "A"]}


def test_a_row_object_changed_in_place_is_still_noticed():
    row, topic, reader = block("A", 1), Topic("yard"), Reader()
    topic.publish(YardPicture(rows=[row]))
    reader.take(topic.frame(None))
    row.boxes = 77
    topic.publish(YardPicture(rows=[row]))
    assert reader.take(topic.frame(1)).state["rows"]["A"]["boxes"] == 77


def test_the_same_picture_again_is_no_news():
    topic = Topic("yard")
    assert topic.publish(YardPicture(as_of=START, rows=[block("A", 1)]))
    assert not topic.publish(YardPicture(as_of=START, rows=[block("A", 1)]))


def test_numpy_and_nan_in_rows():
    topic, reader = Topic("yard"), Reader()
    topic.publish(YardPicture(rows=[block("A", occupied := np.int64(4)), block("B", lon=float("nan"))]))
    rows = reader.take(topic.frame(None)).state["rows"]
    assert rows["A"]["boxes"] == int(occupied)
    assert rows["B"]["lon"] is None


def test_what_json_cannot_carry_is_refused_and_the_topic_lives_on():
    topic = Topic("yard")
    topic.publish(YardPicture(rows=[block("A", 1)]))
    with pytest.raises(NotImplementedError):
        topic.publish(YardPicture(rows=[block("A", lon=object())]))
    topic.publish(YardPicture(rows=[block("A", 2)]))
    assert Reader().take(topic.frame(None)).hash() == topic.hash()


def test_a_drawn_value_keeps_its_body_when_drawing_fails():
    topic, reader = Topic("view:x@en"), Reader()
    for drawn in (Drawn(b'{"a":1}'), Drawn(b'{"a":1}', "render_failed")):
        topic.publish(drawn)
        reader.take(topic.frame(reader.seq))
    assert reader.state == {"value": {"a": 1}, "error": "render_failed"}
    assert topic.frame(1).text.count("value") == 0, "the unchanged body is not sent again"
    topic.publish(Drawn(b'{"a":1}'))
    assert reader.take(topic.frame(reader.seq)).state == {"value": {"a": 1}, "error": ""}


numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json_values)
def test_any_json_value_has_a_hash_that_json_does_not_change(value):
    topic, reader = Topic("clock"), Reader()
    topic.publish(value)
    assert reader.take(topic.frame(None)).hash() == topic.hash()


def table(*rows: dict[str, object]) -> Drawn:
    return Drawn(rows=list(rows))


def test_a_table_sends_the_fields_that_changed_and_rows_keep_their_place():
    one, two = ({"key": key, "a": 1, "b": 2, "c": 3} for key in "xy")
    assert delta_of(table(one, two), table(two, {**one, "a": 9})) == {"patch": {"x": {"a": 9}}}
    assert delta_of(table(one), table(two, one)) == {"set": [two]}
    assert delta_of(table(one, two), table(two)) == {"del": ["x"]}
    assert delta_of(table(one), Drawn(rows=[one], error="render_failed")) == {"head": {"error": "render_failed"}}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3), max_size=6), min_size=1, max_size=8))
def test_deltas_lead_to_the_rows_of_a_table(states):
    topic, follower = Topic("view:t@en"), Reader()
    for state in states:
        rows = [{"key": key, "n": n, "m": 0} for key, n in state.items()]
        topic.publish(table(*rows))
        frame = topic.frame(follower.seq)
        if frame is not None:
            follower.take(frame)
        assert follower.hash() == topic.hash()
        assert sorted(follower.state["rows"].values(), key=str) == sorted(rows, key=str)
