"""A feed gets its secret when it is started; nobody else ever does, and a missing one is that feed's trouble alone."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from fakes import Source, counting, feed, registered, settings, wait_for

from datasources.contract import Batch, Context, Problem
from domain.configured import Shown
from domain.errors import ConfigError, FeedError
from domain.permissions import Role
from domain.pictures import FeedState
from domain.records import Reject
from domain.vault import Vault
from domain.viewer import Viewer
from pipeline import backfill
from pipeline.collector import Collector
from pipeline.secrets import KEY, KEY_FILE, Secrets, vault_of
from settings import Feed, Settings
from store.engine import Store, open_store
from telemetry import logs

ADMIN = Viewer(name="zhang", roles=frozenset({Role.SYSTEM_ADMIN}))
AUDITOR = Viewer(name="auditor", roles=frozenset({Role.AUDITOR}))
VALUE = "Tr0ub4dor & Söhne/%41"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)


@pytest.fixture
def source() -> Iterator[Source]:
    with registered("fake") as made:
        yield made


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """All the log says."""
    before, level, out = logging.getLogger().handlers[:], logging.getLogger().level, io.StringIO()
    logs.configure("json", "debug", out)
    yield out
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


def secret_feed(name: str = "guarded") -> Feed:
    return feed(name, options={"password": "${secret:ftp}"})


@contextlib.contextmanager
def collecting(given: Settings) -> Iterator[tuple[Collector, Store]]:
    given.home.mkdir(exist_ok=True)
    with contextlib.closing(open_store(given.database_url)) as store:
        collector = Collector(given, store, lambda topic, picture: None)
        collector.start()
        try:
            yield collector, store
        finally:
            collector.stop()


def health(collector: Collector, name: str) -> Any:
    return next(row for row in collector.health() if row.key == name)


def test_a_missing_secret_stops_its_feed_alone_until_it_is_set(tmp_path: Path, source: Source) -> None:
    source.poll = counting()
    given = settings(tmp_path, secret_feed(), feed("open"))
    with collecting(given) as (collector, store):
        wait_for(lambda: health(collector, "guarded").state == FeedState.DOWN)
        row = health(collector, "guarded")
        assert (row.message_code, row.message) == ("secret_missing", "feeds.guarded: there is no secret ftp")
        wait_for(lambda: health(collector, "open").state == FeedState.OK)
        assert set(source.passwords) == {""}
        Secrets(given, store).set(ADMIN, "ftp", VALUE)
        wait_for(lambda: health(collector, "guarded").state == FeedState.OK)
        assert VALUE in source.passwords


def test_a_secret_sealed_with_a_key_that_is_gone_is_said_in_words(tmp_path: Path, source: Source) -> None:
    given = settings(tmp_path, secret_feed(), feed("open"))
    given.home.mkdir()
    with contextlib.closing(open_store(given.database_url)) as store:
        lost = Vault([b"l" * 32])
        store.set_secret(ADMIN, "ftp", lost.seal("ftp", VALUE))
    with collecting(given) as (collector, _):
        wait_for(lambda: health(collector, "guarded").state == FeedState.DOWN)
        row = health(collector, "guarded")
        assert row.message_code == "secret_unreadable"
        assert lost.newest.key in row.message
        wait_for(lambda: health(collector, "open").state == FeedState.OK)


def telling(context: Context) -> Batch:
    """A source that says everywhere what it was told."""
    raise FeedError("refused", f"login with {VALUE!r} refused", f"ftp://u:{VALUE}@h")


def crashing(context: Context) -> Batch:
    raise RuntimeError(f"cannot log in with {VALUE}")


def refusing(context: Context) -> Batch:
    row = Reject(feed=context.feed, ref=f"{VALUE}:1", reason="bad", detail=VALUE.upper(), raw=f"x{VALUE}")
    return Batch(rejects=[row], problems=[Problem(code="encoding", detail=f"in {VALUE}")])


@pytest.mark.parametrize("poll", [telling, crashing, refusing])
def test_no_message_log_line_or_row_holds_a_secret(
    tmp_path: Path, source: Source, said: io.StringIO, poll: Any
) -> None:
    source.poll = poll
    given = settings(tmp_path, secret_feed())
    with collecting(given) as (collector, store):
        Secrets(given, store).set(ADMIN, "ftp", VALUE)
        wait_for(lambda: VALUE in source.passwords and health(collector, "guarded").message_code in
                 ("refused", "crashed", "encoding"))  # fmt: skip
        wait_for(lambda: bool(store.reads.quarantine(ADMIN)) or poll is not refusing)
        rows, aside = str(health(collector, "guarded")), str(store.reads.quarantine(ADMIN))
    written = b"".join(file.read_bytes() for file in given.home.iterdir())
    for form in (VALUE, VALUE.upper(), VALUE.encode().decode("latin-1")):
        assert form not in rows + aside + said.getvalue() + str(given)
    assert VALUE.encode() not in written
    assert b"ftp" in written


@pytest.mark.parametrize("halts", [False, True])
def test_a_feed_that_fails_after_its_secret_changed_is_started_anew(
    tmp_path: Path, source: Source, halts: bool
) -> None:
    good = {"password": "first value"}

    def poll(context: Context) -> Batch:
        if source.passwords[-1] != good["password"]:
            raise FeedError("refused", "login refused", halts=halts)
        return Batch()

    source.poll = poll
    given = settings(tmp_path, secret_feed())
    with collecting(given) as (collector, store):
        secrets = Secrets(given, store)
        secrets.set(ADMIN, "ftp", "first value")
        wait_for(lambda: health(collector, "guarded").state == FeedState.OK)
        assert source.passwords == ["first value"]
        good["password"] = "second value"
        wait_for(lambda: health(collector, "guarded").state == FeedState.DOWN)
        assert source.passwords == ["first value"], "the same secret again would not help"
        secrets.set(ADMIN, "ftp", "second value")
        wait_for(lambda: health(collector, "guarded").state == FeedState.OK)
        assert source.passwords == ["first value", "second value"]


def test_the_key_is_the_environments_or_one_of_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings(tmp_path)
    first = vault_of(given).newest.key
    file = given.home / KEY_FILE
    assert (file.stat().st_mode & 0o777, vault_of(given).newest.key) == (0o600, first)
    file.write_text("f" * 64 + "," + file.read_text())
    assert vault_of(given).newest.key != first, "the first of several seals"
    monkeypatch.setenv(KEY, "0" * 64)
    assert vault_of(given).newest.key not in (first, "")
    monkeypatch.setenv(KEY, "0" * 64 + ",hunter2")
    with pytest.raises(ConfigError, match="key 2 is not base64") as caught:
        Secrets(given, None)  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)


def test_all_are_sealed_anew_with_the_newest_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings(tmp_path)
    given.home.mkdir()
    with contextlib.closing(open_store(given.database_url)) as store:
        monkeypatch.setenv(KEY, "0" * 64)
        Secrets(given, store).set(ADMIN, "ftp", VALUE)
        monkeypatch.setenv(KEY, "1" * 64)
        with pytest.raises(Exception, match="not here"):
            Secrets(given, store).reseal(ADMIN)
        monkeypatch.setenv(KEY, "1" * 64 + "," + "0" * 64)
        assert Secrets(given, store).reseal(ADMIN) == ["ftp"]
        assert Secrets(given, store).reseal(ADMIN) == []
        monkeypatch.setenv(KEY, "1" * 64)
        assert Secrets(given, store).filled(secret_feed()).options == {"password": VALUE}


def test_a_collector_records_the_settings_it_starts_with(tmp_path: Path, source: Source) -> None:
    given = msgspec.structs.replace(settings(tmp_path, feed("open")), told={"lease.seconds": Shown(8.0)})
    for told in (given, given, msgspec.structs.replace(given, told={"lease.seconds": Shown(9.0, "file")})):
        with collecting(told) as (collector, _):
            wait_for(lambda: collector._settings_recorded)
    with contextlib.closing(open_store(given.database_url)) as store:
        changed, first = audit(store)
    assert (first.entry.after, first.entry.address) == ({"settings": 1}, "")
    assert (changed.entry.before, changed.entry.after) == ({"lease.seconds": 8.0}, {"lease.seconds": 9.0})


def audit(store: Store) -> list[Any]:
    now = datetime.now(UTC)
    return store.reads.audit(AUDITOR, now - timedelta(days=1), now + timedelta(days=1))


def test_a_feed_without_its_secret_is_left_out_of_the_back_fill(tmp_path: Path, source: Source) -> None:
    sys.modules["datasources.fake"].backfill = lambda *_: iter(())  # type: ignore[attr-defined]
    given = settings(tmp_path, secret_feed(), feed("open"))
    given.home.mkdir()
    with contextlib.closing(open_store(given.database_url)) as store:
        assert [span.feed.name for span in backfill.plan(given, store, datetime.now(UTC))] == ["open"]
        Secrets(given, store).set(ADMIN, "ftp", VALUE)
        spans = backfill.plan(given, store, datetime.now(UTC))
    assert [span.feed.name for span in spans] == ["guarded", "open"]
    assert VALUE not in str(spans)


def test_an_empty_key_file_is_no_key(tmp_path: Path) -> None:
    given = settings(tmp_path)
    given.home.mkdir()
    (given.home / KEY_FILE).touch()
    with pytest.raises(ConfigError, match="is empty"):
        vault_of(given)
