"""``python app.py verify-audit``: what the auditor runs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import app
import settings as configuration
from domain.audit import by
from domain.viewer import PORT_OPERATOR
from pipeline.auditing import Checkpoints, sealer_of
from pipeline.opening import store_of


def test_the_command_tells_what_was_done_to_the_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path))
    monkeypatch.delenv("COCKPIT_AUDIT_KEY", raising=False)
    told = configuration.load()
    assert app.main(["verify-audit"]) == 0
    store = store_of(told)
    for n in range(4):
        store.note(by(PORT_OPERATOR, "export", str(n)))
    Checkpoints(store, told.checkpoints, sealer_of(told)).go_on()
    store.close()
    assert app.main(["verify-audit"]) == 0
    assert "4 entries, 1 checkpoints, all whole" in capsys.readouterr().out

    with sqlite3.connect(tmp_path / "cockpit.db") as connection:
        connection.executescript("DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;")
        connection.execute("UPDATE audit SET body = replace(body, 'loopback', 'nobody') WHERE seq = 2")
        connection.execute("DELETE FROM audit WHERE seq = 4")
    connection.close()
    assert app.main(["verify-audit"]) == 1
    said = capsys.readouterr().out
    assert "entry 2 is not as it was sealed" in said
    assert "entries from 4 on were cut off" in said
