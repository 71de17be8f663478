"""The layer that answers for every file, in front of the application and behind the guard.

Addresses under ``/static/`` are named by what they hold, so browsers keep them for a year without asking. Files with
plain names are asked for again each time and answered with "unchanged" (304). What Dash serves from its component
libraries goes through Dash's own check once a request and is packed here. Everything else that is not JSON of the
interface is packed with gzip on its way out.
"""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from starlette.middleware.gzip import GZipMiddleware

from delivery.bundles import CORE, STYLE, Bundles
from delivery.libraries import SUITES, suites_of
from delivery.manifest import manifest
from delivery.packing import File, Packer
from delivery.page import PREFIX, Addresses

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

VENDOR = Path(__file__).parent / "vendor"
RUNTIME, CHARTS = "regenerator-runtime-0.14.1.js", "plotly-basic-4.1.1.min.js"
FOR_EVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"
SCRIPT = "application/javascript"
LEAST_BYTES = 1024
HASHED = ("geo/*.json", "geo/*.geojson", "icons/*")  # assets that scripts and the page fetch by themselves
UNPACKED = ("/api/", "/metrics", "/live")  # the interface packs its long answers itself, off the event loop


class Delivered:
    """Wraps the application; call ``addresses`` for where things are."""

    def __init__(self, app: App, packer: Packer, assets: Path, named: Mapping[str, tuple[bytes, str]]) -> None:
        """Take the files in.

        Args:
            app: what answers for everything else.
            packer: packs files.
            assets: folder of our scripts, styles and pictures.
            named: further files by address: body and media type.
        """
        self._app, self._packed = app, GZipMiddleware(app, minimum_size=LEAST_BYTES, compresslevel=4)
        self._packer, self._bundles = packer, Bundles(assets)
        self._named = {address: packer.file(body, kind) for address, (body, kind) in named.items()}
        self._hashed: dict[str, File] = {}
        self._files: dict[str, str] = {}
        for file in sorted({file for pattern in HASHED for file in assets.glob(pattern)}):
            kind = mimetypes.guess_type(file.name)[0] or "application/json"
            plain = f"/assets/{file.relative_to(assets).as_posix()}"
            self._files[plain] = self._keep(file.name, file.read_bytes(), kind)
        self._runtime = self._keep(RUNTIME, (VENDOR / RUNTIME).read_bytes(), SCRIPT)
        self._charts = self._keep(CHARTS, (VENDOR / CHARTS).read_bytes(), SCRIPT)
        self._warming: asyncio.Task[None] | None = None
        self._own: tuple[dict[str, bytes], dict[str, str]] = ({}, {})

    def addresses(self) -> Addresses:
        """Where our files are; made anew when one changed."""
        made = self._bundles.current()
        if made is not self._own[0]:
            kinds = {name: ("text/css", ".css") if name == STYLE else (SCRIPT, ".js") for name in made}
            found = {name: self._keep(name + kinds[name][1], body, kinds[name][0]) for name, body in made.items()}
            self._own = (made, {CORE: "", STYLE: "", **found})
        return Addresses(self._own[1], self._files, self._runtime, self._charts)

    def _keep(self, name: str, body: bytes, kind: str) -> str:
        file = self._packer.file(body, kind)
        address = f"{PREFIX}{file.digest}/{name}"
        self._hashed[address] = file
        return address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        path = str(scope.get("path", ""))
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._warmed(send))
        elif scope["type"] != "http" or path.startswith(UNPACKED):
            await self._app(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await self._packed(scope, receive, send)
        elif path in self._hashed:
            await _answer(scope, send, self._hashed[path], FOR_EVER)
        elif path in self._named:
            await _answer(scope, send, self._named[path], ASK_AGAIN)
        elif path.startswith(PREFIX):
            await self._library(scope, receive, send, path)
        elif path.startswith((SUITES, "/assets/")):
            await self._plain(scope, receive, send, path, ASK_AGAIN)
        else:
            await self._packed(scope, receive, _unkept(send))

    def _warmed(self, send: Send) -> Send:
        """Begins packing what the first visitor will ask for as soon as the application serves."""

        async def sent(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._warming = asyncio.create_task(self._warm())

        return sent

    async def _warm(self) -> None:
        """Ask for the page and for every library it names."""
        scope: Scope = {
            "type": "http", "method": "GET", "scheme": "http", "http_version": "1.1", "root_path": "", "state": {},
            "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 0), "server": ("127.0.0.1", 0),
        }  # fmt: skip
        _, _, page = await _asked(self._app, scope, _silence, "/")
        for suite in suites_of(page.decode()):
            status, headers, body = await _asked(self._app, scope, _silence, SUITES + suite)
            if status == 200:
                self._packer.file(body, _kind(headers))

    async def _library(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """A script of a component library, by the address delivery.libraries gave it."""
        rest = path[len(PREFIX) :].partition("/")[2]
        await self._plain(scope, receive, send, SUITES + rest, FOR_EVER)

    async def _plain(self, scope: Scope, receive: Receive, send: Send, path: str, cache: bytes) -> None:
        """Let the application answer, and pack what it said."""
        status, headers, body = await _asked(self._app, scope, receive, path)
        if status != 200:
            await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]})
            await send({"type": "http.response.body", "body": body})
            return
        await _answer(scope, send, self._packer.file(body, _kind(headers)), cache)


def _kind(headers: Mapping[bytes, bytes]) -> str:
    kind = headers.get(b"content-type", b"application/octet-stream").decode("latin-1").partition(";")[0]
    return SCRIPT if kind == "text/javascript" else kind


async def _silence() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _unkept(send: Send) -> Send:
    """What is made for one visitor is kept by nobody, and a page from before is not shown again."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", []))
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                message = {**message, "headers": [*headers, (b"cache-control", b"no-store")]}
        await send(message)

    return sent


async def _asked(app: App, scope: Scope, receive: Receive, path: str) -> tuple[int, dict[bytes, bytes], bytes]:
    """The whole answer to a plain GET of a path."""
    inner = {**scope, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [
        (name, value) for name, value in scope["headers"] if name == b"host"
    ]}  # fmt: skip
    status, headers, parts = 500, {}, []

    async def hear(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], dict(message.get("headers", []))
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(inner, receive, hear)
    return status, headers, b"".join(parts)


async def _answer(scope: Scope, send: Send, file: File, cache: bytes) -> None:
    asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
    encoding, body = file.best(asked.get(b"accept-encoding", ""))
    tag = f'"{file.digest}"'.encode()
    headers = [(b"cache-control", cache), (b"etag", tag), (b"vary", b"accept-encoding")]
    if tag.decode() in asked.get(b"if-none-match", ""):
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    text = file.media_type.startswith(("text/", "application/j"))
    kind = file.media_type + ("; charset=utf-8" if text else "")
    headers += [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(b"content-encoding", encoding.encode())] if encoding else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def delivered(app: App, home: Path, assets: Path, name: str, name_en: str) -> Delivered:
    """The layer with its packer.

    Args:
        app: what answers for everything but files.
        home: packed files are kept in its folder ``packed``.
        assets: folder of our scripts, styles and pictures.
        name: of the port, in its own language.
        name_en: the same in English.
    """
    named = {"/manifest.webmanifest": (manifest(name, name_en), "application/manifest+json")}
    return Delivered(app, Packer(home / "packed"), assets, named)
