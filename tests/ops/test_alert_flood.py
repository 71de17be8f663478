"""Ten thousand alerts in a minute (RELIABILITY.md, test 34): ten lines at most, none lost, and it answers."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPO
from tests.ops.racers import RACERS, race
from tests.ports import free_port

ALERTS, FILES, RED = 10_000, 10, 3
CONFIG = """
[feeds.checks]
adapter = "csv_drop"
every_seconds = 0.5
expected_seconds = 36000
settle_seconds = 0
path = "checks"
dataset = "check_result"
[feeds.checks.mapping]
check_id = "id"
declaration_no = "id"
result = "result"
event_time = "at"
[feeds.doors]
adapter = "csv_drop"
every_seconds = 0.5
expected_seconds = 36000
settle_seconds = 0
path = "doors"
dataset = "door_event"
[feeds.doors.mapping]
container_no = "box"
event_time = "at"
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    number = free_port()
    config = tmp_path / "cockpit.toml"
    config.write_text(CONFIG, "utf-8")
    for folder in ("checks", "doors"):
        (tmp_path / folder).mkdir()
    home = {"COCKPIT_HOME": str(tmp_path / "home"), "COCKPIT_CONFIG": str(config), "COCKPIT_PORT": str(number)}
    environment = {**os.environ, **home}
    environment.pop("COCKPIT_DATABASE_URL", None)
    command = [sys.executable, "app.py", "serve"]
    with subprocess.Popen(command, cwd=REPO, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait(lambda: answered(number, "/readyz") or process.poll() is not None)
            assert process.poll() is None
            yield number
        finally:
            process.terminate()
            process.wait(60)


def wait(condition: Any, seconds: float = 240.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.5)
    return found


def answered(port: int, path: str) -> bytes:
    """What it answers; empty while it does not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return bytes(answer.read()) or b" "
    except OSError:
        return b""


def drop(folder: Path, name: str, lines: list[str]) -> None:
    hidden = folder / f".{name}"
    hidden.write_text("\n".join(lines) + "\n", "utf-8")
    hidden.rename(folder / name)


def test_ten_thousand_alerts_in_a_minute(port: int, tmp_path: Path) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    numbers = [f"42582026{n:010d}" for n in range(ALERTS)]
    for file in range(FILES):
        rows = [f"{number},seal_mismatch,{now}" for number in numbers[file::FILES]]
        drop(tmp_path / "checks", f"checks-{file}.csv", ["id,result,at", *rows])
    drop(tmp_path / "doors", "doors.csv", ["box,at", *(f"TGHU100000{n},{now}" for n in range(RED))])

    def all_there() -> dict[str, Any] | None:
        said: dict[str, Any] = json.loads(answered(port, "/api/v1/alerts"))  # it answers all the while
        shown = sum(said["counts"].values())
        assert len(said["banners"]) <= 10
        assert sum(line["count"] for line in said["banners"]) == shown
        return said if shown == ALERTS + RED else None

    said = wait(all_there)
    assert [line["count"] for line in said["banners"] if line["level"] == 1] == [1] * RED
    assert said["flood"]["since"] is not None
    assert said["flood"]["recent"] == ALERTS + RED
    with closing(sqlite3.connect(tmp_path / "home" / "cockpit.db")) as base:
        (stored,) = base.execute(
            "select count(distinct subject) from alert where rule = 'co_inspection_mismatch'"
        ).fetchone()
        (opened,) = base.execute("select count(distinct alert_id) from alert_log where what = 'opened'").fetchone()
    assert (stored, opened) == (ALERTS, ALERTS + RED)
    line = next(line for line in said["banners"] if line["level"] == 1)
    assert race(f"http://127.0.0.1:{port}", line["key"]) == {200: 1, 409: RACERS - 1}
    with closing(sqlite3.connect(tmp_path / "home" / "cockpit.db")) as base:
        (written,) = base.execute("select count(*) from audit where what = 'alert.acknowledge'").fetchone()
    assert written == 1
