"""What is wrong with a rule, its input, clock, subject or a target stays there: tried on the running cockpit."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from domain.fences import Fence, FenceKind
from domain.permissions import Role
from domain.rule_instances import Changes
from domain.viewer import PORT_OPERATOR, SYSTEM, Viewer
from store.engine import Store, open_store
from store.rules import RuleEditError
from store.schema_alerts import delivery, outbox
from tests.conftest import REPO
from tests.ports import free_port

FEED = """
[feeds.{name}]
adapter = "csv_drop"
every_seconds = 0.3
expected_seconds = 36000
settle_seconds = 0
path = "{name}"
dataset = "{dataset}"
[feeds.{name}.mapping]
"""
FEEDS = (
    ("checks", "check_result", {"check_id": "id", "declaration_no": "id", "result": "result", "event_time": "at"}),
    ("doors", "door_event", {"container_no": "box", "event_time": "at"}),
    ("trucks", "vehicle_position",
     {"vehicle_id": "plate", "event_time": "at", "lon": "lon", "lat": "lat", "off_route_metres": "off"}),
)  # fmt: skip
CONFIG = """
[outbound]
allow = ["127.0.0.1"]
[alerts.targets.hangs]
url = "json://127.0.0.1:{hangs}/x"
levels = [1, 2, 3, 4]
[alerts.targets.works]
url = "json://127.0.0.1:{works}/x"
levels = [1, 2, 3, 4]
[alerts.rules.route_deviation]
count = 1
hold_on_seconds = 0
[alerts.rules.fence_intrusion]
count = 1
hold_on_seconds = 0
hold_off_seconds = 0
"""


class Running:
    """The cockpit, where its files are dropped, and a look into its database."""

    def __init__(self, folder: Path, port: int, store: Store, told: list[str]) -> None:
        self.folder, self.port, self.store, self.told = folder, port, store, told
        self._files = 0

    def drop(self, feed: str, head: str, *rows: str) -> None:
        self._files += 1
        hidden = self.folder / feed / f".{self._files}"
        hidden.write_text("\n".join([head, *rows, ""]), "utf-8")
        hidden.rename(self.folder / feed / f"{self._files}.csv")

    def check(self, number: str, at: datetime | None = None) -> None:
        """A check that did not agree."""
        self.drop("checks", "id,result,at", f"{number},seal_mismatch,{(at or datetime.now(UTC)).isoformat()}")

    def alerts(self, rule: str) -> dict[str, Any]:
        return {row.subject: row for row in self.store.reads.alerts(SYSTEM).rows if row.rule == rule}

    def state(self, rule: str) -> Any:
        return self.store.reads.rule_states(SYSTEM).get(rule)

    def notices(self) -> set[str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/notices", timeout=60) as answer:
            return {row["key"] for row in json.load(answer)["rows"]}


def wait(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


@contextmanager
def targets() -> Iterator[tuple[int, int, list[str]]]:
    """A target that accepts and never answers, one that answers, and what that was told."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        try:
            yield silent.getsockname()[1], server.server_address[1], told
        finally:
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder, port = tmp_path_factory.mktemp("troubles"), free_port()
    config = folder / "cockpit.toml"
    for name, _, _ in FEEDS:
        (folder / name).mkdir()
    with targets() as (hangs, works, told):
        text = CONFIG.format(hangs=hangs, works=works)
        for name, dataset, mapping in FEEDS:
            text += FEED.format(name=name, dataset=dataset) + "\n".join(f'{k} = "{v}"' for k, v in mapping.items())
        config.write_text(text, "utf-8")
        here = {"COCKPIT_HOME": str(folder / "home"), "COCKPIT_CONFIG": str(config), "COCKPIT_PORT": str(port)}
        environment = {**os.environ, **here, "COCKPIT_TROUBLES": str(folder), "PYTHONPATH": str(REPO)}
        environment.pop("COCKPIT_DATABASE_URL", None)
        script = str(Path(__file__).with_name("troubled.py"))
        with subprocess.Popen([sys.executable, script], cwd=REPO, env=environment) as process:
            try:
                wait(lambda: process.poll() is not None or ready(port))
                assert process.poll() is None
                with closing(open_store(f"sqlite:///{folder / 'home' / 'cockpit.db'}")) as store:
                    yield Running(folder, port, store, told)
            finally:
                process.terminate()
                process.wait(60)


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_rule_that_throws_says_so_the_others_go_on_and_it_judges_what_it_missed(cockpit: Running) -> None:
    (cockpit.folder / "throws").touch()
    cockpit.check("D1")
    wait(lambda: (said := cockpit.state("co_inspection_mismatch")) and said.state == "error")
    assert cockpit.state("co_inspection_mismatch").detail == "ZeroDivisionError: by design"
    assert "rule.co_inspection_mismatch" in cockpit.notices()
    cockpit.drop("doors", "box,at", f"TGHU1000001,{datetime.now(UTC).isoformat()}")
    wait(lambda: cockpit.alerts("door_opened"))
    assert not cockpit.alerts("co_inspection_mismatch")
    (cockpit.folder / "throws").unlink()
    wait(lambda: set(cockpit.alerts("co_inspection_mismatch")) == {"D1"})
    wait(lambda: cockpit.state("co_inspection_mismatch").state == "ok")
    wait(lambda: "rule.co_inspection_mismatch" not in cockpit.notices())
    assert cockpit.alerts("co_inspection_mismatch")["D1"].count == 1


