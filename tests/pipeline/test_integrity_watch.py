"""Who may look at the integrity watch, what is put on record of it, and that it is never older than it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import settings as configuration
from domain.errors import NotAllowedError
from domain.permissions import Role
from domain.viewer import Viewer
from pipeline.integrity_watch import IntegrityWatch
from store.engine import open_store
from tests.store.samples import NOW, PORT, ago, step, task

LOOKERS = {Role.SUPERVISOR, Role.LEADER, Role.AUDITOR}


def test_only_some_may_look_once_on_record_and_enterprises_are_told_nothing(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/w.db", clock=lambda: NOW)
    now, ticks = [NOW + timedelta(minutes=3)], [0.0]
    told = configuration.load(environ={"COCKPIT_HOME": str(tmp_path)})
    watch = IntegrityWatch(told, store, lambda: now[0], lambda: ticks[0])
    for role in Role:
        viewer = Viewer(name=role, roles=frozenset({role}))
        if role in LOOKERS:
            assert watch.report(viewer, 7).at == NOW, "the beginning of its five minutes"
        else:
            with pytest.raises(NotAllowedError):
                watch.report(viewer, 7)
    with pytest.raises(ValueError, match="7, 30, 60"):
        watch.report(PORT, 8)
    store.ingest("test", [
        task("D", ago(hours=1), agent="A"), *(step("D", node, ago(minutes=50)) for node in ("appointed", "confirmed")),
    ])  # fmt: skip
    assert watch.report(PORT, 7).confirmed == 0, "kept for five minutes"
    now[0] += timedelta(minutes=5)
    assert watch.report(PORT, 7).confirmed == 1
    assert watch.report(PORT, 7, ago(minutes=51)).confirmed == 0, "of a moment before"
    scoped = Viewer(name="of E1", roles=frozenset({Role.LEADER}), scope=frozenset({"E1"}))
    assert watch.report(scoped, 7).confirmed == 0
    ticks[0] += 601
    watch.report(PORT, 7)
    noted = [one.entry for one in store.reads.audit(PORT, datetime(2020, 1, 1, tzinfo=UTC), NOW + timedelta(days=1))]
    assert {one.what for one in noted} == {"integrity.view"}
    assert [one.who for one in noted].count(PORT.name) == 2, "who looks on and on is noted once in ten minutes"
    assert {one.who for one in noted} == {*map(str, LOOKERS), PORT.name, "of E1"}
    store.close()
