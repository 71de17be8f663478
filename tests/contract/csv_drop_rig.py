"""Situations of the adapter csv_drop."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

from tests.contract.rig import Case, Expected

MAPPING = {"vehicle_id": "车牌", "lon": "经度", "lat": "纬度", "event_time": "时间", "speed_kmh": "速度"}
HEADER = "车牌,经度,纬度,时间,速度\n"
GOOD = "鲁B12345,120.21,36.01,2031-05-04 10:00:00,31.5\n鲁B67890,120.22,36.02,2031-05-04 10:00:05,12\n"
LINES = 200


def options(path: str, **more: Any) -> dict[str, Any]:
    return {"dataset": "vehicle_position", "path": path, "mapping": MAPPING, "settle_seconds": 2.0, **more}


def _file(text: str | bytes, name: str = "trucks.csv", encoding: str = "utf-8") -> Any:
    def lay_out(folder: Path) -> dict[str, Any]:
        (folder / "drop").mkdir()
        (folder / "drop" / name).write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return options("drop")

    return lay_out


def many(rows: int = LINES) -> str:
    return HEADER + "".join(
        f"鲁B{i:05},120.2,36.0,2031-05-04 10:{i // 60 % 60:02}:{i % 60:02},0\n" for i in range(rows)
    )


def steady(folder: Path) -> dict[str, Any]:
    """A source that goes on for a while: a replay of rows 1 s apart."""
    (folder / "drop").mkdir()
    (folder / "drop" / "a.csv").write_text(many(), "utf-8")
    return options("drop", replay={"speed": 4.0}, chunk_rows=7)


def _still_written(folder: Path) -> dict[str, Any]:
    _file(HEADER + GOOD, "trucks.csv.part")(folder)
    (folder / "drop" / "~$trucks.xlsx").write_bytes(b"lock")
    return options("drop")


def _pipe(folder: Path) -> dict[str, Any]:
    os.mkfifo(folder / "pipe.csv")
    return options("pipe.csv")


def _two(folder: Path) -> dict[str, Any]:
    _file(HEADER + GOOD)(folder)
    (folder / "drop" / "broken.csv").write_bytes(b"\xff\xfe\xff\xff\xff")
    return options("drop")


def _named(path: str) -> Any:
    return lambda folder: options(path)


CASES = [
    Case(name="good", lay_out=_file(HEADER + GOOD), expected=Expected(records=2)),
    Case(name="empty", lay_out=_file(b""), expected=Expected(problem="empty_file", says=("trucks.csv",))),
    Case(name="header only", lay_out=_file(HEADER), expected=Expected()),
    Case(
        name="malformed row",
        lay_out=_file(HEADER + "鲁B1,hundred,36,2031-05-04 10:00:00,1\n鲁B2,120,36,yesterday,1\n鲁B3,120\n" + GOOD),
        expected=Expected(records=2, rejects=3),
    ),
    Case(
        name="truncated archive",
        lay_out=_file(gzip.compress(many(5_000).encode())[:-20], "trucks.csv.gz"),
        expected=Expected(problem="truncated", says=("trucks.csv.gz",)),
    ),
    Case(
        name="truncated spreadsheet",
        lay_out=_file(b"PK\x03\x04 cut", "trucks.xlsx"),
        expected=Expected(problem="not_a_table", says=("trucks.xlsx",)),
    ),
    Case(name="hang", lay_out=_pipe, expected=Expected(problem="unreadable", says=("pipe.csv",))),
    Case(
        name="duplicate",
        lay_out=_file(HEADER + GOOD + GOOD),
        expected=Expected(records=4),  # the store tells them apart by their key
    ),
    Case(
        name="out of order",
        lay_out=_file(HEADER + "".join(reversed(GOOD.splitlines(keepends=True)))),
        expected=Expected(records=2),
    ),
    Case(
        name="stale",
        lay_out=_file(HEADER + "鲁B12345,120.21,36.01,2019-01-01 10:00:00,3\n"),
        expected=Expected(records=1),
    ),
    Case(
        name="true zero",
        lay_out=_file(HEADER + "鲁B12345,120.21,36.01,2031-05-04 10:00:00,0\n"),
        expected=Expected(records=1),
    ),
    Case(
        name="wrong folder",
        lay_out=_named("nowhere"),
        expected=Expected(problem="missing_folder", says=("trial", "nowhere")),
    ),
    Case(
        name="wrong file",
        lay_out=_named("nowhere.csv"),
        expected=Expected(problem="missing_file", says=("trial", "nowhere.csv")),
    ),
    Case(
        name="wrong column",
        lay_out=_file("车号,经度,纬度,时间,速度\n" + GOOD),
        expected=Expected(problem="missing_column", says=("trucks.csv", "车牌", "车号, 经度")),
    ),
    Case(
        name="wrong encoding",
        lay_out=_file("vehicle;Gerät;Straße\nMüller;Köln;Fuß\n", encoding="latin-1"),
        expected=Expected(problem="encoding", says=("trucks.csv",)),
    ),
    Case(name="still being written", lay_out=_still_written, expected=Expected()),
    Case(
        name="one of two is broken",
        lay_out=_two,
        expected=Expected(records=2, problem="encoding", says=("broken.csv",)),
    ),
]
