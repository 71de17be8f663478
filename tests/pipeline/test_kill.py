"""kill -9 in the middle of ingest: every acknowledged row is there afterwards, none twice."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

from fakes import settings

from domain.viewer import SYSTEM
from store.engine import open_store

HERE = Path(__file__).parent
ROUNDS = 4


def _killed_after(folder: Path, acknowledgements: int) -> int:
    """Run until so many batches were acknowledged, then kill; the last row acknowledged."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])}
    with subprocess.Popen(
        [sys.executable, str(HERE / "ingest_until_killed.py"), str(folder)],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        last = 0
        for line in child.stdout:
            if not line.strip().isdigit():
                continue  # the log
            last = int(line)
            acknowledgements -= 1
            if acknowledgements == 0:
                break
        assert acknowledgements == 0, "the child ended by itself"
        child.kill()
        rest = [int(line) for line in child.stdout if line.strip().isdigit()]  # said before the kill reached it
        return max([last, *rest])


def test_no_acknowledged_row_is_lost_and_none_comes_twice(tmp_path: Path) -> None:
    chance = random.Random(7)
    database = settings(tmp_path).home / "cockpit.db"
    for _ in range(ROUNDS):
        acknowledged = _killed_after(tmp_path, chance.randint(2, 6))
        store = open_store(f"sqlite:///{database}")
        cursor = store.cursor("gates")
        assert cursor is not None
        rows = store.reads.counts(SYSTEM)["gate_move"]
        store.close()
        assert cursor["next"] >= acknowledged
        assert rows == cursor["next"]  # whole batches, and the cursor exactly with them
        with sqlite3.connect(database) as plain:
            numbers = [int(name[1:]) for (name,) in plain.execute("select move_id from gate_move")]
            assert sorted(numbers) == list(range(rows))
            assert plain.execute("pragma integrity_check").fetchone() == ("ok",)
        plain.close()
