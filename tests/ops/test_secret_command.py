"""``python app.py secret`` and what ``check-config`` and ``backup`` say: never a value."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import app
import settings as configuration
from domain.audit import Entry
from domain.permissions import Role
from domain.viewer import Viewer
from pipeline.opening import store_of
from pipeline.secrets import operator
from store import migrations
from store.database import Database

AUDITOR = Viewer(name="auditor", roles=frozenset({Role.AUDITOR}))
VALUE = "correct-horse-battery"
CONFIG = """
[feeds.ais]
adapter = "nmea_ais"
address = "tcp://${secret:ais.host}:10110"
"""


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs a command with something on standard input; exit code and all it said."""
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "home"))
    for name in ("COCKPIT_SECRETS_KEY", "COCKPIT_AUDIT_KEY", "COCKPIT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "cockpit.toml").write_text(CONFIG)
    monkeypatch.setenv("COCKPIT_CONFIG", str(tmp_path / "cockpit.toml"))

    def command(*words: str, given: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        code = app.main(list(words))
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def noted() -> list[Entry]:
    now = datetime.now(UTC)
    with contextlib.closing(store_of(configuration.load())) as store:
        return [one.entry for one in store.reads.audit(AUDITOR, now - timedelta(1), now + timedelta(1))][::-1]


def test_a_secret_from_the_command_line(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = run("check-config")
    assert code == 0
    assert "warning: feeds.ais: there is no secret ais.host" in said
    assert not (tmp_path / "home").exists(), "a check changes nothing"
    assert "ais.host  NOT SET, used by ais" in run("secret", "list")[1]

    assert run("secret", "set", "ais.host", given=f"{VALUE}\n") == (0, "secret ais.host: set\n")
    code, said = run("check-config")
    assert (code, "warning" in said) == (0, False)
    code, said = run("secret", "list")
    assert f"UTC by {operator().name}, aes-256-gcm key " in said
    assert said.endswith("used by ais\n")

    monkeypatch.setenv("COCKPIT_SECRETS_KEY", "1" * 64 + "," + (tmp_path / "home" / "secrets.key").read_text())
    assert run("secret", "reseal") == (0, "1 secrets sealed anew: ais.host\n")
    assert run("secret", "reseal") == (0, "0 secrets sealed anew\n")
    monkeypatch.setenv("COCKPIT_SECRETS_KEY", "2" * 64)
    assert "which is not here" in run("check-config")[1]
    assert run("secret", "reseal")[0] == 1
    assert run("secret", "remove", "ais.host") == (0, "secret ais.host: removed\n")
    assert run("secret", "remove", "ais.host") == (1, "there is no secret ais.host\n")

    entries = noted()
    assert [one.what for one in entries] == ["secret.set", "secret.reseal", "secret.remove"]
    assert {(one.who, one.address, one.object) for one in entries} == {(operator().name, "command-line", "ais.host")}
    assert VALUE not in str(entries)
    files = b"".join(file.read_bytes() for file in (tmp_path / "home").iterdir())
    assert VALUE.encode() not in files


@pytest.mark.parametrize(("name", "given", "word"), [
    ("Ais", VALUE, "small letter"), ("ais", "abc", "4 to 4096"), ("ais", "", "4 to 4096"),
    ("ais", "a\nb\nc", "printable"),
])  # fmt: skip
def test_what_cannot_be_kept_is_refused(run: Any, name: str, given: str, word: str) -> None:
    code, said = run("secret", "set", name, given=given)
    assert code == 1
    assert word in said


def test_a_key_that_is_none_is_named_and_not_shown(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_SECRETS_KEY", "my-own-password")
    code, said = run("secret", "set", "ais.host", given=VALUE)
    assert code == 2
    assert "COCKPIT_SECRETS_KEY: key 1 is not base64 or hexadecimal of 32 bytes" in said
    assert "my-own-password" not in said


def test_a_value_that_does_not_fit_is_said_without_it(run: Any) -> None:
    run("secret", "set", "ais.host", given="two words:x")
    said = run("check-config")[1]
    assert "warning: feeds.ais: address must be" in said
    assert "two words" not in said


def test_a_prompt_asks_twice(run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    leader, follower = os.openpty()
    with os.fdopen(leader, "rb", buffering=0), os.fdopen(follower, encoding="utf-8") as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        for answers, code, word in (([VALUE, VALUE], 0, "ais.host: set"), ([VALUE, "another"], 1, "not the same")):
            typed = iter(answers)
            monkeypatch.setattr("getpass.getpass", lambda asked, typed=typed: next(typed))
            assert app.main(["secret", "set", "ais.host"]) == code
            assert word in "".join(capsys.readouterr())


def test_a_backup_says_that_it_was_made(run: Any, tmp_path: Path) -> None:
    run("secret", "set", "ais.host", given=VALUE)
    with contextlib.closing(store_of(configuration.load())) as store:
        assert store.reads.backup(AUDITOR) is None
    assert run("backup", str(tmp_path / "a.backup"))[0] == 0
    with contextlib.closing(store_of(configuration.load())) as store:
        told = store.reads.backup(AUDITOR)
    assert told is not None
    assert told["file"] == str(tmp_path / "a.backup")
    assert (told["bytes"], told["rows"] > 0) == ((tmp_path / "a.backup").stat().st_size, True)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(told["at"])) < timedelta(minutes=5)
    entry = noted()[-1]
    assert (entry.what, entry.object, entry.address) == ("backup", told["file"], "command-line")


def test_a_backup_leaves_a_database_of_another_version_as_it_is(run: Any, tmp_path: Path) -> None:
    run("secret", "list")
    database = Database(configuration.load().database_url, 5.0)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    code, said = run("backup", str(tmp_path / "a.backup"))
    assert code == 0
    assert "it is not on record" in said
    with database.reading() as connection:
        assert migrations.version(connection) == "0001"
    database.close()
