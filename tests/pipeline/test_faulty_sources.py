"""Real connections to servers that fail, through the whole of the collector: what people see, and what is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes import feed, settings, wait_for
from test_collector import Topics

from domain.outbound import Outbound
from domain.pictures import FeedRow, FeedState
from domain.viewer import SYSTEM
from pipeline.collector import Collector
from store.engine import open_store
from tests.datasources.liar import Behaviour, Liar, answer, breaks_off, floods, hangs, http

MAPPING = {"vehicle_id": "plate", "event_time": "t", "lat": "y", "lon": "x"}


def fleet(count: int) -> bytes:
    """Trucks seen now."""
    now = datetime.now(UTC).isoformat()
    rows = [{"plate": f"鲁B{n:05}", "t": now, "y": 36.0, "x": 120.2} for n in range(count)]
    return answer(json.dumps(rows, ensure_ascii=False))


class Port:
    """A collector over feeds that are asked at these servers."""

    def __init__(self, folder: Path, **urls: str) -> None:
        feeds = [
            feed(name, "http_json", every_seconds=0.2, timeout_seconds=1.0,
                 options={"url": url, "dataset": "vehicle_position", "mapping": MAPPING, "max_megabytes": 1})
            for name, url in urls.items()
        ]  # fmt: skip
        given = msgspec.structs.replace(settings(folder, *feeds), outbound=Outbound(allow=("127.0.0.1",)))
        given.home.mkdir(exist_ok=True)
        self.store, self.topics = open_store(given.database_url), Topics()
        self.collector = Collector(given, self.store, self.topics)

    def __enter__(self) -> Port:
        self.collector.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.collector.stop()
        self.store.close()

    def health(self, name: str) -> FeedRow:
        return next(row for row in self.collector.health() if row.key == name)

    def alerts(self, name: str) -> list[Any]:
        return [row for row in self.topics.rows("alerts") if row.subject == name]

    def vehicles(self) -> int:
        return self.store.reads.counts(SYSTEM).get("vehicle_latest", 0)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
BAD: list[tuple[str, Callable[[], Behaviour], str]] = [
    ("truncated", lambda: breaks_off(fleet(3)[:-50]), "truncated"),
    ("a page instead of data", lambda: http(answer("<html>503</html>", content_type="text/html")), "not_json"),
    ("nothing", lambda: http(answer("")), "not_json"),
    ("an error in the clothes of an answer", lambda: http(answer('{"code": 500}')), "no_rows"),
    ("a body without end", lambda: floods(HEAD + b"[", b" " * 65_536), "too_large"),
    ("no answer", hangs, "timeout"),
    ("500", lambda: http(answer("", status="500 Internal Server Error")), "http_status"),
]


@pytest.mark.parametrize(("what", "behaviour", "code"), BAD, ids=[what for what, _, _ in BAD])
def test_what_was_good_stays_and_is_said_to_be_old(
    tmp_path: Path, what: str, behaviour: Callable[[], Behaviour], code: str
) -> None:
    with (
        Liar(http(fleet(3))) as bad,
        Liar(http(lambda _: fleet(5))) as good,
        Port(tmp_path, bad=f"{bad.url}/bad", good=f"{good.url}/good") as port,
    ):
        wait_for(lambda: port.health("bad").state is FeedState.OK and port.health("good").state is FeedState.OK)
        bad.behaviour = behaviour()
        wait_for(lambda: (port.health("bad").state, port.health("bad").message_code) == (FeedState.DOWN, code))
        assert port.health("bad").accepted == 3
        assert port.vehicles() == 5, "the last good rows are kept"
        late = [(datetime.now(UTC) - _ok(port.health("good"))).total_seconds() for _ in range(5) if not _nap()]
        assert max(late) < 5.0  # seen: under 0.5; a slow machine is no failure
        bad.behaviour = http(lambda _: fleet(4))
        port.collector.resume("bad")
        wait_for(lambda: port.health("bad").state is FeedState.OK)


def test_a_login_that_is_refused_is_tried_once_and_one_alert_says_so(tmp_path: Path) -> None:
    with Liar(http(answer("", status="401 Unauthorized"))) as liar, Port(tmp_path, tos=liar.url) as port:
        wait_for(lambda: len(port.alerts("tos")) == 1)
        time.sleep(1.5)
        assert len(liar.requests) == 1
        (alert,) = port.alerts("tos")
        assert port.health("tos").message_code == "unauthorised"
        liar.behaviour = http(lambda _: fleet(1))
        port.collector.resume("tos")
        wait_for(lambda: port.health("tos").state is FeedState.OK)
        assert len(port.alerts("tos")) <= 1
        assert alert.rule == "feed_down"


def _ok(row: FeedRow) -> datetime:
    assert row.last_ok_at is not None
    return row.last_ok_at


def _nap() -> None:
    time.sleep(0.1)
