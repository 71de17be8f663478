"""JT/T 808 terminals that connect: the norm's conversation, real frames in odd pieces, peers that mean no good."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from datasources import jt808, jt808_server
from datasources.jt808 import Listener
from datasources.jt808_frames import Frame, escaped, parse, unescaped
from domain.errors import FeedError
from domain.records import VehiclePosition
from tests.contract.jt808_rig import batch, frame, location, report
from tests.contract.rig import Outcome, create
from tests.contract.rig import context as rig_context

_WAIT_SECONDS = 20


class Live:
    """The machine's clock, for sockets live in real time."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def listener(tmp_path: Path, **options: Any) -> Iterator[Listener]:
    made = create("jt808", {"listen": "127.0.0.1:0", **options}, tmp_path, Live())  # type: ignore[arg-type]
    assert isinstance(made, Listener)
    try:
        made.poll()  # begins to listen
        yield made
    finally:
        made.close()


_COLLECTED: WeakKeyDictionary[Listener, Outcome] = WeakKeyDictionary()


def collect(made: Listener) -> None:
    """Poll once and store what came, as the cockpit does."""
    batch = made.poll()
    _COLLECTED.setdefault(made, Outcome()).add(batch)
    if batch.stored is not None:
        batch.stored()


class Terminal:
    """A terminal's end of a connection."""

    def __init__(self, made: Listener) -> None:
        self.socket = socket.create_connection(("127.0.0.1", made.port), timeout=_WAIT_SECONDS)
        self._rest, self._made = b"", made

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, *frames: bytes) -> None:
        self.socket.sendall(b"".join(frames))

    def told(self, collecting: bool = True) -> Frame:
        """The next answer, while what is said is stored, or not."""
        while self._rest.count(b"\x7e") < 2:
            if collecting and not select.select([self.socket], [], [], 0.01)[0]:
                collect(self._made)
                continue
            data = self.socket.recv(4_096)
            assert data, "hung up"
            self._rest += data
        _, content, self._rest = self._rest.split(b"\x7e", 2)
        plain = unescaped(content)
        assert isinstance(plain, bytes)
        found = parse(plain)
        assert isinstance(found, Frame)
        return found

    def answer(self, *frames: bytes, collecting: bool = True) -> tuple[int, int, int]:
        """Serial, message and result of the general answer to what is said, or to what was said before."""
        self.say(*frames)
        told = self.told(collecting)
        assert told.message_id == 0x8001
        return int.from_bytes(told.body[:2]), int.from_bytes(told.body[2:4]), told.body[4]

    def hung_up_on(self) -> bool:
        """Wait for the end; what is still told before it does not matter."""
        with suppress(ConnectionError):
            while self.socket.recv(4_096):
                pass
        return True


def eventually(made: Listener, enough: Callable[[Outcome], bool]) -> Outcome:
    until = time.monotonic() + _WAIT_SECONDS
    collect(made)
    while not enough(_COLLECTED[made]):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.01)
        collect(made)
    return _COLLECTED.pop(made)


def ids(outcome: Outcome) -> list[str]:
    return [r.vehicle_id for r in outcome.records if isinstance(r, VehiclePosition)]


def reasons(outcome: Outcome) -> Counter[str]:
    return Counter(r.reason for r in outcome.rejects)


