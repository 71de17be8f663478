"""Situations of the adapter metar."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.rig import NOW, Case, Expected

STATIONS = ("ZSQD", "ZSJN", "ZSYT", "ZBTJ", "ZYTL")


def report(number: int = 0, at: str = "040200", more: str = "CAVOK 21/14 Q1012 NOSIG") -> str:
    """One report; the clock of the rig shows the 4th, 03:02 UTC."""
    return f"METAR {STATIONS[number]} {at}Z 18004MPS {more}"


def lay(*reports: str | bytes, name: str = "metar.txt") -> Callable[[Path], dict[str, Any]]:
    def lay_out(folder: Path) -> dict[str, Any]:
        (folder / "drop").mkdir(exist_ok=True)
        data = b"\n".join(r if isinstance(r, bytes) else r.encode() for r in reports)
        path = folder / "drop" / name
        path.write_bytes(data)
        os.utime(path, (NOW.timestamp() - 60,) * 2)
        return {"path": f"drop/{name}", "settle_seconds": 0}

    return lay_out


def steady(folder: Path) -> dict[str, Any]:
    """Three files, delivered two reports at a time."""
    for number in range(3):
        options = lay(*(report(i, f"0400{number}{i}") for i in range(5)), name=f"{number}.txt")(folder)
    return {**options, "path": "drop", "chunk_rows": 2}


def _pipe(folder: Path) -> dict[str, Any]:
    options = lay("")(folder)
    (folder / "drop" / "metar.txt").unlink()
    os.mkfifo(folder / "drop" / "metar.txt")
    return options


CASES = [
    Case(name="good", lay_out=lay(report(0), report(1)), expected=Expected(records=2)),
    Case(
        name="bulletin",
        lay_out=lay(
            "SACI31 ZBBB 040200",
            "METAR ZSQD 040200Z 18004MPS CAVOK",
            "     21/14 Q1012=",
            "ZSJN 040200Z",
            "VRB01MPS 3000 BR 18/16 Q1013=",
        ),
        expected=Expected(records=2, rejects=1),
    ),
    Case(name="empty file", lay_out=lay(""), expected=Expected(problem="empty_file", says=("metar.txt",))),
    Case(
        name="malformed reports",
        lay_out=lay(
            report(0), "鲁B12345,120.2", report(1, at="320200"), report(2, at="042560"), "METAR ZYTL 040200Z NIL"
        ),
        expected=Expected(records=1, rejects=4),
    ),
    Case(
        name="truncated report",
        lay_out=lay(report(0), report(1, more="5000")),
        expected=Expected(records=1, rejects=1),
    ),
    Case(
        name="truncated archive",
        lay_out=lay(gzip.compress(os.urandom(2_000))[:-40], name="metar.txt.gz"),
        expected=Expected(problem="truncated", says=("metar.txt.gz",)),
    ),
    Case(name="archive", lay_out=lay(gzip.compress(report().encode()), name="m.txt.gz"), expected=Expected(records=1)),
    Case(name="hang: a pipe", lay_out=_pipe, expected=Expected(problem="unreadable", says=("metar.txt",))),
    Case(name="duplicate", lay_out=lay(report(), report()), expected=Expected(records=2)),
    Case(name="out of order", lay_out=lay(report(0, "040200"), report(0, "040100")), expected=Expected(records=2)),
    Case(name="stale: of last month", lay_out=lay(report(0, "250200")), expected=Expected(records=1)),
    Case(
        name="true zero",
        lay_out=lay("METAR ZSQD 040200Z 00000MPS 0000 FG 00/00 Q1012"),
        expected=Expected(records=1),
    ),
    Case(
        name="wrong file",
        lay_out=lambda folder: {**lay("")(folder), "path": "nowhere.txt"},
        expected=Expected(problem="missing_file", says=("trial", "nowhere.txt")),
    ),
    Case(
        name="another kind of file",
        lay_out=lay("车牌,经度", "鲁B1,120"),
        expected=Expected(problem="not_metar", says=("metar.txt",)),
    ),
    Case(
        name="wrong encoding",
        lay_out=lay(report().encode("utf-16")),
        expected=Expected(problem="not_metar", says=("metar.txt",)),
    ),
]
