"""kill -9 in the middle of writing: nothing acknowledged is lost, nothing half written stays."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

from sqlalchemy import func, select

from store.engine import Store, open_store
from store.schema import container_stay, gate_move
from tests.conftest import REPO
from tests.store.conftest import NewUrl
from tests.store.write_until_killed import ROWS

ROUNDS = 100 if os.environ.get("COCKPIT_FULL") == "1" else 2


def test_kill_nine_loses_no_acknowledged_row_and_leaves_no_part_of_a_batch(new_url: NewUrl) -> None:
    url = new_url()
    chance = random.Random(9)
    acknowledged = 0
    for _ in range(ROUNDS):
        command = [sys.executable, "-m", "tests.store.write_until_killed", url, str(acknowledged + 1)]
        writer = subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        seen = int(writer.stdout.readline())
        time.sleep(chance.random() * 0.15)
        writer.kill()
        lines = writer.stdout.read().split()
        writer.stdout.close()
        writer.wait()
        acknowledged = max(seen, *(int(line) for line in lines), seen)
        store = open_store(url, busy_seconds=30.0)
        try:
            acknowledged = _check(store, acknowledged)
        finally:
            store.close()


def _check(store: Store, acknowledged: int) -> int:
    """Whole batches only, all acknowledged ones; one more may have been committed but not told."""
    with store._database.writing():
        pass  # on PostgreSQL the server may still be busy with the dead process' last transaction
    cursor = store.cursor("test")
    assert cursor is not None
    last = int(cursor["batch"])
    assert acknowledged <= last <= acknowledged + 1
    with store._database.reading() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        for table in (gate_move, container_stay):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == last * ROWS
    return last
