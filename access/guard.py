"""One pure-ASGI guard outside Dash, for http and websocket alike.

Dash's own hooks skip pages, assets and websockets, so protection must stand outside of it. The guard refuses
strange hosts (DNS rebinding), foreign origins on anything that is not a plain read, oversized bodies, paths that
stand in no line of ``access.paths``, and whoever may not do what the path or the callback asks; and it sets the
security headers. It keys on ``scope["path"]`` only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from access.paths import Unknown, permission_of
from access.viewers import remember, viewer_of
from domain.errors import NotAllowedError
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
)
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


class Guard:
    """Wraps the whole application."""

    def __init__(
        self,
        app: App,
        script_hashes: Callable[[], Iterable[str]] = tuple,
        refused: Callable[[str], None] = lambda word: None,
        callbacks: Callable[[str], Permission | None] = lambda output: None,
    ) -> None:
        """Take the application to protect.

        Args:
            app: the application.
            script_hashes: CSP hashes of its inline scripts. Asked when an answer begins, because Dash
                adds a script of its own while it serves the first request.
            refused: told why a websocket was refused: viewer, permission, host, path, origin or too_large.
            callbacks: what a callback of Dash declares, by its output; None for one that declares nothing, which is
                refused.
        """
        self.app, self.script_hashes, self._refused, self._callbacks = app, script_hashes, refused, callbacks

    def _headers(self) -> list[tuple[bytes, bytes]]:
        return [*HEADERS, (b"content-security-policy", content_security_policy(self.script_hashes()).encode())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is not None:
            status, word, why = refusal
            if scope["type"] == "websocket":
                self._refused(word)
            await _refuse(scope, receive, send, status, why)
            return
        WHO.set(viewer_of(scope))
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._headers()]
            await send(message)

        if scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, with_headers)
            return
        body = await _read(receive)
        if body is None:
            await _refuse(scope, receive, send, 413, "request too large")
            return
        if scope["path"] == CALLBACKS and not self._may_call(scope, body):
            await _refuse(scope, receive, send, 403, "not allowed")
            return
        await self.app(scope, _replay(body, receive), with_headers)

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


def _refusal(scope: Scope) -> tuple[int, str, str] | None:
    """Why a request is refused (status, word, reason), or None."""
    headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
    try:
        viewer = viewer_of(scope)
        remember(scope, viewer)
    except NotAllowedError as error:
        return 403, "viewer", str(error)
    if _hostname("//" + headers.get("host", "")) not in LOCAL_NAMES:
        return 421, "host", "this address is not known here"
    try:
        asked = permission_of("WEBSOCKET" if scope["type"] == "websocket" else scope["method"], scope["path"])
    except Unknown:
        return 404, "path", "nothing here"
    if not viewer.may(asked):
        return 403, "permission", "not allowed"
    if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
        origin = headers.get("origin")
        if origin is not None and _netloc(origin) != headers.get("host"):
            return 403, "origin", "requests from other sites are refused"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "origin", "requests from other sites are refused"
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        return 413, "too_large", "request too large"
    return None


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


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode()})
