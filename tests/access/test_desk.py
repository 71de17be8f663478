"""One's own sessions, bindings of screens, the last logins, and walls sent to their own screen; on both databases."""

from __future__ import annotations

import re

import pytest

from access.desk import AccountDesk
from access.kiosks import own_wall
from domain.accounts import AccountError
from domain.errors import NotAllowedError
from domain.permissions import Role
from domain.viewer import Viewer
from locales import catalogue
from tests.access.conftest import ADMIN, HERE, Clock, Office
from tests.conftest import REPO

KEEPER = Viewer(name="otto", roles=frozenset({Role.SYSTEM_ADMIN}))


def me(name: str, session: str = "") -> Viewer:
    return Viewer(name=name, roles=frozenset({Role.WATCH_OFFICER}), session=session)


def test_all_but_this_one_are_ended_and_nobody_elses(office: Office) -> None:
    lin, mei = office.hire("lin"), office.hire("mei")
    for account in (lin, mei):
        office.enrol(account)
    here = office.come_in(lin).session
    office.come_in(lin)
    mine = me("lin", here.session_id)
    before = len(office.desk.sessions(mine, "lin"))  # a login that stopped half-way is one, too
    assert office.desk.end_others(mine) == before - 1 >= 2
    assert [one.session_id for one, _ in office.desk.sessions(mine, "lin")] == [here.session_id]
    assert office.desk.sessions(me("mei"), "mei")
    with pytest.raises(AccountError, match="no such session"):
        office.desk.end(mine, office.desk.sessions(me("mei"), "mei")[0][0].session_id)


def test_an_account_is_its_own_without_secrets_and_others_are_nobody(office: Office) -> None:
    office.enrol(office.hire("lin"))
    found = office.desk.mine(me("lin", "x"))
    assert found is not None
    assert (found.password, found.totp, set(found.recovery)) == ("*", "*", {"*"})
    assert office.desk.mine(me("lin")) is None  # no session: a demo, a key
    assert office.desk.mine(me("screen:north-1", "x")) is None


def test_the_last_two_logins_are_known_and_a_new_password_is_none(office: Office, clock: Clock) -> None:
    account = office.hire("lin")
    office.enrol(account)
    began = []
    for _ in range(3):
        step = office.come_in(account)
        began.append(step.session.made_at)
    office.login.new_password(step.token, "Quay-crane seven 7", "Another one 8 yes", HERE)
    kept = office.book.account(account.account_id)
    assert kept is not None
    assert kept.logins == (began[2], began[1])


def test_a_screen_is_bound_again_and_again_and_unbound_whole(office: Office, clock: Clock) -> None:
    for agent in ("first", "second"):
        office.login.screen(office.desk.invite_screen(KEEPER, "north-1"), type(HERE)("10.0.0.9", agent))
        clock.on(seconds=1)
    assert office.desk.bound(KEEPER)["north-1"].agent == "second"
    office.desk.unbind(KEEPER, "north-1")
    assert office.desk.bound(KEEPER) == {}
    with pytest.raises(AccountError):
        office.desk.unbind(KEEPER, "north-1")
    for act in (office.desk.bound, lambda who: office.desk.unbind(who, "north-1")):
        with pytest.raises(NotAllowedError):
            act(me("lin"))


def test_every_act_that_changes_who_is_in_says_so(office: Office, clock: Clock) -> None:
    told: list[int] = []
    desk = AccountDesk(office.book, office.policy, clock, lambda: told.append(1))
    acts = [
        lambda: desk.add(ADMIN, "mei", "", ["leader"]),
        lambda: desk.change(ADMIN, account.account_id, account.version, roles=["leader"]),
        lambda: desk.reset(ADMIN, account.account_id),
        lambda: desk.end_others(me("lin")),
        lambda: desk.add_key(ADMIN, "bridge", ["leader"]),
        lambda: desk.revoke_key(ADMIN, desk.keys(ADMIN)[0][0].key_id),
    ]
    account, _ = office.desk.add(ADMIN, "lin", "", ["supervisor"])
    for place, act in enumerate(acts, 1):
        act()
        assert len(told) == place


@pytest.mark.parametrize(
    ("path", "query", "to"),
    [
        ("/wall", "screen=north-1", ""),
        ("/wall/yard", "part=1of2&screen=north-1", ""),
        ("/wall", "", "/wall?screen=north-1"),
        ("/wall/yard", "part=1of2&screen=south", "/wall/yard?part=1of2&screen=north-1"),
        ("/wall", "screen=north-1&screen=south", "/wall?screen=north-1"),
        ("/wallpaper", "", ""),
        ("/", "", ""),
    ],
)
def test_a_bound_browser_is_sent_to_its_own_screen(path: str, query: str, to: str) -> None:
    scope = {"path": path, "query_string": query.encode()}
    kiosk = Viewer(name="screen:north-1", roles=frozenset({Role.WALL}))
    assert own_wall(scope, kiosk) == to
    assert own_wall(scope, me("lin")) == ""


def test_every_refusal_has_its_words() -> None:
    said = {code for file in ("access/desk.py", "domain/accounts.py", "store/accounts.py")
            for code in re.findall(r'AccountError\(\s*"(\w+)"', (REPO / file).read_text("utf-8"))}  # fmt: skip
    assert len(said) > 10
    assert sorted(f"account.error.{one}" for one in said if f"account.error.{one}" not in catalogue("en")) == []
