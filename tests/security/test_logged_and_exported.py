"""What strangers write does not become lines of the log, formulas of a table, or paths of the machine."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook

from tests.wall import hall

HERE = ("127.0.0.1", 50000)
FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil")']


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    built = hall.build(tmp_path_factory.mktemp("told"))
    with TestClient(built, "http://127.0.0.1", client=HERE, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_taken_out_holds_no_formula(asking: TestClient, kind: str) -> None:
    body = {"format": kind, "title": "=1+1", "columns": ["=cmd", "b"], "rows": [[one, 1] for one in FORMULAS]}
    answer = asking.post("/api/v1/export", json=body)
    assert answer.status_code == 200, answer.text
    if kind == "csv":
        cells = [cell for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in row]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells), cells
    else:
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        told = [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]
        assert any("cmd" in cell for cell in told)
        assert b"<f>" not in answer.content


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../app.py", "/assets/%2e%2e/app.py", "/assets/..%2fapp.py", "/static/../../cockpit.toml",
        "/static/x/%2e%2e/%2e%2e/settings.py", "/assets/%00", "/assets/..%5c..%5capp.py",
        "/_dash-component-suites/../app.py",
        "/assets//etc/passwd", "/assets/geo/../../app.py", "/static/%2fetc%2fpasswd",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_files_that_are_served(asking: TestClient, path: str) -> None:
    answer = asking.get(path)
    assert "import argparse" not in answer.text
    assert "root:" not in answer.text
    assert "[feeds." not in answer.text


def test_a_request_is_one_line_of_the_log_whatever_it_says(
    asking: TestClient, capfd: pytest.CaptureFixture[str]
) -> None:
    asking.get("/api/v1/inspections/a%0d%0a%7b%22level%22%3a%22critical%22%7d%1b%5b2J")
    asking.get("/no%0d%0asuch", headers={"user-agent": "x\x1b[31m"})
    for line in capfd.readouterr().err.splitlines():
        assert "\x1b" not in line
        if line.startswith("{"):
            assert json.loads(line).get("level") != "critical"


TYPED = ["' OR '1'='1", "%' UNION SELECT name, sql FROM sqlite_master --", "'; DROP TABLE alert; --", "%", "_"]
ASKED = [
    "/api/v1/search?q={}", "/api/v1/inspections/queue?platform={}", "/api/v1/quarantine?feed={}",
    "/api/v1/inspections/{}",
    "/api/v1/trends?metric={}&subject={}&since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z",
]  # fmt: skip


@pytest.mark.parametrize("text", TYPED)
@pytest.mark.parametrize("path", ASKED)
def test_what_is_typed_is_a_value_and_never_a_query(asking: TestClient, path: str, text: str) -> None:
    answer = asking.get(path.format(quote(text), quote(text)))
    assert answer.status_code in (200, 400, 404), answer.text
    assert "sqlite_master" not in answer.text or text in answer.text
    assert "CREATE TABLE" not in answer.text
