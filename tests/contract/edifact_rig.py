"""Situations of the adapter edifact."""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.contract.rig import NOW, Case, Expected

BOXES = ("TGHU1643396", "MSKU0308961", "KOSU4954710", "KOSU4986337")


def box(number: str = BOXES[0], at: str = "203105041000", more: str = "") -> str:
    """One container of a gate report, brought by a truck."""
    return (
        f"EQD+CN+{number}+22G1:102:5++2+5'DTM+7:{at}:203'LOC+165+CNTAO:139:6:QQCT+QQCT'MEA+AAE+G+KGM:21430'"
        f"{more}TDT+1++3+31+T-1:172+++CXL590'"
    )


def message(body: str, reference: str = "1", kind: str = "CODECO", code: str = "34", function: str = "9") -> str:
    """A message whose trailer is right."""
    head = f"UNH+{reference}+{kind}:D:95B:UN:ITG13'BGM+{code}++{function}'"
    head += "TDT+20+055N+1++OOLV:172:166+++9118018:146:11:MAGNAVIA'"
    return f"{head}{body}UNT+{(head + body).count(chr(39)) + 1}+{reference}'"


def interchange(
    messages: Sequence[str], charset: str = "UNOA", prepared: str = "310504:1010", control: str = "77"
) -> str:
    """Messages in their envelope."""
    return f"UNB+{charset}:2+QQCT+CUSTOMS+{prepared}+{control}'{''.join(messages)}UNZ+{len(messages)}+{control}'"


def good() -> str:
    """Two boxes through the gate, on two trucks: two stays, two gate moves."""
    second = box(BOXES[1]).replace("CXL590", "CXL591")
    return interchange([message(box() + second)])


def write(text: str | bytes, name: str = "report.edi") -> Any:
    def lay_out(folder: Path) -> dict[str, Any]:
        (folder / "drop").mkdir(exist_ok=True)
        (folder / "drop" / name).write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
        return {"path": "drop"}

    return lay_out


def steady(folder: Path) -> dict[str, Any]:
    """A terminal that reports every five seconds: a file a report, each finished when its time has come."""
    (folder / "drop").mkdir()
    for number in range(12):
        path = folder / "drop" / f"{number:02}.edi"
        one = box(BOXES[number % 4], f"2031050409{number * 2:02}")
        path.write_text(interchange([message(one, code="34" if number % 8 < 4 else "36")], control=str(number)))
        os.utime(path, (NOW.timestamp() - 100 + number,) * 2)
    return {"path": "drop", "settle_seconds": 90.0, "chunk_records": 1}


def _pipe(folder: Path) -> dict[str, Any]:
    os.mkfifo(folder / "pipe.edi")
    return {"path": "pipe.edi"}


def _two(folder: Path) -> dict[str, Any]:
    write(good())(folder)
    (folder / "drop" / "broken.edi").write_bytes("车牌,经度\n".encode())
    return {"path": "drop"}


_PLAN = "LOC+147+0100406::5'EQD+CN+OTPU6302502+45R1++2+5'LOC+147+0100408::5'EQD+CN+TEMU9524154+45R1++2+5'"
_CUT = good().index("UNT")

CASES = [
    Case(name="good", lay_out=write(good()), expected=Expected(records=4)),
    Case(name="empty", lay_out=write(b""), expected=Expected(problem="empty_file", says=("report.edi",))),
    Case(
        name="blank is empty too", lay_out=write("\r\n "), expected=Expected(problem="empty_file", says=("report.edi",))
    ),
    Case(name="no message", lay_out=write(interchange([])), expected=Expected()),
    Case(
        name="malformed container",
        lay_out=write(interchange([message(box("") + box(at="yesterday") + box(at="203113") + box(BOXES[2]))])),
        expected=Expected(records=2, rejects=3),
    ),
    Case(
        name="malformed segment",
        lay_out=write(interchange([message(box().replace("LOC+165", "Lo+165")), message(box(BOXES[1]), "2")])),
        expected=Expected(records=2, rejects=1),
    ),
    Case(name="truncated message", lay_out=write(good()[:_CUT]), expected=Expected(rejects=2)),
    Case(name="truncated in mid-segment", lay_out=write(good()[: _CUT - 9]), expected=Expected(rejects=2)),
    Case(
        name="truncated after the last message",
        lay_out=write(good()[: good().index("UNZ")]),
        expected=Expected(records=4, rejects=1),
    ),
    Case(name="head lost: starts in mid-segment", lay_out=write(good()[70:]), expected=Expected(rejects=1)),
    Case(
        name="truncated archive",
        lay_out=write(gzip.compress(good().encode())[:-20], "report.edi.gz"),
        expected=Expected(problem="truncated", says=("report.edi.gz",)),
    ),
    Case(name="hang", lay_out=_pipe, expected=Expected(problem="unreadable", says=("pipe.edi",))),
    Case(
        name="duplicate",
        lay_out=write(interchange([message(box()), message(box(), "2")])),
        expected=Expected(records=4),  # the store tells them apart by their key
    ),
    Case(
        name="out of order",
        lay_out=write(interchange([message(box(), code="36"), message(box(at="203105040900"), "2")])),
        expected=Expected(records=5),  # alone, then its arrival and with it
    ),
    Case(name="stale", lay_out=write(interchange([message(box(at="200104021259"))])), expected=Expected(records=2)),
    Case(name="far ahead", lay_out=write(interchange([message(box(at="203205041000"))])), expected=Expected(rejects=1)),
    Case(
        name="true zero",
        lay_out=write(interchange([message(box().replace("KGM:21430", "KGM:0"))])),
        expected=Expected(records=2),
    ),
    Case(name="bay plan", lay_out=write(interchange([message(_PLAN, kind="BAPLIE")])), expected=Expected(rejects=1)),
    Case(
        name="unknown document code",
        lay_out=write(interchange([message(box(), code="77")])),
        expected=Expected(rejects=1),
    ),
    Case(name="without an envelope", lay_out=write(message(box())), expected=Expected(records=2)),
    Case(
        name="wrong folder",
        lay_out=lambda folder: {"path": "nowhere"},
        expected=Expected(problem="missing_folder", says=("trial", "nowhere")),
    ),
    Case(
        name="wrong file",
        lay_out=lambda folder: {"path": "nowhere.edi"},
        expected=Expected(problem="missing_file", says=("trial", "nowhere.edi")),
    ),
    Case(
        name="another kind of file",
        lay_out=write("车牌,经度\n鲁B1,120\n".encode()),
        expected=Expected(problem="not_edifact", says=("report.edi",)),
    ),
    Case(
        name="wrong encoding",
        lay_out=write(good().encode("utf-16")),
        expected=Expected(problem="not_edifact", says=("report.edi",)),
    ),
    Case(
        name="other characters than UNB names",
        lay_out=write(good().replace("MAGNAVIA", "MAGNAVIÄ")),
        expected=Expected(problem="encoding", says=("report.edi", "UNOA", "0xc4")),
    ),
    Case(
        name="one of two is broken",
        lay_out=_two,
        expected=Expected(records=4, problem="not_edifact", says=("broken.edi",)),
    ),
]
