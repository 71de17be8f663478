"""Situations of the adapter sql_view on an SQLite file; PostgreSQL is tests/datasources/test_sql_view.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.contract.rig import Case, Expected

MAPPING = {"move_id": "id", "gate_id": "gate", "direction": {"column": "way", "values": {"1": "in", "2": "out"}},
           "event_time": "passed_at", "vehicle_id": "plate", "container_no": "box"}  # fmt: skip
Move = tuple[Any, ...]


def move(number: int, **more: Any) -> Move:
    row = {"id": number, "gate": "G1", "way": 1, "passed_at": f"2031-05-04 10:{number % 60:02}:00", "plate": "鲁B12345",
           "box": "CSQU3054383"}  # fmt: skip
    return tuple({**row, **more}.values())


def _laid(moves: Sequence[Move], table: str = "moves", **more: Any) -> Callable[[Path], dict[str, Any]]:
    def lay_out(folder: Path) -> dict[str, Any]:
        with sqlite3.connect(folder / "tos.db") as base:
            base.execute(f"create table {table} (id, gate, way, passed_at, plate, box)")
            base.executemany(f"insert into {table} values (?,?,?,?,?,?)", moves)
        base.close()
        return {"url": "sqlite:///tos.db", "view": "moves", "dataset": "gate_move", "mapping": MAPPING, **more}

    return lay_out


def steady(folder: Path) -> dict[str, Any]:
    """A table that is read two rows at a time."""
    moves = [move(number) for number in range(20)]
    return _laid(moves, watermark="passed_at", chunk_rows=2)(folder)


def _held(folder: Path) -> dict[str, Any]:
    """A database somebody else keeps locked."""
    options = _laid([move(1)])(folder)
    base = sqlite3.connect(folder / "tos.db", isolation_level=None, check_same_thread=False)
    base.execute("begin exclusive")
    _HELD.append(base)
    return options


_HELD: list[sqlite3.Connection] = []


def close_all() -> None:
    """Let go of what is locked."""
    while _HELD:
        _HELD.pop().close()


def _garbage(folder: Path) -> dict[str, Any]:
    options = _laid([])(folder)
    (folder / "tos.db").write_bytes("车牌,经度\n".encode() * 100)
    return options


def _cut(folder: Path) -> dict[str, Any]:
    options = _laid([move(number) for number in range(3_000)])(folder)
    file = folder / "tos.db"
    file.write_bytes(file.read_bytes()[:-30_000])
    return options


CASES = [
    Case(name="good", lay_out=_laid([move(1), move(2)]), expected=Expected(records=2)),
    Case(name="empty view", lay_out=_laid([]), expected=Expected()),
    Case(
        name="malformed rows",
        lay_out=_laid([move(1), move(2, way=7), move(3, passed_at="soon"), move(4, gate=b"\xff"), move(5, id=None)]),
        expected=Expected(records=1, rejects=4),
    ),
    Case(name="truncated file", lay_out=_cut, expected=Expected(records=-1, problem="query_failed", says=("moves",))),
    Case(name="hang: locked", lay_out=_held, expected=Expected(problem="not_connected", says=("locked",))),
    Case(name="duplicate", lay_out=_laid([move(1), move(1)]), expected=Expected(records=2)),
    Case(
        name="out of order",
        lay_out=_laid([move(3), move(1), move(2)], watermark="passed_at"),
        expected=Expected(records=3),
    ),
    Case(name="stale: the same rows", lay_out=_laid([move(1)]), expected=Expected(records=1)),
    Case(name="true zero", lay_out=_laid([move(0)]), expected=Expected(records=1)),
    Case(
        name="wrong file",
        lay_out=lambda folder: {**_laid([])(folder), "url": "sqlite:///nowhere.db"},
        expected=Expected(problem="missing_file", says=("trial", "nowhere.db")),
    ),
    Case(name="no database", lay_out=_garbage, expected=Expected(problem="query_failed", says=("not a database",))),
    Case(
        name="no such view",
        lay_out=_laid([], table="other"),
        expected=Expected(problem="no_rows", says=("trial", "moves")),
    ),
    Case(
        name="a column renamed",
        lay_out=lambda folder: {**_laid([])(folder), "mapping": {**MAPPING, "vehicle_id": "licence"}},
        expected=Expected(problem="missing_column", says=("licence", "plate")),
    ),
]
