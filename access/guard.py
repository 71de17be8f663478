"""One pure-ASGI guard outside Dash, for http and websocket alike.

Dash's own hooks skip pages, assets and websockets, so protection must stand outside of it. The guard finds out who
asks (``access.visitors``) and refuses strange hosts (DNS rebinding), foreign origins and missing tokens on anything
that is not a plain read, oversized bodies, floods, paths that stand in no line of ``access.paths``, and whoever may
not do what the path or the callback asks; and it sets the security headers. It keys on ``scope["path"]`` only.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from access.kiosks import own_wall
from access.paths import DOORS, Unknown, of_datasets, permission_of
from access.throttle import SIGNED_IN, STRANGER, Throttle
from access.viewers import cookie, remember, viewer_of
from access.visitors import CSRF_COOKIE, CSRF_HEADER, Demo, Visit, Visitors, csrf_of, secure
from domain.accounts import new_token
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.permissions import Permission
from domain.viewer import WHO

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 1024 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000")
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
CALLBACKS = "/_dash-update-component"


def content_security_policy(script_hashes: Iterable[str]) -> str:
    """The strict policy Dash, AG Grid, leaflet and Mantine run under without violations."""
    scripts = " ".join(["'self'", *(f"'{h.strip(chr(39))}'" for h in script_hashes)])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    )


class _Callback(msgspec.Struct):
    """The part of a callback's request that names it."""

    output: str


class _Refusal(Exception):
    """Why a request goes no further.

    Attributes:
        status: of the answer.
        word: for counting.
        location: where to go instead.
    """

    def __init__(self, status: int, word: str, why: str, location: str = "") -> None:
        super().__init__(why)
        self.status, self.word, self.location = status, word, location


class Guard:
    """Wraps the whole application."""

    def __init__(
        self,
        app: App,
        script_hashes: Callable[[], Iterable[str]] = tuple,
        refused: Callable[[str], None] = lambda word: None,
        callbacks: Callable[[str], Permission | None] = lambda output: None,
        visitors: Visitors | None = None,
        names: Iterable[str] = (),
    ) -> None:
        """Take the application to protect.

        Args:
            app: the application.
            script_hashes: CSP hashes of its inline scripts. Asked when an answer begins, because Dash
                adds a script of its own while it serves the first request.
            refused: told why a websocket was refused: viewer, permission, host, path, origin, too_many or too_large.
            callbacks: what a callback of Dash declares, by its output; None for one that declares nothing, which is
                refused.
            visitors: tells who asks; None: a demo.
            names: host names we answer to, besides those of this machine for itself.
        """
        self.app, self.script_hashes, self._refused, self._callbacks = app, script_hashes, refused, callbacks
        self._visitors, self._names = visitors or Demo(), LOCAL_NAMES | set(names)
        self._throttle = None if self._visitors.demo else Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        try:
            visit = await self._visitors.visit(scope)
            remember(scope, visit.viewer)
            await self._judge(scope, visit)
        except NotAllowedError as error:
            await self._refuse(scope, receive, send, _Refusal(403, "viewer", str(error)))
            return
        except StoreUnavailableError:
            await self._refuse(scope, receive, send, _Refusal(503, "viewer", "cannot tell now who you are; try again"))
            return
        except _Refusal as refusal:
            await self._refuse(scope, receive, send, refusal)
            return
        WHO.set(visit.viewer)
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
        else:
            await self._http(scope, receive, send, visit)

    async def _judge(self, scope: Scope, visit: Visit) -> None:
        """Raises why a request is refused."""
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        if _hostname("//" + headers.get("host", "")) not in self._names:
            raise _Refusal(421, "host", "this address is not known here")
        path, reads = scope["path"], scope["type"] == "http" and scope["method"] in SAFE_METHODS
        try:
            asked = permission_of("WEBSOCKET" if scope["type"] == "websocket" else scope["method"], path)
        except Unknown:
            raise _Refusal(404, "path", "nothing here") from None
        if not visit.viewer.may(asked):
            raise _not_allowed(visit, scope)
        if asked is not None and visit.viewer.datasets is not None and not of_datasets(path):
            raise _Refusal(403, "permission", "this key reads datasets only")
        if not reads:
            _check_origin(headers)
            if scope["type"] == "http":
                _check_token(scope, headers, visit)
        if reads and (own := own_wall(scope, visit.viewer)):
            raise _Refusal(303, "viewer", "this browser is bound to its screen", own)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            raise _Refusal(413, "too_large", "request too large")
        if self._throttle is not None and asked is not None:
            limit = STRANGER if visit.step or not visit.viewer.roles else SIGNED_IN
            if not await self._throttle.allows(limit, visit.viewer.name, visit.viewer.address):
                raise _Refusal(429, "too_many", "too many requests, try again in a minute")

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        policy = (b"content-security-policy", content_security_policy(self.script_hashes()).encode())
        return [*HEADERS, policy, *([HSTS] if secure(scope) else [])]

    async def _http(self, scope: Scope, receive: Receive, send: Send, visit: Visit) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = [*self._headers(scope), *_token_cookie(scope, visit)]
                message["headers"] = [*message.get("headers", []), *more]
            await send(message)

        if scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, with_headers)
            return
        body = await _read(receive)
        if body is None:
            await self._refuse(scope, receive, send, _Refusal(413, "too_large", "request too large"))
            return
        if scope["path"] == CALLBACKS and not self._may_call(scope, body):
            await self._refuse(scope, receive, send, _Refusal(403, "permission", "not allowed"))
            return
        await self.app(scope, _replay(body, receive), with_headers)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, refusal: _Refusal) -> None:
        why = str(refusal)
        if scope["type"] == "websocket":
            self._refused(refusal.word)
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": why})
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"),
                   *self._headers(scope)]  # fmt: skip
        if refusal.location:
            headers.append((b"location", refusal.location.encode("latin-1", "replace")))
        if refusal.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": why.encode()})

    def _may_call(self, scope: Scope, body: bytes) -> bool:
        """Whether this callback may be run: Dash itself would run any callback for anybody."""
        try:
            asked = self._callbacks(msgspec.json.decode(body, type=_Callback).output)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return False
        return asked is not None and viewer_of(scope).may(asked)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None when it is larger than allowed (a length need not be declared)."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand a body that was read already to the application, then what follows (the disconnect)."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _not_allowed(visit: Visit, scope: Scope) -> _Refusal:
    """Whoever has not said who they are is asked to; the others may not."""
    if visit.viewer.roles:
        return _Refusal(403, "permission", "not allowed")
    path = scope["path"]
    page = path == "/api/docs" or not path.startswith(("/api/", "/_", "/metrics"))
    if scope["type"] == "http" and scope["method"] == "GET" and page:
        query = scope.get("query_string", b"").decode("latin-1")
        back = path + (f"?{query}" if query else "")
        door = "/unbound" if path.startswith("/wall") else "/login"  # a wall never falls to a login
        return _Refusal(303, "viewer", "log in", f"{door}?next={quote(back, safe='/')}")
    return _Refusal(401, "viewer", "log in, or send an API key as a bearer token")


