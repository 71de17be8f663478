"""How soon a picture is read after something was stored: at once where rules look at it, unless reading is dear."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from domain.pictures import Picture
from pipeline.publish import LEAST_SECONDS, SHARE, Publisher, Topic, _Standing


@pytest.mark.parametrize(("told", "cost", "wait"), [
    ({}, 0.001, 3.0),
    ({"at_once": True}, 9.0, 0.0),
    ({"prompt": True}, 0.001, LEAST_SECONDS),
    ({"prompt": True}, 0.1, 0.1 * SHARE),
    ({"prompt": True}, 9.0, 3.0),  # never later than any other
])  # fmt: skip
def test_how_long_a_change_waits(told: dict[str, bool], cost: float, wait: float) -> None:
    standing = _Standing(Topic(name="t", seconds=3.0, read=Picture, **told))
    standing.read_at, standing.cost = 100.0, cost
    assert standing.soonest(100.0) == pytest.approx(100.0 + wait)


def test_the_last_of_many_changes_is_never_left_unread() -> None:
    """Written to while it is read and just after: what was stored last is in a picture in the end."""
    stored, shown, enough = [0], [], threading.Event()

    def read() -> Picture:
        time.sleep(0.005)
        return Picture(rows=[stored[0]])

    def publish(topic: str, picture: Picture) -> None:
        shown.append(picture.rows[0])
        if picture.rows[0] == 40:
            enough.set()

    topic = Topic(name="t", seconds=600.0, read=read, datasets=frozenset({"d"}), prompt=True, renew_seconds=600.0)
    publisher = Publisher("p", [topic], publish, list, lambda feed: frozenset(), lambda: datetime.now(UTC))
    publisher.start()
    try:
        for n in range(1, 41):
            stored[0] = n
            publisher.mark(frozenset({"d"}))
            time.sleep(0.01)
        assert enough.wait(60)
    finally:
        publisher.stop()
    assert len(shown) < 40  # not one by one
