"""Live AIS over real sockets: silence, hang-ups, floods and the way back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datasources import nmea_stream
from datasources.contract import Adapter
from domain.errors import FeedError
from domain.records import Record
from tests.contract.nmea_ais_rig import position
from tests.contract.rig import create


class Live:
    """The machine's clock, for sockets live in real time."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def adapter(tmp_path: Path, address: str, **options: object) -> Iterator[Adapter]:
    made = create("nmea_ais", {"address": address, **options}, tmp_path, Live())  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


@contextmanager
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


def address(sock: socket.socket, scheme: str = "tcp") -> str:
    return f"{scheme}://127.0.0.1:{sock.getsockname()[1]}"


def eventually(made: Adapter, enough: Callable[[list[Record]], bool]) -> list[Record]:
    """Poll until there is enough; a FeedError is a poll that brought nothing."""
    records: list[Record] = []
    until = time.monotonic() + 20
    while not enough(records):
        assert time.monotonic() < until, "it never came"
        with suppress(FeedError):
            records += made.poll().records
        time.sleep(0.02)
    return records


def test_a_tcp_source(tmp_path: Path) -> None:
    with server() as listening, adapter(tmp_path, address(listening)) as made:
        assert made.poll().records == []
        peer, _ = listening.accept()
        with peer:
            line = position(413000001, 60)
            peer.sendall(line[:20])
            peer.sendall(line[20:] + b"\r\n" + position(413000002, 60) + b"\r\n!AIVDM,1,1,,A,15")
            records = eventually(made, lambda found: len(found) >= 2)
        assert [r.mmsi for r in records] == [413000001, 413000002]  # type: ignore[attr-defined]
        assert abs((datetime.now(UTC) - records[0].event_time).total_seconds()) < 60
        assert records[0].recorded_time is None


def test_a_source_that_hangs_up_is_reported_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nmea_stream, "_BACKOFF_SECONDS", (1.0, 1.0))  # away for so long that a poll must see it
    with server() as listening, adapter(tmp_path, address(listening)) as made:
        made.poll()
        listening.accept()[0].close()
        with pytest.raises(FeedError) as caught:
            eventually_fails(made)
        assert caught.value.code == "not_connected"
        assert "trial: tcp://127.0.0.1" in str(caught.value)
        peer, _ = listening.accept()
        with peer:
            peer.sendall(position(413000003, 60) + b"\n")
            assert len(eventually(made, lambda found: len(found) >= 1)) == 1


def eventually_fails(made: Adapter) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        made.poll()
        time.sleep(0.02)


def test_nobody_there(tmp_path: Path) -> None:
    with server() as listening:
        free = address(listening)
    with adapter(tmp_path, free) as made, pytest.raises(FeedError, match="refused"):
        eventually_fails(made)


def test_a_silent_source_is_said_to_be_silent(tmp_path: Path) -> None:
    with server() as listening, adapter(tmp_path, address(listening), silent_seconds=1.0) as made:
        made.poll()
        peer, _ = listening.accept()
        with peer:
            until = time.monotonic() + 20
            said: set[str] = set()
            while "silent" not in said and time.monotonic() < until:
                try:
                    said |= {p.code for p in made.poll().problems}
                except FeedError as error:
                    said |= {"silent"} if "silent" in str(error) else set()
                time.sleep(0.05)
            assert "silent" in said


def test_close_frees_a_hanging_connection_and_its_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())  # of other tests' threads some may be about to end
    with server() as listening, adapter(tmp_path, address(listening)) as made:
        made.poll()
        peer, _ = listening.accept()
        with peer:
            made.close()
            assert set(threading.enumerate()) <= before


def test_datagrams(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        where = address(probe, "udp")
        port = probe.getsockname()[1]
    with adapter(tmp_path, where) as made, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        made.poll()

        def send(found: list[Record]) -> bool:
            sender.sendto(position(413000001, 60) + b"\r\n" + position(413000002, 60), ("127.0.0.1", port))
            return len({r.mmsi for r in found}) == 2  # type: ignore[attr-defined]

        eventually(made, send)


def test_a_flood_is_bounded_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nmea_stream, "CAPACITY", 50)
    with server() as listening, adapter(tmp_path, address(listening)) as made:
        made.poll()
        peer, _ = listening.accept()
        with peer:
            peer.sendall(b"".join(position(413000000 + i, 60) + b"\n" for i in range(500)) + b"x" * 100_000)
        dropped, lines, problems = 0, 0, set()
        until = time.monotonic() + 20
        while dropped + lines < 501 and time.monotonic() < until:
            time.sleep(0.3)  # polled too seldom
            try:
                batch = made.poll()
            except FeedError:
                continue
            dropped += batch.counts.get("dropped", 0)
            lines += batch.counts.get("lines", 0)
            problems |= {p.code for p in batch.problems}
        assert dropped > 0
        assert lines + dropped >= 501
        assert "buffer_full" in problems
