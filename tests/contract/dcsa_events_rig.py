"""Situations of the adapter dcsa_events."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.rig import NOW, Case, Expected
from tests.datasources.liar import Behaviour, Liar, answer, breaks_off, hangs, http

PLACE = "CNTAO"


def move(
    code: str = "GTIN", at: str = "2031-05-04T09:00:00+08:00", box: str = "TGHU1643396", **more: Any
) -> dict[str, Any]:
    """An equipment event of version 2.2."""
    return {
        "eventID": f"{code}-{box}-{at}", "eventType": "EQUIPMENT", "eventClassifierCode": "ACT", "eventDateTime": at,
        "eventCreatedDateTime": at, "equipmentEventTypeCode": code, "equipmentReference": box,
        "ISOEquipmentCode": "22G1", "emptyIndicatorCode": "LADEN",
        "eventLocation": {"UNLocationCode": PLACE, "facilityCode": "QQCT"}, **more,
    }  # fmt: skip


def call(
    code: str = "ARRI", classifier: str = "ACT", at: str = "2031-05-04T08:00:00+08:00", **more: Any
) -> dict[str, Any]:
    """A transport event of version 2.2."""
    return {
        "eventID": f"{code}-{classifier}-{at}", "eventType": "TRANSPORT", "eventClassifierCode": classifier,
        "eventDateTime": at, "eventCreatedDateTime": "2031-05-04T08:30:00+08:00", "transportEventTypeCode": code,
        "transportCall": {
            "transportCallID": "call-1", "importVoyageNumber": "055N", "exportVoyageNumber": "055S",
            "UNLocationCode": PLACE, "modeOfTransport": "VESSEL",
            "vessel": {"vesselIMONumber": "9321483", "vesselName": "King of the Seas"},
        },
        **more,
    }  # fmt: skip


def write(content: Any, name: str = "events.json") -> Any:
    def lay_out(folder: Path) -> dict[str, Any]:
        (folder / "drop").mkdir(exist_ok=True)
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / "drop" / name).write_bytes(data)
        return options()

    return lay_out


def options(path: str = "drop") -> dict[str, Any]:
    return {"path": path, "places": [PLACE]}


def steady(folder: Path) -> dict[str, Any]:
    """A carrier that reports for a while: a file an event, each finished when its time has come."""
    (folder / "drop").mkdir()
    for number in range(12):
        path = folder / "drop" / f"{number:02}.json"
        at = f"2031-05-04T09:{number * 2:02}:00+08:00"
        kinds = [move("GTIN", at), move("LOAD", at), call("DEPA", "EST", at), move("DISC", at, "MSKU0308961")]
        path.write_text(json.dumps([kinds[number % 4]]))
        os.utime(path, (NOW.timestamp() - 100 + number,) * 2)
    return {**options(), "settle_seconds": 90.0, "chunk_records": 1}


def _pipe(folder: Path) -> dict[str, Any]:
    os.mkfifo(folder / "pipe.json")
    return options("pipe.json")


def _two(folder: Path) -> dict[str, Any]:
    write([move()])(folder)
    (folder / "drop" / "broken.json").write_bytes(b"[{")
    return options()


_LINES = b"\n".join(json.dumps(event).encode() for event in (move(), call()))
_ELSEWHERE = {"eventLocation": {"UNLocationCode": "SGSIN"}}


_OPEN = contextlib.ExitStack()  # closed by ``close_all`` after each test


def close_all() -> None:
    """Stop the servers."""
    _OPEN.close()


def served(behaviour: Behaviour, **more: Any) -> Callable[[Path], dict[str, Any]]:
    def lay_out(folder: Path) -> dict[str, Any]:
        liar = _OPEN.enter_context(Liar(behaviour))
        return {"url": f"{liar.url}/events", "places": [PLACE], **more}

    return lay_out


def page(*events: Any, **headers: str) -> bytes:
    return answer(json.dumps(events), **headers)


_ONE, _OTHER = move(), move("LOAD", "2031-05-04T10:00:00+08:00")

CASES = [
    Case(name="good, over HTTP", lay_out=served(http(page(_ONE, call()))), expected=Expected(records=3)),
    Case(
        name="good, pages by a mark",
        lay_out=served(http(page(_ONE, next_page_cursor="b"), page(_OTHER), page())),
        expected=Expected(records=3),
    ),
    Case(name="empty answer", lay_out=served(http(answer(b""))), expected=Expected(problem="not_events")),
    Case(
        name="malformed: another kind of answer",
        lay_out=served(http(answer("<html>Wartung</html>", content_type="text/html"))),
        expected=Expected(problem="not_events", says=("trial",)),
    ),
    Case(
        name="truncated body",
        lay_out=served(breaks_off(page(_ONE)[:-20])),
        expected=Expected(problem="truncated"),
    ),
    Case(name="hang, over HTTP", lay_out=served(hangs()), expected=Expected(problem="timeout")),
    Case(
        name="wrong key",
        lay_out=served(http(answer("{}", "401 Unauthorized"))),
        expected=Expected(problem="unauthorised"),
    ),
    Case(
        name="a next page elsewhere",
        lay_out=served(http(page(_ONE, next_page="http://203.0.113.9/events"))),
        expected=Expected(problem="redirected", says=("203.0.113.9",)),
    ),
    Case(name="good", lay_out=write([move(), call()]), expected=Expected(records=3)),
    Case(name="an object that holds events", lay_out=write({"events": [move()]}), expected=Expected(records=2)),
    Case(name="an event a line", lay_out=write(_LINES), expected=Expected(records=3)),
    Case(name="empty", lay_out=write(b""), expected=Expected(problem="empty_file", says=("events.json",))),
    Case(name="an empty list", lay_out=write([]), expected=Expected()),
    Case(
        name="malformed event",
        lay_out=write(
            [
                move(code="GTOO"),
                move(eventDateTime="yesterday"),
                move(eventDateTime="2031-05-04T09:00:00"),
                move(equipmentReference=" "),
                move(eventClassifierCode="MAYBE"),
                move(emptyIndicatorCode="HALF"),
                7,
                move(),
            ]
        ),
        expected=Expected(records=2, rejects=7),
    ),
    Case(name="malformed line", lay_out=write(_LINES + b'\n{"eventType":'), expected=Expected(records=3, rejects=1)),
    Case(
        name="truncated",
        lay_out=write(json.dumps([move(), move("GTOT")]).encode()[:-30]),
        expected=Expected(problem="not_events", says=("events.json",)),
    ),
    Case(
        name="truncated archive",
        lay_out=write(gzip.compress(_LINES)[:-20], "events.json.gz"),
        expected=Expected(problem="truncated", says=("events.json.gz",)),
    ),
    Case(name="hang", lay_out=_pipe, expected=Expected(problem="unreadable", says=("pipe.json",))),
    Case(name="duplicate", lay_out=write([move(), move()]), expected=Expected(records=4)),
    Case(
        name="out of order",
        lay_out=write([move("LOAD", "2031-05-04T10:00:00+08:00"), move("GTIN")]),
        expected=Expected(records=4),  # alone, then its arrival and with it, and the truck
    ),
    Case(name="stale", lay_out=write([move(at="2001-01-01T00:00:00Z")]), expected=Expected(records=2)),
    Case(name="far ahead", lay_out=write([move(at="2032-01-01T00:00:00Z")]), expected=Expected(rejects=1)),
    Case(name="true zero", lay_out=write([move(at="2031-05-04T00:00:00+00:00")]), expected=Expected(records=2)),
    Case(name="elsewhere", lay_out=write([move(**_ELSEWHERE), move()]), expected=Expected(records=2)),
    Case(name="nowhere", lay_out=write([move(eventLocation={})]), expected=Expected(rejects=1)),
    Case(
        name="wrong folder",
        lay_out=lambda folder: options("nowhere"),
        expected=Expected(problem="missing_folder", says=("trial", "nowhere")),
    ),
    Case(
        name="wrong file",
        lay_out=lambda folder: options("nowhere.json"),
        expected=Expected(problem="missing_file", says=("trial", "nowhere.json")),
    ),
    Case(
        name="another kind of file",
        lay_out=write({"features": []}),
        expected=Expected(problem="not_events", says=("events.json",)),
    ),
    Case(
        name="wrong encoding",
        lay_out=write(json.dumps([move()]).encode("utf-16")),
        expected=Expected(problem="not_events", says=("events.json",)),
    ),
    Case(
        name="one of two is broken",
        lay_out=_two,
        expected=Expected(records=2, problem="not_events", says=("broken.json",)),
    ),
]
