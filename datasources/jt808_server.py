"""A listener for JT/T 808 terminals: an event loop in a thread of its own, and a bounded buffer that is drained.

No peer can harm the others: each has its own splitter and its own pace, one that sends no frame for long or too many
that are none is hung up on, and what they bring finds room or is refused, so that the terminal keeps it. Positions are
confirmed once they are stored. A terminal waits some seconds only: what is not stored by then is refused, it sends it
again, and whichever comes second is a duplicate.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable

import msgspec

from datasources.jt808_frames import Damaged, Frame, Splitter, parse, unescaped
from datasources.jt808_session import Heard, Session, refused
from datasources.rows import Unplaced
from domain.records import Reject

CAPACITY = 20_000  # positions kept between polls
_REJECTS = 2_000  # and frames that are none: garbage must not take the room of positions
_CHUNK = 4_096
_BAD_IN_A_ROW = 20
_TERMINALS_KEPT = 200_000
_CLOSE_SECONDS, _PARTING_SECONDS = 5.0, 1.0
ANSWER_SECONDS = 5.0  # a terminal waits for an answer; the norm leaves it to the terminal's parameter 0x0002


class Limits(msgspec.Struct, frozen=True):
    """What a peer is given.

    Attributes:
        connections: at a time; one more is hung up on.
        idle_seconds: without a single right frame, after which a connection is closed.
        messages_per_second: of one connection; more are taken as slowly as that.
    """

    connections: int
    idle_seconds: float
    messages_per_second: float


class Answer:
    """The answer to a frame whose positions are not stored yet; given once, in the server's loop."""

    def __init__(self, writer: asyncio.StreamWriter, heard: Heard) -> None:
        """Prepare."""
        self._writer, self._heard, self._given = writer, heard, False

    def give(self, stored: bool) -> None:
        """Confirm or refuse, unless the one or the other was said before, or the connection is over."""
        if not self._given and not self._writer.is_closing():
            self._writer.write(self._heard.answer if stored else self._heard.refusal)
        self._given = True


