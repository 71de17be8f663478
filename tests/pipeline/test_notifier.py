"""Messages reach people: at least once through a kill, singly for level I, and whatever one target does to itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fakes
import msgspec
import pytest

from domain.alert import Asked
from domain.alert_flow import merge
from domain.deliveries import FAILURES, SENT, Job, Outcome
from domain.escalation import Escalation, OutboxEntry, Target, dedup_key
from domain.outbound import Outbound
from domain.permissions import Role
from domain.rules.base import Finding, Judged
from domain.sent import STATES, Sought
from domain.viewer import PORT_OPERATOR, Viewer
from pipeline import escalating
from pipeline.notifier import Notifier
from pipeline.secrets import Secrets
from pipeline.sending import send
from settings import Settings
from store.engine import Store, open_store
from store.reads import outbox as reads
from store.writes import outbox as writes

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ADMIN = Viewer(name="admin", roles=frozenset({Role.SYSTEM_ADMIN, Role.SUPERVISOR}))


class Telling(msgspec.Struct):
    targets: dict[str, Target]
    escalation: Escalation = Escalation()


class Hook:
    """A webhook on this machine: counts what it was told by reference.

    ``/slow`` never comes to an end, ``/wrong`` refuses.
    """

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()
        self.heard: list[dict[str, Any]] = []
        self.held = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path.startswith("/slow"):
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
                    while not hook.held.wait(1):  # a byte now and then: no wait for the next one is ever too long
                        self.wfile.write(b"x")
                    return
                wrong = self.path.startswith("/wrong")
                if not wrong:
                    hook.heard.append(body)
                    hook.told.update(line.rpartition(" ")[2] for line in body["message"].splitlines() if "编号" in line)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"errcode": 310000, "errmsg": "token is not exist"}' if wrong else b"ok")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.held.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    one = Hook()
    yield one
    one.close()


@pytest.fixture
def told(tmp_path: Path) -> Settings:
    told = msgspec.structs.replace(fakes.settings(tmp_path), outbound=Outbound(allow=("127.0.0.1",)))
    told.home.mkdir()
    return told


@pytest.fixture
def store(told: Settings) -> Iterator[Store]:
    one = open_store(told.database_url)
    yield one
    one.close()


def entries(target: str, count: int, level: int = 1, first: int = 0, kind: str = "") -> list[OutboxEntry]:
    now = datetime.now(UTC)
    made = []
    for number in range(first, first + count):
        alert = f"{number:016x}"
        body = {
            "id": alert, "key": "gate_queue:G1", "rule": "gate_queue", "level": level, "subject": "G1", "params": {},
            "opened_at": NOW, "stage": 1, "seconds": 30.0,
        }  # fmt: skip
        made.append(OutboxEntry(
            kind=kind or ("urgent" if level == 1 else "notify"), alert_id=alert, at=now, due_at=now, target=target,
            dedup=dedup_key(alert, NOW, f"{level}.1", target), body=body,
        ))  # fmt: skip
    return made


def enqueue(store: Store, made: list[OutboxEntry]) -> None:
    with store._database.writing(durable=True) as connection:
        writes.enqueue(connection, made)


@contextmanager
def notifying(
    settings: Settings, store: Store, targets: dict[str, Target], send: Callable[[Job], dict[int, Outcome]], **more: Any
) -> Iterator[Notifier]:
    given = {"escalated": lambda entry: None, "clock": lambda: datetime.now(UTC), **more}
    one = Notifier(settings, store, Telling(targets), send, **given)
    one.start()
    try:
        yield one
    finally:
        one.stop()


def rows(store: Store, target: str) -> list[Any]:
    """All entries of a target, whatever state they are in at one moment."""
    with store._database.reading() as connection:
        return [
            row
            for state in STATES
            for row in reads.sent(connection, PORT_OPERATOR, Sought(target=target, state=state), 500)
        ]


def test_one_that_hangs_or_has_a_wrong_secret_holds_up_no_other(told: Settings, store: Store, hook: Hook) -> None:
    """With the real process and the real library; no secret is told by the log of deliveries."""
    secrets = Secrets(told, store)
    for name in ("good", "slow", "wrong"):
        secrets.set(ADMIN, name, f"{name}-token-of-this-target")
    targets = {
        name: Target(f"json://127.0.0.1:{hook.port}/{name}/${{secret:{name}}}") for name in ("good", "slow", "wrong")
    }
    targets["unset"] = Target("wecombot://${secret:unset}")
    for name in targets:
        enqueue(store, entries(name, 2))
    arrived = threading.Event()

    def sending(job: Job) -> dict[int, Outcome]:
        """The one that hangs is given up only after the good one was told: no start of a process is that slow."""
        slow = "/slow/" in job.url
        assert not slow or arrived.wait(60)
        return send(told, msgspec.structs.replace(job, seconds=3.0 if slow else 60.0))

    with notifying(told, store, targets, sending):
        fakes.wait_for(lambda: [row.state for row in rows(store, "good")] == ["done"] * 2)
        assert {row.result for row in rows(store, "slow")} == {""}  # still held, while the good one is done
        arrived.set()
        fakes.wait_for(lambda: all(row.attempts for name in targets for row in rows(store, name)))
    assert set(hook.told.values()) == {1}
    results = {name: {row.result for row in rows(store, name)} for name in targets}
    assert results == {"good": {SENT}, "slow": {"timeout"}, "wrong": {"refused"}, "unset": {"secret_missing"}}
    assert {row.state for name in targets for row in rows(store, name)} <= {
        "done",
        "pending",
        "claimed",
    }  # not given up
    assert {row.detail for row in rows(store, "wrong")} == {"errcode 310000: token is not exist"}
    assert not [row for name in targets for row in rows(store, name) if "-token-" in row.detail]
    title = hook.heard[0]["title"]
    assert title.startswith("【一级】")
    assert "/alerts/0000000000000000" in str(hook.heard)


def test_what_is_due_when_it_is_killed_is_sent_after_the_restart(told: Settings, store: Store, hook: Hook) -> None:
    """kill -9 while it sends, again and again: whatever falls due meanwhile arrives."""
    Secrets(told, store).set(ADMIN, "hook", f"json://127.0.0.1:{hook.port}/hook")
    made = [msgspec.structs.replace(one, due_at=one.at + timedelta(seconds=0.5 * number))
            for number, one in enumerate(entries("duty", 24))]  # fmt: skip
    enqueue(store, made)
    wanted = {f"{one.alert_id}-1.1" for one in made}
    store.close()
    for round_ in range(3):
        arrived = len(hook.told)
        with _started(told):
            if round_ < 2:
                fakes.wait_for(lambda before=arrived: len(hook.told) > before)
            else:
                fakes.wait_for(lambda: set(hook.told) == wanted)
                fakes.wait_for(lambda: _states(told) == {"done"})
    assert set(hook.told) == wanted


def _states(told: Settings) -> set[str]:
    store = open_store(told.database_url)
    try:
        return {row.state for row in rows(store, "duty")}
    finally:
        store.close()


@contextmanager
def _started(told: Settings) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])}
    with subprocess.Popen(
        [sys.executable, str(HERE / "notify_until_killed.py"), str(told.home.parent)], env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        try:
            yield child
        finally:
            child.kill()


class Recorder:
    """Takes the place of the process that sends."""

    def __init__(self, result: str = SENT) -> None:
        self.jobs: list[Job] = []
        self.result = result

    def __call__(self, job: Job) -> dict[int, Outcome]:
        self.jobs.append(job)
        return {message.number: Outcome(self.result) for message in job.messages}

    @property
    def sizes(self) -> list[int]:
        return [len(message.alerts) for job in self.jobs for message in job.messages]


@pytest.fixture
def duty(told: Settings, store: Store) -> dict[str, Target]:
    Secrets(told, store).set(ADMIN, "hook", "json://127.0.0.1/x")
    return {"duty": Target("${secret:hook}")}


def test_level_one_is_told_singly_and_first_a_flood_of_others_in_one(
    told: Settings, store: Store, duty: dict[str, Target]
) -> None:
    enqueue(store, entries("duty", 150, level=2) + entries("duty", 3, first=900))
    sent = Recorder()
    with notifying(told, store, duty, sent):
        fakes.wait_for(lambda: {row.state for row in rows(store, "duty")} == {"done"})
    assert sent.sizes == [1, 1, 1, 150]


def test_a_target_that_fails_is_left_alone_and_a_test_reaches_it_all_the_same(
    told: Settings, store: Store, duty: dict[str, Target]
) -> None:
    enqueue(store, entries("duty", FAILURES + 1))
    sent = Recorder("unreachable")
    with notifying(told, store, duty, sent):
        fakes.wait_for(lambda: len(rows(store, "duty")) and all(row.attempts == 1 for row in rows(store, "duty")))
        enqueue(store, entries("duty", 1, first=50))  # due now, and held: the target rests
        store.outbox.test(ADMIN, "duty")
        fakes.wait_for(lambda: {row.state for row in rows(store, "duty") if row.kind == "test"} == {"dead"})
    assert sent.sizes == [1] * (FAILURES + 1) + [0]
    assert {row.result for row in rows(store, "duty")} == {"unreachable", ""}


def test_hours_hold_back_all_but_level_one(told: Settings, store: Store, duty: dict[str, Target]) -> None:
    now = datetime.now(UTC) + timedelta(hours=8)  # at the port
    away = f"{now + timedelta(hours=2):%H}:00-{now + timedelta(hours=3):%H}:00"
    duty["duty"] = msgspec.structs.replace(duty["duty"], hours=(away,))
    enqueue(store, entries("duty", 1) + entries("duty", 1, level=2, first=9) + entries("gone", 1))
    sent = Recorder()
    with notifying(told, store, duty, sent):
        fakes.wait_for(lambda: not store.reads.waiting(PORT_OPERATOR))
    assert sorted((row.level, row.state) for row in rows(store, "duty")) == [(1, "done"), (2, "skipped")]
    assert [(row.state, row.result) for row in rows(store, "gone")] == [("dead", "no_target")]


def test_what_nobody_acknowledged_is_put_on_record_until_it_worked(told: Settings, store: Store) -> None:
    enqueue(store, entries("", 2, kind="escalate"))
    asked: Counter[str] = Counter()

    def escalated(entry: Any) -> None:
        asked[entry.body["id"]] += 1
        if sum(asked.values()) == 1:
            raise ValueError("not now")

    with notifying(told, store, {}, Recorder(), escalated=escalated):
        fakes.wait_for(lambda: [row.state for row in rows(store, "") if row.kind == "escalate"] == ["done"] * 2)
    assert sorted(asked.values()) == [1, 2]


def test_what_nobody_acknowledges_goes_on_its_log_and_an_act_ends_it(told: Settings, store: Store) -> None:
    """From the finding on: the outbox is written with the step, due by its clock, struck out with the act."""
    now = datetime.now(UTC)
    clock = [now]
    escalating.follow(store, Telling({"duty": Target("${secret:hook}", stages=(0, 1))}))
    finding = Finding(rule="gate_queue", subject_kind="gate", subject="G1", level=1, event_time=now)
    merged = merge({}, [Judged(rule="gate_queue", kind="condition", findings=[finding])], now)
    store.alerts.save(merged)
    number, version = merged.changed[0].id, merged.changed[0].version
    written = sorted((row.kind, row.stage) for row in rows(store, ""))
    assert written == [("escalate", 1), ("escalate", 2), ("escalate", 3), ("urgent", 0), ("urgent", 1)]
    record = escalating.recorder(store, lambda: clock[0], lambda: None)
    clock[0] = now + timedelta(seconds=31)
    claimed = store.outbox.claim("", ["escalate"], "one", clock[0], 9)
    for entry in [*claimed, *claimed]:  # as after a kill: the second time nothing is added
        record(entry)
    history = store.reads.alert_file(ADMIN, number).history
    assert [(one.what, one.body.get("stage"), one.version) for one in history] == [
        ("opened", None, version), ("escalated", 1, version),
    ]  # fmt: skip
    store.alerts.act(ADMIN, number, Asked(act="acknowledge"), clock[0], version)
    states = {(row.stage, row.state) for row in rows(store, "")}
    assert states == {(0, "cancelled"), (1, "cancelled"), (1, "claimed"), (2, "cancelled"), (3, "cancelled")}
    later = store.outbox.claim("", ["escalate"], "two", clock[0] + timedelta(hours=1), 9)
    for entry in later:
        record(entry)
    assert len(store.reads.alert_file(ADMIN, number).history) == 3  # opened, escalated, acknowledge: no more
