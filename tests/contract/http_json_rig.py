"""Situations of the adapter http_json: a real server behind each of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.rig import Case, Expected
from tests.datasources.liar import Behaviour, Liar, Request, answer, breaks_off, hangs, http

MAPPING = {
    "vehicle_id": "plate",
    "event_time": "seen_at",
    "lat": "position.lat",
    "lon": "position.lon",
    "speed_kmh": "speed",
}
_OPEN = contextlib.ExitStack()  # closed by ``close_all`` after each test


def close_all() -> None:
    """Stop the servers."""
    _OPEN.close()


def truck(number: int, **more: Any) -> dict[str, Any]:
    row = {
        "plate": f"鲁B{number:05}",
        "seen_at": f"2031-05-04T02:{number % 60:02}:00Z",
        "position": {"lat": 36.01, "lon": 120.21},
        "speed": 12.5,
    }
    return {**row, **more}


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    return {"licence_plate" if name == "plate" else name: value for name, value in row.items()}


def _options(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "dataset": "vehicle_position", "mapping": MAPPING, "rows": "$.trucks[*]", **more}


def _served(behaviour: Behaviour, **more: Any) -> Callable[[Path], dict[str, Any]]:
    def lay_out(folder: Path) -> dict[str, Any]:
        liar = _OPEN.enter_context(Liar(behaviour))
        return _options(f"{liar.url}/trucks", **more)

    return lay_out


def _body(*rows: Any) -> bytes:
    return answer(json.dumps({"trucks": rows}, ensure_ascii=False))


def steady(folder: Path) -> dict[str, Any]:
    """A source that gives what is newer than the mark it is shown, two trucks at a time."""
    trucks = [truck(number) for number in range(1, 10)]

    def newer(request: Request) -> bytes:
        mark = parse_qs(urlsplit(request.target).query).get("since", [""])[0]
        return _body(*[row for row in trucks if row["seen_at"] > mark][:2])

    since = {"parameter": "since", "path": "$.trucks[*].seen_at"}
    return _served(http(newer), since=since)(folder)


CASES = [
    Case(name="good", lay_out=_served(http(_body(truck(1), truck(2)))), expected=Expected(records=2)),
    Case(name="empty list", lay_out=_served(http(_body())), expected=Expected()),
    Case(
        name="empty answer",
        lay_out=_served(http(answer(b""))),
        expected=Expected(problem="not_json", says=("trial", "empty")),
    ),
    Case(
        name="malformed rows",
        lay_out=_served(
            http(_body(truck(1), truck(2, position=None), truck(3, speed="fast"), "x", truck(4, plate={})))
        ),
        expected=Expected(records=1, rejects=4),
    ),
    Case(
        name="malformed: another kind of answer",
        lay_out=_served(http(answer("<html><body>Wartung</body></html>", content_type="text/html"))),
        expected=Expected(problem="not_json", says=("<html>",)),
    ),
    Case(
        name="truncated body",
        lay_out=_served(breaks_off(answer(json.dumps({"trucks": [truck(1)]}))[:-20])),
        expected=Expected(problem="truncated"),
    ),
    Case(
        name="truncated JSON",
        lay_out=_served(http(answer(json.dumps({"trucks": [truck(1)]})[:-9]))),
        expected=Expected(problem="not_json"),
    ),
    Case(name="hang", lay_out=_served(hangs()), expected=Expected(problem="timeout")),
    Case(name="duplicate", lay_out=_served(http(_body(truck(1), truck(1)))), expected=Expected(records=2)),
    Case(name="out of order", lay_out=_served(http(_body(truck(9), truck(1)))), expected=Expected(records=2)),
    Case(
        name="stale: the same answer again and again",
        lay_out=_served(http(_body(truck(1)))),
        expected=Expected(records=1),
    ),
    Case(
        name="true zero",
        lay_out=_served(http(_body(truck(1, speed=0)))),
        expected=Expected(records=1),
    ),
    Case(
        name="wrong file: no such path",
        lay_out=_served(http(answer("gone", status="404 Not Found"))),
        expected=Expected(problem="http_status", says=("404", "/trucks")),
    ),
    Case(
        name="rows somewhere else",
        lay_out=_served(http(answer('{"error": "no licence"}'))),
        expected=Expected(problem="no_rows", says=("$.trucks", "error")),
    ),
    Case(
        name="a column renamed",
        lay_out=_served(http(_body(_renamed(truck(1))))),
        expected=Expected(rejects=3, problem="missing_column", says=("plate", "licence_plate")),
    ),
]
