"""Secrets and settings in the store: sealed, on record, and told only to those who may know."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from domain.audit import Entry, Sealer
from domain.configured import Shown
from domain.errors import ConfigError, NotAllowedError
from domain.permissions import MATRIX, Permission, Role
from domain.vault import Vault, VaultError
from domain.viewer import Viewer
from store.engine import Store, open_store
from tests.store.samples import NOW, ago

KEY = Sealer(b"k" * 32)
ADMIN = Viewer(name="zhang", roles=frozenset({Role.SYSTEM_ADMIN}), address="10.0.0.9")
AUDITOR = Viewer(name="auditor", roles=frozenset({Role.AUDITOR}))
VAULT = Vault([b"n" * 32])


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    with contextlib.closing(open_store(new_url(), clock=lambda: NOW, sealer=KEY)) as opened:
        yield opened


def noted(store: Store) -> list[Entry]:
    return [one.entry for one in store.reads.audit(AUDITOR, ago(days=1), NOW + timedelta(days=1))][::-1]


def test_a_secret_is_set_replaced_and_removed_on_record(store: Store) -> None:
    old = Vault([b"o" * 32], "sm4-gcm")
    store.set_secret(ADMIN, "ftp", old.seal("ftp", "swordfish-1"))
    store.set_secret(ADMIN, "ftp", VAULT.seal("ftp", "swordfish-2"))
    (one,) = store.reads.secrets(AUDITOR)
    assert (one.name, one.algorithm, one.key) == ("ftp", "aes-256-gcm", VAULT.newest.key)
    assert (one.updated_at, one.updated_by) == (NOW, "zhang")
    assert VAULT.open("ftp", store.operations.sealed()["ftp"]) == "swordfish-2"
    assert store.remove_secret(ADMIN, "ftp")
    assert not store.remove_secret(ADMIN, "ftp")
    assert store.reads.secrets(ADMIN) == []
    first, second, third = noted(store)
    assert [one.what for one in (first, second, third)] == ["secret.set", "secret.set", "secret.remove"]
    assert (first.object, first.who, first.address, first.before) == ("ftp", "zhang", "10.0.0.9", None)
    assert second.before == first.after == {"algorithm": "sm4-gcm", "key": old.newest.key}
    assert third.before == second.after == {"algorithm": "aes-256-gcm", "key": VAULT.newest.key}
    assert store.operations.audit_findings(KEY, []) == []


def test_all_are_sealed_anew_or_none(store: Store) -> None:
    old = Vault([b"o" * 32])
    for name in ("a", "b"):
        store.set_secret(ADMIN, name, old.seal(name, f"value of {name}"))
    before = store.operations.sealed()

    def failing(name: str, body: str) -> str:
        if name == "b":
            raise VaultError("key", "not here")
        return VAULT.seal(name, old.open(name, body))

    with pytest.raises(VaultError):
        store.reseal_secrets(ADMIN, failing)
    assert store.operations.sealed() == before
    assert store.reseal_secrets(ADMIN, lambda name, body: VAULT.seal(name, old.open(name, body))) == ["a", "b"]
    assert store.reseal_secrets(ADMIN, lambda name, body: body) == []
    assert {name: VAULT.open(name, body) for name, body in store.operations.sealed().items()} == {
        "a": "value of a", "b": "value of b",
    }  # fmt: skip
    assert [one.what for one in noted(store)].count("secret.reseal") == 2


@pytest.mark.parametrize("role", Role)
def test_who_may_not_neither_sees_nor_sets(store: Store, role: Role) -> None:
    viewer = Viewer(name="x", roles=frozenset({role}))
    reads = (store.reads.secrets, store.reads.backup, lambda v: store.reads.settings_history(v, NOW))
    acts = (
        lambda v: store.set_secret(v, "a", VAULT.seal("a", "value")),
        lambda v: store.remove_secret(v, "a"),
        lambda v: store.reseal_secrets(v, lambda name, body: body),
    )
    for asked, calls in ((Permission.SETTINGS, reads), (Permission.SECRETS, acts)):
        for call in calls:
            may = asked in MATRIX[role]
            with contextlib.nullcontext() if may else pytest.raises(NotAllowedError):
                call(viewer)
    assert {role for role in Role if Permission.SECRETS in MATRIX[role]} == {Role.SYSTEM_ADMIN}


def test_settings_are_recorded_when_they_change_and_only_then(store: Store) -> None:
    first = {"a.b": Shown(1, "file"), "c": Shown("x"), "d": Shown([1, 2])}
    assert store.keep_settings("root", first)
    assert not store.keep_settings("root", first)
    assert not store.keep_settings("root", {**first, "a.b": Shown(1, "environment")}), "the same value from elsewhere"
    second = {"a.b": Shown(2, "file"), "c": Shown("x"), "e": Shown(None)}
    assert store.keep_settings("li", {**second, "e": Shown(True)})
    newest, oldest = store.reads.settings_history(AUDITOR, NOW + timedelta(seconds=1))
    assert (newest.who, oldest.who, oldest.settings) == ("li", "root", first)
    assert newest.at > oldest.at == NOW
    assert store.reads.settings_history(AUDITOR, ago(seconds=1)) == []
    assert len(store.reads.settings_history(AUDITOR, NOW)) == 1
    begun, changed = noted(store)
    assert (begun.before, begun.after) == (None, {"settings": 3})
    assert changed.before == {"a.b": 1, "d": [1, 2], "e": None}
    assert changed.after == {"a.b": 2, "d": None, "e": True}
    kept = msgspec.json.encode(newest.settings, order="deterministic")
    assert changed.object == hashlib.sha256(kept).hexdigest(), "the sealed entry vouches for the set"


def test_a_database_of_another_version_can_be_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="another version"):
        open_store(f"sqlite:///{tmp_path / 'new.db'}", migrate=False)
    open_store(f"sqlite:///{tmp_path / 'old.db'}").close()
    open_store(f"sqlite:///{tmp_path / 'old.db'}", migrate=False).close()