class Buffer:
    """What was heard, until it is asked for; put into by one thread, drained by another."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows: deque[Unplaced] = deque()
        self._rejects: deque[Reject] = deque()
        self._counts: Counter[str] = Counter()
        self._came = self._went = 0  # positions
        self._held: deque[tuple[int, Answer]] = deque()  # given when so many positions have gone
        self._terminals: set[str] = set()
        self._lock = threading.Lock()

    def put(self, rows: list[Unplaced | Reject], answer: Answer | None = None) -> bool:
        """Take rows, all or none, and the answer to be given when they are stored; False when there is no room."""
        usable = [row for row in rows if isinstance(row, Unplaced)]
        with self._lock:
            if len(self._rows) + len(usable) > CAPACITY:
                self._counts["dropped"] += len(usable)
                return False
            self._rows.extend(usable)
            self._came += len(usable)
            if answer is not None:
                self._held.append((self._came, answer))
            rejects = [row for row in rows if isinstance(row, Reject)]
            room = max(0, _REJECTS - len(self._rejects))
            self._rejects.extend(rejects[:room])
            self._counts["dropped"] += len(rejects[room:])
        return True

    def count(self, what: str, terminal: str = "") -> None:
        """Count something, and the terminal it came from when it is new."""
        with self._lock:
            self._counts[what] += 1
            if terminal and terminal not in self._terminals and len(self._terminals) < _TERMINALS_KEPT:
                self._terminals.add(terminal)
                self._counts["terminals"] += 1

    def drain(self, limit: int) -> tuple[list[Unplaced], list[Reject], Counter[str], list[Answer]]:
        """Up to ``limit`` positions, all rejects, what was counted since the last call, and answers of all that."""
        with self._lock:
            rows = [self._rows.popleft() for _ in range(min(limit, len(self._rows)))]
            rejects, counts = list(self._rejects), +self._counts
            self._rejects.clear()
            self._counts.clear()
            self._went += len(rows)
            answers = []
            while self._held and self._held[0][0] <= self._went:
                answers.append(self._held.popleft()[1])
        return rows, rejects, counts, answers


class Server:
    """Listens until it is closed."""

    def __init__(
        self, place: tuple[str, int], feed: str, limits: Limits, session: Callable[[], Session], trial: bool = False
    ) -> None:
        """Bind and start the thread.

        Args:
            place: host and port; port 0 = any that is free.
            feed: the feed's name, for rejects.
            limits: what a peer is given.
            session: makes the conversation of a new connection.
            trial: nothing will be stored, so positions are not confirmed and terminals keep them.

        Raises:
            OSError: the address cannot be listened at.
        """
        self._feed, self._limits, self._session, self._trial = feed, limits, session, trial
        self.buffer = Buffer()
        family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        self._socket = socket.create_server(place, family=family, backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._frames = 0
        self._connections: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"jt808-{self.port}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still listens."""
        return self._thread.is_alive()

    def confirm(self, answers: list[Answer]) -> None:
        """Tell terminals that their positions are stored; may be called from any thread, and too late."""
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(_give, answers)

    def close(self) -> None:
        """Stop listening, hang up on everybody and end the thread; may be called twice."""
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=_CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._listen())
        finally:
            self._loop.close()
            self._socket.close()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._greet, sock=self._socket, limit=_CHUNK)
        await self._stop.wait()
        server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.sleep(0)  # sockets that were let go of are closed in the loop's next round

    def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stop.is_set() or len(self._connections) >= self._limits.connections:
            self.buffer.count("refused")
            writer.transport.abort()
            return
        task = self._loop.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = self._session()
        try:
            with contextlib.suppress(OSError, TimeoutError):
                await self._converse(reader, writer, session)
                writer.close()
                async with asyncio.timeout(_PARTING_SECONDS):  # for an answer still on its way
                    await writer.wait_closed()
        finally:
            self.buffer.put(session.rest())
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session) -> None:
        """Talk until one side has had enough."""
        splitter, bad, clock = Splitter(), 0, self._loop.time
        deadline, paced = clock() + self._limits.idle_seconds, clock()
        while True:
            async with asyncio.timeout_at(deadline):
                data = await reader.read(_CHUNK)
            if not data:
                self._lose(splitter, "the connection ended within it")
                return
            contents = list(splitter.feed(data))
            paced = max(paced, clock()) + max(1, len(contents)) / self._limits.messages_per_second
            for content in contents:
                heard = self._hear(content, session, writer)
                if heard is None:
                    bad += 1
                else:
                    bad, deadline = 0, clock() + self._limits.idle_seconds
                if bad >= _BAD_IN_A_ROW or (heard and heard.over):
                    return
            if splitter.overflowed:
                self._lose(splitter, "more bytes without a flag than any frame holds")
                return
            # A peer that does not read its answers is waited for no longer than one that sends nothing.
            async with asyncio.timeout_at(deadline):
                await writer.drain()
            if (ahead := paced - clock()) > 1.0:
                await asyncio.sleep(ahead)

    def _hear(self, content: bytes, session: Session, writer: asyncio.StreamWriter) -> Heard | None:
        """Take one frame and answer it, or see to it that it is; None when it is none."""
        self._frames += 1
        plain = unescaped(content)
        frame: Frame | Damaged = plain if isinstance(plain, Damaged) else parse(plain)
        ref = self._ref()
        if isinstance(frame, Damaged):
            self.buffer.count("undecodable")
            self.buffer.put([refused(frame, self._feed, ref)])
            return None
        self.buffer.count("messages", frame.terminal)
        heard = session.hear(frame, ref)
        answer = Answer(writer, heard) if heard.held and not self._trial else None
        if not self.buffer.put(heard.rows, answer) or (self._trial and heard.refusal):
            writer.write(heard.refusal)  # the terminal keeps what it is not told to be done with
        elif answer is None:
            writer.write(heard.answer)
        else:
            self._loop.call_later(ANSWER_SECONDS, answer.give, False)
        return heard

    def _lose(self, splitter: Splitter, why: str) -> None:
        if splitter.rest:
            lost = Damaged("not_a_frame", why, splitter.rest[:_CHUNK].hex())
            self.buffer.put([refused(lost, self._feed, self._ref())])

    def _ref(self) -> str:
        return f":{self.port}#{self._frames}"


def _give(answers: list[Answer]) -> None:
    for answer in answers:
        answer.give(stored=True)