def test_the_conversation_of_2013(tmp_path: Path) -> None:
    with listener(tmp_path, vehicles={"013812345678": "鲁B12345"}) as made, Terminal(made) as terminal:
        terminal.say(frame(0x0100, bytes(37) + "鲁B12345".encode("gbk"), serial=1))
        told = terminal.told()
        assert (told.message_id, told.phone.hex(), told.version) == (0x8100, "013812345678", 0)
        assert told.body[:3] == b"\0\1\0"
        assert terminal.answer(frame(0x0102, told.body[3:], serial=2)) == (2, 0x0102, 0)
        assert terminal.answer(frame(0x0002, b"", serial=3)) == (3, 0x0002, 0)
        assert terminal.answer(location(0, serial=4)) == (4, 0x0200, 0)
        assert terminal.answer(frame(0x0704, batch(report(1), report(2)), serial=5)) == (5, 0x0704, 0)
        assert terminal.answer(frame(0x0900, b"\x41vendor", serial=6)) == (6, 0x0900, 0)
        assert terminal.answer(frame(0x0003, b"", serial=7)) == (7, 0x0003, 0)
        outcome = eventually(made, lambda o: len(o.records) == 3)
    assert ids(outcome) == ["鲁B12345"] * 3
    assert outcome.counts == {"messages": 7, "terminals": 1}
    assert len({r.ref for r in outcome.records}) == 3


def test_the_conversation_of_2019(tmp_path: Path) -> None:
    with listener(tmp_path, secret="s") as made, Terminal(made) as terminal:
        terminal.say(frame(0x0100, bytes(76), version=1))
        told = terminal.told()
        assert (told.message_id, told.version, told.phone.hex()) == (0x8100, 1, "00000000013812345678")
        code = told.body[3:]
        assert terminal.answer(frame(0x0102, bytes([len(code)]) + code + bytes(35), version=1))[2] == 0
        assert terminal.answer(frame(0x0200, report(), version=1))[2] == 0
        assert ids(eventually(made, lambda o: bool(o.records))) == ["13812345678"]


def test_every_real_frame_over_a_connection_in_odd_pieces(tmp_path: Path, shared_data: Path) -> None:
    text = (shared_data / "vehicles" / "jt808_messages_with_expectations.json").read_text("utf-8")
    frames = [bytes.fromhex(message["hex"]) for message in json.loads(text)]
    stream = b"".join(b"\x7e" + escaped(f[1:-1]) + b"\x7e" for f in frames if f[0] == 0x7E)
    with listener(tmp_path, messages_per_second=1e6) as made, Terminal(made) as terminal:
        at = 0
        for size in (1, 2, 3, 700, 13, 1, 64, 5_000, 7) * 30:
            terminal.say(stream[at : at + size])
            at += size
        terminal.say(stream[at:])
        outcome = eventually(made, lambda o: o.counts.get("messages", 0) + o.counts.get("undecodable", 0) >= 74)
    assert len(outcome.records) == 57  # as the same frames bring out of a recording
    assert reasons(outcome) == {"bad_checksum": 3, "position_zero": 8, "not_located": 7}


def test_a_listed_terminal_only(tmp_path: Path) -> None:
    with listener(tmp_path, vehicles={"13812345678": "鲁B12345"}, only_listed=True) as made:
        with Terminal(made) as stranger:
            stranger.say(frame(0x0100, bytes(37), phone="013900000000"))
            assert stranger.told().body == b"\0\1\4"
            assert stranger.hung_up_on()
        with Terminal(made) as stranger:
            assert stranger.answer(location(phone="013900000000"))[2] == 1
            assert stranger.hung_up_on()
        with Terminal(made) as listed:
            assert listed.answer(location())[2] == 0
            outcome = eventually(made, lambda o: bool(o.records))
    assert ids(outcome) == ["鲁B12345"]
    assert reasons(outcome) == {"terminal_not_listed": 2}


def test_with_a_secret_a_terminal_must_prove_itself(tmp_path: Path) -> None:
    with listener(tmp_path, secret="of the port") as made:
        for said in (location(), frame(0x0102, b"guessed")):
            with Terminal(made) as terminal:
                assert terminal.answer(said)[2] == 1
                assert terminal.hung_up_on()
        with Terminal(made) as terminal:
            terminal.say(frame(0x0100, bytes(37)))
            code = terminal.told().body[3:]
        with Terminal(made) as terminal:  # the code holds for later connections
            assert terminal.answer(frame(0x0102, code))[2] == 0
            assert terminal.answer(location())[2] == 0
            outcome = eventually(made, lambda o: bool(o.records))
    assert reasons(outcome) == {"not_authenticated": 2}
    assert b"of the port" not in code
    assert "of the port" not in repr(outcome.rejects)


