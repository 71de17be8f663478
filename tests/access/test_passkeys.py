"""Passkeys as second factor: the right answer once, to the question asked, at the place asked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.desk import AccountDesk
from access.login import FRESH, Login
from access.passkeys import MOST, Passkeys, Place
from access.steps import From, Refused
from domain.accounts import POLICIES, Account, AccountError, Link, Stage, digest
from domain.audit import by
from domain.errors import NotAllowedError
from domain.permissions import Role
from domain.vault import Vault
from domain.viewer import Viewer
from store.engine import Store
from tests.access.authenticator import Authenticator
from tests.store.conftest import new_store, sqlite_store, store  # noqa: F401 - fixtures
from tests.store.samples import NOW

PASSWORD = "Harbour-crane 42 blue"
HERE = Place("cockpit.example", "https://cockpit.example")
AT = From("10.1.2.3", "a browser")
ADMIN = Viewer(name="admin", roles=frozenset({Role.SECURITY_ADMIN, Role.AUDITOR}))


class House:
    """The steps, on a store, at a time that can be set."""

    def __init__(self, store: Store) -> None:  # noqa: F811
        self.now, self.book, self._store = NOW, store.accounts, store
        self.login = Login(self.book, POLICIES["mlps3"], Vault([bytes(32)]), lambda: self.now)
        self.passkeys = Passkeys(self.login, self.book, lambda: self.now, "Port")
        self.link()

    def link(self) -> None:
        """Somebody with a password and no second factor yet."""
        new = Account(account_id="17ab", name="li", roles=(Role.SUPERVISOR,), made_at=NOW)
        self.book.add(new, by(ADMIN, "account.add", "li"))
        ends = NOW + timedelta(hours=1)
        self.book.put_link(digest("link"), Link(purpose="welcome", subject="17ab", ends_at=ends, made_by="admin"), None)
        self.token = self.login.welcome("link", PASSWORD, AT).token

    def second(self) -> str:
        """A token at the second factor."""
        step = self.login.password("li", PASSWORD, AT)
        assert step.session.stage is Stage.SECOND
        return step.token

    def account(self) -> Account:
        found = self.book.account("17ab")
        assert found is not None
        return found

    def results(self, what: str) -> list[str]:
        """What the audit says came of it, newest first."""
        return [
            noted.entry.result
            for noted in self._store.reads.audit(ADMIN, NOW - timedelta(days=1), NOW + timedelta(days=1))
            if noted.entry.what == what
        ]

    def made(self, place: Place = HERE, counts: bool = True) -> Authenticator:
        """A passkey set up at enrolment, or beside the ones there are."""
        key = Authenticator(place.host, place.origin, counts)
        step, _ = self.passkeys.answered(self.token, key.made(self.passkeys.asked(self.token, place)), place, AT)
        self.token = step.token
        return key


@pytest.fixture
def house(store: Store) -> House:  # noqa: F811
    return House(store)


def test_a_passkey_made_at_enrolment_opens_the_next_login(house: House) -> None:
    key = Authenticator(HERE.host, HERE.origin)
    step, codes = house.passkeys.answered(house.token, key.made(house.passkeys.asked(house.token, HERE)), HERE, AT)
    assert step.session.stage is Stage.FULL
    assert len(codes) == 10, "the first second factor comes with recovery codes"
    token = house.second()
    asked = json.loads(house.passkeys.asked(token, HERE))
    assert [one["id"] for one in asked["allowCredentials"]] == [house.account().passkeys[0].credential]
    answer = key.used(house.passkeys.asked(token, HERE))
    through, more = house.passkeys.answered(token, answer, HERE, AT)
    assert (through.session.stage, through.session.by, more) == (Stage.FULL, "password+passkey", [])
    assert house.account().passkeys[0].counter == key.counter
    assert house.results("account.second_factor") == ["done"]


def test_a_passkey_is_not_made_in_a_session_of_long_ago(house: House) -> None:
    house.made()
    house.now += FRESH + timedelta(seconds=1)
    with pytest.raises(Refused, match="prove"):
        house.passkeys.asked(house.token, HERE)


def test_a_recovery_code_opens_when_the_passkey_is_lost(house: House) -> None:
    key = Authenticator(HERE.host, HERE.origin)
    _, codes = house.passkeys.answered(house.token, key.made(house.passkeys.asked(house.token, HERE)), HERE, AT)
    assert house.login.code(house.second(), codes[3], AT).session.stage is Stage.FULL


def test_a_second_passkey_brings_no_new_codes_and_both_open(house: House) -> None:
    first = house.made()
    kept = house.account().recovery
    second = house.made()
    assert house.account().recovery == kept
    for key in (first, second):
        token = house.second()
        house.passkeys.answered(token, key.used(house.passkeys.asked(token, HERE)), HERE, AT)


def test_an_answer_opens_once(house: House) -> None:
    key = house.made(counts=False)
    token = house.second()
    answer = key.used(house.passkeys.asked(token, HERE))
    house.passkeys.answered(token, answer, HERE, AT)
    for again in (token, house.second()):
        with pytest.raises(Refused):
            house.passkeys.answered(again, answer, HERE, AT)
    assert "passkey.failed" in house.results("login")


def test_a_wrong_answer_uses_the_question_up(house: House) -> None:
    key = house.made()
    token = house.second()
    right = key.used(house.passkeys.asked(token, HERE))
    with pytest.raises(Refused, match=r"passkey\.failed"):
        house.passkeys.answered(token, "{}", HERE, AT)
    with pytest.raises(Refused, match=r"passkey\.failed"):
        house.passkeys.answered(token, right, HERE, AT)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("evil.example", "https://evil.example"),
        ("cockpit.example", "https://evil.example"),
        ("evil.example", "https://cockpit.example"),
        ("cockpit.example", "http://cockpit.example"),
        ("cockpit.example", "https://cockpit.example:8443"),
    ],
)
def test_an_answer_given_elsewhere_is_refused(house: House, host: str, origin: str) -> None:
    elsewhere = Authenticator(host, origin)
    with pytest.raises(Refused, match=r"passkey\.failed"):
        house.passkeys.answered(house.token, elsewhere.made(house.passkeys.asked(house.token, HERE)), HERE, AT)
    assert house.results("account.second_factor") == ["passkey.failed"]
    key = house.made()
    key.host, key.origin = host, origin
    token = house.second()
    with pytest.raises(Refused, match=r"passkey\.failed"):
        house.passkeys.answered(token, key.used(house.passkeys.asked(token, HERE)), HERE, AT)


def test_a_passkey_of_another_account_or_none_opens_nothing(house: House) -> None:
    house.made()
    stranger = Authenticator(HERE.host, HERE.origin)
    token = house.second()
    with pytest.raises(Refused, match=r"passkey\.failed"):
        house.passkeys.answered(token, stranger.used(house.passkeys.asked(token, HERE)), HERE, AT)


def test_a_passkey_with_the_right_name_and_the_wrong_key_opens_nothing(house: House) -> None:
    stranger, key = Authenticator(HERE.host, HERE.origin), house.made()
    stranger.id, stranger.counter = key.id, 100
    token = house.second()
    with pytest.raises(Refused, match=r"passkey\.failed"):
        house.passkeys.answered(token, stranger.used(house.passkeys.asked(token, HERE)), HERE, AT)


@pytest.mark.parametrize("back", [1, 2])
def test_a_counter_that_does_not_grow_is_refused_and_on_record(house: House, back: int) -> None:
    key = house.made()
    token = house.second()
    house.passkeys.answered(token, key.used(house.passkeys.asked(token, HERE)), HERE, AT)
    key.counter -= back  # as a copy of it would count
    token = house.second()
    with pytest.raises(Refused, match=r"passkey\.counter"):
        house.passkeys.answered(token, key.used(house.passkeys.asked(token, HERE)), HERE, AT)
    assert house.results("login")[0] == "passkey.counter"


def test_a_question_stands_five_minutes(house: House) -> None:
    asked = house.passkeys.asked(house.token, HERE)
    house.now += timedelta(minutes=5)
    with pytest.raises(Refused, match=r"passkey\.failed"):
        house.passkeys.answered(house.token, Authenticator(HERE.host, HERE.origin).made(asked), HERE, AT)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.5", "::1", ""])
def test_the_number_of_an_address_takes_no_passkey(house: House, host: str) -> None:
    place = Place(host, f"http://{host}")
    assert not place.takes
    with pytest.raises(Refused, match=r"passkey\.address"):
        house.passkeys.asked(house.token, place)


def test_a_passkey_of_another_of_our_names_is_not_asked_for(house: House) -> None:
    house.made()
    other = Place("cockpit2.example", "https://cockpit2.example")
    assert json.loads(house.passkeys.asked(house.second(), other))["allowCredentials"] == []


def test_nobody_is_asked_without_a_login_under_way(house: House) -> None:
    for token in ("", "guessed"):
        with pytest.raises(Refused, match="ended"):
            house.passkeys.asked(token, HERE)
        with pytest.raises(Refused, match="ended"):
            house.passkeys.answered(token, "{}", HERE, AT)


def test_a_locked_account_opens_for_no_passkey(house: House) -> None:
    key = house.made()
    token = house.second()
    until = house.now + timedelta(minutes=15)
    house.book.change("17ab", lambda a: msgspec.structs.replace(a, locked_until=until))
    with pytest.raises(Refused, match="locked_out"):
        house.passkeys.answered(token, key.used(house.passkeys.asked(token, HERE)), HERE, AT)


def test_an_account_has_so_many_and_no_more(sqlite_store: Store) -> None:  # noqa: F811
    house = House(sqlite_store)
    for _ in range(MOST):
        house.made()
    with pytest.raises(Refused, match=r"passkey\.most"):
        house.made()
    assert len(house.account().passkeys) == MOST


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "rawId", "type", "response"]), inner),
    max_leaves=8,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40, deadline=None
)
@given(given_text=st.text() | JSON.map(json.dumps), change=st.data())
def test_whatever_a_browser_may_answer_is_refused(sqlite_store: Store, given_text: str, change: Any) -> None:  # noqa: F811
    if sqlite_store.accounts.account("17ab") is None:
        house = House(sqlite_store)
        house.made()
        sqlite_store.house = house  # type: ignore[attr-defined]
    house = sqlite_store.house  # type: ignore[attr-defined]
    token, key = house.second(), Authenticator(HERE.host, HERE.origin)
    bent = json.loads(key.used(house.passkeys.asked(token, HERE)))
    bent["id"] = bent["rawId"] = house.account().passkeys[0].credential
    part = change.draw(st.sampled_from(sorted(bent["response"])))
    bent["response"][part] = change.draw(st.text() | st.binary().map(lambda raw: raw.hex()))
    for answer in (given_text, json.dumps(bent)):
        with pytest.raises(Refused, match=r"passkey\.failed"):
            house.passkeys.answered(token, answer, HERE, AT)


def test_a_lost_passkey_is_taken_back_by_its_owner_but_not_the_last_factor(house: House) -> None:
    house.made()
    house.made()
    lost = house.account().passkeys[-1].credential
    desk = AccountDesk(house.book, POLICIES["mlps3"], lambda: house.now)
    owner = Viewer(name="li", session="s")
    with pytest.raises(AccountError, match="no such passkey"):
        desk.forget_passkey(owner, "another's")
    left = desk.forget_passkey(owner, lost)
    assert [one.credential for one in left.passkeys] == [
        one.credential for one in house.account().passkeys if one.credential != lost
    ]
    with pytest.raises(AccountError, match="everybody needs"):
        desk.forget_passkey(owner, left.passkeys[0].credential)
    with pytest.raises(NotAllowedError):
        desk.forget_passkey(Viewer(name="li"), left.passkeys[0].credential)
    assert house.results("account.passkey") == ["done"]
