"""``python app.py try-feed``: each row as it came, what it becomes and the verdict; nothing is stored."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import app
from tests.datasources.liar import Liar, answer, http

CONFIG = """
[outbound]
allow = ["127.0.0.1"]

[feeds.tos]
adapter = "http_json"
url = "URL/trucks"
headers = { Authorization = "Bearer ${secret:tos}" }
dataset = "vehicle_position"
rows = "$[*]"
mapping = { vehicle_id = "plate", lat = "y", lon = "x", event_time = "t" }

[feeds.drop]
adapter = "csv_drop"
enabled = false
path = "moves.csv"
dataset = "gate_move"
mapping = { move_id = "id", gate_id = "gate", direction = { column = "way", values = { I = "in" } }, event_time = "at" }
"""


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs a command; exit code and all it said."""
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COCKPIT_CONFIG", str(tmp_path / "cockpit.toml"))
    for name in ("COCKPIT_SECRETS_KEY", "COCKPIT_AUDIT_KEY", "COCKPIT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "cockpit.toml").write_text(CONFIG.replace("URL", "http://127.0.0.1:9"))

    def command(*words: str, given: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        code = app.main(list(words))
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def test_rows_of_a_file_and_what_becomes_of_them(run: Any, tmp_path: Path) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    rows = ["id,gate,way,at", "1,G1,I,2026-03-02 08:00:00", "2,G1,?,2026-03-02 08:01:00", f"3,G1,I,{ahead}"]
    (tmp_path / "moves.csv").write_text("\n".join(rows) + "\n")
    code, said = run("try-feed", "drop")
    assert code == 0
    assert '"way":"?"' in said
    assert "quarantined, unknown_value: direction" in said
    assert "quarantined, future" in said
    assert "GateMove at 2026-03-02T00:00:00+00:00 move_id=1 gate_id=G1 direction=in" in said
    assert "moves.csv:2" in said
    assert "2 quarantined, 1 accepted" in said
    assert not (tmp_path / "home").exists(), "nothing is stored, not even a database made"


def test_no_more_rows_than_asked_for(run: Any, tmp_path: Path) -> None:
    rows = "".join(f"{n},G1,I,2026-03-02 08:00:00\n" for n in range(100))
    (tmp_path / "moves.csv").write_text("id,gate,way,at\n" + rows)
    _, said = run("try-feed", "drop", "--rows", "3")
    assert said.count("verdict") == 3


def test_a_source_with_a_secret(run: Any, tmp_path: Path) -> None:
    truck = {"plate": "鲁B12345", "x": 120.2, "y": 36.0, "t": "2026-03-02T08:00:00Z"}
    with Liar(http(answer(json.dumps([truck, {**truck, "y": 95}])))) as liar:
        (tmp_path / "cockpit.toml").write_text(CONFIG.replace("URL", liar.url))
        assert run("secret", "set", "tos", given="hunter-22-hunter\n")[0] == 0
        before = (tmp_path / "home" / "cockpit.db").read_bytes()
        code, said = run("try-feed", "tos")
        assert liar.requests[0].headers["authorization"] == "Bearer hunter-22-hunter"
    assert code == 0
    assert "鲁B12345" in said
    assert "position_outside_world" in said
    assert "hunter" not in said
    assert (tmp_path / "home" / "cockpit.db").read_bytes() == before


def test_what_cannot_be_read_is_said(run: Any, tmp_path: Path) -> None:
    code, said = run("try-feed", "drop")
    assert code == 1
    assert "missing" in said
    assert "moves.csv" in said
    code, said = run("try-feed", "nothing")
    assert code != 0
    assert "known: tos, drop" in said