def test_garbage_is_hung_up_on_and_hurts_nobody(tmp_path: Path) -> None:
    with listener(tmp_path) as made, Terminal(made) as good:
        assert good.answer(location(0))[2] == 0
        for garbage in (b"GET / HTTP/1.1\r\n" * 1_000, b"\x7e\x01\x02" * 5_000, b"\x7e" * 10_000 + b"\x7d" * 20_000):
            with Terminal(made) as bad:
                with suppress(ConnectionError):
                    bad.say(garbage)
                assert bad.hung_up_on()
        assert good.answer(location(1, serial=2))[2] == 0
        outcome = eventually(made, lambda o: len(o.records) == 2)
    assert set(reasons(outcome)) == {"not_a_frame", "undecodable"} or set(reasons(outcome)) == {"not_a_frame"}
    assert len(outcome.rejects) < 200
    assert all(len(r.raw) <= 2 * jt808_server._CHUNK for r in outcome.rejects)


def test_a_connection_that_brings_no_frame_is_closed(tmp_path: Path) -> None:
    """Silent, or a byte now and then: what counts is whole frames."""
    with listener(tmp_path, idle_seconds=1.0) as made, Terminal(made) as silent, Terminal(made) as trickling:
        with suppress(ConnectionError):
            for byte in (location() * 2)[1:]:  # no flag before the first frame's end
                trickling.say(bytes([byte]) if byte != 0x7E else b"\x30")
                time.sleep(0.05)
        assert silent.hung_up_on()
        assert trickling.hung_up_on()


def test_no_more_connections_than_are_allowed(tmp_path: Path) -> None:
    with listener(tmp_path, max_connections=2) as made, Terminal(made) as one, Terminal(made) as two:
        assert one.answer(location(0))[2] == two.answer(location(1))[2] == 0
        with Terminal(made) as three:
            assert three.hung_up_on()
        outcome = eventually(made, lambda o: "too_many_connections" in o.problems)
        assert outcome.counts["refused"] == 1
        one.socket.close()
        until = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < until:  # the place is free again
            with Terminal(made) as three, suppress(AssertionError, ConnectionError):
                assert three.answer(location(2))[2] == 0
                return
        raise AssertionError("the place was never free again")


