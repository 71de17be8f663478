"""Situations of the adapter json_drop."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.http_json_rig import MAPPING, truck
from tests.contract.rig import Case, Expected


def _laid(data: bytes | str, name: str = "trucks.json", **more: Any) -> Callable[[Path], dict[str, Any]]:
    def lay_out(folder: Path) -> dict[str, Any]:
        (folder / "drop").mkdir(exist_ok=True)
        (folder / "drop" / name).write_bytes(data.encode() if isinstance(data, str) else data)
        given = {"path": f"drop/{name}", "dataset": "vehicle_position", "mapping": MAPPING, "rows": "$.trucks[*]"}
        return {**given, "settle_seconds": 0, **more}

    return lay_out


def _body(*rows: Any) -> str:
    return json.dumps({"trucks": rows}, ensure_ascii=False)


def steady(folder: Path) -> dict[str, Any]:
    """A folder with three files, delivered two rows at a time."""
    for number in range(3):
        rows = [truck(10 * number + row) for row in range(5)]
        options = _laid(_body(*rows), f"{number}.json", chunk_rows=2)(folder)
    return {**options, "path": "drop"}


def _pipe(folder: Path) -> dict[str, Any]:
    options = _laid("")(folder)
    (folder / "drop" / "trucks.json").unlink()
    os.mkfifo(folder / "drop" / "trucks.json")
    return options


_LINES = "\n".join([json.dumps(truck(1)), "{broken", "", json.dumps(truck(2)), "7"])

CASES = [
    Case(name="good", lay_out=_laid(_body(truck(1), truck(2))), expected=Expected(records=2)),
    Case(name="empty list", lay_out=_laid(_body()), expected=Expected()),
    Case(name="empty file", lay_out=_laid(""), expected=Expected(problem="empty_file", says=("trucks.json",))),
    Case(
        name="malformed rows",
        lay_out=_laid(_body(truck(1), 7, truck(2, seen_at="soon"), truck(3, plate=[1]))),
        expected=Expected(records=1, rejects=3),
    ),
    Case(
        name="malformed lines",
        lay_out=_laid(_LINES, "trucks.jsonl", lines=True, rows="$"),
        expected=Expected(records=2, rejects=2),
    ),
    Case(
        name="truncated JSON",
        lay_out=_laid(_body(truck(1), truck(2))[:-30]),
        expected=Expected(problem="not_json", says=("trucks.json", "cut off")),
    ),
    Case(
        name="truncated archive",
        lay_out=_laid(gzip.compress(_body(*map(truck, range(500))).encode())[:-40], "trucks.json.gz"),
        expected=Expected(problem="truncated", says=("trucks.json.gz",)),
    ),
    Case(
        name="archive",
        lay_out=_laid(gzip.compress(_body(truck(1)).encode()), "a.json.gz"),
        expected=Expected(records=1),
    ),
    Case(name="hang: a pipe", lay_out=_pipe, expected=Expected(problem="unreadable", says=("trucks.json",))),
    Case(name="duplicate", lay_out=_laid(_body(truck(1), truck(1))), expected=Expected(records=2)),
    Case(name="out of order", lay_out=_laid(_body(truck(9), truck(1))), expected=Expected(records=2)),
    Case(name="stale: rows of long ago", lay_out=_laid(_body(truck(1, seen_at="2011-05-04T02:00:00Z"))),
         expected=Expected(records=1)),
    Case(name="true zero", lay_out=_laid(_body(truck(1, speed=0))), expected=Expected(records=1)),
    Case(
        name="wrong file",
        lay_out=lambda folder: {**_laid("")(folder), "path": "nowhere.json"},
        expected=Expected(problem="missing_file", says=("trial", "nowhere.json")),
    ),
    Case(
        name="another shape",
        lay_out=_laid('{"error": "none"}'),
        expected=Expected(problem="no_rows", says=("$.trucks", "error")),
    ),
    Case(
        name="a column renamed",
        lay_out=_laid(_body(truck(1)).replace('"plate"', '"licence"')),
        expected=Expected(problem="missing_column", says=("plate", "licence")),
    ),
]  # fmt: skip
