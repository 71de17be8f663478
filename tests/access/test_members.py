"""Who a session or a key makes of a request, and how soon a change of it is noticed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from access.desk import KEY_PREFIX
from access.visitors import IDLE_PATHS, NEWS_SECONDS, Members, Visit, csrf_of
from domain.accounts import Stage, digest
from domain.errors import StoreUnavailableError
from domain.permissions import Role
from domain.viewer import Viewer
from tests.access.conftest import ADMIN, HERE, Office

SUPERVISOR = Viewer(name="sup", roles=frozenset({Role.SUPERVISOR}))


def asking(
    path: str = "/yard", token: str = "", bearer: str = "", peer: str = "10.0.0.9", scheme: str = "http"
) -> dict[str, Any]:
    """A request's scope."""
    headers = []
    if token:
        name = "__Host-cockpit_session" if scheme == "https" else "cockpit_session"
        headers.append((b"cookie", f"other=1; {name}={token}; odd=a b,c".encode()))
    if bearer:
        headers.append((b"authorization", f"Bearer {bearer}".encode()))
    return {"type": "http", "path": path, "headers": headers, "client": (peer, 1), "scheme": scheme}


@pytest.fixture
def members(office: Office, monkeypatch: pytest.MonkeyPatch) -> Members:
    monkeypatch.setattr("access.visitors.NEWS_SECONDS", 0.0)  # news are looked for with every request
    return Members(office.book, office.policy, office.clock)


async def test_a_session_is_its_account_and_nobody_without_one(office: Office, members: Members) -> None:
    lin = office.hire("lin", Role.ENTERPRISE, scope=["agent-7"])
    step, _ = office.enrol(lin)
    found = await members.visit(asking(token=step.token))
    assert found.viewer == Viewer(
        name="lin", roles=frozenset({"enterprise"}), scope=frozenset({"agent-7"}), address="10.0.0.9",
        session=step.session.session_id,
    )  # fmt: skip
    for token in ("", "x", step.token[:-1], step.token + "x", step.token.swapcase()):
        assert (await members.visit(asking(token=token))).viewer.roles == frozenset()


async def test_a_login_half_way_opens_nothing(office: Office, members: Members) -> None:
    lin = office.hire()
    office.enrol(lin)
    half = office.login.password("lin", "Quay-crane seven 7", HERE)
    found = await members.visit(asking(token=half.token))
    assert (found.step, found.viewer.roles) == (Stage.SECOND, frozenset())


async def test_what_is_taken_away_is_gone_with_the_next_look(office: Office, members: Members) -> None:
    lin = office.hire()
    step, _ = office.enrol(lin)
    scope = asking("/live", step.token)
    viewer = (await members.visit(scope)).viewer
    assert await members.standing(scope, viewer)
    version = office.book.account(lin.account_id).version  # type: ignore[union-attr]
    office.desk.change(ADMIN, lin.account_id, version, roles=[Role.LEADER])
    assert not await members.standing(scope, viewer), "an open connection ends when its rights change"
    changed = (await members.visit(asking(token=step.token))).viewer
    assert changed.roles == frozenset({"leader"})
    office.book.end_session(digest(step.token))
    assert (await members.visit(asking(token=step.token))).viewer.roles == frozenset()


async def test_switching_an_account_off_ends_it_everywhere(office: Office, members: Members) -> None:
    lin = office.hire()
    step, _ = office.enrol(lin)
    await members.visit(asking(token=step.token))
    version = office.book.account(lin.account_id).version  # type: ignore[union-attr]
    office.desk.change(ADMIN, lin.account_id, version, active=False)
    assert (await members.visit(asking(token=step.token))).viewer.roles == frozenset()


async def test_activity_keeps_a_session_and_what_a_page_does_by_itself_does_not(
    office: Office, members: Members
) -> None:
    lin = office.hire()
    step, _ = office.enrol(lin)
    for _ in range(4):
        office.clock.on(minutes=20)
        assert (await members.visit(asking("/yard", step.token))).viewer.name == "lin"
        while members._notes:  # the note of it is under way
            await next(iter(members._notes))
    office.clock.on(minutes=20)
    await members.visit(asking("/live", step.token))
    office.clock.on(minutes=11)
    assert (await members.visit(asking("/yard", step.token))).viewer.roles == frozenset()
    assert all(path.startswith("/") for path in IDLE_PATHS)


async def test_activity_in_another_process_counts(office: Office, members: Members) -> None:
    lin = office.hire()
    step, _ = office.enrol(lin)
    await members.visit(asking(token=step.token))
    office.clock.on(minutes=25)
    office.book.touch(digest(step.token), office.clock())
    office.clock.on(minutes=10)
    assert (await members.visit(asking(token=step.token))).viewer.name == "lin"


async def test_twelve_hours_are_the_end_whatever_happens(office: Office, members: Members) -> None:
    lin = office.hire()
    step, _ = office.enrol(lin)
    for _ in range(36):
        await members.visit(asking(token=step.token))
        while members._notes:
            await next(iter(members._notes))
        office.clock.on(minutes=20)
    assert (await members.visit(asking(token=step.token))).viewer.roles == frozenset()