def test_what_finds_no_room_is_not_confirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the terminal keeps it and sends it again; nothing is lost by a cockpit that is busy."""
    monkeypatch.setattr(jt808_server, "CAPACITY", 3)
    with listener(tmp_path) as made, Terminal(made) as terminal:
        terminal.say(*(location(i, serial=i) for i in range(5)))
        assert [terminal.answer(collecting=False) for _ in range(2)] == [(3, 0x0200, 1), (4, 0x0200, 1)]
        outcome = eventually(made, lambda o: len(o.records) == 3)
        assert [terminal.answer()[::2] for _ in range(3)] == [(0, 0), (1, 0), (2, 0)]
        assert outcome.counts["dropped"] == 2
        assert "2 not taken" in outcome.problems["buffer_full"]
        assert [terminal.answer(location(i, serial=i))[2] for i in (3, 4)] == [0, 0]
        assert len(eventually(made, lambda o: len(o.records) == 2).records) == 2


def test_a_position_is_confirmed_once_it_is_stored(tmp_path: Path) -> None:
    with listener(tmp_path, chunk_rows=3) as made, Terminal(made) as terminal:
        terminal.say(frame(0x0704, batch(report(1), report(2)), serial=1))
        terminal.say(frame(0x0704, batch(report(3), report(4)), serial=2), location(5, status=0, serial=3))
        assert terminal.answer(frame(0x0002, b"", serial=4), collecting=False) == (4, 0x0002, 0)  # at once
        first, rest = made.poll(), made.poll()
        assert (len(first.records), len(rest.records), len(first.rejects)) == (3, 1, 1)
        assert first.stored is not None
        assert rest.stored is not None
        first.stored()
        assert terminal.answer(collecting=False) == (1, 0x0704, 0)  # of the second batch one is still to be stored
        rest.stored()
        assert [terminal.answer(collecting=False) for _ in range(2)] == [(2, 0x0704, 0), (3, 0x0200, 0)]
    rest.stored()  # nobody is there any more


def test_what_is_not_stored_in_time_is_refused_and_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jt808_server, "ANSWER_SECONDS", 0.1)
    with listener(tmp_path) as made, Terminal(made) as terminal:
        assert terminal.answer(location(), collecting=False)[2] == 1
        outcome = eventually(made, lambda o: bool(o.records))
        assert len(outcome.records) == 1
        assert terminal.answer(frame(0x0002, b"", serial=9)) == (9, 0x0002, 0)


def test_in_a_trial_positions_are_not_confirmed(tmp_path: Path) -> None:
    """Nothing is stored then, so the terminal must keep them."""
    told: dict[str, str] = {}
    context = rig_context(tmp_path, Live())
    context.tap = told.__setitem__
    made = jt808.create(jt808.Options(listen="127.0.0.1:0"), context)
    assert isinstance(made, Listener)
    made.poll()
    with Terminal(made) as terminal:
        assert terminal.answer(frame(0x0002, b""))[2] == 0
        assert terminal.answer(location())[2] == 1
        (record,) = eventually(made, lambda o: bool(o.records)).records
    made.close()
    assert told[record.ref].startswith("7e 0200 001c 0 13812345678 0001 ")


def test_a_flood_is_taken_slowly_and_the_others_are_heard(tmp_path: Path) -> None:
    with listener(tmp_path, messages_per_second=50) as made, Terminal(made) as flood, Terminal(made) as good:
        flood.socket.settimeout(0.2)
        with suppress(TimeoutError):  # the connection fills up
            for _ in range(100):
                flood.say(location() * 1_000)
        assert good.answer(location(7, phone="013900000000"))[2] == 0
        outcome = eventually(made, lambda o: "13900000000" in ids(o))
        assert len(outcome.records) < 2_000  # of a hundred thousand


def test_a_connection_that_ends_within_a_frame(tmp_path: Path) -> None:
    with listener(tmp_path) as made:
        with Terminal(made) as terminal:
            assert terminal.answer(location(0), location(1)[:20])[2] == 0
        outcome = eventually(made, lambda o: bool(o.records and o.rejects))
    assert reasons(outcome) == {"not_a_frame": 1}
    assert "ended within it" in outcome.rejects[0].detail


def test_a_connection_that_ends_before_the_last_part(tmp_path: Path) -> None:
    with listener(tmp_path) as made:
        with Terminal(made) as terminal:
            assert terminal.answer(frame(0x0704, batch(report()), total=2, index=1))[2] == 0
        assert reasons(eventually(made, lambda o: bool(o.rejects))) == {"missing_part": 1}


def test_an_address_in_use_is_told_and_tried_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        made = create("jt808", {"listen": f"127.0.0.1:{port}"}, tmp_path, Live())  # type: ignore[arg-type]
        with pytest.raises(FeedError, match=f"127.0.0.1:{port}") as caught:
            made.poll()
        assert caught.value.code == "not_connected"
    made.poll()
    assert isinstance(made, Listener)
    with Terminal(made) as terminal:
        assert terminal.answer(location())[2] == 0
    made.close()


def test_close_hangs_up_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with listener(tmp_path) as made:
        with Terminal(made) as one, Terminal(made) as two:
            assert one.answer(location())[2] == 0
            two.say(b"\x7e\x02")
            made.close()
            made.close()
            assert one.hung_up_on()
            assert two.hung_up_on()
        assert set(threading.enumerate()) <= before
        assert made.poll().records == []
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", made.port), timeout=2)