def _check_origin(headers: dict[str, str]) -> None:
    origin = headers.get("origin")
    if origin is not None and _netloc(origin) != headers.get("host"):
        raise _Refusal(403, "origin", "requests from other sites are refused")
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise _Refusal(403, "origin", "requests from other sites are refused")


def _check_token(scope: Scope, headers: dict[str, str], visit: Visit) -> None:
    """Whether a page of ours sent this: it knows a token that no other site can read.

    A program has no page. It says who it is with every request, or nothing a browser would have said for it.
    """
    if visit.program or not headers.keys() & {"cookie", "origin", "sec-fetch-site"}:
        return
    if DOORS.fullmatch(scope["path"]):  # forms send no headers: there the origin must be ours, and said
        if "origin" not in headers:
            raise _Refusal(403, "origin", "requests from other sites are refused")
        return
    expected = _token(scope, visit)
    if not expected or not hmac.compare_digest(expected, headers.get(CSRF_HEADER, "")):
        raise _Refusal(403, "token", "this page is out of date: load it again")


def _token(scope: Scope, visit: Visit) -> str:
    """What the page must send: of the session's; without sessions what its own cookie says."""
    return csrf_of(visit.token) if visit.token else cookie(scope, CSRF_COOKIE)


def _token_cookie(scope: Scope, visit: Visit) -> list[tuple[bytes, bytes]]:
    """Gives a page the token its acts need."""
    path = scope["path"]
    if scope["method"] != "GET" or path.startswith(("/api/", "/_", "/static/", "/assets/", "/metrics")):
        return []
    expected, known = _token(scope, visit) or new_token(), cookie(scope, CSRF_COOKIE)
    if expected == known:
        return []
    said = f"{CSRF_COOKIE}={expected}; Path=/; SameSite=Strict" + ("; Secure" if secure(scope) else "")
    return [(b"set-cookie", said.encode())]


def _netloc(url: str) -> str | None:
    try:
        return urlsplit(url).netloc
    except ValueError:  # http://[
        return None


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
