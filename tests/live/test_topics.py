"""Resume: from any sequence number one frame leads to now, or it is the snapshot; never a part."""

from __future__ import annotations

import json
from threading import Thread

import pytest

from domain.pictures import YardPicture
from live.hub import Hub
from live.topics import RING_DELTAS, Topic
from tests.live.pictures import Fleet, block
from tests.live.reader import Reader


def followed(topic, pictures):
    """Publish all; returns readers that stopped at each sequence number, by that number."""
    readers = {}
    for picture in pictures:
        topic.publish(picture)
        readers[topic.seq] = Reader().take(topic.frame(None))
    return readers


def test_every_gap_is_closed_by_one_frame():
    fleet = Fleet(300, share=0.02)
    topic = Topic("vehicles")
    readers = followed(topic, (fleet.step() for _ in range(12)))
    for seq, reader in readers.items():
        frame = topic.frame(seq)
        if frame is not None:
            assert frame.seq == topic.seq
            reader.take(frame)
        assert reader.hash() == topic.hash()
    assert "d" in json.loads(topic.frame(9).text), "a short gap is sent as deltas"


def test_a_gap_longer_than_the_snapshot_is_the_snapshot():
    fleet, topic = Fleet(300), Topic("vehicles")
    followed(topic, (fleet.step() for _ in range(50)))
    assert "full" in json.loads(topic.frame(2).text)


def test_beyond_the_ring_is_the_snapshot():
    topic = Topic("yard")
    blocks = [block(f"B{i}") for i in range(200)]
    for boxes in range(RING_DELTAS + 10):
        topic.publish(YardPicture(rows=[*blocks, block("A", boxes)]))
    assert "full" in json.loads(topic.frame(topic.seq - RING_DELTAS - 1).text)
    assert "d" in json.loads(topic.frame(topic.seq - RING_DELTAS).text)


def test_up_to_date_is_nothing():
    topic = Topic("yard")
    assert topic.frame(None) is None
    topic.publish(YardPicture())
    assert topic.frame(topic.seq) is None


def test_a_frame_is_made_once_for_all_readers():
    topic, fleet = Topic("vehicles"), Fleet(20)
    followed(topic, (fleet.step() for _ in range(3)))
    assert topic.frame(2) is topic.frame(2)
    assert topic.frame(None) is topic.frame(0)


def test_readers_in_another_thread_never_see_a_torn_state():
    hub, fleet, wrong = Hub(lambda value: b"null"), Fleet(200, share=0.3), []

    def follow():
        reader = Reader()
        while reader.seq != 60:
            frame = hub.frame("vehicles", reader.seq)
            if frame is not None:
                reader.take(frame)
        wrong.append(reader.hash() != hub.state_hash("vehicles"))

    followers = [Thread(target=follow) for _ in range(2)]
    for follower in followers:
        follower.start()
    for _ in range(60):
        hub.publish("vehicles", fleet.step())
    for follower in followers:
        follower.join(60)
    assert wrong == [False, False]


def test_the_hub_takes_known_topics_only():
    hub = Hub(lambda value: b"null")
    with pytest.raises(KeyError):
        hub.publish("secrets", {})
    with pytest.raises(KeyError):
        hub.publish("view:anything@en", {})
    hub.publish("yard", picture := YardPicture(rows=[block("A")]))
    assert hub.current("yard") is picture
    assert hub.current("queue") is None


def test_two_lives_have_two_epochs():
    assert Hub(lambda value: b"").epoch != Hub(lambda value: b"").epoch


def test_a_failing_listener_stops_nobody():
    hub, heard = Hub(lambda value: b""), []
    hub.listen(lambda topic, scope: 1 / 0)
    hub.listen(lambda topic, scope: heard.append(topic))
    hub.publish("yard", YardPicture())
    assert heard == ["yard"]
