"""Who is behind a connection: of a cockpit with accounts by session or API key, of a demo by being on this machine."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from access.book import Book
from access.key_use import KeyUse
from access.kiosks import BOUND
from access.viewers import DEMO_COOKIE, LOOPBACK_PEERS, cookie
from domain.accounts import ACTIVITY, Account, ApiKey, Policy, Session, Stage, digest
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.permissions import DEMO_ROLES, Role
from domain.viewer import PORT_OPERATOR, Viewer

_log = logging.getLogger(__name__)

NOBODY = Viewer(name="nobody")
CSRF_COOKIE, CSRF_HEADER = "_csrf_token", "x-csrftoken"  # as Dash's renderer reads and sends them
SESSION_COOKIE = "cockpit_session"
NEWS_SECONDS = 1.5  # a change elsewhere is noticed so soon; sockets are to close within five
KEPT = 4096
STANDS_SECONDS = 20.0  # a session that runs out by itself is noticed so soon
_STOOD = "cockpit.stood"
# Requests a page makes by itself: they keep nobody logged in.
IDLE_PATHS = ("/api/v1/metrics/browser", "/api/v1/screens/", "/api/v1/topics", "/live", "/static/", "/assets/")


class Visit(msgspec.Struct, frozen=True):
    """A request's author.

    Attributes:
        viewer: who; NOBODY for whoever did not say.
        token: of the session's cookie; empty without one.
        program: came with an API key: no browser sends that by itself.
        step: what is missing of the login; None when it is through, or not begun.
    """

    viewer: Viewer
    token: str = ""
    program: bool = False
    step: Stage | None = None


class Visitors(Protocol):
    """Tells who is behind a connection."""

    demo: bool

    async def visit(self, scope: Mapping[str, Any]) -> Visit:
        """Who it is.

        Raises:
            NotAllowedError: somebody who may not even ask.
            StoreUnavailableError: that cannot be found out now.
        """

    async def standing(self, scope: Mapping[str, Any], viewer: Viewer) -> bool:
        """Whether an open connection's viewer is still who was found when it began."""

    def forget(self) -> None:
        """Read everything anew: this process has just changed who may come in."""


class Demo:
    """No logins: whoever sits at this machine, in the role of a cookie or in several at once; programs by key."""

    demo = True

    def __init__(self, keys: Visitors | None = None) -> None:
        """Take who knows the keys of programs; None: there are none."""
        self._keys = keys

    async def visit(self, scope: Mapping[str, Any]) -> Visit:
        """The operator of this machine; NotAllowedError for anybody from elsewhere, also through a proxy here."""
        client = scope.get("client")
        passed_on = any(key in (b"x-forwarded-for", b"forwarded") for key, _ in scope.get("headers", ()))
        if passed_on or (client is not None and client[0] not in LOOPBACK_PEERS):
            raise NotAllowedError("a demo shows itself on this machine only")
        if self._keys is not None and _bearer(scope):
            return await self._keys.visit(scope)
        chosen = cookie(scope, DEMO_COOKIE)
        address = client[0] if client is not None else ""
        if chosen not in DEMO_ROLES:
            return Visit(Viewer(name=PORT_OPERATOR.name, roles=PORT_OPERATOR.roles, address=address))
        # A name of its own, so that two persons can be shown: one confirms an alert, another closes it.
        name = f"{PORT_OPERATOR.name}:{chosen}"
        return Visit(Viewer(name=name, roles=frozenset({chosen}), address=address))

    async def standing(self, scope: Mapping[str, Any], viewer: Viewer) -> bool:
        """Whoever sits here stays; a program until its key is taken back."""
        return self._keys is None or not _bearer(scope) or await self._keys.standing(scope, viewer)

    def forget(self) -> None:
        """Read keys anew."""
        if self._keys is not None:
            self._keys.forget()


class _Known(msgspec.Struct):
    """What was read of a session or key."""

    session: Session | None
    account: Account | None
    key: ApiKey | None = None


