"""What is on record stays on record: whoever changes it, removes it, cuts it off or writes it anew is found out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from domain.audit import BEGIN, Checkpoint, Entry, Sealed, Sealer, by
from domain.errors import ConfigError, NotAllowedError
from domain.permissions import Role
from domain.viewer import Viewer
from pipeline.auditing import Checkpoints, noted, sealer_of
from settings import load
from store.engine import Store, open_store
from tests.store.samples import NOW, PORT, ago
from tests.store.test_alerts import row

KEY = Sealer(b"k" * 32)
AUDITOR = Viewer(name="auditor", roles=frozenset({Role.AUDITOR}))
SPAN = (ago(days=1), NOW + timedelta(days=1))


@pytest.fixture
def sealed(new_url: Callable[[], str]) -> Iterator[Store]:
    with contextlib.closing(open_store(new_url(), clock=lambda: NOW, sealer=KEY)) as store:
        yield store


def chain(count: int, key: Sealer = KEY) -> list[Sealed]:
    rows: list[Sealed] = []
    for seq in range(1, count + 1):
        body = msgspec.json.encode(Entry(what="w", who=f"u{seq}")).decode()
        rows.append(Sealed(seq, seq * 10, body, key.seal(rows[-1].seal if rows else BEGIN, seq, seq * 10, body)))
    return rows


def codes(rows: list[Sealed], checkpoints: list[Checkpoint], key: Sealer = KEY) -> set[str]:
    return {one.code for one in key.findings(rows, checkpoints)}


@settings(deadline=None)
@given(st.integers(1, 12), st.data())
def test_no_change_goes_unseen(count: int, data: st.DataObject) -> None:
    rows = chain(count)
    checkpoints = [KEY.checkpoint(rows[data.draw(st.integers(0, count - 1))], 1), KEY.checkpoint(rows[-1], 2)]
    assert codes(rows, checkpoints) == set()
    at = data.draw(st.integers(0, count - 1))
    one = rows[at]
    for changed in (
        Sealed(one.seq, one.at, one.body.replace("u", "x", 1), one.seal),
        Sealed(one.seq, one.at + 1, one.body, one.seal),
        Sealed(one.seq, one.at, one.body, "0" * 64),
    ):  # fmt: skip
        assert "edited" in codes([*rows[:at], changed, *rows[at + 1 :]], checkpoints)
    without = [*rows[:at], *rows[at + 1 :]]
    assert codes(without, checkpoints) & {"missing", "cut"}
    closed_up = [Sealed(n, one.at, one.body, one.seal) for n, one in enumerate(without, 1)]
    assert codes(closed_up, checkpoints), "numbered anew"
    restamped = chain(count, Sealer(b"another key"))
    assert {"edited", "restamped"} <= codes(restamped, checkpoints)
    assert "cut" in codes(rows[:at], checkpoints)


def test_a_checkpoint_of_another_key_is_no_checkpoint() -> None:
    rows = chain(3)
    assert codes(rows, [Sealer(b"another key").checkpoint(rows[-1], 1)]) == {"forged_checkpoint"}
    assert codes(rows[:2], [KEY.checkpoint(rows[-1], 1)]) == {"cut"}


def test_sm3_seals_too() -> None:
    key = Sealer(b"k" * 32, "sm3")
    assert codes(chain(3, key), [], key) == set()
    assert codes(chain(3, key), [], KEY) == {"edited"}
    with pytest.raises(ValueError, match="is one of"):
        Sealer(b"", "md5")


def test_an_act_on_an_alert_is_on_record_with_it(sealed: Store) -> None:
    sealed.save_alerts([row()])
    officer = Viewer(name="li", roles=frozenset({Role.WATCH_OFFICER}), address="10.0.0.7")
    sealed.act_on_alert(officer, "r:1", "acknowledge", NOW, 1)
    with pytest.raises(KeyError):
        sealed.act_on_alert(officer, "none", "acknowledge", NOW, 1)
    (found,) = sealed.reads.audit(AUDITOR, *SPAN)
    assert (found.seq, found.at) == (1, NOW)
    entry = found.entry
    assert (entry.what, entry.object, entry.who) == ("alert.acknowledge", "r:1", "li")
    assert (entry.roles, entry.address) == (("watch_officer",), "10.0.0.7")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["state"], entry.after["state"]) == ("new", "acknowledged")
    assert sealed.operations.audit_findings(KEY, []) == []


def test_the_auditor_reads_and_nobody_else(sealed: Store) -> None:
    for n in range(5):
        sealed.note(by(PORT, "export" if n % 2 else "feed.pause", f"thing {n}"))
    assert [one.seq for one in sealed.reads.audit(AUDITOR, *SPAN, "exp")] == [4, 2]
    assert [one.entry.object for one in sealed.reads.audit(AUDITOR, *SPAN, "thing 3")] == ["thing 3"]
    assert [one.seq for one in sealed.reads.audit(AUDITOR, *SPAN, limit=2)] == [5, 4]
    assert sealed.reads.audit(AUDITOR, *SPAN, "%") == []
    assert sealed.reads.audit(AUDITOR, ago(days=3), ago(days=2)) == []
    for role in set(Role) - {Role.AUDITOR}:
        with pytest.raises(NotAllowedError):
            sealed.reads.audit(Viewer(name="x", roles=frozenset({role})), *SPAN)


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit WHERE seq = 1"])
def test_the_database_itself_refuses_changes(sealed: Store, statement: str) -> None:
    sealed.note(by(PORT, "export"))
    with pytest.raises(DatabaseError, match="append-only"), sealed._database.writing() as connection:
        connection.execute(text(statement))
    assert sealed.operations.audit_findings(KEY, []) == []


def test_many_at_once_make_one_chain(sealed: Store) -> None:
    def work(name: str) -> None:
        for n in range(10):
            sealed.note(by(Viewer(name=name), "export", str(n)))

    workers = [threading.Thread(target=work, args=(f"u{n}",)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    last = sealed.operations.audit_last()
    assert last is not None
    assert last.seq == 40
    assert sealed.operations.audit_findings(KEY, [KEY.checkpoint(last, 1)]) == []


def test_checkpoints_grow_with_the_chain_and_tell_when_its_end_is_gone(sealed: Store, tmp_path: Path) -> None:
    file = tmp_path / "far" / "audit.checkpoints"
    checkpoints = Checkpoints(sealed, file, KEY, clock=lambda: NOW)
    checkpoints.go_on()
    assert noted(file) == ([], [])
    for n in range(3):
        sealed.note(by(PORT, "export", str(n)))
    checkpoints.go_on()
    checkpoints.go_on()
    (one,), broken = noted(file)
    assert (one.seq, broken) == (3, [])
    with sealed._database.writing() as connection:
        if connection.dialect.name == "sqlite":  # an owner of the database can always do it; that is what is found out
            connection.execute(text("DROP TRIGGER audit_no_delete"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        connection.execute(text("DELETE FROM audit WHERE seq = 3"))
    assert [finding.code for finding in sealed.operations.audit_findings(KEY, [one])] == ["cut"]
    file.write_bytes(file.read_bytes() + b"{]\n")
    assert [finding.code for finding in noted(file)[1]] == ["forged_checkpoint"]


def test_the_key_is_the_environments_or_one_of_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(environ={"COCKPIT_HOME": str(tmp_path / "home")})
    monkeypatch.delenv("COCKPIT_AUDIT_KEY", raising=False)
    first = sealer_of(settings).seal("", 1, 1, "")
    file = tmp_path / "home" / "audit.key"
    assert (file.stat().st_mode & 0o777, sealer_of(settings).seal("", 1, 1, "")) == (0o600, first)
    monkeypatch.setenv("COCKPIT_AUDIT_KEY", "another key of mine")
    assert sealer_of(settings).seal("", 1, 1, "") != first
    monkeypatch.setenv("COCKPIT_AUDIT_KEY", "short")
    with pytest.raises(ConfigError, match="COCKPIT_AUDIT_KEY"):
        sealer_of(settings)
