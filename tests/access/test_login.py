"""Logging in: what opens, what does not, and what is kept of it."""

from __future__ import annotations

import threading
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access import passwords
from access.login import UNFINISHED
from access.steps import Refused
from domain.accounts import POLICIES, Account, AccountError, Session, Stage, check_roles, digest, login_name
from domain.errors import NotAllowedError
from domain.permissions import Role
from domain.viewer import Viewer
from tests.access.conftest import ADMIN, GOOD, HERE, Office
from tests.store.samples import NOW

AUDITOR = Viewer(name="auditor", roles=frozenset({Role.AUDITOR}))


def said(office: Office) -> list[tuple[str, str, str]]:
    """Account, act and result of every entry, oldest first."""
    day = timedelta(days=400)
    found = office.store.reads.audit(AUDITOR, NOW - day, NOW + day, "", 1000)
    return [(one.entry.who, one.entry.what, one.entry.result) for one in reversed(found)]


def test_password_then_code_open_and_every_step_gives_a_new_token(office: Office) -> None:
    lin = office.hire()
    office.enrol(lin)
    office.clock.on(minutes=1)
    first = office.login.password(" LIN ", GOOD, HERE, before="a token somebody planted")
    assert first.session.stage is Stage.SECOND
    second = office.login.code(first.token, office.code(lin), HERE)
    assert second.session.stage is Stage.FULL
    assert len({first.token, second.token, "a token somebody planted"}) == 3
    assert office.book.session(digest(first.token)) is None, "the token from before opens nothing any more"
    assert second.session.by == "password+totp"
    assert ("lin", "login", "done") in said(office)


def test_a_code_counts_once_and_an_old_one_not_at_all(office: Office) -> None:
    lin = office.hire()
    office.enrol(lin)
    office.clock.on(minutes=1)
    code = office.code(lin)
    office.login.code(office.login.password("lin", GOOD, HERE).token, code, HERE)
    again = office.login.password("lin", GOOD, HERE)
    with pytest.raises(Refused) as refused:
        office.login.code(again.token, code, HERE)
    assert refused.value.code == "wrong_code"
    office.clock.on(minutes=2)
    with pytest.raises(Refused):
        office.login.code(again.token, code, HERE)
    assert office.login.code(again.token, office.code(lin), HERE).session.stage is Stage.FULL


def test_each_recovery_code_opens_once(office: Office) -> None:
    lin = office.hire()
    _, codes = office.enrol(lin)
    assert len(set(codes)) == 10
    step = office.login.code(office.login.password("lin", GOOD, HERE).token, codes[3].upper(), HERE)
    assert step.session.by == "password+recovery"
    with pytest.raises(Refused):
        office.login.code(office.login.password("lin", GOOD, HERE).token, codes[3], HERE)


def test_five_wrong_attempts_lock_and_the_right_password_waits_too(office: Office) -> None:
    lin = office.hire()
    for _ in range(5):
        with pytest.raises(Refused):
            office.login.password("lin", "Wrong-one 12345", HERE)
    with pytest.raises(Refused) as refused:
        office.login.password("lin", GOOD, HERE)
    assert refused.value.code == "wrong", "whether an account is locked, wrong or unknown is not told"
    office.clock.on(minutes=15, seconds=1)
    assert office.login.password("lin", GOOD, HERE).account.account_id == lin.account_id
    assert said(office).count(("lin", "login", "wrong_password")) == 5


def test_wrong_codes_lock_as_wrong_passwords_do_and_a_right_password_between_them_clears_nothing(
    office: Office,
) -> None:
    lin = office.hire()
    office.enrol(lin)
    office.clock.on(minutes=1)
    for _ in range(5):
        step = office.login.password("lin", GOOD, HERE)
        with pytest.raises(Refused):
            office.login.code(step.token, "000000", HERE)
    with pytest.raises(Refused):
        office.login.password("lin", GOOD, HERE)
    office.desk.unlock(ADMIN, lin.account_id)
    office.come_in(lin)