async def test_a_key_opens_until_it_is_revoked_or_over(office: Office, members: Members) -> None:
    key, text = office.desk.add_key(ADMIN, "erp", [Role.LEADER], days=10)
    assert text.startswith(KEY_PREFIX)
    found = await members.visit(asking(bearer=text))
    assert (found.viewer.name, found.viewer.roles, found.program) == ("key:erp", frozenset({"leader"}), True)
    assert (await members.visit(asking(bearer=text + "x"))).viewer.roles == frozenset()
    office.clock.on(days=10)
    assert (await members.visit(asking(bearer=text))).viewer.roles == frozenset()
    office.clock.on(days=-9)
    assert (await members.visit(asking(bearer=text))).viewer.roles == frozenset({"leader"})
    office.desk.revoke_key(ADMIN, key.key_id)
    assert (await members.visit(asking(bearer=text))).viewer.roles == frozenset()


async def test_uses_of_a_key_are_counted_and_kept_once_a_minute(
    office: Office, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def kept() -> list[int]:
        while members._key_use._notes:
            await next(iter(members._key_use._notes))
        return [key.uses for key, _ in office.desk.keys(ADMIN)]

    key, text = office.desk.add_key(ADMIN, "erp", [Role.LEADER])
    scope = asking(bearer=text)
    for _ in range(5):
        viewer = (await members.visit(scope)).viewer
        await members.standing(scope, viewer)  # what stays open is used once
        assert await kept() == [1], "the first at once, the others together"
    await members.visit(asking(bearer=text + "x"))
    office.clock.on(seconds=30)
    monkeypatch.setattr("access.key_use.ACTIVITY", timedelta(0))
    await members.visit(scope)
    assert await kept() == [6]
    ((_, last),) = office.desk.keys(ADMIN)
    assert last == office.clock()
    office.desk.revoke_key(ADMIN, key.key_id)
    await members.visit(scope)
    assert await kept() == [6]


async def test_uses_that_cannot_be_kept_now_are_kept_later(
    office: Office, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, text = office.desk.add_key(ADMIN, "erp", [Role.LEADER])
    monkeypatch.setattr("access.key_use.ACTIVITY", timedelta(seconds=0.05))
    with monkeypatch.context() as away:
        away.setattr(office.book, "used", _away)
        await members.visit(asking(bearer=text))
        while members._key_use._notes:
            await next(iter(members._key_use._notes))
    await members.visit(asking(bearer=text))  # and by itself when the minute is over
    for _ in range(1_000):
        if [key.uses for key, _ in office.desk.keys(ADMIN)] == [2]:
            return
        await asyncio.sleep(0.01)
    pytest.fail("never kept")


def _away(*_: object) -> None:
    raise StoreUnavailableError("unreachable", "gone")


async def test_over_tls_only_the_cookie_of_this_host_counts(office: Office, members: Members) -> None:
    lin = office.hire()
    step, _ = office.enrol(lin)
    plain = asking(token=step.token) | {"scheme": "https"}
    assert (await members.visit(plain)).viewer.roles == frozenset()
    assert (await members.visit(asking(token=step.token, scheme="https"))).viewer.name == "lin"


async def test_without_its_database_it_knows_whom_it_knew(
    office: Office, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin, wu = office.hire("lin"), office.hire("wu")
    known, _ = office.enrol(lin)
    other, _ = office.enrol(wu)
    await members.visit(asking(token=known.token))

    def down(*_: object) -> None:
        raise StoreUnavailableError("unreachable", "")

    for name in ("news", "session", "key", "touch"):
        monkeypatch.setattr(office.book, name, down)
    assert (await members.visit(asking(token=known.token))).viewer.name == "lin"
    with pytest.raises(StoreUnavailableError):
        await members.visit(asking(token=other.token))


async def test_one_look_at_the_book_serves_many_requests(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    lin = office.hire()
    step, _ = office.enrol(lin)
    members, looked = Members(office.book, office.policy, office.clock), []
    real = office.book.news
    monkeypatch.setattr(office.book, "news", lambda: looked.append(1) or real())
    found: list[Visit] = [await members.visit(asking(token=step.token)) for _ in range(100)]
    assert {one.viewer.name for one in found} == {"lin"}
    assert len(looked) <= 2
    assert NEWS_SECONDS + 2 < 5, "sockets close within five seconds of the change"


def test_the_token_of_acts_tells_nothing_of_the_session() -> None:
    assert csrf_of("a") != csrf_of("b")
    assert len(csrf_of("a")) == 64


async def test_what_is_over_leaves_the_book(office: Office, members: Members) -> None:
    lin = office.hire()
    step, _ = office.enrol(lin)
    _, link = office.desk.add(ADMIN, "wu", "", [Role.LEADER])
    office.book.sweep(office.clock())
    assert office.book.session(digest(step.token)) is not None
    office.clock.on(days=3)
    office.book.sweep(office.clock())
    assert office.book.session(digest(step.token)) is None
    assert office.book.link(digest(link)) is None
