"""What rules are told of the integrity watch: made anew, kept while the store is away, and no look of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import settings as configuration
from domain.errors import StoreUnavailableError
from pipeline.integrity_beat import IntegrityBeat
from store.engine import open_store
from tests.store.samples import NOW, PORT, ago, step, task


def test_what_was_found_stays_while_the_store_is_away_and_nobody_is_put_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/w.db", clock=lambda: NOW)
    told = configuration.load(environ={"COCKPIT_HOME": str(tmp_path)})
    now = [NOW]
    beat = IntegrityBeat(told, store, lambda kind, name: "code", lambda: now[0])
    assert beat.newest is None
    known = []
    # 210 that took an hour, and one that stands for a day: a kind with a limit of its own, and one beyond it
    for number in (f"D{n:04d}" for n in range(210)):
        known += [task(number, ago(hours=60)), step(number, "appointed", ago(hours=50))]
        known.append(step(number, "confirmed", ago(hours=49)))
    store.ingest("test", [*known, task("LONG", ago(hours=30)), step("LONG", "appointed", ago(hours=24))])
    beat.look()
    assert beat.newest is not None
    assert [one.declaration_no for one in beat.newest.stays] == ["LONG"]

    def away(*given: object) -> None:
        raise StoreUnavailableError("locked", "busy")

    with monkeypatch.context() as patch:
        patch.setattr(store.reads, "integrity", away)
        now[0] += timedelta(minutes=5)
        with pytest.raises(StoreUnavailableError):
            beat.look()
        assert beat.newest.as_of == NOW
    store.ingest("test", [step("LONG", "confirmed", ago(hours=0))])
    beat.look()
    assert (beat.newest.as_of, beat.newest.stays) == (NOW + timedelta(minutes=5), [])
    noted = store.reads.audit(PORT, datetime(2020, 1, 1, tzinfo=UTC), NOW + timedelta(days=1))
    assert not [one for one in noted if one.entry.what == "integrity.view"]
    store.close()