def test_who_is_unknown_locked_or_off_costs_as_much_as_who_is_not(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin, off = office.hire(), office.hire("off")
    office.desk.change(ADMIN, off.account_id, office.book.account(off.account_id).version, active=False)  # type: ignore[union-attr]
    verified: list[str] = []
    real = passwords._hasher

    class Counted:
        def verify(self, kept: str, password: str) -> bool:
            verified.append(kept)
            return real.verify(kept, password)

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    monkeypatch.setattr(passwords, "_hasher", Counted())
    for name in ("lin", "off", "nobody", "", "bad name", "x" * 1000):
        verified.clear()
        with pytest.raises(Refused, match="wrong"):
            office.login.password(name, "Wrong-one 12345", HERE)
        assert len(verified) == 1, name
    office.book.change(lin.account_id, lambda a: msgspec.structs.replace(a, locked_until=NOW + timedelta(days=1)))
    verified.clear()
    with pytest.raises(Refused):
        office.login.password("lin", GOOD, HERE)
    assert len(verified) == 1


def test_a_typed_name_that_nobody_has_is_not_kept(office: Office) -> None:
    with pytest.raises(Refused):
        office.login.password("my-secret-password", "x", HERE)
    assert said(office) == [("unknown", "login", "unknown")]


def test_nothing_secret_lies_in_the_database(office: Office) -> None:
    lin = office.hire()
    step, codes = office.enrol(lin)
    kept = office.book.account(lin.account_id)
    assert kept is not None
    secret = office.login._vault.open(f"totp.{lin.account_id}", kept.totp)
    with office.store._database.reading() as connection:
        from sqlalchemy import select

        from store.schema import account, audit, link, session

        rows = [str(row) for table in (account, session, link, audit) for row in connection.execute(select(table))]
    for one in (GOOD, step.token, codes[0], codes[0].replace("-", ""), secret):
        assert not any(one in row for row in rows)


def test_a_password_of_ninety_days_is_changed_before_anything_else(office: Office) -> None:
    lin = office.hire()
    office.enrol(lin)
    office.clock.on(days=91)
    step = office.come_in(lin)
    assert step.session.stage is Stage.PASSWORD
    with pytest.raises(passwords.Weak, match="used_before"):
        office.login.new_password(step.token, GOOD, GOOD, HERE)
    done = office.login.new_password(step.token, GOOD, "Berth 12 at ebb tide", HERE)
    assert done.session.stage is Stage.FULL


def test_a_new_password_ends_every_other_session(office: Office) -> None:
    lin = office.hire()
    office.enrol(lin)
    other, mine = office.come_in(lin), office.come_in(lin)
    office.login.new_password(mine.token, GOOD, "Berth 12 at ebb tide", HERE)
    with pytest.raises(Refused, match="ended"):
        office.login.at_step(other.token)


@pytest.mark.parametrize(
    ("policy", "password", "why"),
    [
        ("mlps3", "Ab1 short", "too_short"),
        ("mlps3", "onlysmallletters", "too_few_kinds"),
        ("mlps3", "Password123!", "too_common"),
        ("mlps3", "Qwertyuiop1!", "too_common"),
        ("mlps3", "Ab1!" * 65, "too_long"),
        ("mlps3", "Lin-at-the-quay-7", "has_name"),
        ("asvs", "elevenchars", "too_short"),
        ("asvs", "aaaaaaaaaaaaaaaa", "too_common"),
        ("asvs", "123456789012", "too_common"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(policy: str, password: str, why: str) -> None:
    with pytest.raises(passwords.Weak) as weak:
        passwords.check(POLICIES[policy], password, "lin")
    assert weak.value.code == why


@pytest.mark.parametrize(
    ("policy", "password"),
    [
        ("mlps3", GOOD),
        ("asvs", "correct horse stapled battery"),
        ("asvs", "潮汐与泊位之间的十二个字"),
        ("mlps3", "潮汐泊位 Abc 12345"),
    ],
)
def test_a_good_password_is_taken(policy: str, password: str) -> None:
    passwords.check(POLICIES[policy], password, "lin")


def test_a_link_opens_once_whoever_is_first(office: Office) -> None:
    _, link = office.desk.add(ADMIN, "lin", "", [Role.SUPERVISOR])
    won: list[str] = []

    def take(n: int) -> None:
        try:
            office.login.welcome(link, f"{GOOD} {n}", HERE)
            won.append("in")
        except Refused as error:
            won.append(error.code)

    threads = [threading.Thread(target=take, args=(n,)) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(won) == ["in"] + ["link_over"] * 5


def test_a_link_is_over_after_its_time_and_a_bad_password_does_not_use_it_up(office: Office) -> None:
    _, link = office.desk.add(ADMIN, "lin", "", [Role.SUPERVISOR])
    with pytest.raises(passwords.Weak):
        office.login.welcome(link, "short", HERE)
    office.login.link(link)
    office.clock.on(hours=49)
    with pytest.raises(Refused, match="link_over"):
        office.login.welcome(link, GOOD, HERE)


def test_the_first_link_makes_the_first_administrator_and_no_second(office: Office) -> None:
    link = office.desk.first_link(ADMIN)
    assert link is not None
    older, link = link, office.desk.first_link(ADMIN) or ""
    with pytest.raises(Refused):
        office.login.welcome(older, GOOD, HERE, "anna")  # printed anew at every start: the last one counts
    step = office.login.welcome(link, GOOD, HERE, "Anna")
    assert step.account.roles == (Role.SECURITY_ADMIN,)
    assert step.account.name == "anna"
    assert office.desk.first_link(ADMIN) is None


def test_a_screen_is_bound_once_and_is_never_idle(office: Office) -> None:
    supervisor = Viewer(name="sup", roles=frozenset({Role.SUPERVISOR}))
    link = office.desk.invite_screen(supervisor, "duty-1")
    _, session = office.login.screen(link, HERE)
    assert (session.stage, session.account_id) == (Stage.KIOSK, "duty-1")
    assert session.stands(NOW + timedelta(days=300), office.policy)
    with pytest.raises(Refused):
        office.login.screen(link, HERE)
    with pytest.raises(NotAllowedError):
        office.desk.invite_screen(ADMIN, "duty-1")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(list(Stage)), st.timedeltas(timedelta(0), timedelta(days=2)),
    st.timedeltas(timedelta(hours=-2), timedelta(days=2)), st.sampled_from(list(POLICIES.values())),
)  # fmt: skip
def test_no_clock_makes_a_session_stand_longer(stage: Stage, seen: timedelta, now: timedelta, policy: object) -> None:
    rules = POLICIES["mlps3"]
    session = Session(
        session_id="s", account_id="a", stage=stage, made_at=NOW, seen_at=NOW + seen, ends_at=NOW + rules.absolute
    )
    if session.stands(NOW + now, rules):
        assert timedelta(minutes=-5) <= now < rules.absolute
        assert stage is Stage.KIOSK or now - seen < rules.idle


def test_a_login_left_half_way_is_over_soon(office: Office) -> None:
    office.hire()
    step = office.login.password("lin", GOOD, HERE)
    office.clock.on(seconds=UNFINISHED.total_seconds())
    with pytest.raises(Refused, match="ended"):
        office.login.begin_totp(step.token)


@pytest.mark.parametrize(
    ("roles", "scope", "why"),
    [
        ([], None, "no_role"),
        (["king"], None, "unknown_role"),
        ([Role.AUDITOR, Role.SYSTEM_ADMIN], None, "duties"),
        ([Role.SECURITY_ADMIN, Role.AUDITOR, Role.LEADER], None, "duties"),
        ([Role.ENTERPRISE], None, "enterprise_scope"),
        ([Role.ENTERPRISE], [], "enterprise_scope"),
        ([Role.ENTERPRISE, Role.LEADER], ["e1"], "enterprise_scope"),
        ([Role.LEADER], ["e1"], "scope"),
    ],
)
def test_duties_that_do_not_go_together_are_refused(roles: list[str], scope: list[str] | None, why: str) -> None:
    with pytest.raises(AccountError) as refused:
        check_roles(roles, scope)
    assert refused.value.code == why


def test_nobody_changes_their_own_duties_and_somebody_is_left(office: Office) -> None:
    anna = office.hire("sec", Role.SECURITY_ADMIN)
    version = office.book.account(anna.account_id).version  # type: ignore[union-attr]
    with pytest.raises(AccountError, match="own"):
        office.desk.change(ADMIN, anna.account_id, version, roles=[Role.SUPERVISOR])
    other = Viewer(name="other", roles=frozenset({Role.SECURITY_ADMIN}))
    with pytest.raises(AccountError) as refused:
        office.desk.change(other, anna.account_id, version, active=False)
    assert refused.value.code == "last_admin"
    office.hire("sec2", Role.SECURITY_ADMIN)
    office.desk.change(other, anna.account_id, version, active=False)
    with pytest.raises(AccountError) as refused:
        office.desk.change(other, anna.account_id, version, active=True)
    assert refused.value.code == "changed"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SECURITY_ADMIN])
def test_accounts_are_managed_by_those_who_may(office: Office, role: Role) -> None:
    lin = office.hire()
    viewer = Viewer(name="v", roles=frozenset({role}))
    for act in (
        lambda: office.desk.accounts(viewer),
        lambda: office.desk.add(viewer, "x", "", [Role.LEADER]),
        lambda: office.desk.change(viewer, lin.account_id, 1, active=False),
        lambda: office.desk.unlock(viewer, lin.account_id),
        lambda: office.desk.reset(viewer, lin.account_id),
        lambda: office.desk.sessions(viewer),
        lambda: office.desk.keys(viewer),
        lambda: office.desk.add_key(viewer, "k", [Role.LEADER]),
        lambda: office.desk.revoke_key(viewer, "k"),
    ):
        with pytest.raises(NotAllowedError):
            act()


def test_one_s_own_sessions_are_listed_and_ended_and_nobody_else_s(office: Office) -> None:
    lin, wu = office.hire("lin"), office.hire("wu")
    office.enrol(lin)
    office.enrol(wu)
    viewer = Viewer(name="lin", roles=frozenset({Role.WATCH_OFFICER}))
    mine = office.desk.sessions(viewer, "lin")
    assert {name for _, name in mine} == {"lin"}
    theirs = next(one for one, name in office.desk.sessions(ADMIN) if name == "wu" and one.stage is Stage.FULL)
    with pytest.raises(AccountError, match="no such session"):
        office.desk.end(viewer, theirs.session_id)
    full = next(one for one, _ in mine if one.stage is Stage.FULL)
    office.desk.end(viewer, full.session_id)
    assert full.session_id not in {one.session_id for one, _ in office.desk.sessions(viewer, "lin")}
    office.desk.end(ADMIN, theirs.session_id)


def test_a_reset_takes_everything_back(office: Office) -> None:
    lin = office.hire()
    step, _ = office.enrol(lin)
    link = office.desk.reset(ADMIN, lin.account_id)
    with pytest.raises(Refused, match="ended"):
        office.login.at_step(step.token)
    with pytest.raises(Refused):
        office.login.password("lin", GOOD, HERE)
    with pytest.raises(passwords.Weak, match="used_before"):
        office.login.welcome(link, GOOD, HERE)
    assert office.login.welcome(link, "Berth 12 at ebb tide", HERE).session.stage is Stage.ENROL


def test_lists_hold_no_hash(office: Office) -> None:
    lin = office.hire()
    office.enrol(lin)
    told = msgspec.json.encode(office.desk.accounts(ADMIN)).decode()
    kept = office.book.account(lin.account_id)
    assert kept is not None
    assert not any(one in told for one in (kept.password, kept.totp, *kept.recovery))


@given(st.text())
def test_every_name_is_refused_or_has_one_spelling(typed: str) -> None:
    try:
        name = login_name(typed)
    except AccountError:
        return
    assert login_name(name) == name
    assert login_name(typed.upper()) == login_name(typed.upper().lower())


def test_two_accounts_never_share_a_name(office: Office) -> None:
    office.hire("lin")
    with pytest.raises(AccountError) as refused:
        office.desk.add(ADMIN, "ＬＩＮ", "", [Role.LEADER])
    assert refused.value.code == "name_taken"
    assert isinstance(office.book.named("lin"), Account)
