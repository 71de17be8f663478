"""What is small outside and huge inside, or never ends, is refused before it costs memory."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from access.guard import MAX_BODY_BYTES
from tests.access.test_guard import _client
from tests.conftest import REPO

MEGABYTE = 1 << 20
MOST_MEGABYTES = 50
# Reads a file as a feed does and says what came of it, and by how many megabytes the most memory it ever used grew.
READ = """
import resource, sys
from pathlib import Path
from datasources import tables, textfile
from domain.errors import FeedError

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

path, before = Path(sys.argv[1]), most()
try:
    if tables.is_spreadsheet(path):
        tables.check_spreadsheet(path, 64_000_000)
        said = sum(len(str(row)) for row in tables.open_table(path, ""))
    else:
        said = textfile.inspect(path, limit_bytes=64_000_000).encoding
except FeedError as error:
    said = error.code
print(said, most() - before)
"""


def zeros(path: Path) -> None:
    """4 GB in 4 MB: gzip joins what is put one after the other."""
    path.write_bytes(gzip.compress(bytes(64 * MEGABYTE), 9) * 64)


def sheet(path: Path, content: bytes, said: int | None = None) -> None:
    """A workbook whose sheet is this; ``said``: how long the archive claims it to be."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", content)
    if said is not None:
        true = len(content).to_bytes(4, "little")
        path.write_bytes(path.read_bytes().replace(true, said.to_bytes(4, "little")))


def swollen(path: Path) -> None:
    """200 MB of spaces."""
    sheet(path, b" " * (200 * MEGABYTE))


def lying(path: Path) -> None:
    """The same, said to be one kilobyte."""
    sheet(path, b" " * (200 * MEGABYTE), 1024)


def far(path: Path) -> None:
    """One cell in the last row and column, which a reader would lay out in full."""
    sheet(path, b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>')


@pytest.mark.skipif(sys.platform == "win32", reason="tells its memory otherwise")
@pytest.mark.parametrize(
    ("name", "make", "codes"),
    [
        ("zeros.csv.gz", zeros, {"too_large"}),
        ("swollen.xlsx", swollen, {"too_large"}),
        ("lying.xlsx", lying, {"too_large", "not_a_table"}),
        ("far.xlsx", far, {"too_large"}),
    ],
)
def test_a_bomb_is_refused_and_costs_no_memory(
    tmp_path: Path, name: str, make: Callable[[Path], None], codes: set[str]
) -> None:
    make(tmp_path / name)
    ran = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / name)], cwd=REPO, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(REPO)},
    )  # fmt: skip
    code, grown = ran.stdout.split()
    assert code in codes
    assert float(grown) < MOST_MEGABYTES


def test_laughs_by_the_billion_are_not_told(tmp_path: Path) -> None:
    """Entities of entities in a sheet are no text of its cells."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    text = f"<!DOCTYPE worksheet [{laughs}]><worksheet><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>&l9;</t>"
    sheet(tmp_path / "laughs.xlsx", f"{text}</is></c></row></sheetData></worksheet>".encode())
    ran = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "laughs.xlsx")], cwd=REPO, capture_output=True, text=True,
        check=True, env={**os.environ, "PYTHONPATH": str(REPO)},
    )  # fmt: skip
    said, grown = ran.stdout.split()
    assert said == "not_a_table" or int(said) < 1000
    assert float(grown) < MOST_MEGABYTES


@pytest.mark.parametrize("declared", [True, False])
async def test_of_an_upload_of_a_gigabyte_no_more_is_read_than_may_be(declared: bool) -> None:
    read, said = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += MEGABYTE
        return {"type": "http.request", "body": bytes(MEGABYTE), "more_body": read < 1024 * MEGABYTE}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    headers = [(b"host", b"127.0.0.1:8050"), *([(b"content-length", b"1073741824")] if declared else [])]
    await _client().app({
        "type": "http", "method": "POST", "path": "/api/v1/export", "raw_path": b"/api/v1/export", "query_string": b"",
        "headers": headers, "client": ("127.0.0.1", 50000), "scheme": "http", "http_version": "1.1", "root_path": "",
        "server": ("127.0.0.1", 8050), "state": {},
    }, receive, send)  # fmt: skip
    assert said[0]["status"] == 413
    assert read <= (0 if declared else MAX_BODY_BYTES + MEGABYTE)