class Members:
    """Accounts and keys of the book, remembered until the book has news.

    While the database cannot be read, whoever was known stays so: nothing can be taken from them either, since that
    would be written there.
    """

    demo = False

    def __init__(self, book: Book, policy: Policy, clock: Callable[[], datetime]) -> None:
        """Nobody is known yet.

        Args:
            book: where sessions stand.
            policy: how long they do.
            clock: aware UTC.
        """
        self._book, self._policy, self._clock = book, policy, clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._news, self._looked = -1, -NEWS_SECONDS
        self._looking: asyncio.Task[None] | None = None
        self._notes: set[asyncio.Task[None]] = set()
        self._key_use = KeyUse(book, clock)

    async def visit(self, scope: Mapping[str, Any]) -> Visit:
        """Who the session's cookie or the bearer's key says; NOBODY without either."""
        found = await self._visit(scope)
        if found.program and found.viewer.roles:
            self._key_use.count(digest(_bearer(scope)))
        return found

    async def _visit(self, scope: Mapping[str, Any]) -> Visit:
        address = _address(scope)
        bearer = _bearer(scope)
        if bearer:
            return Visit(await self._of_key(bearer, address), program=True)
        token = cookie(scope, session_cookie(scope))
        if not token:
            return Visit(_from(NOBODY, address))
        found = await self._session(token)
        if found is None or found.session is None:
            return Visit(_from(NOBODY, address))
        session = found.session
        if session.stage not in (Stage.FULL, Stage.KIOSK):
            return Visit(_from(NOBODY, address), token, step=session.stage)
        if not str(scope.get("path", "")).startswith(IDLE_PATHS):
            self._touch(token, found)
        return Visit(_viewer(session, found.account, address), token)

    async def standing(self, scope: Mapping[str, Any], viewer: Viewer) -> bool:
        """Whether a connection's viewer is still who was found when it began: asked every two seconds for each.

        Only when the book has news, or a session may have run out, does it take more than a comparison.
        """
        await self._hear()
        now, seen = time.monotonic(), scope.get(_STOOD)
        if seen is not None and seen[0] == self._news and now - seen[1] < STANDS_SECONDS:
            return True
        if isinstance(scope, MutableMapping):
            scope[_STOOD] = (self._news, now)
        return (await self._visit(scope)).viewer == viewer

    async def _session(self, token: str) -> _Known | None:
        """The session of a token if it stands."""
        key = digest(token)
        found = await self._known_of(key, self._read_session)
        now = self._clock()
        if found is None or found.session is None:
            return None
        if not found.session.stands(now, self._policy):  # it may have been active in another process
            self._known.pop(key, None)
            found = await self._known_of(key, self._read_session)
        if found is None or found.session is None or not found.session.stands(now, self._policy):
            return None
        if found.session.stage is Stage.KIOSK:
            return found
        return found if found.account is not None and found.account.active else None

    async def _of_key(self, bearer: str, address: str) -> Viewer:
        found = await self._known_of(digest(bearer), self._read_key)
        if found is None or found.key is None or not found.key.stands(self._clock()):
            return _from(NOBODY, address)
        key = found.key
        scope = None if key.scope is None else frozenset(key.scope)
        only = None if key.datasets is None else frozenset(key.datasets)
        return Viewer(
            name=f"key:{key.name}", roles=frozenset(key.roles), scope=scope, address=address, datasets=only
        )  # fmt: skip

    async def _known_of(self, key: str, read: Callable[[str], _Known | None]) -> _Known | None:
        await self._hear()
        found = self._known.get(key)
        if found is None:
            news = self._news
            found = await asyncio.to_thread(read, key)
            if found is not None and news == self._news:  # else it may be from before the news
                self._known[key] = found
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return found

    async def _hear(self) -> None:
        """Forget what was known when the book has news; one looks for all."""
        if time.monotonic() - self._looked < NEWS_SECONDS:
            return
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(self._looking)

    async def _look(self) -> None:
        try:
            news = await asyncio.to_thread(self._book.news)
        except StoreUnavailableError:
            news = self._news
        if news != self._news:
            self._known.clear()
            self._news = news
        self._looked = time.monotonic()

    def forget(self) -> None:
        """Read everything anew: this process has just changed the book itself."""
        self._looked = -NEWS_SECONDS

    def _read_session(self, key: str) -> _Known | None:
        session = self._book.session(key)
        if session is None:
            return None
        account = None if session.stage is Stage.KIOSK else self._book.account(session.account_id)
        return _Known(session, account)

    def _read_key(self, key: str) -> _Known | None:
        found = self._book.key(key)
        return None if found is None else _Known(None, None, found)

    def _touch(self, token: str, found: _Known) -> None:
        """Note activity, once a minute."""
        now = self._clock()
        if found.session is None or now - found.session.seen_at < ACTIVITY:
            return
        found.session = msgspec.structs.replace(found.session, seen_at=now)
        self._note(self._book.touch, digest(token), now)

    def _note(self, step: Callable[..., None], *given: Any) -> None:
        """Beside the request; what cannot be noted now is noted by the next one."""

        async def noted() -> None:
            try:
                await asyncio.to_thread(step, *given)
            except StoreUnavailableError as error:
                _log.info("activity not noted: %s", error.code)

        task = asyncio.create_task(noted())
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)


def session_cookie(scope: Mapping[str, Any]) -> str:
    """Name of the session's cookie: over TLS one that only this very host can have set."""
    return f"__Host-{SESSION_COOKIE}" if secure(scope) else SESSION_COOKIE


def secure(scope: Mapping[str, Any]) -> bool:
    """Whether the browser speaks TLS, to us or to the proxy in front."""
    return scope.get("scheme") in ("https", "wss")


def csrf_of(token: str) -> str:
    """What a page must send along with an act: known to whoever has the session's cookie, and tells nothing of it."""
    return hmac.new(token.encode(), b"csrf", sha256).hexdigest()


def _viewer(session: Session, account: Account | None, address: str) -> Viewer:
    if account is None:  # a kiosk: bound to its screen
        return Viewer(
            name=f"{BOUND}{session.account_id}", roles=frozenset({Role.WALL}), address=address,
            session=session.session_id,
        )  # fmt: skip
    scope = None if account.scope is None else frozenset(account.scope)
    return Viewer(
        name=account.name, roles=frozenset(account.roles), scope=scope, address=address, session=session.session_id
    )


def _from(viewer: Viewer, address: str) -> Viewer:
    return msgspec.structs.replace(viewer, address=address)


def _address(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    return str(client[0]) if client is not None else ""


def _bearer(scope: Mapping[str, Any]) -> str:
    for key, value in scope.get("headers", ()):
        if key == b"authorization":
            kind, _, key_text = value.decode("latin-1").partition(" ")
            return key_text.strip() if kind.lower() == "bearer" else ""
    return ""
