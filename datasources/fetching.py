"""Fetching over HTTP for adapters: permitted addresses only, a limit on every body, and errors in words."""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2 as httpx
import msgspec

from datasources.contract import Context
from datasources.outbound import places
from domain.errors import FeedError
from domain.outbound import Outbound

LONGEST_WAIT_SECONDS = 86_400.0  # a server that asks for more patience than a day is asked again after one
_MEGABYTE = 1 << 20
_HOPS = 5  # redirects followed
_INFLATED = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's window bits


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of every adapter that fetches over HTTP.

    Attributes:
        url: ``http://`` or ``https://`` address; secrets go into headers, not into it.
        headers: sent with every request, e.g. ``Authorization = "Bearer ${secret:port_key}"``.
        user: name for HTTP basic authentication, with
        password: its password, ``${secret:NAME}``.
        ca_file: certificates (PEM) to trust beside the system's, e.g. those of the intranet.
        max_megabytes: a longer answer, unpacked, is refused.
    """

    url: str
    headers: dict[str, str] = {}
    user: str = ""
    password: str = ""
    ca_file: str = ""
    max_megabytes: float = 20.0

    def check(self) -> None:
        """Refuse what cannot work; the adapter's Options call it when they are made.

        Raises:
            ValueError: naming the key and what is wrong.
        """
        check_url(self.url)
        check_headers(self.headers)
        check_expanded("password", self.password)
        if self.password and not self.user:
            raise ValueError("password needs user")
        if not 0 < self.max_megabytes <= 2_000:
            raise ValueError("max_megabytes must be above 0 and at most 2000")


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse what is no header of HTTP; ValueError names it."""
    for name, value in headers.items():
        if not name.isascii() or not value.isprintable() or not name.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"headers.{name}: is no HTTP header")
        check_expanded(f"headers.{name}", value)


def check_expanded(key: str, value: str) -> None:
    """Refuse a text that still names an environment variable: it is not set. A stored secret comes later."""
    if "${" in value and "${secret:" not in value:
        raise ValueError(f"{key}: environment variable {value.partition('${')[2].partition('}')[0]} is not set")


