"""One line per event, harmless, without secrets, and naming what it belongs to."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from urllib.parse import quote_plus

import pytest
import structlog

from telemetry import logs
from telemetry.conceal import conceal, concealed


@pytest.fixture
def lines(request):
    """Configure the log into a buffer (JSON unless told otherwise); read as text."""
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    out = io.StringIO()
    logs.configure(getattr(request, "param", "json"), "info", out)
    yield lambda: out.getvalue().splitlines()
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


NASTY = "A\r\n2026-01-01 [info] forged\x1b[2J\x9b31m\u2028\u202e\x00\ud800"


def test_what_came_from_outside_stays_in_its_line(lines):
    structlog.get_logger("feed").warning("row_refused", ref=NASTY, rows=[NASTY, {"name": NASTY}])
    logging.getLogger("library").warning("said %s", NASTY)
    try:
        raise ValueError(NASTY)
    except ValueError:
        structlog.get_logger().exception("failed")
    found = [json.loads(line) for line in lines()]
    assert [line["event"].split()[0] for line in found] == ["row_refused", "said", "failed"]
    assert found[0]["ref"] == "A\\r\\n2026-01-01 [info] forged\\x1b[2J\\x9b31m\\x2028\\x202e\\x00\\xd800"
    for line in found:
        del line["timestamp"]
        assert not set(json.dumps(line, ensure_ascii=False)) & set("\r\x1b\x9b\u2028\u202e\x00\ud800")


@pytest.mark.parametrize("lines", ["text"], indirect=True)
def test_for_a_person_nothing_can_pose_as_a_line(lines):
    structlog.get_logger().warning("row_refused", ref=NASTY)
    try:
        raise ValueError("first\nsecond\x1b[2J")
    except ValueError:
        structlog.get_logger().exception("failed")
    first, *rest = lines()
    assert "row_refused" in first
    assert "failed" in rest[0]
    assert all(line.startswith("    | ") for line in rest[1:])
    assert "\x1b" not in "".join([first, *rest])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "hunter2"),
        ("detail", "postgresql+psycopg://cockpit:hunter2@db:5432/port failed"),
        ("detail", "connection refused, password=hunter2 host=db"),
        ("header", "Authorization: Bearer hunter2hunter2"),
        ("options", {"api_key": "hunter2", "deep": [{"token": "hunter2"}]}),
        ("cookie", "session=hunter2"),
    ],
)
def test_secrets_never_reach_the_log(lines, field, value):
    structlog.get_logger().info("opened", **{field: value})
    (line,) = lines()
    assert "hunter2" not in line
    assert "***" in line


def test_a_fencing_token_is_a_number_and_shown(lines):
    structlog.get_logger().info("lease_taken", token=7)
    assert json.loads(lines()[0])["token"] == 7


def test_an_endless_value_is_cut(lines):
    structlog.get_logger().info("row", raw="x" * 1_000_000)
    assert len(lines()[0]) < 2 * logs.LONGEST


async def test_an_id_travels_through_awaits_and_threads(lines):
    async def work(number):
        with logs.correlated(request=number):
            await asyncio.sleep(0)
            await asyncio.to_thread(structlog.get_logger().info, "in_thread", number=number)

    await asyncio.gather(*(work(f"r{i}") for i in range(8)))
    found = [json.loads(line) for line in lines()]
    assert len(found) == 8
    assert all(line["request"] == line["number"] for line in found)
    assert logs.current_ids() == {}, "nothing is left behind"


def test_a_thread_of_its_own_gets_the_ids_with_the_work(lines):
    with logs.correlated(poll="p1"):
        ids = logs.current_ids()

    def run():
        with logs.correlated(**ids):
            structlog.get_logger().info("stored")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert json.loads(lines()[0])["poll"] == "p1"


def test_configured_twice_it_speaks_once(lines):
    out = io.StringIO()
    logs.configure("json", "warning", out)
    structlog.get_logger().info("too quiet")
    structlog.get_logger().warning("heard")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["heard"]
    assert lines() == []


def test_a_value_once_concealed_is_in_no_line(lines):
    value = "Käse'brot 4711"
    conceal(value)
    try:
        raise ValueError(f"login as {value!r} at http://h/?k={quote_plus(value)}")
    except ValueError:
        structlog.get_logger().exception("failed", said=[value, {"deep": f"x{value.upper()}"}])
    logging.getLogger("library").warning("said %s", value)
    found = " ".join(lines())
    assert len(lines()) == 2
    assert not any(part in found.lower() for part in ("4711", "brot", "b%e4se"))
    assert found.count("***") >= 4
    assert concealed("nothing of it") == "nothing of it"
