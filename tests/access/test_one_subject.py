"""A subject of the OpenID provider belongs to one account: old databases are parted, racing logins share the winner."""

from __future__ import annotations

import contextlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from domain.accounts import Account, AccountError
from domain.audit import by
from domain.permissions import Role
from store import migrations
from store.database import Database
from store.engine import Store, open_store
from tests.access import provider as rig
from tests.access.house import ADMIN
from tests.access.test_oidc import AT, Gate, running, vouching  # noqa: F401 - fixtures
from tests.store.conftest import new_store, store  # noqa: F401 - fixtures
from tests.store.test_migrations import url  # noqa: F401 - fixture

SUB = "https://id.example|7"


def account(name: str, subject: str = "", **more: Any) -> Account:
    return Account(account_id=f"id-{name}", name=name, roles=(Role.SUPERVISOR,), subject=subject, **more)


def added(store: Store, *new: Account) -> None:  # noqa: F811
    for one in new:
        store.accounts.add(one, by(ADMIN, "account.add", one.name))


@pytest.mark.parametrize("name", ["lin", "subject", "account_subject"])
def test_the_database_itself_refuses_a_second_account_of_a_name_or_subject(store: Store, name: str) -> None:  # noqa: F811
    added(store, account(name, SUB), account("wu"), account("sun"))
    for other, code in ((account("ren", SUB), "subject_taken"), (account(name), "name_taken")):
        with pytest.raises(AccountError) as refused:
            added(store, msgspec.structs.replace(other, account_id="another"))
        assert refused.value.code == code
    with pytest.raises(AccountError) as refused:
        store.accounts.change("id-wu", lambda one: msgspec.structs.replace(one, subject=SUB))
    assert refused.value.code == "subject_taken"
    assert [one.subject for one in store.accounts.accounts() if one.name in ("sun", "wu")] == ["", ""]
    assert store.accounts.of_subject("") is None


class TestTwoAtOnce:
    """Two logins of one person that nobody has linked yet, both past the look whose subject it is."""

    @pytest.fixture
    def gate(self, store: Store, vouching: rig.Provider, monkeypatch: pytest.MonkeyPatch) -> Gate:  # noqa: F811
        made = Gate(store, vouching.issuer, claim="preferred_username")
        both, look = threading.Barrier(2), made.store.accounts.named

        def together(name: str) -> Account | None:
            both.wait(30)
            return look(name)

        monkeypatch.setattr(made.store.accounts, "named", together)
        return made

    def race(self, gate: Gate, vouching: rig.Provider, claims: tuple[str, str]) -> list[str]:  # noqa: F811
        """The accounts that two logins of subject s-1 end up at, whose provider calls them so at each."""
        ways = []
        for claim in claims:
            vouching.knows("s-1", preferred_username=claim)
            url, kept = gate.begun()  # noqa: F811
            ways.append((vouching.agreed(url, "s-1"), kept, claim))
        turn = threading.Lock()
        asked = gate.openid._provider.claims

        def each(way: tuple[dict[str, str], str, str]) -> str:
            back, kept, claim = way
            mine.claim = claim
            return gate.openid.finish("https://cockpit.example", back, kept, AT)[0].account.name

        def told(*given: Any) -> Any:
            with turn:  # what the provider says of somebody may change between two logins
                vouching.knows("s-1", preferred_username=mine.claim)
                return asked(*given)

        mine = threading.local()
        gate.openid._provider.claims = told  # type: ignore[method-assign]
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(each, ways))

    @pytest.mark.parametrize("claims", [("sun", "sun"), ("sun", "wu")])
    def test_both_are_in_at_the_account_of_whoever_was_first(
        self, gate: Gate, vouching: rig.Provider, claims: tuple[str, str]  # noqa: F811
    ) -> None:  # fmt: skip
        added(gate.store, account("sun"), account("wu"))
        names = self.race(gate, vouching, claims)
        linked = [one.name for one in gate.store.accounts.accounts() if one.subject]
        assert len(linked) == 1
        assert names == linked * 2
        assert [one.result for one in gate.noted()] == ["done", "done"]


def test_a_database_with_a_subject_on_two_accounts_is_parted(
    url: str, caplog: pytest.LogCaptureFixture  # noqa: F811
) -> None:  # fmt: skip
    old = _old(url)
    rows = [
        account("closed", SUB, active=False), account("idle", SUB, version=4), account("used", SUB), account("alone"),
        account("other", "https://id.example|8"),
    ]  # fmt: skip
    with old.writing() as connection:
        for row in rows:
            body = json.loads(msgspec.json.encode(row))
            body |= {"logins": ["2026-11-20T08:00:00Z"]} if row.name == "used" else {}
            connection.execute(
                text("INSERT INTO account VALUES (:account_id, :name, :subject, :body, :version, 0)"),
                {"account_id": row.account_id, "name": row.name, "subject": row.subject, "body": json.dumps(body),
                 "version": row.version},
            )  # fmt: skip
    old.close()
    with contextlib.closing(open_store(url)) as new:
        found = {one.name: one for one in new.accounts.accounts()}
        assert {name for name, one in found.items() if one.subject} == {"used", "other"}
        assert new.accounts.of_subject(SUB) == found["used"]
        assert (found["idle"].version, found["closed"].active, len(found["used"].logins)) == (5, False, 1)
    said = [one.message for one in caplog.records if "no longer linked" in one.message]
    assert sorted(line.split()[1] for line in said) == ["closed", "idle"]


def _old(address: str) -> Database:
    """The tables as they stood before subjects were held to one account."""
    config, database = Config(), Database(address, 5.0)
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0013")
    return database