def check_url(url: str, schemes: tuple[str, ...] = ("http", "https")) -> None:
    """Refuse what is no address of these schemes; ValueError says why, without a secret that stands in it."""
    check_expanded("url", url)
    try:
        parts = urlsplit(url)
        port_fits = parts.port != 0
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise ValueError("url is no address") from None
    if parts.scheme not in schemes or not parts.hostname or not port_fits:
        raise ValueError(f"url must begin with {' or '.join(f'{s}://' for s in schemes)} and name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("url holds a name or password; use headers, or user and password")


class Answer(msgspec.Struct, frozen=True):
    """What a server sent.

    Attributes:
        body: unpacked; empty when ``unchanged``.
        unchanged: the server said 304: nothing new since ``etag`` or ``modified``.
        etag: its mark of this version, empty when it gives none.
        modified: its Last-Modified, as sent.
        links: relation -> absolute address, of its Link header.
        where: the address without its query, for messages.
        kind: its Content-Type without parameters, lower case.
        headers: all, by name in lower case.
    """

    body: bytes
    unchanged: bool
    etag: str
    modified: str
    links: dict[str, str]
    where: str
    kind: str
    headers: dict[str, str]


class Fetcher:
    """Connections to one source, kept open between polls. One thread fetches at a time; any may close."""

    def __init__(self, options: Web, context: Context) -> None:
        """Prepare; nothing is connected before the first ``get``.

        Raises:
            FeedError: ``bad_options`` when ``ca_file`` cannot be read.
        """
        self._limit = int(options.max_megabytes * _MEGABYTE)
        # A tenth is left for what follows, so that a slow server is a message and no abandoned thread.
        self._patience = max(0.1, 0.9 * context.timeout_seconds)
        auth = httpx.BasicAuth(options.user, options.password) if options.user else None
        self._backend = _Backend(context.outbound)
        self._client = httpx.Client(
            transport=_Transport(self._backend, trusted(options.ca_file, context.base)),
            headers={"User-Agent": "port-cockpit", "Accept-Encoding": "gzip", **options.headers},
            auth=auth,
            follow_redirects=False,
            trust_env=False,  # a proxy of the environment would see what is meant for the source
        )

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        etag: str = "",
        modified: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Fetch one address within the feed's time limit.

        Args:
            url: absolute; another host than the feed's is another permitted address or refused.
            params: added to its query.
            etag: of the version at hand; sent as If-None-Match.
            modified: of the version at hand; sent as If-Modified-Since.
            headers: of this request alone.

        Raises:
            FeedError: ``address_refused``, ``not_connected``, ``timeout``, ``too_large``, ``unauthorised`` (polling
                halts), ``asked_to_wait`` (with the server's time), ``http_status``, ``redirected``, ``truncated``.
        """
        self._backend.end = time.monotonic() + self._patience
        sent = dict(headers or {})
        if etag:
            sent["If-None-Match"] = etag
        elif modified:
            sent["If-Modified-Since"] = modified
        try:
            asked = httpx.URL(url).copy_merge_params(dict(params)) if params else httpx.URL(url)
        except httpx.InvalidURL:
            raise FeedError("not_connected", "is no address", urlsplit(url).hostname or "") from None
        for _ in range(_HOPS + 1):
            answer = self._one(asked, sent)
            if isinstance(answer, Answer):
                return answer
            asked = answer
        raise FeedError("redirected", f"more than {_HOPS} redirects", place_of(asked))

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send a form, as logins want it, within the feed's time limit.

        Raises:
            FeedError: as ``get``; a redirect is not followed.
        """
        self._backend.end = time.monotonic() + self._patience
        answer = self._one(httpx.URL(url), {}, form)
        if isinstance(answer, Answer):
            return answer
        raise FeedError("redirected", f"to {place_of(answer)}; name that address if it is meant", place_of(answer))

    @property
    def cookies(self) -> str:
        """What the server set, as the header Cookie; secret."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._client.cookies.jar)

    def close(self) -> None:
        """Close the connections; a ``get`` under way ends within its time limit."""
        self._client.close()

    def _one(
        self, url: httpx.URL, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> Answer | httpx.URL:
        """One request, a POST with a form; the address to go on to when the server redirects on the same host."""
        where = place_of(url)
        try:
            sent: dict[str, Any] = {"headers": dict(headers), "timeout": self._patience}
            if form is not None:
                sent["data"] = dict(form)
            with self._client.stream("GET" if form is None else "POST", url, **sent) as response:
                if 300 <= response.status_code < 400 and response.status_code != 304:
                    return _next(url, response, where)
                _check_status(response, where)
                body = b"" if response.status_code == 304 else self._body(response, where)
                return _answer(response, body, where)
        except httpx.TimeoutException:
            raise self._too_slow(where) from None
        except httpx.RemoteProtocolError as error:
            raise FeedError("truncated", _first_line(error), where) from None
        except httpx.TransportError as error:
            raise FeedError("not_connected", _first_line(error), where) from None
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            raise FeedError("not_connected", _first_line(error), where) from None
        except RuntimeError:  # closed meanwhile: the poll was abandoned or the cockpit stops
            raise FeedError("not_connected", "closed", where) from None

    def _body(self, response: httpx.Response, where: str) -> bytes:
        """The body, unpacked step by step: what is small on the wire may be huge in memory."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        unpack = _unpacker(encoding, where)
        parts, total = [], 0
        for chunk in response.iter_raw(65_536):
            for part in unpack(chunk, self._limit - total + 1):
                total += len(part)
                parts.append(part)
                if total > self._limit:
                    raise FeedError("too_large", f"more than {self._limit / _MEGABYTE:g} MB", where)
        return b"".join(parts)

    def _too_slow(self, where: str) -> FeedError:
        return FeedError("timeout", f"no complete answer within {self._patience:g} s", where)


class _Transport(httpx.HTTPTransport):
    """Connects to permitted addresses only."""

    def __init__(self, backend: _Backend, trusted: ssl.SSLContext) -> None:
        super().__init__(verify=trusted, trust_env=False)
        self._pool.close()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trusted, max_connections=4, keepalive_expiry=60.0, network_backend=backend
        )


class _Backend(httpcore2.SyncBackend):
    """Resolves a name once and connects to what was judged; what it connects ends by ``end``, monotonic seconds."""

    def __init__(self, rules: Outbound) -> None:
        self._rules, self.end = rules, 0.0

    def left(self, timeout: float | None) -> float:
        """Seconds a step may take."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("over time")
        return left if timeout is None else min(left, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        found, last = places(self._rules, host, port), None
        for _, (address, _) in found:
            try:
                stream = super().connect_tcp(address, port, self.left(timeout), local_address, socket_options)
                return _Stream(stream, self)
            except httpcore2.ConnectError as error:
                last = error
        raise last or httpcore2.ConnectError("no address")


class _Stream(httpcore2.NetworkStream):
    """A connection on which every step ends in time: a server that sends one byte now and then gains nothing."""

    def __init__(self, inner: httpcore2.NetworkStream, backend: _Backend) -> None:
        self._inner, self._backend = inner, backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._backend.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._backend.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, self._backend.left(timeout))
        return _Stream(secured, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def place_of(url: httpx.URL) -> str:
    """An address without its query and fragment, which may hold secrets."""
    return str(url.copy_with(query=None, fragment=None, username=None, password=None))


def trusted(ca_file: str, base: Path) -> ssl.SSLContext:
    """The system's certificates and those of a file (PEM), if one is named.

    Raises:
        FeedError: ``bad_options`` when the file cannot be read.
    """
    made = ssl.create_default_context()
    if ca_file:
        try:
            made.load_verify_locations(base / Path(ca_file).expanduser())
        except (OSError, ssl.SSLError) as error:
            said = error.strerror or "holds no certificate"
            raise FeedError("bad_options", f"ca_file: {said}", Path(ca_file).name) from None
    return made


def _check_status(response: httpx.Response, where: str) -> None:
    status = response.status_code
    said = f"HTTP {status} {response.reason_phrase}".strip()
    if status in (401, 403):
        raise FeedError("unauthorised", said, where, halts=True)
    if status in (429, 503) and (wait := _patience_asked(response.headers.get("retry-after", ""))) is not None:
        raise FeedError("asked_to_wait", f"{said}, Retry-After {wait:g} s", where, wait_seconds=wait)
    if status not in (200, 203, 304):
        raise FeedError("http_status", said, where)


def _patience_asked(said: str) -> float | None:
    """Seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date); None when it says nothing."""
    said = said.strip()
    if said.isdecimal() and said.isascii():
        return min(LONGEST_WAIT_SECONDS, float(said[:9]))
    try:
        when = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(LONGEST_WAIT_SECONDS, max(0.0, (when - datetime.now(UTC)).total_seconds()))


def _next(url: httpx.URL, response: httpx.Response, where: str) -> httpx.URL:
    """Where a redirect leads; only on the same host, for headers with secrets would go along."""
    try:
        target = url.join(response.headers.get("location", ""))
    except httpx.InvalidURL:
        raise FeedError("redirected", f"HTTP {response.status_code} to an address that is none", where) from None
    if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
        detail = f"HTTP {response.status_code} to {place_of(target)}; name that address if it is meant"
        raise FeedError("redirected", detail, where)
    return target


def _answer(response: httpx.Response, body: bytes, where: str) -> Answer:
    return Answer(
        body=body,
        unchanged=response.status_code == 304,
        etag=response.headers.get("etag", ""),
        modified=response.headers.get("last-modified", ""),
        links={
            name: str(response.url.join(link["url"])) for name, link in response.links.items() if name and "url" in link
        },
        where=where,
        kind=response.headers.get("content-type", "").partition(";")[0].strip().lower(),
        headers=dict(response.headers),
    )


def _unpacker(encoding: str, where: str) -> Callable[[bytes, int], Iterable[bytes]]:
    """A function of (raw bytes, most wanted) -> unpacked parts."""
    if encoding in ("", "identity"):
        return lambda raw, most: (raw,)
    if encoding not in _INFLATED:
        raise FeedError("encoding", f"is packed as {encoding[:20]!r}, gzip was asked for", where)
    inflate = zlib.decompressobj(_INFLATED[encoding])

    def unpack(raw: bytes, most: int) -> Iterable[bytes]:
        try:
            yield inflate.decompress(raw, max(1, most))
        except zlib.error:
            raise FeedError("truncated", f"is no valid {encoding}", where) from None

    return unpack


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__
