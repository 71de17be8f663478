"""Views: drawn once for everybody, only while watched, and a broken one keeps its last value."""

from __future__ import annotations

import json
import threading
import time

import pytest

from domain.pictures import YardPicture
from live import views
from live.hub import Hub
from live.views import register_view
from tests.live.pictures import block
from tests.live.reader import Reader


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(views, "_registry", {})
    hub = Hub(lambda value: json.dumps(value).encode())
    yield hub
    hub.close()


def until(condition, seconds=60.0):
    """Wait for the drawing thread."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def value(hub, topic):
    frame = hub.frame(topic, None)
    return Reader().take(frame).state if frame else None


def yard(boxes):
    return YardPicture(rows=[block("A", boxes)])


def boxes_of(pictures, language):
    return [language, pictures["yard"].rows[0].boxes if "yard" in pictures else None]


def test_a_watched_view_follows_its_topic(hub):
    register_view("tile", ("yard",), boxes_of, min_seconds=0.0)
    hub.watch("view:tile@en")
    until(lambda: value(hub, "view:tile@en") == {"value": ["en", None], "error": ""})
    hub.publish("yard", yard(4))
    until(lambda: value(hub, "view:tile@en") == {"value": ["en", 4], "error": ""})


def test_nobody_watching_nothing_is_drawn(hub):
    drawn = []
    register_view("tile", ("yard",), lambda pictures, language: drawn.append(language), min_seconds=0.0)
    for boxes in range(5):
        hub.publish("yard", yard(boxes))
    hub.watch("view:tile@en")
    hub.unwatch("view:tile@en")
    hub.publish("yard", yard(9))
    assert len(drawn) <= 1


def test_first_layout_is_drawn_once_and_again_after_a_change(hub):
    calls = []
    register_view("tile", ("yard",), lambda p, lang: calls.append(lang) or boxes_of(p, lang), min_seconds=0.0)
    hub.publish("yard", yard(1))
    assert hub.draw("tile", "zh_CN") == hub.draw("tile", "zh_CN") == ["zh_CN", 1]
    assert calls == ["zh_CN"]
    hub.publish("yard", yard(2))
    assert hub.draw("tile", "zh_CN") == ["zh_CN", 2]


def test_not_more_often_than_min_seconds(hub):
    calls = []
    register_view("tile", ("yard",), lambda p, lang: calls.append(lang) or boxes_of(p, lang), min_seconds=30.0)
    hub.watch("view:tile@en")
    until(lambda: calls)
    for boxes in range(20):
        hub.publish("yard", yard(boxes))
        hub.draw("tile", "en")
    assert calls == ["en"]


def test_an_identical_drawing_is_not_sent_again(hub):
    register_view("tile", ("yard",), lambda pictures, language: "same", min_seconds=0.0)
    hub.draw("tile", "en")
    hub.publish("yard", yard(1))
    hub.draw("tile", "en")
    assert hub.seq("view:tile@en") == 1


def test_a_broken_view_keeps_its_last_value_and_tells_no_internals(hub, caplog):
    def breaks(pictures, language):
        if pictures["yard"].rows[0].boxes == 13:
            raise RuntimeError("postgresql://operator:password@db/cockpit")
        return boxes_of(pictures, language)

    register_view("tile", ("yard",), breaks, min_seconds=0.0)
    hub.publish("yard", yard(1))
    assert hub.draw("tile", "en") == ["en", 1]
    hub.publish("yard", yard(13))
    assert hub.draw("tile", "en") == ["en", 1]
    assert value(hub, "view:tile@en") == {"value": ["en", 1], "error": "render_failed"}
    assert "password" not in hub.frame("view:tile@en", 1).text
    assert "cannot be drawn" in caplog.text
    hub.publish("yard", yard(2))
    assert hub.draw("tile", "en") == ["en", 2]
    assert value(hub, "view:tile@en") == {"value": ["en", 2], "error": ""}


def test_a_slow_view_does_not_delay_publishing(hub):
    going, finish = threading.Event(), threading.Event()

    def slow(pictures, language):
        going.set()
        finish.wait(60)
        return boxes_of(pictures, language)

    register_view("slow", ("yard",), slow, min_seconds=0.0)
    hub.watch("view:slow@en")
    assert going.wait(60)
    hub.publish("yard", yard(5))  # would wait here if drawing held the publisher up
    assert hub.current("yard").rows[0].boxes == 5
    finish.set()
    until(lambda: (value(hub, "view:slow@en") or {}).get("value") == ["en", 5])


def test_unknown_views_and_languages(hub):
    register_view("tile", ("yard",), boxes_of)
    assert hub.knows("view:tile@en")
    assert hub.knows("yard")
    for topic in ("view:other@en", "view:tile@fr", "view:tile", "view:", "secrets", ""):
        assert not hub.knows(topic)
    with pytest.raises(KeyError):
        hub.draw("tile", "fr")