def test_what_is_no_number_is_set_aside_and_what_is_missing_is_no_alarm(cockpit: Running) -> None:
    now = datetime.now(UTC).isoformat()
    rows = [f"T1,{now},120.20,36.0,nan", f"T2,{now},120.20,36.0,900", f"T3,{now},120.20,36.0,"]
    cockpit.drop("trucks", "plate,at,lon,lat,off", *rows)
    cockpit.drop("trucks", "plate,at,lon,lat", f"T4,{now},120.20,36.0")  # the source lost a column
    wait(lambda: cockpit.alerts("route_deviation"))
    aside = wait(lambda: cockpit.store.reads.quarantine(SYSTEM))
    assert {row["reason"] for row in aside} == {"not_a_number"}
    assert set(cockpit.alerts("route_deviation")) == {"T2"}
    assert cockpit.state("route_deviation").state == "ok"


def test_a_clock_that_goes_back_freezes_nothing(cockpit: Running) -> None:
    def numbered() -> dict[str, Any]:
        return cockpit.alerts("co_inspection_mismatch")

    for number, ahead in (("D2", -3600.0), ("D3", 0.0)):
        (cockpit.folder / "clock").write_text(str(ahead))
        cockpit.check(number, datetime.now(UTC) + timedelta(seconds=ahead))
        wait(lambda number=number: number in numbered())
    assert {row.count for row in numbered().values()} == {1}
    assert cockpit.state("co_inspection_mismatch").state == "ok"


def test_what_a_deleted_subject_raised_clears(cockpit: Running) -> None:
    corners = ((120.20, 36.00), (120.22, 36.00), (120.22, 36.02), (120.20, 36.02), (120.20, 36.00))
    kept = cockpit.store.put_fence(
        PORT_OPERATOR,
        Fence(fence_id="f1", name="tank farm", kind=FenceKind.RESTRICTED, points=corners, applies=("vehicle",)),
    )
    cockpit.drop("trucks", "plate,at,lon,lat,off", f"T5,{datetime.now(UTC).isoformat()},120.21,36.01,1")
    (raised,) = wait(lambda: cockpit.alerts("fence_intrusion").values())
    assert raised.condition == "firing"
    cockpit.store.put_fence(PORT_OPERATOR, replace(kept, state="retired"))
    wait(lambda: [row.condition for row in cockpit.alerts("fence_intrusion").values()] == ["clear"])
    assert cockpit.state("fence_intrusion").state == "ok"


def test_of_two_edits_the_second_is_told_who_was_first_and_the_first_is_in_force(cockpit: Running) -> None:
    one, two = (Viewer(name=name, roles=frozenset({Role.SUPERVISOR})) for name in ("anna", "boris"))
    nearer, farther = (Changes(params={"metres": metres}, hold_on_seconds=0.0) for metres in (50.0, 5000.0))
    cockpit.store.rules.save(one, "route_deviation", nearer, "published", "road works", 0)
    with pytest.raises(RuleEditError) as refused:
        cockpit.store.rules.save(two, "route_deviation", farther, "published", "too many", 0)
    assert (refused.value.code, refused.value.last and refused.value.last.who) == ("changed", "anna")
    cockpit.drop("trucks", "plate,at,lon,lat,off", f"T6,{datetime.now(UTC).isoformat()},120.25,36.05,150")
    raised = wait(lambda: cockpit.alerts("route_deviation").get("T6"))
    assert (raised.instance_version, raised.seen["metres"]["limit"]) == (1, 50.0)


def test_a_target_that_hangs_holds_up_no_other_and_is_tried_again(cockpit: Running) -> None:
    wait(lambda: any("D1" in one for one in cockpit.told))

    def results(target: str) -> set[tuple[str, str]]:
        """States of what it is to be told, with what came of trying."""
        asked = select(outbox.c.state, delivery.c.result).where(outbox.c.id == delivery.c.outbox_id)
        with cockpit.store._database.reading() as connection:
            return {(state, result) for state, result in connection.execute(asked.where(outbox.c.target == target))}

    wait(lambda: ("done", "sent") in results("works") and results("hangs"))
    assert {result for _, result in results("hangs")} <= {"unreachable", "timeout"}
    assert not {state for state, _ in results("hangs")} & {"done", "dead"}
